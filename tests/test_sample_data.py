"""The committed sample tenants: made by their script, with the published counts and every kind of mess."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
import unicodedata
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "sample_data"
NHS = SAMPLES / "nhs"
PUBLISHED_ORGANISATIONS = {"ZX1": 120, "ZX2": 60, "ZX3": 18, "Z9A1B": 14, "Z9C2D": 10, "Z9E3F": 6, "Z9G4H": 8, "": 4}
PUBLISHED_KINDS = {
    "person": 206, "generic": 5, "shared_mailbox": 12, "room": 4, "guest": 6, "service": 5, "break_glass": 2,
}
PUBLISHED_LEVELS = {"phone": 30, "code": 22, "push": 74, "passwordless": 4, "phishing_resistant": 24}
LEVEL_OF = {
    "mobilephone": 1, "alternatemobilephone": 1, "softwareoathtoken": 2, "softwareonetimepasscode": 2,
    "hardwareoathtoken": 2, "microsoftauthenticatorapp": 3, "microsoftauthenticatorpush": 3,
    "microsoftpasswordlessphonesignin": 4, "fido2securitykey": 5, "windowshelloforbusiness": 5,
}
TRUE = ("Capable", "TRUE", "True", "Yes", "1")
LEVELS = ("none", "phone", "code", "push", "passwordless", "phishing_resistant")


def read_bytes(folder: Path) -> dict[str, bytes]:
    """Every file below ``folder``."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def text_of(path: Path) -> str:
    """The text of a file in any of the encodings the samples use."""
    data = path.read_bytes()
    if data.startswith(b"\xff\xfe"):
        return data.decode("utf-16")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252")


def table(path: Path, delimiter: str = ",") -> list[dict[str, str]]:
    """A CSV file as dictionaries."""
    return list(csv.DictReader(io.StringIO(text_of(path), newline=""), delimiter=delimiter))


def value(path: Path) -> list[dict[str, Any]]:
    """The ``value`` of a Graph answer."""
    return list(json.loads(path.read_text(encoding="utf-8"))["value"])


def run(script: str, *arguments: str) -> None:
    """Run one of the scripts in ``bench/``."""
    subprocess.run([sys.executable, "-B", str(ROOT / "bench" / script), *arguments], check=True, capture_output=True)


class Tenant:
    """The NHS sample read by hand."""

    def __init__(self) -> None:
        self.rows = value(NHS / "exports" / "users.json")
        self.users = {row["id"]: row for row in self.rows}
        self.by_upn = {row["userPrincipalName"].casefold(): row for row in self.rows}
        self.details = table(NHS / "exports" / "registration_details.csv")
        self.detail = {
            self.by_upn[row["User principal name"].casefold()]["id"]: row
            for row in self.details
            if row["User principal name"].casefold() in self.by_upn
        }
        self.portal = {row["id"]: row for row in table(NHS / "csv" / "users.csv")}
        self.messy = json.loads((NHS / "messy.json").read_text(encoding="utf-8"))
        self.expected = json.loads((NHS / "expected.json").read_text(encoding="utf-8"))
        self.kinds = self._kinds()

    def case(self, name: str) -> list[dict[str, Any]]:
        """The users a messy case names."""
        return [self.users[account] for account in self.messy[name]["accounts"]]

    def names(self, case: str) -> list[str]:
        """Their display names."""
        return [user["displayName"] for user in self.case(case)]

    def cells(self, case: str, *columns: str) -> tuple[str, ...]:
        """Cells of the registration row of a case's first account."""
        row = self.detail[self.messy[case]["accounts"][0]]
        return tuple(row[column] for column in columns)

    def _kinds(self) -> dict[str, str]:
        policy = (NHS / "policy.toml").read_text(encoding="utf-8")
        emergency = re.findall(r'"([0-9a-f-]{36})"', policy)
        service = {row["account_id"] for row in table(NHS / "service_accounts.csv")}
        generic = {row["account_id"] for row in table(NHS / "generic_accounts.csv")}
        recipient = {
            row["ExternalDirectoryObjectId"]: row["RecipientTypeDetails"]
            for row in table(NHS / "exports" / "recipients.csv", "\t")
        }
        kinds = {}
        for account, user in self.users.items():
            if account in emergency:
                kinds[account] = "break_glass"
            elif account in service or user["userPrincipalName"] in service:
                kinds[account] = "service"
            elif recipient[account] == "SharedMailbox":
                kinds[account] = "shared_mailbox"
            elif recipient[account] in ("RoomMailbox", "EquipmentMailbox"):
                kinds[account] = "room"
            elif account in generic:
                kinds[account] = "generic"
            else:
                kinds[account] = "guest" if user["userType"] == "Guest" else "person"
        return kinds

    def best(self, account: str) -> str:
        """The strongest allowed level in the registration file."""
        row = self.detail.get(account)
        if row is None or row["MFA Capable"] not in TRUE:
            return "none"
        spellings = [re.sub("[^a-z0-9]", "", m.casefold()) for m in re.split(r"[;,|]", row["Methods registered"])]
        return LEVELS[max(LEVEL_OF.get(spelling, 0) for spelling in spellings)]


@pytest.fixture(scope="module")
def tenant() -> Tenant:
    return Tenant()


@pytest.mark.parametrize("name", ["nhs", "manufacturer"])
def test_committed_samples_are_what_their_script_writes(name: str, tmp_path: Path) -> None:
    """Running the script again gives the committed files, byte for byte, and no other."""
    run("sample.py", str(tmp_path))

    assert read_bytes(SAMPLES / name) == read_bytes(tmp_path / name)


def test_the_tenant_has_240_accounts_of_the_published_kinds(tenant: Tenant) -> None:
    """Counted from users, recipients, registers and policy; one account is listed twice."""
    assert len(tenant.users) == 240
    assert len(tenant.rows) == 241
    assert Counter(tenant.kinds.values()) == PUBLISHED_KINDS


def test_organisations_have_the_published_sizes(tenant: Tenant) -> None:
    """Codes are counted trimmed and without regard to case; a closed practice with its successor."""
    known = {row["organisation_code"]: row["successor_code"] for row in table(NHS / "organisations.csv")}
    codes = [(user["companyName"] or "").strip().upper() for user in tenant.users.values()]

    assert Counter(known[code] or code if code in known else "" for code in codes) == PUBLISHED_ORGANISATIONS


def test_people_hold_the_published_methods(tenant: Tenant) -> None:
    """Ten of the people are disabled and have no row; best levels of the rest come from the file alone."""
    people = [account for account, kind in tenant.kinds.items() if kind == "person"]
    working = [account for account in people if tenant.users[account]["accountEnabled"]]
    levels = Counter(tenant.best(account) for account in working)

    assert len(people) - len(working) == 10
    assert not [account for account in people if account in tenant.detail and account not in working]
    assert levels.pop("none") == 196 - 154
    assert levels == PUBLISHED_LEVELS


def test_six_registered_people_are_asked_by_nobody(tenant: Tenant) -> None:
    """The portal's MFA Status says "disabled" of six of the people in scope, and all six have a factor."""
    status = {
        tenant.by_upn[row["User principal name"].casefold()]["id"]: row["MFA Status"]
        for row in table(NHS / "exports" / "nhsmail_mfa_status.csv", ";")
    }
    people = [a for a, kind in tenant.kinds.items() if kind == "person" and tenant.users[a]["accountEnabled"]]
    left_out = [account for account in people if "Disabled" in status[account]]

    assert len(left_out) == 6
    assert "none" not in {tenant.best(account) for account in left_out}


def test_expected_figures_are_the_published_ones(tenant: Tenant) -> None:
    """The fractions that are published with the sample."""
    figures = tenant.expected["key_figures"]

    assert [145, 196] == figures["compliance"]
    assert [145, 191] == figures["compliance_of_obligated"]
    assert [154, 196] == figures["coverage"]
    assert [24, 196] == figures["phishing_resistant"]
    assert [30, 154] == figures["phone_only"]
    assert [4, 12] == figures["privileged_gap"]
    assert {row["account_id"] for row in tenant.expected["accounts"]} == set(tenant.users)


def test_every_shape_holds_the_same_accounts(tenant: Tenant) -> None:
    """Pages of Graph JSON and the portal's CSV list whom the demo's files list, with the same methods allowed."""
    pages = [value(NHS / "graph" / f"users_page{page}.json") for page in (1, 2, 3)]
    details = [row for page in (1, 2, 3) for row in value(NHS / "graph" / f"registration_details_page{page}.json")]
    capable = {row["id"] for row in details if row["isMfaCapable"] and row["id"] in tenant.users}

    assert {row["id"] for page in pages for row in page} == set(tenant.users) == set(tenant.portal)
    assert capable == {account for account, row in tenant.detail.items() if row["MFA Capable"] in TRUE}


def test_pages_are_chained() -> None:
    """Every page but the last names the next."""
    for name in ("users", "registration_details"):
        pages = [json.loads((NHS / "graph" / f"{name}_page{n}.json").read_text(encoding="utf-8")) for n in (1, 2, 3)]

        assert [True, True, False] == ["@odata.nextLink" in page for page in pages]


def test_conditional_access_leaves_out_whom_the_portal_does_not_ask(tenant: Tenant) -> None:
    """So that the figures are the same with and without the policies."""
    groups = {group["displayName"]: group for group in value(NHS / "exports" / "groups.json")}
    left_out = {member["id"] for member in groups["MFA exclusions"]["members"]}
    not_enforced = {r["account_id"] for r in tenant.expected["accounts"] if r["status"] == "NOT_ENFORCED"}

    assert not_enforced <= left_out
    assert not_enforced == {account for account in left_out if tenant.kinds[account] == "person"}


def _m01(t: Tenant) -> bool:
    twice = [row for row in t.rows if row["id"] == t.messy["M01"]["accounts"][0]]
    return len({row["userPrincipalName"] for row in twice}) == 2


def _m04(t: Tenant) -> bool:
    written = {row["User principal name"].casefold(): row["User principal name"] for row in t.details}
    return all(
        written[user["userPrincipalName"]] != user["userPrincipalName"] == user["userPrincipalName"].casefold()
        for user in t.case("M04")
    )


def _m15(t: Tenant) -> bool:
    missing, disabled, own, one, other = t.case("M15")
    return (
        missing["manager"]["id"] not in t.users
        and not t.users[disabled["manager"]["id"]]["accountEnabled"]
        and own["manager"]["id"] == own["id"]
        and (one["manager"]["id"], other["manager"]["id"]) == (other["id"], one["id"])
    )


def _m16(t: Tenant) -> bool:
    texts = {t.portal[account]["createdDateTime"] for account in t.messy["M16"]["accounts"]}
    hired = {user["employeeHireDate"] for user in t.case("M16")}
    wanted = {"2024-05-01T09:00:00+01:00", "2021-11-08T10:15:41.6195833Z", "", "25/12/2023", "45413", "03/04/2024",
              "2024-02-29T08:00:00Z"}
    return wanted <= texts and {"0001-01-01T00:00:00Z", "2026-03-29T00:59:00Z"} <= hired


def _m18(t: Tenant) -> bool:
    cells = [t.detail[account]["Methods registered"] for account in t.messy["M18"]["accounts"]]
    in_graph = {
        row["id"]: row["methodsRegistered"]
        for page in (1, 2, 3) for row in value(NHS / "graph" / f"registration_details_page{page}.json")
    }
    empty, null = t.messy["M18"]["accounts"][-2:]
    return (
        cells[0].startswith("[") and "," in cells[1] and "|" in cells[2] and cells[3] == "[]" and not cells[4]
        and in_graph[empty] == [] and in_graph[null] is None
    )


def _m22(t: Tenant) -> bool:
    starts = {Path(name).name: (NHS / name).read_bytes()[:5] for name in t.messy["M22"]["files"]}
    cp1252 = (NHS / "encodings" / "users_cp1252.csv").read_bytes()
    return (
        starts["registration_details.csv"].startswith(b"\xef\xbb\xbf")
        and starts["recipients.csv"].startswith(b"\xff\xfe")
        and starts["users_preamble.csv"] == b"#TYPE" and "Zoë".encode("cp1252") in cp1252
        and b";" in (NHS / "exports" / "nhsmail_mfa_status.csv").read_bytes()
    )


def _m24(t: Tenant) -> bool:
    account = t.messy["M24"]["accounts"][0]
    return all(
        account in {row["id"] for row in value(NHS / "graph" / f"users_page{page}.json")} for page in (1, 3)
    )


def _m29(t: Tenant) -> bool:
    rows = table(NHS / "exemptions.csv")
    pairs = [(row["account_id"], row["approver"]) for row in rows]
    return (
        any(account not in t.users for account, _ in pairs)
        and any(row["expires_on"] < row["approved_on"] for row in rows)
        and any(account in t.users and approver == t.users[account]["userPrincipalName"] for account, approver in pairs)
        and max(Counter(account for account, _ in pairs).values()) == 2
    )


CASES: dict[str, Callable[[Tenant], bool]] = {
    "M01": _m01,
    "M02": lambda t: t.case("M02")[0]["surname"] == t.case("M02")[1]["surname"] and len(t.case("M02")) == 2,
    "M03": lambda t: len({(u["displayName"], u["department"]) for u in t.case("M03")}) == 1,
    "M04": _m04,
    "M05": lambda t: ["O'Neill", "O’Neill", "D'Souza"] == [user["surname"] for user in t.case("M05")],
    "M06": lambda t: not any(name.isascii() for name in t.names("M06")) and len(t.names("M06")) == 8,
    "M07": lambda t: len(set(t.names("M07"))) == 2
    and len({unicodedata.normalize("NFC", name) for name in t.names("M07")}) == 1,
    "M08": lambda t: {"Suresh", "Marcus Whinfell Jr", "Joost van der Berg"} <= set(t.names("M08")),
    "M09": lambda t: {"Jennifer Null", "True Fairweather", "NaN"} == set(t.names("M09")),
    "M10": lambda t: {"=", "\t", "+", "-", "@"} == {name[0] for name in t.names("M10")},
    "M11": lambda t: all(any(c in name for name in t.names("M11")) for c in ("  ", "\u00a0", "\u200b")),
    "M12": lambda t: "\u202e" in t.names("M12")[0],
    "M13": lambda t: "\n" in t.case("M13")[0]["jobTitle"] and {",", '"'} <= set(t.case("M13")[0]["department"]),
    "M14": lambda t: {"", "N/A", "unknown"} <= {u["department"] for u in t.case("M14")}
    and {None, "N/A"} <= {u["companyName"] for u in t.case("M14")} and any("manager" not in u for u in t.case("M14")),
    "M15": _m15,
    "M16": _m16,
    "M17": lambda t: {"TRUE", "True", "Yes", "1", "FALSE", "No", "0"}
    == {t.detail[account]["MFA Capable"] for account in t.messy["M17"]["accounts"]},
    "M18": _m18,
    "M19": lambda t: all("somethingNew" in t.detail[u["id"]]["Methods registered"] for u in t.case("M19")),
    "M20": lambda t: all("#EXT#" in user["userPrincipalName"] for user in t.case("M20")),
    "M21": lambda t: ["1E5", "0815", "zx2", "ZX1 ", "Z9X8Y"] == [user["companyName"] for user in t.case("M21")],
    "M22": _m22,
    "M23": lambda t: t.case("M23")[0]["id"] not in t.detail
    and any(row["User principal name"].casefold() not in t.by_upn for row in t.details),
    "M24": _m24,
    "M25": lambda t: "signInActivity" in t.case("M25")[0] and not t.case("M25")[0]["accountEnabled"]
    and all(user["accountEnabled"] and "signInActivity" not in user for user in t.case("M25")[1:]),
    "M26": lambda t: len(t.case("M26")[0]["userPrincipalName"].split("@")[0]) > 64 and len(t.names("M26")[1]) == 256,
    "M27": lambda t: ("Registered", "Not Capable") == t.cells("M27", "MFA Registered", "MFA Capable"),
    "M28": lambda t: ("Capable", "[]") == t.cells("M28", "MFA Capable", "Methods registered"),
    "M29": _m29,
    "M30": lambda t: ["2026-03-29T00:59:00Z", "2026-03-29T01:00:00Z"] == [u["employeeHireDate"] for u in t.case("M30")],
}


@pytest.mark.parametrize("case", [f"M{number:02d}" for number in range(1, 31)])
def test_messy_case_is_in_the_files(case: str, tenant: Tenant) -> None:
    """Each kind of mess is where ``messy.json`` says, and ``expected.json`` names it at its accounts."""
    named = {row["account_id"] for row in tenant.expected["accounts"] if case in row["case"].split()}

    assert CASES[case](tenant)
    assert named == set(tenant.messy[case]["accounts"])
    assert all((NHS / name).is_file() for name in tenant.messy[case]["files"])


def _words(path: Path) -> str:
    """A file's text without what only looks like a number to call: identifiers, digests and times."""
    text = re.sub(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", "", text_of(path))
    return re.sub(r"\d{4}-\d{2}-\d{2}(?:T[\d:.]+(?:Z|[+-]\d{2}:\d{2})?)?", "", text)


@pytest.mark.parametrize("name", ["nhs", "manufacturer"])
def test_no_address_could_reach_anybody(name: str) -> None:
    """Every address ends in the domain reserved for examples."""
    foreign = {
        (path.name, found)
        for path in (SAMPLES / name).rglob("*") if path.is_file()
        for found in re.findall(r"[\w.'’#-]+@([\w-]+(?:\.[\w-]+)+)", text_of(path))
        if not found.casefold().endswith(".example")
    }

    assert set() == foreign


@pytest.mark.parametrize("name", ["nhs", "manufacturer"])
def test_no_telephone_number(name: str) -> None:
    """Nothing has the shape of a telephone number, and the portal's telephone columns are empty."""
    numbers = {
        (path.name, found)
        for path in (SAMPLES / name).rglob("*") if path.is_file()
        for found in re.findall(r"\+?\(?\d[\d ()-]{7,}\d", _words(path))
    }
    columns = [row for path in (SAMPLES / name).rglob("*sers*.csv") for row in table(path) if "mobilePhone" in row]

    assert set() == numbers
    assert not [row for row in columns if row["mobilePhone"] or row["telephoneNumber"]]


def test_the_manufacturer_has_what_it_stands_for() -> None:
    """Forty accounts of one company; nobody on the shop floor has a manager; one of two domains is federated."""
    exports = SAMPLES / "manufacturer" / "exports"
    users = table(exports / "exportUsers_2026-3-2.csv")
    people = table(exports / "hr_people.csv")
    domains = {row["id"]: row["authenticationType"] for row in value(exports / "domains.json")}
    federated = [name for name, how in domains.items() if how == "Federated"]
    shop_floor = [row for row in people if row["User principal name"].endswith(f"@{federated[0]}")]

    assert len(users) == 40
    assert len({row["companyName"] for row in users}) == 1
    assert (2, 1) == (len(domains), len(federated))
    assert len(shop_floor) == 16
    assert not [row for row in shop_floor if row["Manager"]]


@pytest.mark.parametrize("shape", ["csv", "graph"])
def test_the_same_arguments_make_the_same_tenant(shape: str, tmp_path: Path) -> None:
    """Byte for byte; and another seed makes another."""
    for folder, seed in (("one", "7"), ("two", "7"), ("three", "8")):
        run("tenant.py", "--accounts", "1500", "--out", str(tmp_path / folder), "--shape", shape, "--seed", seed)

    assert read_bytes(tmp_path / "one") == read_bytes(tmp_path / "two")
    assert read_bytes(tmp_path / "one") != read_bytes(tmp_path / "three")


def test_a_made_tenant_looks_like_one(tmp_path: Path) -> None:
    """As many accounts as asked for, few large and many small organisations, a sixth without a method, every mess."""
    run("tenant.py", "--accounts", "20000", "--out", str(tmp_path / "t"))
    users = {row["id"]: row for row in table(tmp_path / "t" / "users.csv")}
    details = table(tmp_path / "t" / "registrations.csv")
    sizes = Counter(row["companyName"] for row in users.values() if row["companyName"])
    upns = {row["userPrincipalName"] for row in users.values()}
    without = sum(row["Methods registered"] == "[]" for row in details)

    assert len(users) == 20000
    assert max(sizes.values()) > 1000
    assert sum(size <= 20 for size in sizes.values()) > 100
    assert 0.14 < without / len(details) < 0.20
    assert all(row["manager"] in upns for row in users.values() if row["manager"])
    assert 0.005 < sum(row["User principal name"].isupper() for row in details) / len(details) < 0.02
    assert {True} == {any(sign in row["Methods registered"] for row in details) for sign in ("somethingNew2027", ", ")}
    assert [row for row in details if not row["Methods registered"]]
