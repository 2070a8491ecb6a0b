"""Frames and column types: what goes into a table is checked, what comes out has one type for one column."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from mfa_audit.errors import MfaAuditError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mfa_audit.tables import Table

_DTYPES = {
    "VARCHAR": "str", "INTEGER": "Int32", "BIGINT": "Int64", "BOOLEAN": "boolean",
    "DATE": "datetime64[us]", "TIMESTAMP": "datetime64[us]",
}
_INTEGER_LIMIT = 2**31


def typed_frame(frame: pd.DataFrame, types: Mapping[str, str]) -> pd.DataFrame:
    """``frame`` with the dtype that belongs to each column's DuckDB type, so that no chunk differs from another."""
    kinds = {column: "VARCHAR" if kind.startswith("ENUM") else kind for column, kind in types.items()}
    wanted = {column: _DTYPES[kind] for column, kind in kinds.items() if kind in _DTYPES}
    return frame.astype({column: dtype for column, dtype in wanted.items() if str(frame[column].dtype) != dtype})


def empty_frame(table: Table) -> pd.DataFrame:
    """A frame with the table's columns and types and no row."""
    return pd.DataFrame({column.name: pd.Series(dtype=_DTYPES[column.type]) for column in table.columns})


def checked_frame(frame: pd.DataFrame, table: Table, *, where: str) -> pd.DataFrame:
    """``frame`` in the table's column order, every column of its type; raises :class:`MfaAuditError` where a column
    is missing or foreign, or a value would have to be changed to fit."""
    given, wanted = set(frame.columns), set(table.names)
    if given != wanted or len(frame.columns) != len(wanted):
        raise MfaAuditError(
            f"table {table.name}: columns missing {sorted(wanted - given)}, foreign {sorted(map(str, given - wanted))}",
            where=where,
        )
    columns = {}
    for column in table.columns:
        try:
            columns[column.name] = _CHECKS[column.type](frame[column.name])
        except (TypeError, ValueError, OverflowError) as error:
            raise MfaAuditError(
                f"table {table.name}, column {column.name}: not {column.type}: {error}", where=where,
            ) from error
    return pd.DataFrame(columns).reset_index(drop=True)


def _words(values: pd.Series) -> pd.Series:
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype(values.cat.categories.dtype)
    if not isinstance(values.dtype, pd.StringDtype):
        present = values.dropna()
        if not present.map(lambda value: isinstance(value, str)).all():
            raise TypeError(f"holds {values.dtype} values that are not text")
        # An enumeration member is text whose str() is its value.
        values = values.map(str, na_action="ignore")
    return values.astype("str")


def _numbers(values: pd.Series) -> pd.Series:
    if pd.api.types.is_bool_dtype(values.dtype):
        raise TypeError("holds true or false")
    if values.dtype == object:
        present = values.dropna()
        if present.map(lambda value: isinstance(value, bool | str)).any():
            raise TypeError("holds values that are not whole numbers")
    # Whole numbers kept as floats because some were missing are let through.
    numbers = values.astype("Float64")
    if bool((numbers != numbers.round()).any()):
        raise ValueError("holds fractions")
    if bool(((numbers >= _INTEGER_LIMIT) | (numbers < -_INTEGER_LIMIT)).any()):
        raise OverflowError("a number is too large")
    return numbers.astype("Int32")


def _truths(values: pd.Series) -> pd.Series:
    if not pd.api.types.is_bool_dtype(values.dtype) and not values.dropna().map(
        lambda value: isinstance(value, bool)
    ).all():
        raise TypeError(f"holds {values.dtype} values that are not true or false")
    return values.astype("boolean")


def _moments(values: pd.Series) -> pd.Series:
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        raise TypeError("holds times with a zone")
    if values.dtype.kind != "M":
        present = values.dropna()
        if not present.map(lambda value: hasattr(value, "year")).all():
            raise TypeError(f"holds {values.dtype} values that are not dates")
        values = pd.to_datetime(values)
        if isinstance(values.dtype, pd.DatetimeTZDtype):
            raise TypeError("holds times with a zone")
    return values.astype("datetime64[us]")


def _days(values: pd.Series) -> pd.Series:
    moments = _moments(values)
    if not (moments.dropna() == moments.dropna().dt.normalize()).all():
        raise ValueError("holds a time of day")
    return moments


_CHECKS = {"VARCHAR": _words, "INTEGER": _numbers, "BOOLEAN": _truths, "TIMESTAMP": _moments, "DATE": _days}
