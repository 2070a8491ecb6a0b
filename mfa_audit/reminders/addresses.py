"""Whether mail may go to an address: one address, in plain letters, in a domain that is allowed exactly."""

from __future__ import annotations

import re

from mfa_audit.text_safety import for_terminal, has_hidden_characters

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LOCAL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)+{_LABEL}")
_LONGEST = 254


def objection(address: str | None, allowed: frozenset[str]) -> str:  # noqa: PLR0911 - a table read from the top
    """Why nothing may be sent to ``address``, as a phrase that needs no name before it; empty when it may.

    ``allowed``: domains in lower case; empty: any, but for those that only look like letters. A domain is compared
    whole: one that ends like an allowed one is another one.
    """
    if not address:
        return "there is no address"
    if has_hidden_characters(address):
        return "the address holds a character that cannot be seen"
    local, at, domain = address.rpartition("@")
    if not at or re.search(r"[\s,;:<>()\[\]\"\\@]", local + domain):
        return "the field does not hold one address and nothing else"
    if not domain.isascii():
        return "the domain is not in plain letters, as one that imitates another would be"
    folded = domain.lower()
    if any(label.startswith("xn--") for label in folded.split(".")) and folded not in allowed:
        return "the domain stands for other letters than it shows, as one that imitates another would"
    if len(address) > _LONGEST or not _LOCAL.fullmatch(local) or not _DOMAIN.fullmatch(domain):
        return "the address is not one that mail can be sent to"
    if allowed and folded not in allowed:
        return f"the domain {folded} is not in reminders.allowed_domains"
    return ""


def shown(address: str | None, limit: int = 80) -> str:
    """An address as a person may see it, whatever it holds."""
    return for_terminal(address or "")[:limit]
