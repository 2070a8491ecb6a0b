"""Two habits over columns: a function asked once for each distinct value, and three-valued answers made two-valued."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

Mask = npt.NDArray[np.bool_]


def by_distinct(values: pd.Series, answer: Callable[[str], Any]) -> pd.Series:
    """``answer`` of every value, worked out once for each distinct one; null stays null."""
    return values.map({value: answer(value) for value in values.dropna().unique()})


def true(values: pd.Series | Mask) -> Mask:
    """Where ``values`` is true; null is not."""
    return pd.Series(values).astype("boolean").fillna(value=False).to_numpy(dtype=bool)


def not_before(days: pd.Series, day: date) -> pd.Series:
    """``days``, moved to ``day`` where they are earlier; null stays null."""
    first = pd.Timestamp(day)
    return days.mask(days < first, first)
