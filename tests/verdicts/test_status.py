"""The decision table, row by row."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import people as p
import pytest

from mfa_audit.methods import Level
from mfa_audit.policy.schema import Phase
from mfa_audit.policy.schema_accounts import AppliesTo
from mfa_audit.verdicts.judge import judge
from mfa_audit.verdicts.population import matches_any
from mfa_audit.verdicts.prepare import live_pauses


def verdict(row, basis=None):
    """The judged row of one account, as a dictionary without nulls."""
    judged = judge(p.frame(row), basis or p.basis()).people.iloc[0].to_dict()
    return {name: value for name, value in judged.items() if not pd.isna(value)}


def status(row, basis=None):
    """Status and reason of one account."""
    judged = verdict(row, basis)
    return str(judged["status"]), str(judged["reason"])


def entry(account_id="id-ann", **facts):
    """A complete, running exemption."""
    row = {
        "exemption_id": "EX1", "account_id": account_id, "category": "other", "owner": "Ward manager",
        "approver": "A. Director", "approver_role": "CISO", "approved_on": "2026-01-12", "expires_on": "2026-06-30",
        "ticket": "CHG1", "compensating_control": "on site only", **facts,
    }
    return p.register("exemptions", row)


SIMPLE = [
    ("a strong method is compliant", p.account("ann", "authenticator_push"),
     ("COMPLIANT", "ok_enforcement_not_assessed")),
    ("a phone is compliant, weakly", p.account("ann", "mobile_phone"), ("COMPLIANT_WEAK", "phone_only")),
    ("nothing is not registered", p.account("ann"), ("NOT_REGISTERED", "nothing_registered")),
    ("reset methods are no factor", p.account("ann", "email", "security_questions", is_mfa_capable="no"),
     ("NOT_REGISTERED", "non_factors_only")),
    ("a pass only helps to start", p.account("ann", "temporary_access_pass", is_mfa_capable="no"),
     ("NOT_REGISTERED", "bootstrap_only")),
    ("registered and not capable is not allowed", p.account("ann", "mobile_phone", is_mfa_capable="no"),
     ("NOT_REGISTERED", "method_not_allowed")),
    ("a disabled account is out", p.account("ann", "authenticator_push", account_enabled="no"),
     ("OUT_OF_SCOPE", "disabled")),
    ("a guest is out by default", p.account("ann", "authenticator_push", user_type="guest"), ("OUT_OF_SCOPE", "guest")),

        ("an unused shared mailbox is out",
     p.account("ann", recipient_type="sharedmailbox", sign_in="never", last_sign_in=None),
     ("OUT_OF_SCOPE", "shared_unused")),
    ("a used room is in", p.account("ann", recipient_type="RoomMailbox"), ("NOT_REGISTERED", "nothing_registered")),
    ("use that nobody collected keeps a room in",
     p.account("ann", recipient_type="RoomMailbox", sign_in="not_collected", last_sign_in=None),
     ("NOT_REGISTERED", "nothing_registered")),
    ("a null list is not an empty one", p.account("ann", methods_read=False), ("UNKNOWN", "unreadable")),
    ("rows that disagree are unknown", p.account("ann", "authenticator_push", conflict=True),
     ("UNKNOWN", "conflicting_record")),
    ("capable without a possible factor is a contradiction", p.account("ann", is_mfa_capable="yes"),
     ("UNKNOWN", "conflicting_record")),
    ("an unmapped method may be the factor", p.account("ann", is_mfa_capable="yes", unmapped="newThing"),
     ("UNKNOWN", "unmapped_method")),
    ("an unmapped method that Microsoft does not count is nothing", p.account("ann", unmapped="newThing"),
     ("NOT_REGISTERED", "nothing_registered")),
    ("no row is unknown", p.unregistered("ann"), ("UNKNOWN", "no_record")),
    ("no row of an account of yesterday is nothing yet", p.unregistered("ann", created_at=dt.datetime(2026, 3, 1, 9)),
     ("GRACE", "starter")),
    ("a blank enabled flag is no evidence", p.account("ann", "authenticator_push", account_enabled="blank"),
     ("UNKNOWN", "unreadable")),

        ("an enabled flag nobody has leaves the account in",
     p.account("ann", "authenticator_push", account_enabled="absent"),
     ("COMPLIANT", "ok_enforcement_not_assessed")),
    ("a blank capable flag beside a factor is no evidence", p.account("ann", "mobile_phone", is_mfa_capable="blank"),
     ("UNKNOWN", "unreadable")),
    ("nor is a blank registered flag", p.account("ann", "authenticator_push", is_mfa_registered="blank"),
     ("UNKNOWN", "unreadable")),
    ("what is not allowed is nothing, whoever is registered",
     p.account("ann", "mobile_phone", is_mfa_registered="blank", is_mfa_capable="no"),
     ("NOT_REGISTERED", "method_not_allowed")),
    ("a registered flag nobody has leaves the list alone", p.account("ann", "mobile_phone", is_mfa_registered="absent"),
     ("COMPLIANT_WEAK", "phone_only")),
    ("a capable flag nobody has leaves the list alone", p.account("ann", "mobile_phone", is_mfa_capable="absent"),
     ("COMPLIANT_WEAK", "phone_only")),
    ("a starter is in grace to the last day", p.account("ann", created_at=dt.datetime(2026, 2, 16, 9)),
     ("GRACE", "starter")),
    ("and not a day longer", p.account("ann", created_at=dt.datetime(2026, 2, 15, 9)),
     ("NOT_REGISTERED", "nothing_registered")),
    ("who starts next week is in grace", p.account("ann", hire_date=dt.date(2026, 3, 9)), ("GRACE", "starter")),
    ("an administrator has no grace", p.account("ann", is_admin="yes", created_at=dt.datetime(2026, 2, 27, 9)),
     ("NOT_REGISTERED", "nothing_registered")),
    ("an administrator with a phone is below strength", p.account("ann", "mobile_phone", is_admin="yes"),
     ("BELOW_STRENGTH", "below_tier_minimum")),
    ("a blank admin flag may hide an administrator", p.account("ann", "mobile_phone", is_admin="blank"),
     ("UNKNOWN", "tier_unknown")),
    ("who would be compliant as an administrator too is compliant",
     p.account("ann", "authenticator_push", is_admin="blank"), ("COMPLIANT", "ok_enforcement_not_assessed")),
    ("who has nothing has nothing in every tier", p.account("ann", is_admin="blank"),
     ("NOT_REGISTERED", "nothing_registered")),
]


@pytest.mark.parametrize(("row", "expected"), [case[1:] for case in SIMPLE], ids=[case[0] for case in SIMPLE])
def test_one_row_of_the_table(row, expected):
    """Each account gets exactly the status and reason the table gives it."""
    assert expected == status(row)


ENFORCED = [
    ({"per_user_mfa": "enforced", "per_user_mfa_stated": "yes"}, {"settings_read": True}, ("COMPLIANT", "ok")),
    ({"per_user_mfa": "disabled", "per_user_mfa_stated": "yes"}, {"settings_read": True},
     ("NOT_ENFORCED", "no_policy")),
    ({"per_user_mfa": "disabled", "per_user_mfa_stated": "yes"}, {"settings_read": True, "policies_read": True},
     ("COMPLIANT", "ok_enforcement_not_assessed")),
    ({"mfa_status": "Admin Disabled", "mfa_status_stated": "yes"}, {"settings_read": True},
     ("NOT_ENFORCED", "no_policy")),
    ({"mfa_status": "User Enabled", "mfa_status_stated": "yes"}, {"settings_read": True}, ("COMPLIANT", "ok")),
    ({"mfa_status_stated": "blank"}, {"settings_read": True}, ("UNKNOWN", "enforcement_unknown")),
    ({}, {"settings_read": True}, ("UNKNOWN", "enforcement_unknown")),
    ({}, {}, ("COMPLIANT", "ok_enforcement_not_assessed")),
]


@pytest.mark.parametrize(("facts", "evidence", "expected"), ENFORCED)
def test_what_makes_an_account_use_mfa(facts, evidence, expected):
    """A setting that says so decides; one that was supplied and is silent here makes the account unknown."""
    assert expected == status(p.account("ann", "authenticator_push", **facts), p.basis(evidence=evidence))


def test_what_is_disputed_takes_nobody_out_of_scope():
    """An organisation the policy leaves out counts only where the sources agree on it."""
    basis = p.basis({"population.exclude_organisations": ("ZX9",)})
    left_out = p.account("ann", organisation="ZX9")

    assert ("OUT_OF_SCOPE", "organisation_excluded") == status(left_out, basis)
    assert ("NOT_REGISTERED", "nothing_registered") == status({**left_out, "differing": "organisation"}, basis)


def test_an_exemption_of_somebody_who_had_the_name_before_exempts_nobody():
    """Approved before the account was made, an entry counts by object id alone."""
    nobody, old = p.account("ann"), {"approved_on": "2024-04-30"}

    assert ("NOT_REGISTERED", "nothing_registered") == status(nobody, p.basis(exemptions=entry("ann@a.example", **old)))
    assert ("EXEMPT", "exempt") == status(nobody, p.basis(exemptions=entry("id-ann", **old)))


def test_an_exemption_counts_only_while_it_runs():
    """Active, ended, not yet begun, incomplete, approved by the holder."""
    nobody = p.account("ann")

    assert ("EXEMPT", "exempt") == status(nobody, p.basis(exemptions=entry()))
    assert ("EXEMPT_EXPIRED", "exemption_expired") == status(nobody, p.basis(exemptions=entry(expires_on="2026-03-01")))
    assert ("EXEMPT", "exempt") == status(nobody, p.basis(exemptions=entry(expires_on="2026-03-02")))
    for broken in ({"approved_on": "2026-03-03"}, {"owner": None}, {"approver": "Ann"}, {"approver": "ANN@a.example"}):
        assert ("NOT_REGISTERED", "nothing_registered") == status(nobody, p.basis(exemptions=entry(**broken)))


def test_an_exemption_may_name_its_holder_by_upn():
    """The register names accounts by id or by UPN in any case."""
    assert ("EXEMPT", "exempt") == status(p.account("ann"), p.basis(exemptions=entry("ANN@A.example")))


@pytest.mark.parametrize("written", ["{ID-ANN}", " id-ann ", "ZOE\u0308@a.example", "zo\u00eb@A.example"])
def test_registers_name_accounts_in_many_spellings(written):
    """Braces, spaces, case and composed or decomposed letters do not hide an administrator."""
    row = p.account("ann", "mobile_phone", user_principal_name="zo\u00eb@a.example")
    listed = p.register("privileged_accounts", {"account_id": written, "portal_role": "Local Administrator"})

    assert ("BELOW_STRENGTH", "below_tier_minimum") == status(
        row, p.basis(registers={"privileged_accounts": listed}))


def test_an_administrator_cannot_be_exempt_and_a_factor_beats_an_exemption():
    """The truth is better than the paper; paper does not help an administrator."""
    basis = p.basis(exemptions=entry())

    assert ("NOT_REGISTERED", "nothing_registered") == status(p.account("ann", is_admin="yes"), basis)
    assert ("COMPLIANT", "ok_enforcement_not_assessed") == status(p.account("ann", "security_key"), basis)
    assert "MFA-EXM-04" in verdict(p.account("ann", "security_key"), basis)["findings"].split(";")


def test_an_exemption_needs_no_method_data():
    """It is a decision on paper: it stands before unknown."""
    assert ("EXEMPT", "exempt") == status(p.unregistered("ann"), p.basis(exemptions=entry()))


def test_weak_methods_end_on_a_day():
    """From that day a phone satisfies nobody, and the due day is not before it."""
    after = p.basis({"deadlines.default": dt.date(2026, 6, 30)}, as_of=dt.date(2027, 2, 2))

    judged = verdict(p.account("ann", "mobile_phone"), after)

    assert ("BELOW_STRENGTH", "weak_ended") == (judged["status"], judged["reason"])
    assert (dt.date(2027, 2, 1), 1) == (judged["due"].date(), judged["overdue_days"])


def test_a_group_with_its_own_telephony_goes_on():
    """weak_ends_on does not apply to them."""
    group = "00000000-0000-4000-8000-00000000000a"
    after = p.basis({"methods.own_telephony_groups": (group,)}, as_of=dt.date(2027, 2, 2),
                    groups={group: pd.Index(["id-ann"])})

    assert ("COMPLIANT_WEAK", "phone_only") == status(p.account("ann", "mobile_phone"), after)


def test_a_barred_method_does_not_count():
    """What the organisation does not accept is registered and not usable."""
    barred = p.basis({"methods.barred": ("office_phone",)})

    assert ("NOT_REGISTERED", "method_not_allowed") == status(p.account("ann", "office_phone"), barred)


def test_a_federated_account_may_have_a_factor_no_report_shows():
    """It is not accused; one with a factor on record is judged by it."""
    federated = p.basis(evidence={"federated_domains": frozenset({"a.example"})})

    assert ("UNKNOWN", "invisible_method_possible") == status(p.account("ann"), federated)
    assert ("COMPLIANT_WEAK", "phone_only") == status(p.account("ann", "mobile_phone"), federated)


def test_certificates_may_be_invisible_unless_a_list_decides():
    """With the list of certificate users, those on it have one and the others do not."""
    possible = {"certificate_targets": frozenset({"all_users"})}
    listed = {"certificate_users": p.register("certificate_users", {"account_id": "id-ann"})}

    assert ("UNKNOWN", "invisible_method_possible") == status(p.account("ann"), p.basis(evidence=possible))
    decided = p.basis(evidence=possible, registers=listed)
    assert ("COMPLIANT", "ok_enforcement_not_assessed") == status(p.account("ann"), decided)
    assert ("NOT_REGISTERED", "nothing_registered") == status(p.account("bob"), decided)


def test_an_organisation_may_be_left_out():
    """By pattern, without regard to case; a blank organisation is never left out."""
    out = p.basis({"population.exclude_organisations": ("zx*",)})

    assert ("OUT_OF_SCOPE", "organisation_excluded") == status(p.account("ann", "mobile_phone"), out)
    assert "COMPLIANT_WEAK" == status(p.account("ann", "mobile_phone", organisation=None), out)[0]


def test_due_dates_by_phase_tier_and_grace():
    """Phase, default, grace and the stricter tiers."""
    phase = p.basis().policy.deadlines.model_copy(update={
        "default": dt.date(2026, 6, 30),
        "phases": (_phase("wave-1", "ZX1", dt.date(2026, 2, 13)), _phase("wave-2", "ZX2", dt.date(2026, 3, 31))),
    })
    basis = p.basis({"deadlines": phase})

    def due(**facts):
        judged = verdict(p.account("ann", **facts), basis)
        return judged["due"].date(), judged["overdue_days"]

    assert (dt.date(2026, 2, 13), 17) == due()
    assert (dt.date(2026, 3, 31), 0) == due(organisation="zx2")
    assert (dt.date(2026, 6, 30), 0) == due(organisation="Q1")
    assert (dt.date(2026, 3, 11), 0) == due(created_at=dt.datetime(2026, 2, 25))
    assert (dt.date(2026, 2, 27), 3) == due(is_admin="yes", created_at=dt.datetime(2026, 2, 27))


def _phase(name, organisation, deadline):
    return Phase(id=name, label=name, organisations=(organisation,), start=dt.date(2026, 1, 5), deadline=deadline)


@pytest.mark.parametrize("flag", ["no", "yes"])
def test_nobody_is_due_without_a_deadline(flag):
    """No deadline, never due and never overdue; null and nought. Nor is an administrator late since being made."""
    judged = verdict(p.account("ann", is_admin=flag))

    assert "due" not in judged
    assert 0 == judged["overdue_days"]


GROUP = "00000000-0000-4000-8000-00000000000b"


@pytest.mark.parametrize("applies", [
    {"groups": (GROUP,)}, {"departments": ("Finance",)}, {"organisations": ("ZX*",)}, {"employee_types": ("Student",)},
])
def test_a_tier_of_the_policys_own(applies):
    """Whoever is in one of its lists has its requirements; others are staff."""
    policy = p.basis().policy
    own = policy.requirements["staff"].model_copy(update={"minimum": Level.PUSH, "applies_to": AppliesTo(**applies)})
    tiers = {"students": own, **policy.requirements}
    basis = p.basis({"requirements": tiers}, groups={GROUP: pd.Index(["id-ann"])})
    facts = {"department": "Finance", "employee_type": "Student"}

    assert ("BELOW_STRENGTH", "below_tier_minimum") == status(p.account("ann", "mobile_phone", **facts), basis)
    assert "students" == verdict(p.account("ann", "mobile_phone", **facts), basis)["tier"]
    others = {"organisation": "Q1", "department": "Radiology", "employee_type": "Employee"}
    assert "staff" == verdict(p.account("bob", "mobile_phone", **others), basis)["tier"]


@pytest.mark.parametrize("lost", ["department", "organisation", "employee_type"])
def test_a_tier_is_in_doubt_where_nothing_says_what_it_goes_by(lost):
    """A blank cell makes nobody compliant whom the tier would ask for more; whoever meets both is compliant."""
    policy = p.basis().policy
    rule = AppliesTo(departments=("Finance",), organisations=("ZX*",), employee_types=("Student",))
    own = policy.requirements["staff"].model_copy(update={"minimum": Level.PUSH, "applies_to": rule})
    basis = p.basis({"requirements": {"students": own, **policy.requirements}})
    facts = {"organisation": "Q1", "department": "Radiology", "employee_type": "Employee", lost: None}

    assert ("UNKNOWN", "tier_unknown") == status(p.account("bob", "mobile_phone", **facts), basis)
    assert "COMPLIANT" == status(p.account("bob", "authenticator_push", **facts), basis)[0]


@pytest.mark.parametrize("disputed", ["department", "organisation", "employee_type"])
def test_what_is_disputed_gives_nobody_a_weaker_requirement(disputed):
    """A tier that asks for less counts only where the sources agree on what it goes by."""
    policy = p.basis().policy
    rule = AppliesTo(departments=("Kiosk",), organisations=("ZX*",), employee_types=("Student",))
    own, staff = (policy.requirements["staff"].model_copy(update=update) for update in (
        {"applies_to": rule}, {"minimum": Level.PUSH}))
    basis = p.basis({"requirements": {"kiosk": own, **policy.requirements, "staff": staff}})
    fits = {"department": "Kiosk", "organisation": "ZX1", "employee_type": "Student"}
    facts = {"organisation": "Q1", "department": "Radiology", "employee_type": "Employee",
             disputed: fits[disputed]}

    assert ("COMPLIANT_WEAK", "phone_only") == status(p.account("bob", "mobile_phone", **facts), basis)
    facts["differing"] = disputed
    assert ("UNKNOWN", "tier_unknown") == status(p.account("bob", "mobile_phone", **facts), basis)


@pytest.mark.parametrize("per_user", ["disabled", "enabled"])
def test_settings_that_contradict_each_other_say_nothing(per_user):
    """A portal that says enabled does not overrule the state that says disabled."""
    facts = {"per_user_mfa": per_user, "per_user_mfa_stated": "yes", "mfa_status": "User Enabled",
             "mfa_status_stated": "yes"}
    told = verdict(p.account("bob", "authenticator_push", **facts), p.basis())

    assert ("unknown" if per_user == "disabled" else "yes") == told["required"]


@pytest.mark.parametrize("capable", ["yes", "absent"])
def test_not_registered_beside_a_factor_is_a_contradiction(capable):
    """Microsoft calls nobody capable who is not registered: the row is of two times, and neither is believed."""
    facts = {"is_mfa_capable": capable, "is_mfa_registered": "no"}

    assert ("UNKNOWN", "conflicting_record") == status(p.account("bob", "authenticator_push", **facts), p.basis())


def test_a_tier_whose_groups_were_not_read_is_in_doubt():
    """Whoever may belong to the stricter tier is compliant only if compliant there too."""
    policy = p.basis().policy
    strict = policy.requirements["staff"].model_copy(
        update={"minimum": Level.PUSH, "applies_to": AppliesTo(groups=(GROUP,))})
    unread = p.basis({"requirements": {"students": strict, **policy.requirements}})

    assert ("UNKNOWN", "tier_unknown") == status(p.account("ann", "mobile_phone"), unread)
    assert "COMPLIANT" == status(p.account("ann", "authenticator_push"), unread)[0]


def test_an_unread_group_of_administrators_leaves_the_tier_in_doubt():
    """A group that was read and is empty does not."""
    policy = {"privileged.groups": (GROUP,)}

    assert ("UNKNOWN", "tier_unknown") == status(p.account("ann", "mobile_phone"), p.basis(policy))
    empty = p.basis(policy, groups={GROUP: pd.Index([])})
    assert "COMPLIANT_WEAK" == status(p.account("ann", "mobile_phone"), empty)[0]


def test_roles_by_object_id_say_nothing_of_an_account_without_one():
    """Its tier is in doubt when the flag is not there either."""
    row = p.account("ann", "mobile_phone", account_id="upn:ann@a.example", is_admin="absent")

    assert ("UNKNOWN", "tier_unknown") == status(row)


def test_unread_telephony_accuses_nobody():
    """After the end of weak methods a phone may go on working for them: nobody knows."""
    after = p.basis({"methods.own_telephony_groups": (GROUP,)}, as_of=dt.date(2027, 2, 2))

    assert ("UNKNOWN", "unreadable") == status(p.account("ann", "mobile_phone"), after)


@pytest.mark.parametrize("word", ["Not Enforced", "MFA not enforced", "Never enabled", "Previously enabled",
                                  "Enabled: no", "Pending - will be enabled", "soon"])
def test_a_portals_word_that_is_not_on_the_list_proves_nothing(word):
    """Only the values there are count; anything else is unknown."""
    row = p.account("ann", "authenticator_push", mfa_status=word, mfa_status_stated="yes")

    assert ("UNKNOWN", "enforcement_unknown") == status(row, p.basis(evidence={"settings_read": True}))


def test_evidence_required_spares_emergency_accounts_alone():
    """Whoever is not known to be asked is unknown, whatever scenarios the tier names."""
    policy = {"enforcement.evidence": "required", "requirements.staff.ask_in": ()}

    assert ("UNKNOWN", "enforcement_unknown") == status(p.account("ann", "authenticator_push"), p.basis(policy))


def test_an_emergency_account_may_be_named_by_upn():
    """The policy names it by object id or UPN."""
    basis = p.basis({"population.break_glass": ("ann@a.example",)})

    assert "break_glass" == verdict(p.account("ann", "security_key"), basis)["kind"]


def test_a_method_the_policy_calls_worthless_is_not_allowed():
    """It is a possible factor all the same, so Microsoft's word does not contradict it."""
    basis = p.basis({"methods.level": {"mobile_phone": Level.NONE}})

    assert ("NOT_REGISTERED", "method_not_allowed") == status(p.account("ann", "mobile_phone"), basis)


def test_a_pause_counts_while_it_runs():
    """Of several, the one that runs today; one of more than 90 days is none."""
    rows = [{"account_id": "id-ann", "from": "2026-01-01", "until": "2026-01-31"},
            {"account_id": "id-ann", "from": "2026-03-01", "until": "2026-03-31"},
            {"account_id": "id-bob", "from": "2026-01-01", "until": "2026-12-31"}]
    live = live_pauses(p.register("pauses", *rows), p.AS_OF)

    assert ["id-ann"] == live["account_id"].tolist()
    assert ["2026-03-01"] == live["from"].tolist()


def test_brackets_in_a_department_are_only_brackets():
    """Names are not patterns beyond * and ?."""
    assert [True, False] == matches_any(pd.Series(["Ward [7]", "Ward 7"], dtype="str"), ["ward [7]"]).tolist()


def test_doubt_about_a_tier_of_the_policys_own_is_no_doubt_about_privilege():
    """The controls of administrators say nothing of it."""
    policy = p.basis().policy
    strict = policy.requirements["staff"].model_copy(
        update={"minimum": Level.PUSH, "applies_to": AppliesTo(groups=(GROUP,))})
    unread = p.basis({"requirements": {"students": strict, **policy.requirements}})
    people = p.frame(p.account("ann", "mobile_phone"), p.account("bob", "mobile_phone", is_admin="blank"))

    controls = judge(people, unread).controls.loc["MFA-ADM-01"]
    assert (1, 1, 0) == (controls["not_assessed"], controls["not_applicable"], controls["failed"])


def test_an_administrator_out_of_scope_is_an_administrator():
    """A guest who holds a role and has no factor is out of scope, and a critical finding all the same; one that is
    switched off opens nothing."""
    people = p.frame(p.account("guest", user_type="guest", is_admin="yes"),
                     p.account("off", account_enabled="no", is_admin="yes"), p.account("ann", "mobile_phone"))

    judged = judge(people, p.basis())

    assert ["OUT_OF_SCOPE", "OUT_OF_SCOPE"] == judged.people["status"].tolist()[:2]
    assert [True, False, False] == judged.people["findings"].fillna("").str.contains("MFA-ADM-03").tolist()
