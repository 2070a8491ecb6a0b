"""One mail service's portal report and register spelling, as data: the only place that knows the service's words.

The report says for each account whether MFA is switched on for it; it never says what is registered
. Its headings are not documented, so they are kept here as data and a
heading that is not listed is asked about in the refusal, never guessed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

WORDS = "NHSmail portal: MFA Status"
"""The shape in words."""

ALIASES: Mapping[str, tuple[str, ...]] = {
    "account_id": ("objectid", "accountid", "account"),
    "user_principal_name": ("userprincipalname", "upn", "username", "useraccount", "logonname"),
    "mail": ("primaryemailaddress", "emailaddress", "mail", "email", "primarysmtpaddress", "primaryemail"),
    "employee_id": ("employeeid", "employeenumber", "esrnumber", "staffnumber"),
    "display_name": ("displayname", "name", "fullname"),
    "organisation": ("odscode", "organisationcode", "organisation", "organisationname", "parentorganisation"),
    "mfa_status": ("mfastatus", "multifactorauthenticationstatus", "multifactorauthenticationmfastatus"),
    "account_status": ("accountstatus", "userstatus", "status"),
}
"""Field of table ``mfa_status`` -> header keys, the best first."""

TEMPLATE_KEYS = frozenset({"username", "mfastatus"})
"""Headers of Microsoft's per-user MFA upload template, which are also a report cut down to two columns."""

TEMPLATE_VALUES = frozenset({"", "enabled", "disabled", "enforced"})
"""What the template's status column holds, case folded; the portal's report never uses a bare word."""

REGISTER_ALIASES: Mapping[str, tuple[str, ...]] = {"organisation_code": ("odscode",)}
"""Register column -> further header keys the service's organisations use."""
