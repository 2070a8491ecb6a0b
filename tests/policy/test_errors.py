"""What a wrong policy is told: file, line, dotted key, value, what is allowed."""

import re

import pytest

from mfa_audit.errors import PolicyError
from mfa_audit.policy import load_policy

PHASES = """
[[deadlines.phases]]
id = "a"
label = "A"
organisations = ["{}"]
start = 2026-01-05
deadline = 2026-02-13
[[deadlines.phases]]
id = "b"
label = "B"
organisations = ["{}"]
start = 2026-01-05
deadline = {}
"""
GROUP = """
[[exemptions.groups]]
group_id = "6b000000-0000-4000-8000-000000000004"
owner = "O"
approver = "A"
expires_on = 2026-06-30
"""
STAGE = '[[reminders.stages]]\nid = "{}"\nday = {}\naudience = ["{}"]\ntemplate = "announce"\n'


def without(text: str, key: str) -> str:
    return re.sub(rf"^{key} .*\n", "", text, flags=re.MULTILINE)


CASES = {
    # unknown keys
    "unknown key": ("[reminders]\ncooldwn_days = 5", ("p.toml:2: reminders.cooldwn_days: no such key; the nearest "
                    "known key is reminders.cooldown_days")),
    "unknown section": ("[remnders]", "p.toml:1: remnders: no such key; the nearest known key is reminders"),
    "unknown key at the top": ("presett = 'nhs'", "p.toml:1: presett: no such key; the nearest known key is preset"),
    "unknown key of a tier": ("[requirements.staff]\nminimun = 'push'", ("p.toml:2: requirements.staff.minimun: no "
                              "such key; the nearest known key is requirements.staff.minimum")),
    "unknown key of a phase": (PHASES.format("A", "B", "2026-02-13") + "deadlin = 1", ("p.toml:14: "
                               "deadlines.phases[2].deadlin: no such key; the nearest known key is "
                               "deadlines.phases[2].deadline")),
    "unknown key in an inline table": ("[sources]\nmaximum_age_hours = { grph = 3 }", ("p.toml:2: "
                                       "sources.maximum_age_hours.grph: no such key; the nearest known key is "
                                       "sources.maximum_age_hours.graph")),
    "unknown kind": ("population.treatment.persn = { scope = 'in', population = 'x' }", ("population.treatment.persn: "
                     "no such key; the nearest known key is population.treatment.person")),
    "unknown address": ("reminders.addresses.cisco = 'a@b.example'", "nearest known key is reminders.addresses.ciso"),
    "policy section": ("[policy]\ntimezon = 'UTC'", ("p.toml:2: policy.timezon: no such key; the nearest known key is "
                       "policy.timezone")),
    # shape
    "version": ("schema_version = 2", "p.toml:1: schema_version is 2; allowed: 1"),
    "not TOML": ("[policy]\ntitle = MFA", "p.toml:2: is not TOML: Invalid value"),
    "no real date": ("\ndeadlines.default = 2026-02-30", "p.toml:2: is not TOML: Invalid date or datetime"),
    "quoted date": ("deadlines.default = '2026-06-30'", ('deadlines.default is "2026-06-30"; must be a date without '
                    "quotes, such as 2026-06-30")),
    "date with a time": ("deadlines.default = 2026-06-30T12:00:00", "must be a date without"),
    "text for a number": ("grace.starter_days = '14'", 'grace.starter_days is "14"; must be a whole number'),
    "fraction for a whole number": ("grace.starter_days = 1.5", "grace.starter_days is 1.5; must be a whole number"),
    "number for yes or no": ("privileged.is_admin_flag = 1", "privileged.is_admin_flag is 1; must be true or false"),
    "text for a list": ("methods.barred = 'sms'", 'methods.barred is "sms"; must be a list in square brackets'),
    "value for a table": ("grace = 3", "grace is 3; must be a table"),
    "value for the tiers": ("requirements = 3", "requirements is 3; must be a table"),
    "value for a tier": ("requirements.staff = 3", "requirements.staff is 3; must be a table"),
    "number for text": ("reports.marking = 3", "reports.marking is 3; must be text in quotes"),
    "empty text": ("reports.marking = ' '", 'reports.marking is " "; must not be empty'),
    # bounds and closed lists
    "negative": ("grace.starter_days = -1", "grace.starter_days is -1; must be at least 0"),
    "no duration": ("population.dormant_days = 0", "population.dormant_days is 0; must be at least 1"),
    "percent below": ("exemptions.tolerance_percent = -0.5", "is -0.5; must be at least 0"),
    "percent above": ("reports.target_percent = 100.1", "is 100.1; must be at most 100"),
    "not a number": ("reports.target_percent = nan", "reports.target_percent is nan; must be"),
    "levels": ("methods.levels = ['none', 'code', 'phone', 'push', 'passwordless', 'phishing_resistant']",
               "must be the levels of the catalogue, weakest first: none, phone, code, push"),
    "level": ("requirements.staff.minimum = 'sms'", ('requirements.staff.minimum is "sms"; allowed: none, phone, code, '
              "push, passwordless, phishing_resistant")),
    "method barred": ("methods.barred = ['office_fone']", "methods.barred[1] is \"office_fone\"; allowed: "),
    "method with a level": ("methods.level = { pager = 'push' }", "methods.level.pager: allowed: security_key"),
    "family": ("methods.recommended = 'authy'", ('methods.recommended is "authy"; allowed: passkey, '
               "microsoft_authenticator")),
    "scope": ("population.treatment.guest.scope = 'maybe'", ("population.treatment.guest.scope is \"maybe\"; allowed: "
              "'in', 'out' or 'in_if_used'")),
    "evidence": ("enforcement.evidence = 'sometimes'", "enforcement.evidence is \"sometimes\"; allowed:"),
    "attribute": ("population.organisation_attribute = 'department'", ("is \"department\"; allowed: companyName, "
                  "officeLocation, extensionAttribute1")),
    "time zone": ("policy.timezone = 'Europe/Londn'", "policy.timezone is \"Europe/Londn\"; must be a time zone"),
    "time zone that is a path": ("policy.timezone = '../../etc/passwd'", "must be a time zone"),
    "break-glass pattern": ("population.break_glass = ['bg-*@contoso.example']", ("population.break_glass[1] is "
                            "\"bg-*@contoso.example\"; must be one account's object id or whole UPN")),
    "break-glass twice": ("population.break_glass = ['a@b.example', 'A@B.example']", "a@b.example stands there twice"),
    "group by name": ("privileged.groups = ['Admins']", "privileged.groups[1] is \"Admins\"; must be an object id"),
    "role by name": ("privileged.directory_roles = ['Global Administrator']", "must be an object id"),
    "private address": ("networks.inside = ['10.1.2.3']", "networks.inside[1] is \"10.1.2.3\"; is a private address"),
    "no address": ("networks.inside = ['headquarters']", "must be one IPv4 or IPv6 address"),
    "no range": ("networks.mfa_trusted_ips = ['203.0.113.0/40']", "must be an address or a range"),
    "weekday": ("reminders.send_days = ['mon', 'monday']", "reminders.send_days[2] is \"monday\"; allowed: mon, tue"),
    "no weekday": ("reminders.send_days = []", "reminders.send_days is []; must have at least 1"),
    "holidays": ("reminders.public_holidays = 'England'", "must be a country, or country and subdivision"),
    "domain": ("reminders.allowed_domains = ['@contoso.example']", "must be a domain such as contoso.example"),
    "two addresses": ("reminders.addresses.operator = 'a@b.example, c@d.example'", "must be one e-mail address"),
    "starter_from": ("grace.starter_from = ['birthday']", "allowed: employee_hire_date, created"),
    # scenarios
    "platform": ("[scenarios.kiosk]\nlabel = 'K'\nplatform = 'beos'", "p.toml:3: scenarios.kiosk.platform"),
    "device property": ("scenarios.legacy_mail.device = { registered = true, isCompliant = 'yes' }",
                        "isCompliant must be true or false"),
    "device key": ("scenarios.legacy_mail.device = { isCompliand = true }", ("there is no key isCompliand; the nearest "
                   "known key is isCompliant")),
    "device trust": ("scenarios.device_code.device = { registered = true, trustType = 'Hybrid' }",
                     "trustType allows AzureAD, ServerAD, Workplace"),
    "unregistered device": ("scenarios.legacy_mail.device.isCompliant = true", "not registered has no other"),
    "scenario without a label": ("[scenarios.kiosk]\nplatform = 'linux'", "p.toml:1: scenarios.kiosk: needs a label"),
    "country": ("scenarios.defaults.country = 'England'", "must be a country of two capital letters"),
    "ask_in": ("requirements.staff.ask_in = ['personal_pc']", ("requirements.staff.ask_in: there is no scenario "
               "personal_pc; known: personal_computer")),
    "no_prompt_in": ("requirements.staff.no_prompt_in = ['defaults']", "there is no scenario defaults"),
    "asked and not": ("requirements.staff.no_prompt_in = ['personal_mobile']", "stands in ask_in too"),
    # tiers
    "tier for nobody": ("[requirements.students]\nminimum = 'push'", ("p.toml:1: requirements.students: needs "
                        "applies_to")),
    "tier with empty lists": ("requirements.students.applies_to.groups = []", "needs applies_to"),
    "applies_to of a built-in tier": ("requirements.staff.applies_to.departments = ['x']", "is built in"),
    "target below": ("[requirements.staff]\nminimum = 'push'\ntarget = 'code'", ("p.toml:3: requirements.staff.target: "
                     "code is weaker than the minimum, push")),
    "minimum of nothing": ("requirements.staff.minimum = 'none'", "must ask for a second factor"),
    "grace for administrators": ("requirements.privileged.grace = true", "have no grace"),
    "non-factor raised": ("methods.level = { email = 'code' }", "methods.level.email: email is not a second factor"),
    "unused without days": ("population.treatment.guest = { scope = 'in_if_used' }", "needs used_within_days"),
    # deadlines
    "phases overlap": (PHASES.format("ZX*", "Z?1", "2026-03-31"), ("p.toml:11: deadlines.phases[2].organisations: "
                       "overlaps the phase a: ZX* and Z?1 can be the same organisation")),
    "phase ends before it begins": (PHASES.format("A", "B", "2026-01-04"), ("p.toml:12: deadlines.phases[2].start: "
                                    "2026-01-05 is after the deadline, 2026-01-04")),
    "phase id twice": (PHASES.format("A", "B", "2026-02-13").replace('"b"', '"a"'), "the phase a stands there 2 times"),
    # exemptions
    "group without owner": (without(GROUP, "owner"), "p.toml:2: exemptions.groups[1].owner is missing"),
    "group without approver": (without(GROUP, "approver"), "exemptions.groups[1].approver is missing"),
    "group without expiry": (without(GROUP, "expires_on"), "exemptions.groups[1].expires_on is missing"),
    "group with a blank owner": (GROUP.replace('"O"', '""'), "exemptions.groups[1].owner is \"\"; must not be empty"),
    "group of an unknown category": (GROUP + "category = 'whim'", "whim is not one of exemptions.categories"),
    "group expired before approval": (GROUP + "approved_on = 2026-07-01", "2026-06-30 is before it was approved"),
    "sensitive category": ("exemptions.sensitive_categories = ['helth']", "helth is not one of exemptions.categories"),
    # reminders
    "audience": (STAGE.format("S1", 1, "everybody"), "allowed: staff, manager"),
    "stage id twice": (STAGE.format("S1", 1, "staff") + STAGE.format("S1", 2, "staff"), "the stage S1 stands there 2"),
    "stage id in two ladders": (STAGE.format("W1", 1, "staff"), "the stage W1 stands there 2 times"),
    "stage order": (STAGE.format("A", 2, "staff") + STAGE.format("B", 1, "staff"), "in the order of their days"),
    "sending without a sender": ("reminders.delivery = 'smtp'", "which needs reminders.sender"),
    "colours": ("reports.amber = 99", "reports.amber: 99.0 is above green, 98.0"),
    "preset": ("preset = 'nhss'", "p.toml:1: preset: there is no preset \"nhss\"; the nearest is \"nhs\""),
}


@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=CASES.keys())
def test_wrong_policy(text, expected, tmp_path):
    """A wrong policy is refused with exit 2, and the message says where, what and what is allowed."""
    path = tmp_path / "p.toml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(PolicyError) as caught:
        load_policy(path)

    assert 2 == caught.value.exit_code
    assert expected in str(caught.value)
    assert str(path) in str(caught.value)


def test_every_problem_is_told_at_once(tmp_path):
    """Somebody who made three mistakes reads of three mistakes."""
    path = tmp_path / "p.toml"
    path.write_text("[grace]\nstarter_days = -1\nlost_days = 2\n[reports]\ngreen = 101\n", encoding="utf-8")

    with pytest.raises(PolicyError) as caught:
        load_policy(path)

    assert "3 things are wrong" in str(caught.value)
    assert ["2", "3", "5"] == re.findall(r"p\.toml:(\d):", str(caught.value))


def test_same_dates_may_overlap(tmp_path):
    """Phases that give the same dates contradict nobody."""
    path = tmp_path / "p.toml"
    path.write_text(PHASES.format("ZX1", "ZX*", "2026-02-13"), encoding="utf-8")

    assert 2 == len(load_policy(path).deadlines.phases)


def test_too_few_emergency_accounts_is_no_error(tmp_path):
    """Fewer break-glass accounts than the minimum is a finding of the audit, not a wrong policy."""
    path = tmp_path / "p.toml"
    path.write_text("population.break_glass = []\nbreak_glass.minimum_accounts = 2\n", encoding="utf-8")

    assert () == load_policy(path).population.break_glass


@pytest.mark.parametrize("content", [b"\xff\xfe", b"title = \"caf\xe9\""])
def test_not_text(content, tmp_path):
    """A file in another encoding is named, not guessed at."""
    path = tmp_path / "p.toml"
    path.write_bytes(content)

    with pytest.raises(PolicyError, match="not UTF-8"):
        load_policy(path)


def test_not_there(tmp_path):
    """A missing policy names the path and the command that makes one."""
    with pytest.raises(PolicyError, match="mfa-audit init"):
        load_policy(tmp_path / "none.toml")
