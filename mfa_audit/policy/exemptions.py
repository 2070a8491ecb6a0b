"""The rules of the exemption register: which entries count today, and what is wrong with the others.

Controls MFA-EXM-01, -02, -03 and -05 rest on these. The register is the only way to be exempt; an entry counts only
when it is complete, approved by somebody other than its holder, and today lies inside its dates.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from mfa_audit.policy.names import folded, forms, may_be_oneself, says_nothing

if TYPE_CHECKING:
    import datetime as dt

    from mfa_audit.policy.schema import Policy

NEEDED: tuple[str, ...] = (
    "exemption_id", "account_id", "category", "owner", "approver", "approver_role", "approved_on", "expires_on",
    "ticket", "compensating_control",
)
"""What a complete entry has; ``risk_ref`` and ``exit_plan`` may be missing."""

HOLDER_COLUMNS: tuple[str, ...] = ("account_id", "holder_id", "holder_upn", "holder_name", "holder_mail",
                                  "holder_former")
"""The ways a holder may be written; those that are in the frame are compared with the approver."""

_PRECEDENCE = {"active": 0, "expired": 1, "not_yet": 2, "incomplete": 3}
_ISO_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"


def state_of(register: pd.DataFrame, policy: Policy, as_of: dt.date) -> pd.DataFrame:
    """The register with a verdict on every entry, in its own order; the register itself stays as it was.

    ``register`` has columns of ``tables.REGISTERS["exemptions"]`` as text (an absent column is a blank one) and, when
    the caller has found the holders, those of :data:`HOLDER_COLUMNS` and ``holder_since``, the day an account that the
    entry names by a name alone was made. Added: ``approved`` and ``expires`` (``datetime64``; NaT when not an ISO
    date), ``complete`` (bool), ``state`` (active, expired, not_yet, incomplete) and ``findings`` (control ids joined by
    ``;``, empty when none).

    Incomplete, so never active: a needed field is blank or says nothing ("-", "TBC"), a date is none, it ends before it
    was approved, its category is not one of the policy's, or it was approved before ``holder_since``, for somebody else
    who had that name (MFA-EXM-01), or the approver may be the holder (MFA-EXM-05; ``complete`` may then be true).
    Active all the same: approved under another role (MFA-EXM-05), or for more than ``max_days`` (MFA-EXM-03). The
    day of approval and the day of expiry both count.
    """
    rules = policy.exemptions
    text = {name: _text(register, name) for name in dict.fromkeys((*NEEDED, *HOLDER_COLUMNS))}
    approved, expires = _dates(text["approved_on"]), _dates(text["expires_on"])
    today = pd.Timestamp(as_of)

    complete = approved.notna() & expires.notna() & (approved <= expires)
    for name in NEEDED:
        complete &= ~text[name].map(says_nothing).astype(bool)
    if "holder_since" in register:
        complete &= ~(approved < register["holder_since"])
    complete &= text["category"].map(_category).isin({_category(name) for name in rules.categories})

    self_approved = text["approver"].map(may_be_oneself).astype(bool)
    approver = text["approver"].map(forms)
    for name in HOLDER_COLUMNS:
        shared = [not one.isdisjoint(other) for one, other in zip(approver, text[name].map(forms), strict=True)]
        self_approved |= pd.Series(shared, index=register.index, dtype="bool")
    roles = {folded(role) for role in rules.approver_roles}
    wrong_role = complete & (~text["approver_role"].map(folded).isin(roles) if roles else False)
    too_long = complete & ((expires - approved).dt.days > rules.max_days)

    counts = complete & ~self_approved
    state = pd.Series("incomplete", index=register.index, dtype="str")
    state[counts] = "active"
    state[counts & (approved > today)] = "not_yet"
    state[counts & (expires < today)] = "expired"

    findings = _joined({
        "MFA-EXM-01": ~complete,
        "MFA-EXM-02": state == "expired",
        "MFA-EXM-03": too_long,
        "MFA-EXM-05": self_approved | wrong_role,
    }, register.index)
    return register.assign(approved=approved, expires=expires, complete=complete, state=state, findings=findings)


def best_entry(states: pd.DataFrame, by: str = "account_id") -> pd.DataFrame:
    """One row an account reference, case aside: the entry that is looked at when somebody has several.

    Active beats expired beats not yet approved beats incomplete; then the later expiry, then the smallest
    ``exemption_id``. ``states`` is what :func:`state_of` gives, ``by`` the column with the reference; rows without one
    are left out. The order of the rows does not matter. Entries that name one account by id and by UPN meet only when
    the caller has put a resolved reference into ``by``.
    """
    ids = [name for name in ("exemption_id", *NEEDED[3:]) if name in states]
    named = states[_text(states, by) != ""]
    ranked = named.assign(
        _who=_text(named, by).str.casefold(),
        _rank=lambda frame: frame["state"].map(_PRECEDENCE),
        _later=lambda frame: -(frame["expires"] - pd.Timestamp(0).as_unit("s")).dt.days.astype("Float64"),
    )
    ranked = ranked.sort_values(["_who", "_rank", "_later", *ids, "findings"], kind="stable", na_position="last")
    best = ranked.drop_duplicates("_who", keep="first")
    return best.drop(columns=["_who", "_rank", "_later"]).reset_index(drop=True)


def _text(register: pd.DataFrame, name: str) -> pd.Series[str]:
    if name not in register:
        return pd.Series("", index=register.index, dtype="str")
    return register[name].astype("str").fillna("").str.strip()


def _dates(text: pd.Series[str]) -> pd.Series[pd.Timestamp]:
    iso = text.where(text.str.fullmatch(_ISO_DATE))
    return pd.to_datetime(iso, format="%Y-%m-%d", errors="coerce").astype("datetime64[s]")


def _category(text: str) -> str:
    return folded(text).replace("-", "_").replace(" ", "_")


def _joined(failed: dict[str, pd.Series[bool]], index: pd.Index[int]) -> pd.Series[str]:
    joined = pd.Series("", index=index, dtype="str")
    for control, rows in failed.items():
        joined[rows] = joined[rows].where(joined[rows] == "", joined[rows] + ";") + control
    return joined
