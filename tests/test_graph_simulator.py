"""The Graph simulator does what it says: whole listings, limits, tokens, and every fault of its script."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
import tracemalloc
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msal
import pytest
import requests
from graph_simulator import (
    CANARY,
    Fault,
    FaultScript,
    FileTenant,
    Simulator,
    VirtualClock,
    VirtualTenant,
    random_schedule,
)
from graph_simulator.faults import KINDS, LINKS
from graph_simulator.paging import Pager, Place
from graph_simulator.people import METHODS
from graph_simulator.tenant_documents import EXEMPT_GROUP

if TYPE_CHECKING:
    from collections.abc import Iterator

USERS = "/v1.0/users?$top=100&$select=id,userPrincipalName,accountEnabled"
REGISTRATIONS = "/v1.0/reports/authenticationMethods/userRegistrationDetails?$top=100"
GOLDEN = Path(__file__).parent / "golden"


class Caller:
    """A bare client: one session, no retry, no judgement."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.verify = str(simulator.ca_bundle)
        self.sign_in()

    def token(self, **fields: str) -> requests.Response:
        """The answer of the token endpoint."""
        issuer = self.simulator.issuer
        form = {"client_id": issuer.client_id, "client_secret": issuer.secret, "grant_type": "client_credentials"}
        url = f"{self.simulator.login_root}/{issuer.tenant_id}/oauth2/v2.0/token"
        return self.session.post(url, data=form | fields, timeout=10)

    def sign_in(self) -> None:
        """Take a token and carry it from now on."""
        self.session.headers["Authorization"] = f"Bearer {self.token().json().get('access_token', '')}"

    def get(self, path: str, **options: Any) -> requests.Response:
        """One GET; ``path`` may be a whole address."""
        url = path if "://" in path else self.simulator.root + path
        return self.session.get(url, timeout=10, allow_redirects=False, **options)

    def pages(self, path: str, most: int = 50) -> list[dict[str, Any]]:
        """The pages of a listing, at most so many."""
        pages = []
        following: str | None = path
        while following and len(pages) < most:
            pages.append(self.get(following).json())
            following = pages[-1].get("@odata.nextLink")
        return pages

    def batch(self, *urls: str) -> dict[str, dict[str, Any]]:
        """The answers to a batch by id, from 0."""
        parts = [{"id": str(number), "method": "GET", "url": url} for number, url in enumerate(urls)]
        answer = self.session.post(f"{self.simulator.root}/v1.0/$batch", json={"requests": parts}, timeout=10)
        assert answer.status_code == 200
        return {part["id"]: part for part in answer.json()["responses"]}


@contextmanager
def serving(accounts: int = 250, *faults: Fault, **options: Any) -> Iterator[Caller]:
    """A caller of a simulator with a virtual clock and the faults given."""
    options = {"clock": VirtualClock(), "faults": FaultScript(list(faults))} | options
    with Simulator(options.pop("tenant", None) or VirtualTenant(accounts), **options) as simulator:
        caller = Caller(simulator)
        with caller.session:
            yield caller


def ids(pages: list[dict[str, Any]]) -> list[str]:
    """The ids of all rows, in order."""
    return [row["id"] for page in pages for row in page["value"]]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (USERS, "users"),
        (REGISTRATIONS, "registrations"),
        (f"/v1.0/groups/{EXEMPT_GROUP}/members", f"members/{EXEMPT_GROUP}"),
    ],
)
def test_a_whole_listing_is_the_oracles_truth(path: str, name: str) -> None:
    """Every row once, over several pages, with the fields the oracle knows."""
    with serving(1250) as caller:
        pages = caller.pages(path)
        truth = caller.simulator.oracle.rows(name)
    assert ids(pages) == list(truth)
    rows = [row for page in pages for row in page["value"]]
    assert all(row[key] == truth[row["id"]][key] for row in rows for key in row)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    """Rows depend on the seed alone."""

    def text(seed: int) -> str:
        return json.dumps([list(VirtualTenant(300, seed).listing(name)) for name in ("users", "registrations")])

    assert text(1) == text(1) != text(2)


def test_registrations_leave_out_disabled_and_new_accounts_and_name_unmapped_methods() -> None:
    """The report's holes are there, and so is a method no catalogue knows."""
    tenant = VirtualTenant(5000)
    users = {row["id"]: row for row in tenant.listing("users")}
    rows = {row["id"]: row for row in tenant.listing("registrations")}
    missing = [users[key] for key in users.keys() - rows.keys()]
    assert any(not row["accountEnabled"] for row in missing)
    assert any(row["accountEnabled"] for row in missing)
    assert all(row["createdDateTime"] > "2026-11-22" or not row["accountEnabled"] for row in missing)
    assert {"holographicBadge"} <= {name for row in rows.values() for name in row["methodsRegistered"]}
    assert {tuple(row["methodsRegistered"]) for row in rows.values()} == set(METHODS)


def test_two_million_accounts_take_no_more_memory_than_a_page() -> None:
    """Page k of a huge tenant is rendered from its token alone."""
    listing = VirtualTenant(2_000_000).listing("users")
    pager = Pager("users", "https://127.0.0.1/v1.0/users", listing, lambda _: None, 0.0)
    tracemalloc.start()
    try:
        from_token = {"$top": "999", "$skiptoken": Place(1_500_000, 1502).token()}
        body = pager.page(from_token, advanced=False).body
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(body["value"]) == 999
    assert body["value"][0]["id"].endswith(f"{1_500_000:x}")
    assert most < 8 << 20


def test_query_options_follow_graphs_rules() -> None:
    """Page sizes, counts, filters and expansion answer and refuse as Graph does."""
    with serving() as caller:
        refused = ("$top=1000", "$top=0", "$skip=5", "$count=true", "$filter=endswith(mail,'x')", "$skiptoken=zz")
        assert [caller.get(f"/v1.0/users?{query}").status_code for query in refused] == [400] * len(refused)
        activity = caller.get("/v1.0/users?$top=999&$select=id,signInActivity")
        assert (activity.status_code, "500 users" in activity.json()["value"]) == (400, True)
        advanced = {"ConsistencyLevel": "eventual"}
        first = caller.get("/v1.0/users?$count=true", headers=advanced).json()
        assert (first["@odata.count"], len(first["value"])) == (250, 100)
        assert "@odata.count" not in caller.get(first["@odata.nextLink"], headers=advanced).json()
        assert caller.get("/v1.0/users/$count", headers=advanced).text == "250"
        guests = caller.pages("/v1.0/users?$select=id,userType&$filter=userType eq 'Guest' and accountEnabled eq true")
        assert guests[0]["value"]
        assert {row["userType"] for page in guests for row in page["value"]} == {"Guest"}
        named = "/v1.0/users?$select=id&$expand=manager($select=id,userPrincipalName)"
        managers = [row.get("manager") for row in caller.get(named).json()["value"]]
        assert managers[0] is None
        assert managers[-1]["userPrincipalName"]
        assert "signInActivity" in caller.get("/v1.0/users?$top=500&$select=id,signInActivity").text


def test_nulls_are_sent_and_left_out() -> None:
    """A property without a value is null in one row and absent in another."""
    with serving() as caller:
        rows = caller.get("/v1.0/users?$select=id,mail,preferredLanguage").json()["value"]
    assert {"preferredLanguage" in row for row in rows} == {True, False}


def test_a_permission_not_granted_is_refused_by_endpoint() -> None:
    """Without AuditLog.Read.All users are listed, the report and sign-in activity are not."""
    with serving(permissions=("User.Read.All",)) as caller:
        paths = (
            USERS,
            "/v1.0/organization",
            REGISTRATIONS,
            "/v1.0/users?$top=1&$select=signInActivity",
            "/v1.0/devices",
        )
        assert [caller.get(path).status_code for path in paths] == [200, 200, 403, 403, 403]
        assert caller.get(REGISTRATIONS).json()["error"]["code"] == "Authorization_RequestDenied"


def test_an_unlicensed_tenant_has_no_report() -> None:
    """The report and sign-in activity answer with the licence error, and no licence is listed."""
    with serving(tenant=VirtualTenant(50, licensed=False)) as caller:
        code = caller.get(REGISTRATIONS).json()["error"]["code"]
        assert code == "Authentication_RequestFromNonPremiumTenantOrB2CTenant"
        assert caller.get("/v1.0/subscribedSkus").json()["value"] == []


def test_a_folder_of_documents_is_served_at_the_right_endpoints() -> None:
    """The golden tenant comes back as it stands in its files."""
    with serving(tenant=FileTenant(GOLDEN)) as caller:
        users = json.loads((GOLDEN / "users.json").read_text(encoding="utf-8"))["value"]
        served = {row["id"]: row for row in caller.get("/v1.0/users?$select=id,displayName,jobTitle").json()["value"]}
        assert {row["id"]: row["displayName"] for row in users} == {
            key: row["displayName"] for key, row in served.items()
        }
        policies = caller.get("/v1.0/identity/conditionalAccess/policies").json()["value"]
        assert policies == json.loads((GOLDEN / "conditionalAccessPolicies.json").read_text(encoding="utf-8"))["value"]
        groups = json.loads((GOLDEN / "groups.json").read_text(encoding="utf-8"))["value"]
        members = caller.pages(f"/v1.0/groups/{groups[0]['id']}/transitiveMembers")
        assert ids(members) == [row["id"] for row in groups[0]["members"]]
        assert caller.get("/v1.0/policies/identitySecurityDefaultsEnforcementPolicy").json()["isEnabled"] is False


def test_single_accounts_show_methods_with_phone_canaries() -> None:
    """A phone has a number from the fictional range; the password is always listed; a stranger is 404."""
    with serving() as caller:
        people = ids(caller.pages(USERS))
        texts = [caller.get(f"/v1.0/users/{key}/authentication/methods").text for key in people[:60]]
        assert all("passwordAuthenticationMethod" in text for text in texts)
        assert any("+44 2079460" in text for text in texts)
        assert caller.get("/v1.0/users/nobody/authentication/methods").status_code == 404
        states = [caller.get(f"/beta/users/{key}/authentication/requirements").json() for key in people[:20]]
        assert {state["perUserMfaState"] for state in states} == {"disabled", "enabled", "enforced"}
        assert caller.get(f"/v1.0/users/{people[0]}/authentication/requirements").status_code == 400


def test_the_reports_limit_is_five_in_ten_seconds() -> None:
    """The sixth call is told to wait; one before the end is early and starts it again; one after it is served."""
    with serving(limits=True) as caller:
        clock, early = caller.simulator.clock, caller.simulator.early_calls
        answers = [caller.get(REGISTRATIONS) for _ in range(6)]
        assert [answer.status_code for answer in answers] == [200] * 5 + [429]
        assert answers[-1].headers["Retry-After"] == "10"
        clock.sleep(9)
        assert (caller.get(REGISTRATIONS).headers["Retry-After"], early["reports"]) == ("10", 1)
        clock.sleep(9)
        assert (caller.get(REGISTRATIONS).status_code, early["reports"]) == (429, 2)
        clock.sleep(10)
        assert (caller.get(REGISTRATIONS).status_code, early.total()) == (200, 2)


def test_the_other_limits() -> None:
    """Conditional Access allows one a second and says no wait; users asking for activity count as reports."""
    with serving(limits=True) as caller:
        places = "/v1.0/identity/conditionalAccess/namedLocations"
        answers = [caller.get(places), caller.get(places)]
        assert [answer.status_code for answer in answers] == [200, 429]
        assert "Retry-After" not in answers[1].headers
        caller.simulator.clock.sleep(1)
        assert caller.get(places).status_code == 200
        codes = [caller.get("/v1.0/users?$top=1&$select=signInActivity").status_code for _ in range(6)]
        assert codes == [200] * 5 + [429]
        assert caller.get(USERS).headers["x-ms-resource-unit"] == "1"
        assert caller.simulator.early_calls.total() == 0


def test_msal_gets_a_token_and_a_device_code() -> None:
    """The library the product signs in with accepts the simulator's answers."""
    with serving() as caller, requests.Session() as http:
        simulator = caller.simulator
        http.trust_env, http.verify = False, str(simulator.ca_bundle)
        common = {
            "authority": f"{simulator.login_root}/{simulator.tenant.tenant_id}",
            "instance_discovery": False,
            "http_client": http,
        }
        issuer = simulator.issuer
        application = msal.ConfidentialClientApplication(issuer.client_id, client_credential=issuer.secret, **common)
        answer = application.acquire_token_for_client(["https://graph.microsoft.com/.default"])
        assert CANARY in answer["access_token"]
        assert caller.get(USERS, headers={"Authorization": f"Bearer {answer['access_token']}"}).status_code == 200
        asserted = msal.ConfidentialClientApplication(
            issuer.client_id, client_credential={"client_assertion": lambda: "signed"}, **common
        )
        assert "access_token" in asserted.acquire_token_for_client(["https://graph.microsoft.com/.default"])
        wrong = msal.ConfidentialClientApplication(issuer.client_id, client_credential="other", **common)
        assert wrong.acquire_token_for_client(["https://graph.microsoft.com/.default"])["error_codes"] == [7000215]
        issuer.pending = 0
        public = msal.PublicClientApplication(issuer.client_id, **common)
        flow = public.initiate_device_flow(["User.Read.All"])
        assert flow["user_code"] == "SIM-CODE"
        assert "access_token" in public.acquire_token_by_device_flow(flow)


def test_every_request_needs_a_valid_token() -> None:
    """None, a forged one and an expired one are refused with a challenge."""
    with serving(token_life=600) as caller:
        good = caller.session.headers["Authorization"]
        assert caller.get(USERS).status_code == 200
        for header in ("", "Bearer x.y.z", f"{good}x"):
            refused = caller.get(USERS, headers={"Authorization": header})
            assert (refused.status_code, "WWW-Authenticate" in refused.headers) == (401, True)
        caller.simulator.clock.sleep(601)
        assert caller.get(USERS).json()["error"]["code"] == "InvalidAuthenticationToken"


def test_page_tokens_can_expire() -> None:
    """A page token older than its life is refused as Graph refuses it."""
    with serving(page_token_life=60) as caller:
        following = caller.get(USERS).json()["@odata.nextLink"]
        assert caller.get(following).status_code == 200
        caller.simulator.clock.sleep(61)
        assert caller.get(following).json()["error"]["code"] == "Directory_ExpiredPageToken"


def test_a_batch_is_judged_part_by_part() -> None:
    """Each part has its own status; the order is another; a missing and an encoded part are as the script says."""
    with serving(
        250,
        Fault("throttle", r"^\$batch:", call=2, parameters={"retry_after": "17"}),
        Fault("part_missing", r"^\$batch:", call=2),
        Fault("part_base64", r"^\$batch:", call=2),
    ) as caller:
        people = ids(caller.pages(USERS))[:5]
        parts = caller.batch(*(f"/users/{key}/authentication/methods" for key in [*people, "nobody"]))
        assert list(parts) != sorted(parts)
        assert parts["1"]["headers"]["Retry-After"] == "17"
        assert {key: part["status"] for key, part in parts.items()} == {
            "0": 200,
            "1": 429,
            "3": 200,
            "4": 200,
            "5": 404,
        }
        assert isinstance(parts["3"]["body"], str)
        assert caller.batch(f"/users/{people[1]}/authentication/methods")["0"]["status"] == 429
        assert caller.simulator.early_calls.total() == 1
        many = {"requests": [{"id": str(number), "method": "GET", "url": "/users"} for number in range(21)]}
        url = f"{caller.simulator.root}/v1.0/$batch"
        assert caller.session.post(url, json=many, timeout=10).status_code == 400


@pytest.mark.parametrize(
    ("after", "header"),
    [("5", "5"), ("0.249", "0.249"), (None, None), ("600", "600"), ("date:30", "Tue, 24 Nov 2026 02:00:30 GMT")],
)
def test_a_throttled_call_says_its_wait_in_every_form(after: str | None, header: str | None) -> None:
    """Retry-After is an integer, a decimal, a date, absent or far away."""
    with serving(20, Fault("throttle", "/users", parameters={"retry_after": after})) as caller:
        answer = caller.get(USERS)
        assert (answer.status_code, answer.headers.get("Retry-After")) == (429, header)
        again = caller.get(USERS)
        assert (again.status_code, caller.simulator.early_calls["directory"]) == ((429, 1) if after else (200, 0))


@pytest.mark.parametrize("status", [401, 403, 404, 410, 500, 502, 503, 504])
def test_a_status_strikes_the_call_it_names_and_no_other(status: int) -> None:
    """The second matching call fails, twice, and then no more."""
    with serving(20, Fault("status", "/users", call=2, times=2, parameters={"status": status})) as caller:
        assert [caller.get(USERS).status_code for _ in range(4)] == [200, status, status, 200]


@pytest.mark.parametrize(
    ("kind", "status", "text"),
    [
        ("forbidden", 403, "Authorization_RequestDenied"),
        ("licence", 403, "NonPremiumTenant"),
        ("page_too_big", 400, "more than 120 users"),
        ("captive_portal", 200, "<!DOCTYPE html>"),
        ("nan", 200, "NaN"),
        ("redirect", 302, ""),
    ],
)
def test_answers_of_the_script(kind: str, status: int, text: str) -> None:
    """Each kind gives the status and text it stands for, once."""
    with serving(20, Fault(kind, "/users")) as caller:
        answer = caller.get(USERS)
        assert (answer.status_code, text in answer.text) == (status, True)
        assert kind != "redirect" or answer.headers["Location"].startswith(caller.simulator.foreign_roots["host"])
        assert caller.get(USERS).json()["value"]


@pytest.mark.parametrize(
    "kind",
    [
        "reset_before",
        "reset_after_headers",
        "cut_with_length",
        "cut_without_length",
        "wrong_gzip",
        "invalid_json",
        "hang",
    ],
)
def test_a_bad_wire_gives_no_page(kind: str) -> None:
    """The body cannot be read, and the next call is served."""
    with serving(20, Fault(kind, "/users")) as caller:
        with pytest.raises(requests.RequestException):
            caller.session.get(caller.simulator.root + USERS, timeout=0.3 if kind == "hang" else 10).json()
        assert caller.get(USERS).json()["value"]


def test_a_slow_body_takes_the_clocks_time_and_a_skewed_one_lies_about_it() -> None:
    """Slow drip passes seconds of the clock; skew moves the Date header."""
    with serving(
        20, Fault("slow_drip", "/users"), Fault("clock_skew", "/devices", parameters={"seconds": 3600})
    ) as caller:
        assert len(caller.get(USERS).json()["value"]) == 20
        assert caller.simulator.clock.slept >= 250
        slept = caller.simulator.clock.slept
        moved = caller.get("/v1.0/devices").headers["Date"], caller.get("/v1.0/devices").headers["Date"]
        assert slept < 3600
        assert [text[17:19] for text in moved] == ["03", "02"]


@pytest.mark.parametrize("kind", ["gzip_bomb", "long_line"])
def test_a_huge_body_is_huge(kind: str) -> None:
    """Many megabytes come out of the body, whether or not they went over the wire."""
    with (
        serving(20, Fault(kind, "/users", parameters={"megabytes": 30})) as caller,
        caller.get(USERS, stream=True) as answer,
    ):
        assert sum(map(len, answer.iter_content(1 << 16))) >= 30 << 20
        assert (int(answer.headers["Content-Length"]) < 1 << 20) is (kind == "gzip_bomb")


@pytest.mark.parametrize(
    ("kind", "pages", "rows"),
    [
        ("same_link", 50, 4900),
        ("lost_link", 2, 200),
        ("empty_page", 4, 250),
        ("repeat_rows", 3, 253),
        ("repeat_rows_changed", 3, 253),
    ],
)
def test_pages_that_lie(kind: str, pages: int, rows: int) -> None:
    """The second page bends the listing as its kind says."""
    times = None if kind == "same_link" else 1
    with serving(250, Fault(kind, "/users", page=2, times=times)) as caller:
        read = caller.pages(USERS)
    assert len(read) == pages
    assert kind == "same_link" or len(ids(read)) == rows
    copies = {json.dumps(row) for page in read for row in page["value"]}
    assert (len(copies) > len(set(ids(read)))) is (kind == "repeat_rows_changed")


@pytest.mark.parametrize("kind", ["loop", "never_ending"])
def test_listings_that_do_not_end(kind: str) -> None:
    """A loop leads back to links seen; an endless listing always has a new one."""
    with serving(500, Fault(kind, "/users", page=3 if kind == "loop" else None, times=None)) as caller:
        links = [page["@odata.nextLink"] for page in caller.pages(USERS, most=12)]
    assert len(links) == 12
    assert len(set(links)) == (2 if kind == "loop" else 12)


@pytest.mark.parametrize("to", LINKS)
def test_a_foreign_link_is_noticed_when_it_is_followed(to: str) -> None:
    """A link elsewhere, refused by nobody here, is counted."""
    with serving(250, Fault("foreign_link", "/users", parameters={"to": to})) as caller:
        link = caller.get(USERS).json()["@odata.nextLink"]
        assert caller.simulator.foreign == []
        assert link.startswith(caller.simulator.foreign_roots[to])
        if to == "look_alike":
            return
        with pytest.raises(requests.RequestException) if to == "http" else _nothing():
            caller.get(link)
        assert caller.simulator.foreign


@contextmanager
def _nothing() -> Iterator[None]:
    yield


def test_an_expired_page_token_strikes_at_its_page() -> None:
    """Page two is refused once; the listing begun again is whole."""
    with serving(250, Fault("expired_token", "/users", page=2)) as caller:
        assert caller.pages(USERS)[-1]["error"]["code"] == "Directory_ExpiredPageToken"
        assert len(ids(caller.pages(USERS))) == 250


def test_a_wrong_count_is_wrong() -> None:
    """@odata.count says more rows than there are."""
    with serving(20, Fault("wrong_count", "/users", parameters={"add": 980})) as caller:
        answer = caller.get("/v1.0/users?$count=true", headers={"ConsistencyLevel": "eventual"}).json()
        assert (answer["@odata.count"], len(answer["value"])) == (1000, 20)


def test_the_directory_changes_while_it_is_read() -> None:
    """Accounts made, deleted and changed before a page show on it, and in the oracle."""
    tenant = VirtualTenant(250)
    gone, switched = tenant.people.account_id(180), tenant.people.account_id(190)
    acts = (
        {"act": "create", "fields": {"id": "new", "userPrincipalName": "new@riverside.example"}},
        {"act": "delete", "account_id": gone},
        {"act": "change", "account_id": switched, "fields": {"jobTitle": "Moved"}},
    )
    faults = [Fault("mutate", "/users", call=number, parameters=act) for number, act in enumerate(acts, 1)]
    with serving(0, *faults, tenant=tenant) as caller:
        assert len(ids(caller.pages(USERS))) == 250
        again = caller.pages("/v1.0/users?$top=999&$select=id,jobTitle")[0]["value"]
        assert {row["id"] for row in again} == set(caller.simulator.oracle.rows("users"))
        assert {"new"} < {row["id"] for row in again}
        assert gone not in {row["id"] for row in again}
        assert caller.get(f"/v1.0/users/{gone}").status_code == 404
        assert next(row for row in again if row["id"] == switched)["jobTitle"] == "Moved"
        assert "new" not in caller.simulator.oracle.rows("registrations")


@pytest.mark.parametrize("kind", sorted(kind for kind in KINDS if kind.startswith("token_")))
def test_a_bad_token_endpoint(kind: str) -> None:
    """Each fault of the token endpoint bends its answer as its name says."""
    with serving(20, Fault(kind, "/token", call=2, parameters={"code": 7000222})) as caller:
        answer = caller.token().json()
        caller.session.headers["Authorization"] = f"Bearer {answer.get('access_token', '')}"
        statuses = caller.get(USERS).status_code, caller.get("/v1.0/organization").status_code
        if kind == "token_error":
            assert answer["error_codes"] == [7000222]
        elif kind == "token_empty_object":
            assert answer == {}
        elif kind == "token_empty_string":
            assert answer["access_token"] == ""
        elif kind == "token_short":
            caller.simulator.clock.sleep(31)
            assert (statuses[0], caller.get(USERS).status_code) == (200, 401)
        elif kind == "token_no_roles":
            assert statuses == (403, 403)
        else:
            claims = msal.oauth2cli.oidc.decode_part(answer["access_token"].split(".")[1])
            surplus = kind == "token_surplus"
            assert ("User.ReadWrite.All" in claims) is surplus
            assert (caller.simulator.tenant.tenant_id in claims) is surplus


def test_the_script_knows_its_kinds_and_draws_the_same_again() -> None:
    """A misspelt kind is refused; a seed always draws the same schedule; not every schedule is the same."""
    with pytest.raises(ValueError, match="no fault"):
        Fault("throtle")
    assert random_schedule(7).faults == random_schedule(7).faults
    drawn = list(itertools.chain.from_iterable(random_schedule(seed).faults for seed in range(300)))
    assert len({fault.kind for fault in drawn}) > 20
    assert {random_schedule(seed).recoverable for seed in range(50)} == {True, None}


def test_a_throttled_batch_counts_an_early_repeat() -> None:
    """A batch refused as a whole says its wait, and a repeat before its end is early."""
    with serving(20, Fault("throttle", r"^/v1.0/\$batch", parameters={"retry_after": "8"})) as caller:
        url, parts = (
            f"{caller.simulator.root}/v1.0/$batch",
            {"requests": [{"id": "1", "method": "GET", "url": "/users"}]},
        )
        answers = [caller.session.post(url, json=parts, timeout=10) for _ in range(2)]
        assert [answer.headers["Retry-After"] for answer in answers] == ["8", "8"]
        assert caller.simulator.early_calls["batch"] == 1
        caller.simulator.clock.sleep(8)
        assert caller.session.post(url, json=parts, timeout=10).status_code == 200


def test_the_command_prints_the_settings_and_serves_until_stopped() -> None:
    """A newcomer gets lines to paste; the addresses in them answer; an orderly stop ends with 0."""
    command = [sys.executable, "-m", "tests.graph_simulator", "--accounts", "30", "--limits", "off"]
    with subprocess.Popen(
        command, cwd=Path(__file__).parents[1], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        lines = [process.stdout.readline().strip().removeprefix("export MFA_AUDIT_") for _ in range(6)]
        settings = dict(line.split("=", 1) for line in lines)
        with requests.Session() as session:
            session.trust_env = False
            url = f"{settings['GRAPH_ROOT']}/v1.0/users"
            assert session.get(url, verify=settings["CA_BUNDLE"], timeout=10).status_code == 401
        process.terminate()
        assert process.wait(10) == 0
    assert set(settings) == {"GRAPH_ROOT", "LOGIN_ROOT", "CA_BUNDLE", "TENANT_ID", "CLIENT_ID", "CLIENT_SECRET"}


@pytest.mark.parametrize("seed", [seed for seed in range(60) if random_schedule(seed).recoverable])
def test_a_passing_schedule_ends_with_the_truth_for_whoever_tries_again(seed: int) -> None:
    """Under a schedule called recoverable, calling each page again until it can be read gives the oracle's rows."""
    with serving(tenant=VirtualTenant(450), faults=random_schedule(seed)) as caller:
        for path, name in ((USERS, "users"), (REGISTRATIONS, "registrations")):
            assert [row["id"] for row in _patiently(caller, path)] == list(caller.simulator.oracle.rows(name))
        assert caller.simulator.early_calls.total() == 0


def _patiently(caller: Caller, path: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    following: str | None = path
    for _ in range(40):
        if following is None:
            return rows
        try:
            answer = caller.get(following)
            body = answer.json() if answer.status_code == 200 else {}
            rows += body["value"]
            following = body.get("@odata.nextLink")
        except (requests.RequestException, KeyError):
            caller.simulator.clock.sleep(30)
    raise AssertionError(f"{path} was not read in 40 calls")
