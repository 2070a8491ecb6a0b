"""The canonical tables and the closed lists of words used in them.

Everything that crosses a door of the house is one of these tables. Column names and enumeration values are public:
they change only with a schema number (``docs/statuses.md``).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

BLANK_WORDS: tuple[str, ...] = ("n/a", "-", "unknown", "none", "null")
"""Words people and programs write into a cell that has nothing to say, in lower case."""


class GroupState(StrEnum):
    """How much of a group's members is known; a deleted group has none."""

    WHOLE = "whole"
    IN_PART = "in_part"
    DELETED = "deleted"


class Kind(StrEnum):
    """What an account is; the first that fits wins, in this order."""

    BREAK_GLASS = "break_glass"
    SERVICE = "service"
    SHARED_MAILBOX = "shared_mailbox"
    ROOM = "room"
    GENERIC = "generic"
    GUEST = "guest"
    PERSON = "person"


class Status(StrEnum):
    """The verdict on an account, exactly one each (``docs/statuses.md``)."""

    OUT_OF_SCOPE = "OUT_OF_SCOPE"
    COMPLIANT = "COMPLIANT"
    COMPLIANT_WEAK = "COMPLIANT_WEAK"
    EXEMPT = "EXEMPT"
    UNKNOWN = "UNKNOWN"
    EXEMPT_EXPIRED = "EXEMPT_EXPIRED"
    NOT_ENFORCED = "NOT_ENFORCED"
    BELOW_STRENGTH = "BELOW_STRENGTH"
    GRACE = "GRACE"
    NOT_REGISTERED = "NOT_REGISTERED"


COMPLIANT = (Status.COMPLIANT, Status.COMPLIANT_WEAK)
"""The statuses that meet the policy."""


class Reason(StrEnum):
    """Why the status holds; each belongs to one status (``docs/statuses.md``)."""

    DISABLED = "disabled"
    ORGANISATION_EXCLUDED = "organisation_excluded"
    BREAK_GLASS = "break_glass"
    SERVICE = "service"
    SHARED_UNUSED = "shared_unused"
    ROOM_UNUSED = "room_unused"
    GENERIC = "generic"
    GUEST = "guest"
    PERSON = "person"
    OK = "ok"
    OK_ENFORCEMENT_NOT_ASSESSED = "ok_enforcement_not_assessed"
    PHONE_ONLY = "phone_only"
    EXEMPT = "exempt"
    FORBIDDEN = "forbidden"
    NO_RECORD = "no_record"
    UNREADABLE = "unreadable"
    CONFLICTING_RECORD = "conflicting_record"
    UNMAPPED_METHOD = "unmapped_method"
    INVISIBLE_METHOD_POSSIBLE = "invisible_method_possible"
    TIER_UNKNOWN = "tier_unknown"
    ENFORCEMENT_UNKNOWN = "enforcement_unknown"
    EXEMPTION_EXPIRED = "exemption_expired"
    EXCLUDED_UNREGISTERED = "excluded_unregistered"
    TRUSTED_NETWORK_BYPASS = "trusted_network_bypass"
    REPORT_ONLY = "report_only"
    NO_POLICY = "no_policy"
    WEAK_ENDED = "weak_ended"
    BELOW_TIER_MINIMUM = "below_tier_minimum"
    STARTER = "starter"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    BOOTSTRAP_ONLY = "bootstrap_only"
    NON_FACTORS_ONLY = "non_factors_only"
    NOTHING_REGISTERED = "nothing_registered"


class Exposure(StrEnum):
    """How open an in-scope account is, most open first (``docs/statuses.md``)."""

    PASSWORD_ONLY = "password_only"  # noqa: S105 - a word for how open an account is
    UNKNOWN = "unknown"
    FIRST_REGISTRATION_OPEN = "first_registration_open"
    PHISHABLE = "phishable"
    RESISTANT = "resistant"


class Required(StrEnum):
    """Whether anything makes the account use a second factor."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Stated(StrEnum):
    """What a source says about a yes/no fact. ``BLANK``: the source has the column and left it empty here;
    ``ABSENT``: no source has the column. The difference decides: blank is missing evidence, absent is scope."""

    YES = "yes"
    NO = "no"
    BLANK = "blank"
    ABSENT = "absent"


@dataclass(frozen=True)
class Column:
    """One column: ``type`` is a DuckDB type, ``meaning`` one sentence, null included."""

    name: str
    type: str
    meaning: str


@dataclass(frozen=True)
class Table:
    """One table of a snapshot or a run."""

    name: str
    columns: tuple[Column, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The column names, in order."""
        return tuple(column.name for column in self.columns)


def _table(name: str, *columns: tuple[str, str, str]) -> Table:
    return Table(name, tuple(Column(*column) for column in columns))


ACCOUNTS = _table(
    "accounts",
    ("account_key", "INTEGER", "position in account_id order, from 0; valid inside this snapshot only"),
    ("account_id", "VARCHAR", "Graph object id in lower case, else 'upn:' and the casefolded UPN"),
    ("user_principal_name", "VARCHAR", "as the newest source writes it"),
    ("display_name", "VARCHAR", "null when no source has it"),
    ("mail", "VARCHAR", "null when none"),
    ("job_title", "VARCHAR", "null when none"),
    ("organisation", "VARCHAR", "the attribute the policy names, trimmed; null when blank"),
    ("department", "VARCHAR", "trimmed; null when blank"),
    ("employee_type", "VARCHAR", "null when none"),
    ("manager_id", "VARCHAR", "account_id of the manager; the raw value when it names nobody listed"),
    ("manager_key", "INTEGER", "account_key of the manager; null when none or not listed"),
    ("account_enabled", "VARCHAR", "Stated"),
    ("user_type", "VARCHAR", "'member' | 'guest'; null when no source says"),
    ("user_type_stated", "VARCHAR", "Stated: YES when user_type is set, else BLANK or ABSENT"),
    ("external", "VARCHAR", "Stated: YES for an account whose home is elsewhere; ABSENT when nobody asked"),
    ("created_at", "TIMESTAMP", "UTC; null when unknown"),
    ("hire_date", "DATE", "as the date written; null when none or 0001-01-01"),
    ("leaver", "VARCHAR", "Stated: YES when a list says the person leaves or has left by leave_date"),
    ("leave_date", "DATE", "null when none"),
    ("sign_in", "VARCHAR", "'seen' | 'never' (asked for and blank) | 'not_collected'"),
    ("last_sign_in", "TIMESTAMP", "UTC; last successful, else the newest other stamp; null unless 'seen'"),
    ("sign_in_read_at", "TIMESTAMP", "UTC; when the sign-in was asked for: later ones are not in it; null if not said"),
    ("synced", "VARCHAR", "Stated: from an on-premises directory (null from Graph means NO)"),
    ("recipient_type", "VARCHAR", "Exchange RecipientTypeDetails; null when no list has the account"),
    ("per_user_mfa", "VARCHAR", "'disabled' | 'enabled' | 'enforced'; null when blank or not read"),
    ("per_user_mfa_stated", "VARCHAR", "Stated: YES when per_user_mfa is set, else BLANK or ABSENT"),
    ("mfa_status", "VARCHAR", "a portal's MFA Status, as written; null when blank or no such file"),
    ("mfa_status_stated", "VARCHAR", "Stated: YES when mfa_status is set, else BLANK or ABSENT"),
    ("preferred_language", "VARCHAR", "null when none"),
    ("differing", "VARCHAR", "organisation, department, employee_type: those on which rows differ, joined by ';'"),
)

REGISTRATIONS = _table(
    "registrations",
    ("account_key", "INTEGER", "joins accounts; one row an account"),
    ("methods", "INTEGER", "known methods as bits of methods.CATALOGUE; 0 when none or not read"),
    ("methods_read", "BOOLEAN", "false when the list is null, absent or unreadable: an empty list is read"),
    ("unmapped", "VARCHAR", "method names the catalogue does not know, joined by ';'; null when none"),
    ("is_admin", "VARCHAR", "Stated"),
    ("is_mfa_capable", "VARCHAR", "Stated"),
    ("is_mfa_registered", "VARCHAR", "Stated"),
    ("is_sspr_registered", "VARCHAR", "Stated"),
    ("system_preferred", "VARCHAR", "Stated: isSystemPreferredAuthenticationMethodEnabled"),
    ("default_method", "VARCHAR", "the preferred method as written; null when none"),
    ("conflict", "BOOLEAN", "true when two rows of equal age disagree, or the row's own time cannot be true"),
    ("updated_at", "TIMESTAMP", "UTC; when Microsoft refreshed the row, never when somebody registered"),
)

GROUP_MEMBERS = _table(
    "group_members",
    ("group_id", "VARCHAR", "object id in lower case"),
    ("account_id", "VARCHAR", "a member, transitively; null in the one row of a group without members"),
    ("state", "VARCHAR", "GroupState, the same in every row of a group; a group without a row was not read"),
)

ROLE_ASSIGNMENTS = _table(
    "role_assignments",
    ("account_id", "VARCHAR", "the account holding the role, groups resolved; null when nobody knows who does"),
    ("role_id", "VARCHAR", "role template id in lower case"),
    ("kind", "VARCHAR", "'active' | 'eligible'"),
    ("scope", "VARCHAR", "directory scope; '/' is the tenant"),
    ("starts_at", "TIMESTAMP", "UTC; null when not limited"),
    ("ends_at", "TIMESTAMP", "UTC; null when not limited"),
)

DEVICES = _table(
    "devices",
    ("device_id", "VARCHAR", "in lower case, as sign-ins name the device (Graph deviceId, not the object id)"),
    ("trust_type", "VARCHAR", "'AzureAD' joined | 'ServerAD' hybrid joined | 'Workplace' registered; null: unknown"),
    ("is_compliant", "VARCHAR", "Stated: isCompliant; BLANK where Graph writes null"),
    ("is_managed", "VARCHAR", "Stated: isManaged; BLANK where Graph writes null"),
    ("operating_system", "VARCHAR", "operatingSystem as written; null when none or disputed"),
    ("ownership", "VARCHAR", "deviceOwnership as written, such as Company; null when none or disputed"),
    ("profile_type", "VARCHAR", "profileType as written, such as RegisteredDevice; null when none or disputed"),
    ("last_sign_in", "TIMESTAMP", "UTC; approximateLastSignInDateTime, which may lag by two weeks; null when unknown"),
    ("enabled", "VARCHAR", "Stated: accountEnabled"),
)


def _register(name: str, *columns: str) -> Table:
    return _table(name, *((column, "VARCHAR", "as written, trimmed; null when blank") for column in columns))


REGISTERS: dict[str, Table] = {
    table.name: table
    for table in (
        _register("exemptions", "exemption_id", "account_id", "category", "owner", "approver", "approver_role",
                  "approved_on", "expires_on", "ticket", "compensating_control", "risk_ref", "exit_plan"),
        _register("service_accounts", "account_id", "owner", "purpose", "compensating_control", "review_by"),
        _register("generic_accounts", "account_id", "responsible_person_id", "team"),
        _register("privileged_accounts", "account_id", "portal_role"),
        _register("organisations", "organisation_code", "name", "kind", "status", "local_admin_email",
                  "successor_code"),
        _register("pauses", "account_id", "from", "until", "ticket"),
        _register("certificate_users", "account_id"),
    )
}
"""The registers an organisation keeps itself; dates are ISO text, ``account_id`` an object id or a UPN."""

TENANT_DOCUMENTS: tuple[str, ...] = (
    "organization", "domains", "conditional_access_policies", "named_locations", "authentication_strengths",
    "security_defaults", "authentication_methods_policy",
)
"""Policy documents kept as Graph wrote them, in ``tenant_policies.json``, a key each; the organisation and its domains
without telephone numbers, addresses and whatever else is not read."""

FORMER_NAMES = _table(
    "former_names",
    ("account_id", "VARCHAR", "an account listed under its object id"),
    ("user_principal_name", "VARCHAR", "a UPN some source gives it that is nobody's now, as UPNs are compared"),
)

PLACE = Column("place", "VARCHAR", "where the row stands, file:line")
"""What a snapshot keeps of a register's row beside its columns."""

SNAPSHOT_TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        ACCOUNTS, REGISTRATIONS, GROUP_MEMBERS, ROLE_ASSIGNMENTS, FORMER_NAMES, DEVICES,
        *(Table(register.name, (*register.columns, PLACE)) for register in REGISTERS.values()),
    )
}

VERDICTS = _table(
    "accounts",
    ("account_id", "VARCHAR", "as in the snapshot"),
    ("user_principal_name", "VARCHAR", "as in the snapshot"),
    ("display_name", "VARCHAR", "as in the snapshot"),
    ("mail", "VARCHAR", "as in the snapshot"),
    ("job_title", "VARCHAR", "as in the snapshot"),
    ("organisation", "VARCHAR", "as in the snapshot"),
    ("department", "VARCHAR", "as in the snapshot"),
    ("manager_id", "VARCHAR", "as in the snapshot"),
    ("kind", "VARCHAR", "Kind"),
    ("population", "VARCHAR", "the population the policy gives this kind"),
    ("tier", "VARCHAR", "the requirement that applies; 'unknown' when the role data is missing"),
    ("status", "VARCHAR", "Status"),
    ("reason", "VARCHAR", "Reason"),
    ("exposure", "VARCHAR", "Exposure; null when out of scope"),
    ("best_level", "VARCHAR", "strongest usable level; 'none' when none; null when not known"),
    ("methods", "VARCHAR", "catalogue names joined by ';' in catalogue order; empty when none, null when not known"),
    ("phone_only", "BOOLEAN", "usable, and by phone alone"),
    ("required", "VARCHAR", "Required"),
    ("proven", "VARCHAR", "what the sign-ins show; null until they are read"),
    ("due", "DATE", "null when nothing is ever due, or out of scope"),
    ("overdue_days", "INTEGER", "days after due; 0 when not overdue, never null"),
    ("exemption_id", "VARCHAR", "the register entry that was looked at; null when none"),
    ("findings", "VARCHAR", "ids of failed controls joined by ';'; null when none"),
)
"""``accounts.parquet`` and ``accounts.csv`` of a run folder, a row an account, in account_id order."""

PEOPLE = Table(
    "people",
    VERDICTS.columns
    + tuple(
        Column(*column)
        for column in (
            ("account_key", "INTEGER", "as in the snapshot"),
            ("manager_key", "INTEGER", "as in the snapshot"),
            ("in_scope", "BOOLEAN", "status is not OUT_OF_SCOPE"),
            ("usable", "BOOLEAN", "has a usable second factor, whatever the status"),
            ("privileged", "BOOLEAN", "the privileged tier applies; emergency accounts apart"),
            ("portal_role", "VARCHAR", "from the register of privileged accounts; null when none"),
            ("method_bits", "INTEGER", "usable methods as bits; 0 when none or not known"),
            ("registered_bits", "INTEGER", "all registered methods as bits"),
            ("account_enabled", "VARCHAR", "Stated"),
            ("dormant", "BOOLEAN", "known unused for the policy's dormant_days"),
            ("leaver", "BOOLEAN", "leaves or has left"),
            ("away", "BOOLEAN", "paused by the register today: not in a manager's overdue count"),
            ("last_sign_in", "DATE", "null when never or not known"),
            ("starter_until", "DATE", "last day of grace; null when the tier has none or the start is unknown"),
            ("responsible_id", "VARCHAR", "who answers for a generic or service account; null when nobody"),
            ("access_class", "INTEGER", "one for all that no policy can tell apart; null without scenarios"),
            ("asked", "VARCHAR", "never, somewhere, everywhere, cannot_tell, no_access; null as above"),
            ("ready", "VARCHAR", "Required: can register what it is told to; null when no policy says"),
            ("priority", "INTEGER", "place in action lists, smallest first; see verdicts.judge"),
        )
    ),
)
"""What reports read: the verdicts and what a list needs beside them. Never published as it is."""
