"""A part of a tenant is never taken for the whole, whatever it is a part of."""

from __future__ import annotations

import csv
import json
import re

import pytest
from graph_simulator import ALL_PERMISSIONS, Fault, FaultScript, Simulator, VirtualClock, VirtualTenant
from graph_simulator.answers import Answer, no_such
from graph_simulator.tenant import Listing
from graph_simulator.tenant_documents import COLLECTIONS, DOCUMENTS
from simulated import collected, graph_job, night

from mfa_audit.errors import GraphUnreachable, IncompleteData, SettingsError
from mfa_audit.nightly import collect_alone
from mfa_audit.sources.graph.domains import unlisted_domains

MAIN = ("accounts", "registrations")


class Changed(VirtualTenant):
    """A tenant some of whose collections and documents are others."""

    def __init__(self, accounts=60, *, collections=(), documents=(), licensed=True):
        super().__init__(accounts, seed=1, licensed=licensed)
        self._collections, self._documents = dict(collections), dict(documents)

    def base(self, name):
        rows = self._collections.get(name)
        return super().base(name) if rows is None else Listing(len(rows), rows.__getitem__)

    def document(self, name):
        return self._documents.get(name, super().document(name))


class Answering(Simulator):
    """A simulator that gives ``answers`` of its own: a pattern of the address -> what becomes of the true answer."""

    def __init__(self, tenant, answers, **more):
        super().__init__(tenant, **more)
        self.answers = dict(answers)

    def answer(self, logged, body):
        told = super().answer(logged, body)
        return next((change(told, body) for pattern, change in self.answers.items()
                     if re.search(pattern, logged.path)), told)


def gaps_of(home, collect, tenant, answers=(), **more):
    """What a reading says is missing, with answers of another kind."""
    with Answering(tenant, answers, clock=VirtualClock(), **more) as simulator:
        return [(each.name, each.reason) for each in collected(simulator, home, collect).manifest.missing
                if each.wanted]


@pytest.mark.parametrize("answer", [
    Answer(403, {"error": {"code": "Authorization_RequestDenied", "message": "no"}}), Answer(200, {}),
])
def test_a_methods_policy_that_was_asked_for_and_did_not_come_makes_nobody_look_better(tmp_path, answer):
    """Whoever has a method it may deny is unknown, and the night is incomplete."""
    collect = (*MAIN, "group_members", "role_assignments", "tenant_policies")
    found = {}
    for name, answers in (("truth", {}), ("refused", {"authenticationMethodsPolicy": lambda *_: answer})):
        with Answering(Changed(300), answers, clock=VirtualClock()) as simulator:
            told = night(simulator, tmp_path / name, collect)
            found[name] = (read_accounts(told.folder), told.gaps)

    (truth, whole), (refused, gaps) = found["truth"], found["refused"]
    good = {"COMPLIANT", "COMPLIANT_WEAK"}
    assert () == whole
    assert gaps
    assert [] == [one for one, status in refused.items() if status in good and truth[one] not in good]


def read_accounts(folder):
    """Status by account of a published night."""
    with (folder / "accounts.csv").open(encoding="utf-8", newline="") as lines:
        return {row["account_id"]: row["status"] for row in csv.DictReader(lines)}


def each_part(body):
    """What a batch is answered, the same for each part."""
    def answer(_told, asked):
        return Answer(200, {"responses": [{"id": part["id"], "status": body.status, "body": body.body}
                                          for part in json.loads(asked)["requests"]]})
    return answer


@pytest.mark.parametrize(("collect", "says"), [
    ((*MAIN, "role_assignments"), ["the members of 1 group(s) that hold roles were not all supplied"]),
    ((*MAIN, "role_assignments", "group_members"), []),
])
def test_a_licence_that_is_lacking_hides_nothing_else(collect, says, tmp_path):
    """Nobody is blamed for not knowing who may activate a role; who is in a group with a role is another matter."""
    faults = FaultScript([Fault("licence", "roleEligibility", times=None)])
    with Simulator(VirtualTenant(300, seed=1), clock=VirtualClock(), faults=faults) as simulator:
        found = [(gap.table, gap.reason) for gap in night(simulator, tmp_path, collect).gaps]

    assert says == [reason for name, reason in found if name == "role_assignments"]
    assert len(says) == len(found)


def without_first(many):
    """A page that lacks its first rows."""
    return lambda told, _: Answer(told.status, {**told.body, "value": told.body["value"][many:]}, told.headers)


def test_accounts_that_are_let_pass_as_missing_are_said(tmp_path):
    """Also by a run that takes over what a killed one had read."""
    faults = FaultScript([Fault("status", "userRegistrationDetails", times=24, parameters={"status": 500})])
    with Answering(VirtualTenant(900), {r"/users\?": without_first(3)}, clock=VirtualClock(),
                   faults=faults) as simulator:
        with pytest.raises(GraphUnreachable):
            collected(simulator, tmp_path, MAIN)
        assert [*tmp_path.rglob("accounts.json")]
        told = collected(simulator, tmp_path, MAIN)

    assert [(3, "897 were read where Graph counts 900")] == [
        (each.count, each.effect[:36]) for each in told.complaints if "accounts" in each.check]
    assert () == told.manifest.missing


def test_the_text_of_a_refusal_is_in_nothing_that_is_written(tmp_path):
    """Its code is: what stands on the way may have put the token beside it."""
    echo = {"status": 400, "code": "BadRequest", "message": "Authorization: Bearer shibboleth"}
    faults = FaultScript([Fault("status", "/domains", times=None, parameters=echo)])
    with Simulator(VirtualTenant(30), clock=VirtualClock(), faults=faults) as simulator:
        told = night(simulator, tmp_path, (*MAIN, "tenant_policies"))
    files = [path.read_bytes() for path in tmp_path.rglob("*.json")]

    assert any("HTTP 400 (BadRequest)" in gap.reason for gap in told.gaps)
    assert any(b"HTTP 400 (BadRequest)" in each for each in files)
    assert not any(b"shibboleth" in each for each in files)


def test_a_run_whose_data_was_refused_is_mended_by_another(tmp_path):
    """It asks afresh: what it would take over is what was refused."""
    def foreign(told, _):
        rows = [{**row, "userPrincipalName": "a@elsewhere.example"} for row in told.body["value"]]
        return Answer(200, {**told.body, "value": rows})

    with Answering(VirtualTenant(60), {r"/users\?": foreign}, clock=VirtualClock()) as simulator:
        with pytest.raises(IncompleteData, match="not this tenant's"):
            collected(simulator, tmp_path, MAIN)
        simulator.answers.clear()
        told = collected(simulator, tmp_path, MAIN)

    assert 60 == told.manifest.tables["accounts"].rows


def plans(*names, status="Enabled"):
    """What a tenant subscribes to."""
    return [{"id": "sku", "capabilityStatus": status, "servicePlans": [{"servicePlanName": name} for name in names]}]


@pytest.mark.parametrize(("subscribed", "permissions", "says"), [
    (plans("AAD_PREMIUM", "AAD_PREMIUM_P2"), ALL_PERMISSIONS, "but it subscribes to AAD_PREMIUM_P2"),
    (plans("entra_identity_governance", status="Warning"), ALL_PERMISSIONS, "subscribes to Entra_Identity_Governance"),
    (plans("AAD_PREMIUM"), tuple({*ALL_PERMISSIONS} - {"LicenseAssignment.Read.All", "Organization.Read.All"}),
     "cannot be seen"),
    ([{"id": "sku"}], ALL_PERMISSIONS, "cannot be read"),
    (plans("AAD_PREMIUM"), ALL_PERMISSIONS, None),
    (plans("AAD_PREMIUM_P2", status="Suspended"), ALL_PERMISSIONS, None),
])
def test_a_licence_that_the_tenant_subscribes_to_is_not_lacking(subscribed, permissions, says, tmp_path):
    """Else whoever may activate a role would pass for an ordinary member of staff; what cannot be seen is no proof."""
    faults = FaultScript([Fault("licence", "roleEligibility", times=None)])
    tenant = Changed(collections={"subscribedSkus": subscribed})
    found = gaps_of(tmp_path, (*MAIN, "role_assignments", "group_members"), tenant, faults=faults,
                    permissions=permissions)

    assert ([] if says is None else ["role_assignments"]) == [name for name, _ in found]
    assert says is None or says in found[0][1]


def test_graph_is_not_read_without_the_accounts(tmp_path):
    """They are what everything else is about; it is said before anything is asked."""
    with Simulator(VirtualTenant(30), clock=VirtualClock()) as simulator:
        with pytest.raises(SettingsError, match="accounts, which 'collect' leaves out"):
            collect_alone(graph_job(simulator, tmp_path, ("registrations",)))
        assert [] == simulator.requests


@pytest.mark.parametrize(("rows", "count", "says"), [
    ([], None, "no active role"), ("some", 999, "pages promise 999"), ([], 999, "pages promise 999"),
])
def test_a_listing_of_roles_that_was_cut_is_a_part(rows, count, says, tmp_path):
    """No tenant is without an administrator, and a page knows of others."""
    def cut(told, _):
        listed = told.body["value"][:1] if rows == "some" else rows
        return Answer(200, {"value": listed, **({} if count is None else {"@odata.count": count})})

    found = gaps_of(tmp_path, (*MAIN, "role_assignments"), VirtualTenant(60), {"/roleAssignments": cut})

    assert [says] == [says for name, reason in found if name == "role_assignments" and says in reason]


UNKNOWN = Answer(404, {"error": {"code": "UnknownError", "message": ""}})
METHODS = (*MAIN, "role_assignments", "privileged_methods")
PER_USER = (*MAIN, "tenant_policies", "role_assignments", "per_user_mfa")


@pytest.mark.parametrize(("collect", "name", "answer", "licensed", "says"), [
    (METHODS, "privileged_methods", UNKNOWN, True, "could not be asked about"),
    (METHODS, "privileged_methods", no_such("x"), True, "are not there when asked about"),
    (METHODS, "privileged_methods", Answer(200, {}), True, "could not be asked about"),
    (METHODS, "privileged_methods", Answer(200, {"value": []}), True, "no method at all"),
    (PER_USER, "per_user_mfa", UNKNOWN, True, "60 of 60 accounts could not"),
    (PER_USER, "per_user_mfa", no_such("x"), True, "60 of 60 accounts are not there"),
    (PER_USER, "per_user_mfa", Answer(200, {}), True, "60 of 60 accounts could not"),
    (PER_USER, "per_user_mfa", Answer(200, {"perUserMfaState": None}), True, "60 of 60 accounts could not"),
    (MAIN, "registrations", UNKNOWN, False, "60 of 60 accounts could not"),
    (MAIN, "registrations", no_such("x"), False, "60 of 60 accounts are not there"),
    (MAIN, "registrations", Answer(200, {}), False, "60 of 60 accounts could not"),
    (MAIN, "registrations", Answer(200, {"value": []}), False, "60 of 60 accounts have no method"),
])
def test_an_answer_that_is_none_for_everybody_is_missing(collect, name, answer, licensed, says, tmp_path):
    """Not that all accounts are gone, nor that nobody has a method or a state."""
    tenant = VirtualTenant(60, seed=4, licensed=licensed)
    found = gaps_of(tmp_path, collect, tenant, {r"\$batch": each_part(answer)})

    assert [says] == [says for table, reason in found if table == name and says in reason]


def test_a_few_accounts_that_are_gone_meanwhile_are_no_gap(tmp_path):
    """They were deleted after they were listed."""
    tenant = VirtualTenant(60, seed=4)
    gone = [Fault("status", rf"\$batch:.*{tenant.people.account_id(n)}", times=None,
                  parameters={"status": 404, "code": "Request_ResourceNotFound"}) for n in (3, 4)]

    assert [] == gaps_of(tmp_path, PER_USER, tenant, faults=FaultScript(gone))


ENABLED = {"identitySecurityDefaultsEnforcementPolicy": "security_defaults",
           "authenticationMethodsPolicy": "authentication_methods_policy"}


@pytest.mark.parametrize("document", ENABLED)
@pytest.mark.parametrize("body", [{}, {"value": []}, {"id": "x", "isEnabled": "no",
                                                      "authenticationMethodConfigurations": {}}])
def test_a_document_that_lacks_what_it_is_for_is_missing(document, body, tmp_path):
    """Nothing is not *disabled*, nor *nothing is allowed*."""
    found = gaps_of(tmp_path, (*MAIN, "tenant_policies"), Changed(documents={document: body}))

    assert [ENABLED[document]] == [name for name, _ in found]


def test_a_document_that_was_another_once_is_asked_for_again(tmp_path):
    """An answer that was mixed up costs a second question."""
    answers = []

    def first_nothing(told, _):
        answers.append(told)
        return Answer(200, {}) if len(answers) == 1 else told

    assert [] == gaps_of(tmp_path, (*MAIN, "tenant_policies"), VirtualTenant(60), {"SecurityDefaults": first_nothing})
    assert DOCUMENTS["identitySecurityDefaultsEnforcementPolicy"] == answers[1].body


def at(include, exclude=()):
    """The first policy of the tenant, for these places."""
    first, *others = COLLECTIONS["conditionalAccessPolicies"]
    places = {"includeLocations": list(include), "excludeLocations": list(exclude)}
    return [{**first, "conditions": {**first["conditions"], "locations": places}}, *others]


@pytest.mark.parametrize(("policies", "places", "says"), [
    (at(["All"], ["AllTrusted"]), [], ["no location is listed"]),
    (at(["All"], ["10ca7e00-0000-4000-8000-00000000000F"]), None, ["10ca7e00-0000-4000-8000-00000000000f"]),
    (at(["All"], ["AllTrusted"]), None, []),
    (at(["All"]), [], []),
    (at(["All"], ["00000000-0000-0000-0000-000000000000"]), [], []),
    ([{**each, "state": "disabled"} for each in at(["All"], ["AllTrusted"])], [], []),
])
def test_places_that_policies_name_must_be_listed(policies, places, says, tmp_path):
    """Else a policy that spares them would seem to ask everywhere."""
    tenant = Changed(collections={"conditionalAccessPolicies": policies,
                                  **({} if places is None else {"namedLocations": places})})
    found = [reason for name, reason in gaps_of(tmp_path, (*MAIN, "tenant_policies"), tenant)
             if name == "named_locations"]

    assert len(says) == len(found)
    assert all(words in reason for words, reason in zip(says, found, strict=True))


def cut_to(rows, *, times=99):
    """The first page alone, and of it the first rows, so many times."""
    left = [times]

    def cut(told, _):
        left[0] -= 1
        return told if left[0] < 0 else Answer(200, {"value": told.body["value"][:rows]})
    return cut


@pytest.mark.parametrize(("cut", "requests", "says"), [
    (cut_to(100), 2400, "100 objects were read where at least 470 should be"),
    (cut_to(100, times=1), 2400, None),
    (cut_to(470), 2400, None),
    (cut_to(2), 2, "2 objects were read where at least"),
])
def test_sign_in_activity_that_was_cut_is_a_part(cut, requests, says, tmp_path):
    """It is read once more; a few accounts may be gone since they were listed. In a rotation too."""
    with Answering(VirtualTenant(480 if requests > 2 else 2600), {"signInActivity": cut},
                   clock=VirtualClock()) as simulator:
        told = collected(simulator, tmp_path, ("accounts", "role_assignments", "group_members", "sign_in_activity"),
                         sign_in_activity_requests=requests).manifest.missing

    found = [each.reason for each in told if each.name == "sign_in_activity"]
    assert len(found) == (says is not None)
    assert all(says in reason for reason in found)


FEDERATED = {"id": "federated.example", "authenticationType": "Federated", "isVerified": True}
LISTED = [{**FEDERATED, "id": name} for name in ("riverside.example", "NorthMoor.example")]


@pytest.mark.parametrize(("domains", "verified", "says"), [
    ([], [], "no domain is listed"),
    (LISTED, [], "1 domains are not listed: federated.example"),
    ([*LISTED, FEDERATED], ["Riverside.example", "unused.example"], "1 domains are not listed: unused.example"),
    ([*LISTED, FEDERATED], ["Riverside.example"], None),
])
def test_every_domain_the_tenant_has_must_be_listed(domains, verified, says, tmp_path):
    """Else whoever signs in elsewhere would seem to have nothing, and be reminded."""
    organisation = {"id": VirtualTenant(1).tenant_id, **(
        {"verifiedDomains": [{"name": name} for name in verified]} if verified else {})}
    tenant = Changed(300, collections={"domains": domains, "organization": [organisation]})
    policy = tmp_path / "policy.toml"
    policy.write_text('[sources]\ntenant_domains = ["riverside.example", "northmoor.example", "federated.example"]\n')
    with Simulator(tenant, clock=VirtualClock()) as simulator:
        told = collected(simulator, tmp_path, (*MAIN, "tenant_policies"), policy=policy).manifest.missing

    found = [(each.name, each.reason) for each in told]
    assert len(found) == (says is not None)
    assert all(name == "domains" and says in reason for name, reason in found)


def test_the_domain_of_a_guests_name_is_not_asked_for(tmp_path):
    """It is made of an address elsewhere."""
    accounts = tmp_path / "accounts.ndjson"
    accounts.write_text('{"userPrincipalName":"a_b.example#EXT#@c.example"}\n{"userPrincipalName":null}\n')

    assert "" == unlisted_domains({"domains": {"value": [{"id": "x.example"}]}}, accounts)


@pytest.mark.parametrize(("collect", "is_gap"), [((*MAIN, "sign_in_activity"), True),
                                                 (("accounts", "sign_in_activity"), False)])
def test_a_licence_that_the_report_proves_is_not_lacking(collect, is_gap, tmp_path):
    """The registration report and sign-in activity need the same one."""
    def unlicensed(told, _):
        return Answer(403, {"error": {"code": "Authentication_RequestFromNonPremiumTenantOrB2CTenant"}})

    found = gaps_of(tmp_path, collect, VirtualTenant(60), {"signInActivity": unlicensed})

    assert is_gap is ("sign_in_activity" in [name for name, _ in found])
