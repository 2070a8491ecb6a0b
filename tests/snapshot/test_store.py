"""Snapshots on disk."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from mfa_audit.errors import IncompleteData, InputRejected, OutputFailed, UsageError
from mfa_audit.snapshot.raw import Complaint, Document, Inputs, Origin
from mfa_audit.snapshot.store import open_snapshot, write_snapshot
from mfa_audit.tables import ACCOUNTS, REGISTRATIONS, SNAPSHOT_TABLES

ORIGIN = Origin("policies.json", "0" * 64, "Graph: policies")


@pytest.fixture(name="sources")
def _sources(stage, an_id):
    """Two accounts, one registered; and a register."""
    return (
        stage.csv("accounts", {"account_id": an_id(1), "user_principal_name": "a@x.example",
                               "created_at": "2024-05-01T00:00:00Z"},
                  {"account_id": an_id(2), "user_principal_name": "b@x.example", "created_at": "2024-06-01T00:00:00Z"}),
        stage.csv("registrations", {"account_id": an_id(1), "methods": "email", "updated_at": "2026-03-01T01:00:00Z"},
                  {"account_id": an_id(2), "methods": "email", "updated_at": "2026-03-02T01:00:00Z"}),
        stage.csv("exemptions", {"exemption_id": "E2", "account_id": "b@x.example"},
                  {"exemption_id": "E1", "account_id": an_id(1)}, {"exemption_id": "E1", "account_id": an_id(1)},
                  {"exemption_id": "", "account_id": ""}),
    )


def test_a_snapshot_opens_as_it_was_written(stage, sources):
    """What writing returns is what opening reads: manifest, documents and tables."""
    document = Document("security_defaults", {"isEnabled": False, "b": ["é"]}, ORIGIN)
    written = stage.snapshot(*sources, documents=[document])

    opened = open_snapshot(written.folder)

    assert written == opened
    assert {"security_defaults": {"isEnabled": False, "b": ["é"]}} == opened.documents
    assert ["E1", "E2"] == list(opened.frame("exemptions")["exemption_id"])
    tables = {"accounts.parquet", "registrations.parquet", "exemptions.parquet", "former_names.parquet"}
    assert tables | {"manifest.json", "tenant_policies.json"} == {path.name for path in written.folder.iterdir()}


def test_every_file_is_private(stage, sources):
    """The list of who has no factor is nobody else's business."""
    folder = stage.snapshot(*sources).folder

    assert {0o600} == {path.stat().st_mode & 0o777 for path in folder.iterdir()}
    assert 0o700 == folder.stat().st_mode & 0o777


def test_writing_twice_gives_the_same_bytes(stage, sources):
    """Tables, documents and manifest alike."""
    first, second = stage.snapshot(*sources).folder, stage.snapshot(*sources).folder

    assert {path.name: path.read_bytes() for path in first.iterdir()} == {
        path.name: path.read_bytes() for path in second.iterdir()}


def test_tables_have_the_columns_and_types_of_the_catalogue(stage, sources):
    """Another program sees exactly what ``tables.py`` says."""
    folder = stage.snapshot(*sources).folder

    for name in ("accounts", "registrations", "exemptions"):
        found = duckdb.execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(folder / f"{name}.parquet")]).fetchall()
        assert [(column.name, column.type) for column in SNAPSHOT_TABLES[name].columns] == [each[:2] for each in found]


def test_the_manifest_says_how_old_each_table_is_and_how_that_is_known(stage, sources):
    """Registrations by their newest row, accounts by the caller's word, else only that they are not older."""
    stated = datetime(2026, 3, 1, 12, tzinfo=UTC)

    told = stage.snapshot(*sources, captured_at=stated).manifest.tables
    guessed = stage.snapshot(*sources).manifest.tables

    assert ("newest_fact", datetime(2026, 3, 2, 1, tzinfo=UTC), datetime(2026, 3, 1, 1, tzinfo=UTC)) == (
        told["registrations"].captured_by, told["registrations"].captured_at, told["registrations"].oldest_fact)
    assert ("stated", stated) == (told["accounts"].captured_by, told["accounts"].captured_at)
    assert ("at_least", datetime(2024, 6, 1, tzinfo=UTC)) == (
        guessed["accounts"].captured_by, guessed["accounts"].captured_at)
    assert ("unknown", None) == (guessed["exemptions"].captured_by, guessed["exemptions"].captured_at)
    assert ("absent", "not supplied") == (guessed["pauses"].state, guessed["pauses"].reason)


def test_a_column_that_an_earlier_release_did_not_write_is_null(stage, sources, whole):
    """What it did write is read as ever."""
    snapshot = stage.snapshot(*sources)
    path, before = snapshot.folder / "accounts.parquet", whole(snapshot)
    older = duckdb.sql(f"SELECT * EXCLUDE (sign_in_read_at) FROM read_parquet('{path}')").df()  # noqa: S608 - our own
    path.unlink()
    duckdb.from_df(older).write_parquet(str(path))
    accounts = whole(snapshot)

    assert accounts["sign_in_read_at"].isna().all()
    assert list(before["account_enabled"]) == list(accounts["account_enabled"])


@pytest.mark.parametrize("name", ["accounts.parquet", "exemptions.parquet", "tenant_policies.json"])
@pytest.mark.parametrize("damage", ["changed", "missing"])
def test_a_damaged_file_is_found_on_opening(stage, sources, name, damage):
    """One changed byte is enough, and the message names the file."""
    folder = stage.snapshot(*sources, documents=[Document("domains", {"value": []}, ORIGIN)]).folder
    path = folder / name
    if damage == "missing":
        path.unlink()
    else:
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)

    with pytest.raises(IncompleteData, match=name):
        open_snapshot(folder)


@pytest.mark.parametrize("change", [
    lambda told: told.pop("tables"), lambda told: told.update(schema_version=2), lambda told: told.update(extra=1),
    lambda told: told["tables"]["accounts"].update(state="fine"), lambda told: told.update(taken_at="yesterday"),
    lambda told: told["tables"].update(accounts=None),
])
def test_a_manifest_of_another_shape_is_refused(stage, sources, change):
    """Newer, older or edited: it is not what this release wrote."""
    path = stage.snapshot(*sources).folder / "manifest.json"
    told = json.loads(path.read_text(encoding="utf-8"))
    change(told)
    path.write_text(json.dumps(told), encoding="utf-8")

    with pytest.raises(IncompleteData, match=r"manifest\.json"):
        open_snapshot(path.parent)


def test_a_snapshot_among_those_of_another_tenant_is_refused(stage, sources, tmp_path):
    """A folder that was copied to the wrong place is no evidence about the tenant there."""
    snapshot = stage.snapshot(*sources)
    there = tmp_path / "another" / "snapshots" / "20260302T013000Z"
    shutil.copytree(snapshot.folder, there)

    with pytest.raises(IncompleteData, match="another"):
        open_snapshot(there)


@pytest.mark.parametrize("text", [None, "", "{", "[]", "null"])
def test_a_folder_without_a_manifest_is_no_snapshot(tmp_path, text):
    """The manifest is written last."""
    if text is not None:
        (tmp_path / "manifest.json").write_text(text, encoding="utf-8")

    with pytest.raises(IncompleteData, match=r"manifest\.json"):
        open_snapshot(tmp_path)


def test_nothing_is_left_behind_when_a_source_is_not_what_was_described(stage, sources, tmp_path):
    """A staged file that lost a record is not read as a shorter list."""
    accounts = sources[0]
    lines = accounts.path.read_text(encoding="utf-8").splitlines(keepends=True)
    accounts.path.write_text("".join(lines[:-1]), encoding="utf-8")

    with pytest.raises(InputRejected, match="2 records were counted but 1"):
        stage.snapshot(*sources)

    assert [] == list((tmp_path / "files" / "snapshots").iterdir())


def test_a_ragged_staged_file_is_refused(stage, sources):
    """A record with a field too many shifts what follows."""
    accounts = sources[0]
    with accounts.path.open("a", encoding="utf-8") as file:
        file.write("a,b,c,d,e,f\r\n")

    with pytest.raises(InputRejected, match=r"accounts\.csv"):
        stage.snapshot(*sources)


def test_an_existing_folder_is_never_overwritten(stage, sources):
    """A snapshot is written once."""
    written = stage.snapshot(*sources)
    before = (written.folder / "manifest.json").read_bytes()

    with pytest.raises(OutputFailed):
        write_snapshot(
            Inputs(sources), written.folder, tenant="files", taken_at=datetime(2026, 3, 3, tzinfo=UTC),
            tool_version="0", organisation_attribute="companyName", date_order=None, captured_at=None,
        )

    assert before == (written.folder / "manifest.json").read_bytes()
    assert [written.folder] == list(written.folder.parent.iterdir())


@pytest.mark.parametrize("options", [
    {"organisation_attribute": "jobTitle"}, {"organisation_attribute": "extensionAttribute16"},
    {"organisation_attribute": "extensionAttribute0"}, {"date_order": "ymd"},
])
def test_options_nobody_knows_are_refused(stage, sources, options):
    """A misspelt attribute would leave every organisation blank."""
    with pytest.raises(UsageError):
        stage.snapshot(*sources, **options)


def test_accounts_come_in_chunks_in_key_order_with_one_type_a_column(stage, an_id):
    """Any chunk size gives the same rows; chunks without a registration are typed like the others."""
    numbers = range(5_000)
    snapshot = stage.snapshot(
        stage.csv("accounts", *({"account_id": an_id(n)} for n in numbers)),
        stage.csv("registrations", *({"account_id": an_id(n), "methods": "email"} for n in numbers if n < 2_000)),
    )

    chunks = list(snapshot.accounts(chunk_rows=1_000))

    assert [1_000] * 5 == [len(chunk) for chunk in chunks]
    assert list(numbers) == [key for chunk in chunks for key in chunk["account_key"]]
    assert 2_000 == sum(chunk["has_registration"].sum() for chunk in chunks)
    assert 1 == len({tuple(map(str, chunk.dtypes)) for chunk in chunks})
    assert [*ACCOUNTS.names, *REGISTRATIONS.names[1:], "has_registration"] == list(chunks[0].columns)
    assert ["has_registration", "account_id"] == list(
        next(snapshot.accounts(columns=["has_registration", "account_id"])).columns)


def test_documents_of_one_name_are_put_together_or_refused(stage, sources, checks):
    """Pages add up; two answers to one question are none."""
    other = Origin("other.json", "1" * 64, "Graph: policies")
    policies, locations = "conditional_access_policies", "named_locations"
    snapshot = stage.snapshot(*sources, documents=[
        Document(policies, {"value": [{"id": "b"}]}, ORIGIN), Document(policies, {"value": [{"id": "a"}]}, other),
        Document(locations, {"value": [{"id": "a", "n": 1}]}, ORIGIN),
        Document(locations, {"value": [{"id": "a", "n": 2}]}, other),
        Document("organization", {"value": [{"id": "0F000000-0000-4000-8000-00000000F002"}]}, ORIGIN),
    ])

    assert {"value": [{"id": "a"}, {"id": "b"}]} == snapshot.documents[policies]
    assert locations not in snapshot.documents
    assert 2 == checks(snapshot)["policy documents disagree"]
    assert "0f000000-0000-4000-8000-00000000f002" == snapshot.manifest.tenant_id_seen


def test_what_readers_complained_about_and_ignored_is_kept(sources, tmp_path):
    """The data-quality sheet needs it."""
    complaint = Complaint("odd", 3, ("a.csv:7",), "none", "none")
    snapshot = write_snapshot(
        Inputs(sources, complaints=(complaint,), ignored=("b.txt: of no known shape",)), tmp_path / "s", tenant="files",
        taken_at=datetime(2026, 3, 2, tzinfo=UTC) + timedelta(microseconds=1), tool_version="0",
        organisation_attribute="companyName", date_order=None, captured_at=None,
    )

    assert complaint in snapshot.complaints
    assert ("b.txt: of no known shape",) == snapshot.manifest.ignored
    assert datetime(2026, 3, 2, 0, 0, 0, 1, tzinfo=UTC) == snapshot.manifest.taken_at


def test_the_working_folder_is_gone(stage, sources, tmp_path):
    """Rows as they came lie nowhere afterwards."""
    stage.snapshot(*sources)

    assert [] == [path for path in Path(tmp_path / "files" / "snapshots").iterdir() if path.name.startswith(".")]
