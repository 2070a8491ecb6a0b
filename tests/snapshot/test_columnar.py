"""Tables on disk."""

from __future__ import annotations

import datetime as dt

import duckdb
import pandas as pd
import pytest

from mfa_audit.errors import MfaAuditError
from mfa_audit.snapshot.columnar import TableFile, TableWriter
from mfa_audit.tables import Column, Status, Table

TABLE = Table("things", (
    Column("number", "INTEGER", ""), Column("word", "VARCHAR", ""), Column("truth", "BOOLEAN", ""),
    Column("day", "DATE", ""), Column("moment", "TIMESTAMP", ""),
))


def rows(*numbers, word="a"):
    """A frame of the table, a row a number."""
    return pd.DataFrame({
        "number": list(numbers), "word": [word] * len(numbers), "truth": [True] * len(numbers),
        "day": [dt.date(2026, 3, 2)] * len(numbers), "moment": [dt.datetime(2026, 3, 2, 1, 2, 3, 4)] * len(numbers),
    })


def written(path, *frames):
    """``path`` after a writer was given ``frames``."""
    with TableWriter(path, TABLE) as writer:
        for frame in frames:
            writer.append(frame)
    return TableFile(path)


def test_rows_come_back_in_the_order_they_came_with_fixed_types(tmp_path):
    """Whatever a column holds, it has one type; another program reads the same."""
    path = tmp_path / "t.parquet"
    nothing = pd.DataFrame({name: [None] for name in TABLE.names})

    frame = written(path, rows(3, 1), nothing, rows(2)).frame()

    assert [3, 1, None, 2] == [None if pd.isna(each) else each for each in frame["number"]]
    assert {"number": "Int32", "word": "str", "truth": "boolean", "day": "datetime64[us]",
            "moment": "datetime64[us]"} == {name: str(dtype) for name, dtype in frame.dtypes.items()}
    assert (1, "a", True, dt.date(2026, 3, 2), dt.datetime(2026, 3, 2, 1, 2, 3, 4)) == duckdb.execute(
        "SELECT * FROM read_parquet(?) WHERE number = 1", [str(path)]).fetchone()
    assert ["t.parquet"] == [each.name for each in tmp_path.iterdir()]


def test_a_frame_of_nulls_alone_keeps_the_types(tmp_path):
    """A chunk without a value is typed like any other."""
    file = written(tmp_path / "t.parquet", pd.DataFrame({name: [None] for name in TABLE.names}))

    assert "Int32" == str(file.frame()["number"].dtype)
    assert "str" == str(file.frame()["word"].dtype)


def test_the_same_rows_give_the_same_bytes_however_they_are_cut(tmp_path):
    """Cutting into frames leaves no trace in the file."""
    numbers = range(150_000)
    one = tmp_path / "one.parquet"
    many = tmp_path / "many.parquet"

    written(one, rows(*numbers))
    written(many, *(rows(*numbers[start:start + 7_001]) for start in range(0, len(numbers), 7_001)))

    assert one.read_bytes() == many.read_bytes()


@pytest.mark.parametrize(("column", "value"), [
    ("number", 1.5), ("number", "1"), ("number", True), ("number", 2**31), ("word", 1), ("word", b"a"), ("truth", 1),
    ("truth", "yes"), ("day", dt.datetime(2026, 3, 2, 1)), ("day", "2026-03-02"), ("moment", "now"),
    ("moment", dt.datetime(2026, 3, 2, tzinfo=dt.UTC)), ("word", "\ud800"),
])
def test_a_value_of_another_type_is_an_error_and_no_file_appears(tmp_path, column, value):
    """Nothing becomes null in silence."""
    frame = rows(1).astype({column: object})
    frame.loc[0, column] = value

    with pytest.raises(MfaAuditError, match=r"things|cannot be written"):
        written(tmp_path / "t.parquet", frame)

    assert [] == list(tmp_path.iterdir())


def test_missing_and_foreign_columns_are_errors(tmp_path):
    """A frame has the table's columns, no more and no fewer."""
    with pytest.raises(MfaAuditError, match="missing \\['day'\\], foreign \\['other'\\]"):
        written(tmp_path / "t.parquet", rows(1).rename(columns={"day": "other"}))


def test_enumerations_categories_and_whole_floats_are_taken(tmp_path):
    """What pandas makes of words and numbers on its way through a judgement still fits."""
    frame = rows(1, 2)
    frame["word"] = pd.Series([Status.GRACE, None], dtype=object)
    frame["number"] = pd.Series([7.0, None])
    other = rows(3)
    other["word"] = other["word"].astype("category")

    back = written(tmp_path / "t.parquet", frame, other).frame()

    assert ["GRACE", None, "a"] == [None if pd.isna(each) else each for each in back["word"]]
    assert [7, None, 3] == [None if pd.isna(each) else each for each in back["number"]]


def test_an_exception_in_the_block_leaves_the_former_file(tmp_path):
    """A table appears whole or not at all."""
    path = tmp_path / "t.parquet"
    written(path, rows(1))
    before = path.read_bytes()

    with pytest.raises(RuntimeError, match="stop"):
        _interrupted(path)

    assert before == path.read_bytes()
    assert [path] == list(tmp_path.iterdir())


def _interrupted(path):
    with TableWriter(path, TABLE) as writer:
        writer.append(rows(2))
        raise RuntimeError("stop")


def test_filter_order_limit_columns_and_chunks(tmp_path):
    """A reader takes what it needs, in the order it needs; ties keep the file's order."""
    file = written(tmp_path / "t.parquet", rows(2, 1, word="b"), rows(5, 4, word="a"), rows(3, word=None))

    assert [5, 4, 3] == list(file.frame(["number"], where={"word": ["a", None]})["number"])
    assert [2, 1] == list(file.frame(where={"word": ["b"], "number": [1, 2, 3]})["number"])
    assert [5, 4, 2, 1, 3] == list(file.frame(order_by=["word"])["number"])
    assert [5, 4] == list(file.frame(order_by=["-number"], limit=2)["number"])
    assert ["number"] == list(file.frame(["number"], where={"word": []}).columns)
    assert 0 == len(file.frame(["number"], where={"word": []}))
    assert [] == list(file.rows(where={"word": ["none"]}))
    chunks = file.rows(order_by=["number"], chunk_rows=2)
    assert [1, 2, 3, 4, 5] == [each for chunk in chunks for each in chunk["number"]]


def test_counting(tmp_path):
    """Counts come with their keys, ordered, nulls last."""
    file = written(tmp_path / "t.parquet", rows(2, 1, word="b"), rows(5, word=None), rows(4, word="a"))

    counted = file.count(["word"], where={"number": [1, 2, 5]})

    assert [("b", 2), (None, 1)] == [
        (None if pd.isna(word) else word, count) for word, count in counted.itertuples(index=False)]
    assert [4] == list(file.count([])["count"])


def test_large_files_come_in_chunks(tmp_path):
    """No chunk is larger than asked for, and none is lost."""
    file = written(tmp_path / "t.parquet", rows(*range(130_000)))

    sizes = [len(chunk) for chunk in file.rows(chunk_rows=50_000)]

    assert 130_000 == sum(sizes)
    assert max(sizes) <= 50_000
