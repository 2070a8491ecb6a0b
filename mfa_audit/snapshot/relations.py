"""Memberships and roles: nested groups resolved inside what was given, roles of groups passed on to their members."""
# ruff: noqa: S608  (every name in the SQL is quoted or this package's own, every value quoted or bound)

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mfa_audit.snapshot import nested, typing_rules
from mfa_audit.tables import GroupState

if TYPE_CHECKING:
    from mfa_audit.snapshot.complaints import Complaints
    from mfa_audit.snapshot.staging import Staged

_ODATA_TYPE = "json_extract_string({0}, '$.\"@odata.type\"')"
_ROLES = (("role_assignments", "active"), ("role_eligibility", "eligible"))


@dataclass(frozen=True)
class Relation:
    """SQL for a table's rows in order, and why it is not whole (empty: it is)."""

    query: str
    reason: str = ""


def build_groups(staged: Staged) -> Relation | None:
    """GROUP_MEMBERS, transitively; ``None`` when no source has members.

    Creates ``memberships``, ``groups_known`` and ``groups_in_part`` for :func:`build_roles`.
    """
    edges, known = [], []
    if staged.has("group_members"):
        edges.append(
            f"SELECT lower({staged.column('group_members', 'group_id')}) AS group_id, r.account AS member, "
            f"lower({staged.column('group_members', 'member_type')}) AS kind FROM rows_group_members r"
        )
    unread = 0
    if "members" in staged.fields.get("groups", ()):
        edges.append(
            "SELECT group_id, lower(coalesce(json_extract_string(item, '$.id'), json_extract_string(item, '$.Id'))) "
            f"AS member, lower({_ODATA_TYPE.format('item')}) AS kind FROM (SELECT lower(group_id) AS group_id, "
            "unnest(CAST(CASE WHEN starts_with(members, '[') AND json_valid(members) THEN members END AS JSON[])) "
            "AS item FROM raw_groups)"
        )
        known.append("SELECT lower(group_id) AS group_id FROM raw_groups WHERE members IS NOT NULL")
        unread = staged.connection.execute(
            "SELECT count(*) FROM raw_groups WHERE members IS NULL OR NOT (starts_with(members, '[') "
            "AND json_valid(members))"
        ).fetchall()[0][0]
    if not edges:
        return None
    connection = staged.connection
    connection.execute(
        f"CREATE TABLE edges AS SELECT DISTINCT group_id, member, kind FROM ({' UNION ALL '.join(edges)}) "
        "WHERE group_id IS NOT NULL AND member IS NOT NULL"
    )
    known.append("SELECT group_id FROM edges")
    connection.execute(f"CREATE TABLE groups_known AS SELECT DISTINCT group_id FROM ({' UNION ALL '.join(known)})")
    nested_group = (
        "(coalesce(kind, '') IN ('group', '#microsoft.graph.group') "
        "OR (kind IS NULL AND member IN (SELECT group_id FROM groups_known)))"
    )
    person = f"NOT {nested_group} AND (kind IS NULL OR kind IN ('user', 'member', 'guest', '#microsoft.graph.user'))"
    connection.execute(
        "CREATE TABLE inside AS WITH RECURSIVE inside(group_id, part) AS ("
        "SELECT group_id, group_id FROM groups_known UNION "
        f"SELECT i.group_id, e.member FROM inside i JOIN edges e ON i.part = e.group_id WHERE {nested_group}) "
        "SELECT * FROM inside"
    )
    connection.execute(
        "CREATE TABLE memberships AS SELECT DISTINCT i.group_id, e.member AS account_id "
        f"FROM inside i JOIN edges e ON i.part = e.group_id WHERE {person}"
    )
    lacking = f"({nested_group} AND member NOT IN (SELECT group_id FROM groups_known))"
    missing = connection.execute(f"SELECT count(DISTINCT member) FROM edges WHERE {lacking}").fetchall()[0][0]
    reasons = [f"{missing} nested group(s) were not supplied"] if missing else []
    nobody = 0
    if staged.has("group_members"):
        nobody = connection.execute(
            f"SELECT count(*) FROM rows_group_members r WHERE r.account IS NULL OR "
            f"{staged.column('group_members', 'group_id')} IS NULL"
        ).fetchall()[0][0]
    if nobody:
        reasons.append(f"{nobody} membership(s) name no member or no group")
    stranger = ("(kind IS NULL AND member NOT IN (SELECT group_id FROM groups_known) "
                "AND member NOT IN (SELECT account_id FROM census))")
    strangers = connection.execute(f"SELECT count(DISTINCT member) FROM edges WHERE {stranger}").fetchall()[0][0]
    if strangers:
        reasons.append(f"{strangers} member(s) are neither a listed account nor a group that was supplied")
    if unread:
        reasons.append(f"the members of {unread} group(s) could not be read")
    # A group with such a member in it, at any depth, may have more members than are listed.
    connection.execute(
        "CREATE TABLE groups_in_part AS SELECT DISTINCT i.group_id FROM inside i JOIN edges e ON i.part = e.group_id "
        f"WHERE {lacking} OR {stranger} OR {nobody > 0}"
    )
    deleted = "SELECT NULL::VARCHAR WHERE false"
    if "deleted" in staged.fields.get("groups", ()):
        deleted = "SELECT lower(group_id) FROM raw_groups WHERE lower(deleted) = 'true'"
    state = (
        f"CASE WHEN group_id IN ({deleted}) THEN '{GroupState.DELETED}' WHEN group_id IN (SELECT group_id FROM "
        f"groups_in_part) THEN '{GroupState.IN_PART}' ELSE '{GroupState.WHOLE}' END"
    )
    # A group known to be empty keeps a row without a member, so that it is not taken for one that was not read.
    query = (f"SELECT group_id, account_id, {state} AS state FROM (SELECT group_id, account_id FROM memberships "
             "UNION ALL SELECT group_id, NULL FROM groups_known WHERE group_id NOT IN (SELECT group_id FROM "
             "memberships)) ORDER BY ALL")
    return Relation(query, "; ".join(reasons))


def build_roles(staged: Staged, complaints: Complaints, declared: str | None) -> Relation | None:
    """ROLE_ASSIGNMENTS, active and eligible; ``None`` when no source has either. After :func:`build_groups`.

    A role whose holder is a group that was not supplied whole, or a stranger, keeps a row without an account.
    """
    given = [(table, kind) for table, kind in _ROLES if staged.has(table)]
    if not given:
        return None
    connection = staged.connection
    parts = []
    for table, kind in given:
        orders = typing_rules.date_orders(staged, table, ("starts_at", "ends_at"), declared)
        times = [
            typing_rules.in_range(typing_rules.moment(staged.column(table, name), name, orders))
            for name in ("starts_at", "ends_at")
        ]
        principal, holder = staged.column(table, "principal"), _holder(staged, table)
        principal_type = f"CASE WHEN {nested.is_object(principal)} THEN {_ODATA_TYPE.format(principal)} END"
        parts.append(
            f"SELECT lower({holder}) AS holder, "
            f"lower({staged.column(table, 'role_id')}) AS role_id, '{kind}' AS kind, "
            f"coalesce({staged.column(table, 'scope')}, '/') AS scope, {times[0]} AS starts_at, "
            f"{times[1]} AS ends_at, lower({principal_type}) AS principal FROM raw_{table} r"
        )
        _complain_of_times(staged, complaints, table, times)
    connection.execute(
        f"CREATE TABLE holders AS SELECT * FROM ({' UNION ALL '.join(parts)}) WHERE holder IS NOT NULL "
        "AND role_id IS NOT NULL"
    )
    groups = "SELECT group_id FROM groups_known"
    is_group = f"(principal = '#microsoft.graph.group' OR holder IN ({groups}))"
    is_person = f"(NOT {is_group} AND (principal IS NULL OR principal = '#microsoft.graph.user'))"
    if not _exists(staged, "groups_known"):
        connection.execute("CREATE TABLE groups_known (group_id VARCHAR)")
        connection.execute("CREATE TABLE groups_in_part (group_id VARCHAR)")
        connection.execute("CREATE TABLE memberships (group_id VARCHAR, account_id VARCHAR)")
    is_group, is_person = f"coalesce({is_group}, false)", f"coalesce({is_person}, true)"
    unread = f"{is_group} AND (holder NOT IN ({groups}) OR holder IN (SELECT group_id FROM groups_in_part))"
    stranger = f"principal IS NULL AND NOT {is_group} AND holder NOT IN (SELECT account_id FROM census)"
    missing = connection.execute(f"SELECT count(DISTINCT holder) FROM holders WHERE {unread}").fetchall()[0][0]
    nobody = sum(_without_holder(staged, table) for table, _ in given)
    strangers = connection.execute(f"SELECT count(DISTINCT holder) FROM holders WHERE {stranger}").fetchall()[0][0]
    reasons = [words for count, words in (
        (missing, f"the members of {missing} group(s) that hold roles were not all supplied"),
        (nobody, f"{nobody} role(s) name no holder or no role"),
        (strangers, f"{strangers} role holder(s) are neither a listed account nor a group that was supplied"),
    ) if count]
    if len(given) < len(_ROLES):
        only = given[0][1]
        complaints.add(
            "only one kind of role supplied", 1,
            effect=f"only {only} roles are known: who holds a role in the other way is not seen as privileged by it",
            fix="supply role assignments and role eligibility together.",
        )
    return Relation(
        "SELECT DISTINCT holder AS account_id, role_id, kind, scope, starts_at, ends_at FROM holders "
        f"WHERE {is_person} UNION SELECT m.account_id, role_id, kind, scope, starts_at, ends_at FROM holders h "
        f"JOIN memberships m ON h.holder = m.group_id WHERE {is_group} UNION "
        "SELECT NULL, role_id, kind, scope, starts_at, ends_at FROM holders "
        f"WHERE ({unread}) OR ({stranger}) ORDER BY ALL",
        "; ".join(reasons),
    )


def _holder(staged: Staged, table: str) -> str:
    return f"coalesce({staged.column(table, 'account_id')}, {nested.inside(staged.column(table, 'principal'), 'id')})"


def _without_holder(staged: Staged, table: str) -> int:
    """How many rows say of a role that somebody holds it, and not who, or of somebody, and not which."""
    holder, role = _holder(staged, table), staged.column(table, "role_id")
    return int(staged.connection.execute(
        f"SELECT count(*) FROM raw_{table} r WHERE {holder} IS NULL OR {role} IS NULL"
    ).fetchall()[0][0])


def _complain_of_times(staged: Staged, complaints: Complaints, table: str, times: list[str]) -> None:
    for name, value in zip(("starts_at", "ends_at"), times, strict=True):
        column = staged.column(table, name)
        count = staged.connection.execute(
            f"SELECT count(*) FROM raw_{table} r WHERE {column} IS NOT NULL AND {value} IS NULL"
        ).fetchall()[0][0]
        complaints.add(
            f"unreadable date: {name}", count, effect="the role counts as not limited in time",
            fix="export the assignments again as JSON.",
        )


def _exists(staged: Staged, table: str) -> bool:
    return bool(staged.connection.execute(
        "SELECT count(*) FROM information_schema.tables WHERE table_name = ?", [table]
    ).fetchall()[0][0])
