"""Whom the end of Microsoft's text messages and calls touches (Microsoft Learn, "SMS and voice retirement").

What Microsoft ends are the catalogue's phone methods, whatever level a policy gives them: a policy can call a phone a
strong method or a code a weak one, and neither changes who is stopped.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from mfa_audit.methods import BIT, PHONE_BITS, spelling
from mfa_audit.tables import Stated
from mfa_audit.verdicts.columns import by_distinct, true
from mfa_audit.verdicts.factors import count_methods

COHORTS = ("blocked", "lose_spare", "lose_password_reset", "default_is_phone")
_PHONE_DEFAULTS = frozenset(map(spelling, ("sms", "voiceMobile", "voiceAlternateMobile", "voiceOffice", "mobilePhone",
                                           "alternateMobilePhone", "officePhone")))
_RESET_WITHOUT_PHONE = sum(BIT[name] for name in ("email", "security_questions", "authenticator_push", "software_code"))
"""Methods by which a password can be reset without a phone number."""


def cohorts(accounts: pd.DataFrame, facts: pd.DataFrame) -> pd.DataFrame:
    """The bool columns :data:`COHORTS`, a row an account.

    ``blocked``: every usable method is a phone number; ``lose_spare``: a usable phone number beside exactly one other
    method; ``lose_password_reset``: registered for password reset, by phone only; ``default_is_phone``: has a usable
    phone number and is asked by it first, whatever else there is. Nobody who is known to be disabled, and nobody whose
    group has a telephony provider of its own. ``facts`` has ``usable``, ``registered`` (bits) and ``own_telephony``.
    """
    usable, registered = facts["usable"].to_numpy(), facts["registered"].to_numpy()
    phone = (usable & PHONE_BITS) != 0
    others = count_methods(np.asarray(usable & ~PHONE_BITS, dtype=np.int64))
    by_phone = true(by_distinct(accounts["default_method"], lambda name: spelling(name) in _PHONE_DEFAULTS))
    resettable = true(accounts["is_sspr_registered"] == Stated.YES)
    only_phone_resets = ((registered & PHONE_BITS) != 0) & ((registered & _RESET_WITHOUT_PHONE) == 0)
    touched = ~true(accounts["account_enabled"] == Stated.NO) & ~facts["own_telephony"].to_numpy(dtype=bool)
    found = (phone & (others == 0), phone & (others == 1), resettable & only_phone_resets, by_phone & phone)
    return pd.DataFrame(
        {name: touched & marks for name, marks in zip(COHORTS, found, strict=True)}, index=accounts.index
    )
