"""The table of devices: a row a device, in the one spelling that device filters and sign-ins use.

Sources of the spellings: Microsoft Learn, "device resource type" (AzureAd, ServerAd, Workplace) and the sign-in log's
device detail (Microsoft Entra joined, Hybrid Azure AD joined, Azure AD registered).
"""
# ruff: noqa: S608  (every name in the SQL is quoted or this package's own, every value quoted or bound)

from __future__ import annotations

from typing import TYPE_CHECKING

from mfa_audit.snapshot.complaints import POSITION, SHOWN, Complaints
from mfa_audit.snapshot.relations import Relation
from mfa_audit.snapshot.typed import TypedTable
from mfa_audit.tables import DEVICES

if TYPE_CHECKING:
    from mfa_audit.snapshot.staging import Staged

_STATED = ("is_compliant", "is_managed", "enabled")
_TEXTS = ("trust_type", "operating_system", "ownership", "profile_type")


def build(staged: Staged, complaints: Complaints, declared: str | None) -> Relation | None:
    """DEVICES; ``None`` when no source has any. Rows about one device that differ leave what differs unknown."""
    table = "devices"
    if not staged.has(table):
        return None
    connection = staged.connection
    device = f"lower(trim({staged.column(table, 'device_id')}, '{{}} '))"
    connection.execute(f"CREATE VIEW rows_{table} AS SELECT r.*, {device} AS k FROM raw_{table} r")
    typed = TypedTable(staged, table, ("last_sign_in",), declared)
    typed.field("object_id")
    for name in _STATED:
        typed.stated(name)
    typed.plain("trust_type_raw", staged.column(table, "trust_type"))
    typed.plain("trust_type", _trust_type(staged.column(table, "trust_type")))
    typed.blemish("trust_type_raw IS NOT NULL AND trust_type IS NULL", "unreadable value: trust_type",
                  "how the device is joined is unknown", "export the devices again as JSON.")
    for name in _TEXTS[1:]:
        typed.field(name)
    typed.moment("last_sign_in")
    typed.create(complaints)
    twins, places = connection.execute(
        f"SELECT count(*), min(place, {SHOWN}) FROM (SELECT min({POSITION}) AS place FROM typed_{table} GROUP BY k "
        "HAVING count(DISTINCT object_id) > 1)"
    ).fetchall()[0]
    complaints.add("one device id, two devices", twins, places, effect="what they differ in is unknown",
                   fix="remove the stale device in the directory.")
    nameless = connection.execute(f"SELECT count(*) FROM rows_{table} WHERE k IS NULL").fetchall()[0][0]
    columns = {"device_id": "k", "last_sign_in": "max(last_sign_in)"}
    columns |= {name: f"CASE WHEN min({name}) = max({name}) AND count({name}) = count(*) THEN min({name}) END"
                for name in _TEXTS}
    columns |= {name: f"CASE WHEN min({name}) = max({name}) THEN min({name}) WHEN count({name}) > 0 THEN 'blank' "
                      "ELSE 'absent' END" for name in _STATED}
    return Relation(
        f"SELECT {', '.join(f'{columns[name]} AS {name}' for name in DEVICES.names)} FROM typed_{table} "
        "GROUP BY k ORDER BY k",
        f"{nameless} device(s) have no device id" if nameless else "",
    )


def _trust_type(column: str) -> str:
    plain = f"lower(replace({column}, ' ', ''))"
    return (f"CASE WHEN {plain} = 'serverad' OR contains({plain}, 'hybrid') THEN 'ServerAD' "
            f"WHEN {plain} = 'workplace' OR contains({plain}, 'registered') THEN 'Workplace' "
            f"WHEN {plain} = 'azuread' OR contains({plain}, 'joined') THEN 'AzureAD' END")
