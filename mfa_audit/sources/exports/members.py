"""Groups and directory roles with their members inside: made flat, one row a member."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from mfa_audit.files import private_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from mfa_audit.sources.exports.found import Blemishes
    from mfa_audit.sources.exports.json_rows import Rows

_EXPAND_LIMIT = 20


def flatten_groups(
    rows: Rows, fields: Mapping[str, str], members: Path, groups: Path, blemishes: Blemishes
) -> tuple[int, int]:
    """Write ``group_members`` rows (group_id, account_id, user_principal_name, member_type) to ``members``.

    Into ``groups`` goes a row for every group with its members left out: ``[]`` where they were saved, so that an
    empty group is known to be empty, and null where they were not. Returns the numbers of rows of both.
    """
    known: list[dict[str, Any]] = []

    def lines() -> Iterator[dict[str, Any]]:
        for position, group, inside in _with_members(rows, fields["group_id"], fields["members"], blemishes):
            known.append({"group_id": group, "members": None if inside is None else []})
            if len(inside or ()) == _EXPAND_LIMIT:
                blemishes.add("group of exactly twenty", place=f"row {position + 1}")
            for member in inside or ():
                yield {
                    "group_id": group,
                    "account_id": member.get("id"),
                    "user_principal_name": member.get("userprincipalname"),
                    "member_type": member.get("@odata.type"),
                }

    return _write(lines(), members), _write(iter(known), groups)


def flatten_roles(rows: Rows, fields: Mapping[str, str], target: Path, blemishes: Blemishes) -> int:
    """Write ``role_assignments`` rows (account_id, role_id, scope, principal) of ``directoryRoles`` with members.

    Returns the number of rows: none for a role nobody holds, one without a holder for a role whose members were not
    saved.
    """
    def lines() -> Iterator[dict[str, Any]]:
        for _, role, members in _with_members(rows, fields["role_id"], fields["members"], blemishes):
            if members is None:
                yield {"account_id": None, "role_id": role, "scope": "/", "principal": None}
            for member in members or ():
                yield {
                    "account_id": member.get("id"),
                    "role_id": role,
                    "scope": "/",
                    "principal": {"id": member.get("id"), "@odata.type": member.get("@odata.type")},
                }

    return _write(lines(), target)


def _write(lines: Iterator[dict[str, Any]], target: Path) -> int:
    count = 0
    with private_file(target) as out:
        for line in lines:
            out.write(msgspec.json.encode(line) + b"\n")
            count += 1
    return count


def _with_members(
    rows: Rows, key: str, members_key: str, blemishes: Blemishes
) -> Iterator[tuple[int, str, list[dict[str, Any]] | None]]:
    """Position, id and members of every object, None where they were not saved; an id of another kind than text and
    a cut list of members are refused."""
    for position, row in enumerate(rows.objects()):
        if any(name.casefold().startswith("members@odata.nextlink") for name in row):
            raise rows.refused("has more members than the file shows (members@odata.nextLink)", position,
                               "Save the group's transitiveMembers in full.")
        owner = msgspec.json.decode(row.get(key, b"null"))
        if not isinstance(owner, str) or not owner:
            raise rows.refused(f"has no '{key}'", position)
        members = msgspec.json.decode(row.get(members_key, b"null"))
        if members is None:
            blemishes.add("group without members", place=f"row {position + 1}")
            yield position, owner, None
            continue
        if not isinstance(members, list):
            raise rows.refused(f"has '{members_key}' that is no list", position,
                               "Export again with | ConvertTo-Json -Depth 10.")
        counted = [msgspec.json.decode(value) for name, value in row.items()
                   if name.casefold() == f"{members_key}@odata.count".casefold()]
        if any(count != len(members) for count in counted):
            raise rows.refused(f"has {len(members)} members where {members_key}@odata.count says {counted[0]}",
                               position, "Save the group's transitiveMembers in full.")
        yield position, owner, [_member(member, rows, position) for member in members]


def _member(member: object, rows: Rows, position: int) -> dict[str, Any]:
    """One member with lower-case keys; PowerShell keeps most of them in ``AdditionalProperties``."""
    if isinstance(member, str) and member and not member.startswith(("Microsoft.", "System.", "@{")):
        return {"id": member}
    if isinstance(member, dict):
        flat = {key.casefold(): value for key, value in member.items()}
        more = flat.get("additionalproperties")
        if isinstance(more, dict):
            flat = {**{key.casefold(): value for key, value in more.items()}, **flat}
        if isinstance(flat.get("id"), str):
            return flat
    raise rows.refused("has a member without an id", position, "Export again with | ConvertTo-Json -Depth 10.")
