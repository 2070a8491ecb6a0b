"""The tables and the closed lists of words that the ladders, the ledger and those who deliver share."""

from __future__ import annotations

from enum import StrEnum

import pandas as pd

from mfa_audit.tables import Column, Table


class State(StrEnum):
    """How far one message has come."""

    PLANNED = "planned"
    """Listed for somebody to send; nothing has left until a person confirms the stage."""
    INTENT = "intent"
    """About to leave, or left and not yet reported: written down before anything leaves."""
    SENT = "sent"
    FAILED = "failed"
    """Surely not left; may be tried again."""
    UNKNOWN = "unknown"
    """Whether it left cannot be known: for a person to decide, never sent again by guess."""
    CONFIRMED = "confirmed"
    """Somebody says that they sent it."""
    UNDONE = "undone"
    """A confirmation that was taken back: waits as ``planned`` does."""
    WITHDRAWN = "withdrawn"
    """Listed, and no longer wanted: done since, or overtaken by a later stage."""


WAITING = (State.PLANNED, State.UNDONE)
"""Listed and not confirmed."""
DELIVERED = (State.SENT, State.CONFIRMED)
"""Known to have left: these advance a ladder."""
COUNTED = (*DELIVERED, State.INTENT, State.UNKNOWN)
"""Left, or may have: these start the cool-down and count towards the most messages somebody gets."""
STANDING = (*COUNTED, *WAITING)
"""Whoever has one of these is not listed for the same message again."""


class Recipient(StrEnum):
    """Who a message goes to. The audiences of a policy, but for ``staff``: that is the person or whoever stands in."""

    PERSON = "person"
    RESPONSIBLE = "responsible"
    """Whoever answers for a generic mailbox."""
    MANAGER = "manager"
    LOCAL_ADMIN = "local_admin"
    SERVICE_DESK = "service_desk"
    SECURITY_LEAD = "security_lead"
    CISO = "ciso"
    OPERATOR = "operator"
    ADMINISTRATOR = "administrator"
    """Whoever keeps the sign-in policies: no audience of a policy, only of notices."""
    EXEMPTION_OWNER = "exemption_owner"


class Why(StrEnum):
    """Why somebody is in a plan."""

    FIRST_MESSAGE = "first_message"
    """Nothing was sent to them in this campaign: the introduction, whatever the date."""
    BEFORE = "before"
    OVERDUE = "overdue"
    ESCALATED = "escalated"
    REPEATED = "repeated"
    FACTOR_LOST = "factor_lost"
    """They were compliant and are no more: again from the first stage after the date."""
    NOTICE = "notice"
    """Not for the person: whoever can mend it hears."""


class Held(StrEnum):
    """Why somebody is not in a plan, though not fully set up."""

    NOT_DUE_YET = "not_due_yet"
    ALREADY_TOLD = "already_told"
    NOT_A_SEND_DAY = "not_a_send_day"
    COOL_DOWN = "cool_down"
    MAXIMUM_MESSAGES = "maximum_messages"
    DIGEST_PACE = "digest_pace"
    """The manager had a digest less than ``manager_digest_days`` ago."""
    WAITS_FOR_CONFIRMATION = "waits_for_confirmation"
    BEING_SENT = "being_sent"
    OUTCOME_UNKNOWN = "outcome_unknown"
    NO_MANAGER = "no_manager"
    NO_DATE = "no_date"
    NO_STAGES = "no_stages"
    AWAY = "away"
    EXEMPT = "exempt"
    OWN_TELEPHONY = "own_telephony"
    OTHER_POPULATION = "other_population"


KEY = ("account_id", "campaign", "stage", "occurrence", "recipient")
"""What makes a message one message: the ledger holds each once."""


def _table(name: str, *columns: tuple[str, str, str]) -> Table:
    return Table(name, tuple(Column(*column) for column in columns))


_WHICH = (
    ("account_id", "VARCHAR", "whom it is about, as in the snapshot"),
    ("campaign", "VARCHAR", "reminders.campaign of the policy"),
    ("ladder", "VARCHAR", "name of the ladder (mfa_audit.reminders.ladder); null when on none"),
    ("stage", "VARCHAR", "id of the stage; null when on no ladder"),
)

PLAN = _table(
    "plan", *_WHICH,
    ("occurrence", "INTEGER", "0 the first time, then one more for every repetition"),
    ("recipient", "VARCHAR", "Recipient"),
    ("recipient_id", "VARCHAR", "account_id, or a register's words; a local administrator's organisation; else null"),
    ("audience", "VARCHAR", "the audience of the policy's stage this recipient stands for"),
    ("template", "VARCHAR", "template of the stage"),
    ("anchor", "DATE", "the day the ladder hangs on; null for a notice"),
    ("due", "DATE", "the send day it was due on; as_of or earlier"),
    ("why", "VARCHAR", "Why"),
    ("route", "VARCHAR", "Route (mfa_audit.reminders.routing)"),
)
"""A row a message: who would hear what, and why."""

HELD = _table(
    "held", *_WHICH,
    ("recipient", "VARCHAR", "Recipient; null when nobody would hear"),
    ("anchor", "DATE", "as in a plan"),
    ("due", "DATE", "the send day of the stage; null when on no ladder"),
    ("why", "VARCHAR", "Held"),
    ("route", "VARCHAR", "Route"),
)
"""A row a message that does not leave today, or an account without any: why not."""

HISTORY = _table(
    "history", *_WHICH,
    ("occurrence", "INTEGER", "as in a plan"),
    ("recipient", "VARCHAR", "Recipient"),
    ("recipient_id", "VARCHAR", "as in a plan"),
    ("anchor", "DATE", "as it was when planned"),
    ("state", "VARCHAR", "State"),
    ("day", "DATE", "the day of the state: of sending or of its confirmed day, else of listing"),
)
"""What the ledger remembers of each message."""

_TYPES = {"VARCHAR": "str", "INTEGER": "int64", "DATE": "datetime64[us]"}


def frame(table: Table, columns: pd.DataFrame | None = None) -> pd.DataFrame:
    """The columns of ``table`` in their order and types; without ``columns`` a frame that has no row."""
    made = pd.DataFrame(columns=list(table.names)) if columns is None else columns[list(table.names)]
    return made.astype({column.name: _TYPES[column.type] for column in table.columns})
