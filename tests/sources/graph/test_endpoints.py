"""What is asked of Graph, and what the documents say of it."""

from __future__ import annotations

import re
from pathlib import Path

from mfa_audit.settings import COLLECTABLE
from mfa_audit.snapshot.raw import RAW_FIELDS
from mfa_audit.sources.graph import endpoints

PAGE = Path(__file__).parents[3] / "docs" / "permissions.md"
EVERY = (*endpoints.listings(COLLECTABLE, "extension_attribute_1"), *endpoints.documents(COLLECTABLE),
         *endpoints.QUESTIONS)


def test_every_permission_is_documented_beside_what_it_reads():
    """The table of permissions names each listing and document in the row of its permission."""
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    assert [] == [each.name for each in EVERY
                  if each.name != "organization"
                  and not any(row.startswith(f"| `{each.permission}`") and f"`{each.name}`" in row for row in rows)]
    assert any(row.startswith(f"| `{endpoints.METHODS.permission}`") for row in rows)
    assert any(row.startswith(f"| `{endpoints.MEMBERS_PERMISSION}`") for row in rows)


def test_no_permission_can_change_anything():
    """Read-only, all of them."""
    assert not [each.permission for each in EVERY if re.search(r"Write|FullControl|\.Manage", each.permission)]


def test_no_telephone_number_is_asked_for():
    """Least data: properties are named one by one, and none is a number to call."""
    asked = [each.path("id") if each in endpoints.QUESTIONS else each.path for each in EVERY]
    assert not [path for path in asked if re.search("phone|fax|mobile(?!Device)", path, re.IGNORECASE)]


def test_fields_are_those_the_snapshot_takes():
    """A listing fills fields of its table, by properties it asks for."""
    for listing in endpoints.listings(COLLECTABLE, "extension_attribute_1"):
        assert set(listing.fields) <= set(RAW_FIELDS[listing.table])
        selected = re.search(r"\$select=([^&]+)", listing.path)
        if selected:
            assert set(listing.fields.values()) - {"manager"} == set(selected[1].split(","))


def test_attributes_are_asked_for_only_where_they_name_the_organisation():
    """Fifteen free texts about a person are not read for nothing."""
    assert "onPremisesExtensionAttributes" not in endpoints.accounts("company_name").path


def test_whoever_signs_in_consents_to_what_is_collected():
    """No more, and everything that the documents name for it."""
    assert ("AuditLog.Read.All", "User.Read.All") == endpoints.permissions(("accounts", "registrations"))
    assert "Device.Read.All" in endpoints.permissions(("devices",))
    every = {each.permission for each in EVERY} | {endpoints.MEMBERS_PERMISSION}
    assert every == set(endpoints.permissions(COLLECTABLE))
