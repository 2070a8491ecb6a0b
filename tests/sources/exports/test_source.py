"""Files and folders together: what must be recognised, what may be passed over, pages, twins and order."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from mfa_audit.errors import InputRejected, OutputFailed
from mfa_audit.snapshot.complaints import lines_of
from mfa_audit.snapshot.raw import Inputs
from mfa_audit.sources.exports.source import inspect, merged, read

USERS = b"id,userPrincipalName,displayName\n1,a@x.example,A\n"
DETAILS = b"userPrincipalName,mfaCapable\na@x.example,Capable\n"
Folder = Callable[[dict[str, bytes]], Path]


def page(number: int, following: int | None, *, count: int | None = None, rows: int = 2) -> bytes:
    envelope: dict[str, object] = {"@odata.context": "https://graph.microsoft.com/v1.0/$metadata#users"}
    if count is not None:
        envelope["@odata.count"] = count
    if following is not None:
        envelope["@odata.nextLink"] = f"https://graph.microsoft.com/v1.0/users?$skiptoken={following}"
    value = [{"id": f"{number}-{n}", "userPrincipalName": f"u{number}-{n}@x.example"} for n in range(rows)]
    return json.dumps({**envelope, "value": value}).encode()


def shown(inputs: Inputs) -> list[tuple[str, str, int, dict[str, str]]]:
    return [(rows.table, Path(rows.origin.name).name, rows.rows, dict(rows.fields)) for rows in inputs.rows]


def test_the_order_of_paths_does_not_matter(folder: Folder, tmp_path: Path) -> None:
    """Any order of files and folders gives the same tables, complaints and staged bytes."""
    place = folder({"b.csv": DETAILS, "a.csv": USERS, "sub/c.json": page(1, None)})
    paths = [place / "b.csv", place / "sub", place / "a.csv"]

    first = read(paths, tmp_path / "one")
    second = read(paths[::-1], tmp_path / "two")

    assert shown(first) == shown(second)
    assert [rows.path.read_bytes() for rows in first.rows] == [rows.path.read_bytes() for rows in second.rows]


def test_a_folder_may_hold_other_files(folder: Folder, tmp_path: Path) -> None:
    """In a folder, files of no known shape and links are listed as ignored; hidden files are not looked at."""
    place = folder({"users.csv": USERS, "notes.csv": b"what,when\nx,y\n", "logo.png": b"\x89PNG", ".hidden.csv": b"",
                    "~$users.xlsx": b""})
    (place / "link.csv").symlink_to(place / "users.csv")

    inputs = read([place], tmp_path / "work")

    assert ["accounts"] == [rows.table for rows in inputs.rows]
    assert {"logo.png", "notes.csv", "link.csv"} == {Path(line.partition(": ")[0]).name for line in inputs.ignored}


def test_a_file_that_was_named_must_be_recognised(folder: Folder, tmp_path: Path) -> None:
    """The same file is refused when it is named itself."""
    place = folder({"users.csv": USERS, "notes.csv": b"what,when\nx,y\n"})

    with pytest.raises(InputRejected, match="fit no list"):
        read([place / "users.csv", place / "notes.csv"], tmp_path / "work")


@pytest.mark.parametrize("header", [
    "Asset,Account,Owner,Purpose", "Account,Owner,Purpose,Serial", "Account,Owner,Purpose,Review by",
    "Account,Responsible person,Floor", "UPN,Responsible,Team",
])
def test_a_list_of_lent_things_is_no_register(header: str, folder: Folder, tmp_path: Path) -> None:
    """Only a register's own columns take an account out of the workforce; named itself, the file is refused."""
    cells = ",".join("a@x.example" if name in ("Account", "UPN") else "x" for name in header.split(","))
    place = folder({"0.csv": USERS, "lent.csv": f"{header}\n{cells}\n".encode()})

    inputs = read([place], tmp_path / "work")

    assert {"accounts"} == {rows.table for rows in inputs.rows}
    assert ["lent.csv"] == [Path(text.partition(": ")[0]).name for text in inputs.ignored]
    with pytest.raises(InputRejected, match="fit no list"):
        read([place / "0.csv", place / "lent.csv"], tmp_path / "again")


@pytest.mark.parametrize(("header", "grave"), [
    ("MFA capable (policy)", True), ("Multifactor authentication registered by", True), ("isMfaAllowed", True),
    ("MFA remark", False), ("ssprCapable", None), ("isPasswordlessCapable", None),
])
@pytest.mark.parametrize("name", ["details.csv", "details.json"])
def test_an_unknown_column_of_who_can_do_mfa_is_said_at_once(header: str, grave: bool | None, name: str,
                                                             folder: Folder, tmp_path: Path) -> None:
    """It may contradict a verdict, so whoever runs the job hears of it; other unknown columns of a table are noted."""
    row = {"userPrincipalName": "a@x.example", "methodsRegistered": "mobilePhone", header: "No"}
    text = json.dumps([row]) if name.endswith("json") else f"{','.join(row)}\n{','.join(row.values())}\n"

    inputs = read([folder({name: text.encode()})], tmp_path / "work")

    said = {each.check: each.grave for each in inputs.complaints}
    assert grave is True or "column of who can do MFA not read" not in said
    assert not grave or said["column of who can do MFA not read"]
    assert name.endswith("json") or (grave is False) == ("column not read" in said)


def test_a_file_may_be_named_inside_a_folder(folder: Folder, tmp_path: Path) -> None:
    """``named`` says which files must be recognised, whatever they were found through."""
    place = folder({"users.csv": USERS, "notes.csv": b"what,when\nx,y\n"})

    with pytest.raises(InputRejected, match="fit no list"):
        read([place], tmp_path / "work", named=frozenset({place / "notes.csv"}))


def test_a_file_surely_meant_for_this_is_never_passed_over(folder: Folder, tmp_path: Path) -> None:
    """A register or listing by its name that is not recognised stops the run, even in a folder."""
    place = folder({"users.csv": USERS, "exemptions.csv": b"name;reason\nA;B\n"})

    with pytest.raises(InputRejected, match="fit no list"):
        read([place], tmp_path / "work")


def test_a_broken_file_in_a_folder_stops_the_run(folder: Folder, tmp_path: Path) -> None:
    """Only files of no known shape may be passed over: a cut one is refused wherever it lies."""
    place = folder({"users.csv": USERS, "more.csv": DETAILS[:-12]})

    with pytest.raises(InputRejected, match="the file is cut"):
        read([place], tmp_path / "work")


def test_the_same_file_counts_once(folder: Folder, tmp_path: Path) -> None:
    """A copy, or a file given by its folder and its name, is read once."""
    place = folder({"users.csv": USERS, "copy of users.csv": USERS})

    inputs = read([place, place / "users.csv", place / "users.csv"], tmp_path / "work")

    assert 1 == len(inputs.rows)
    assert 1 == len(inputs.ignored)
    assert "the same bytes as" in inputs.ignored[0]


def test_a_run_needs_users_or_registrations(folder: Folder, tmp_path: Path) -> None:
    """Registers alone are no audit."""
    place = folder({"pauses.csv": b"account_id,from,until\n1,2026-01-01,2026-02-01\n"})

    with pytest.raises(InputRejected, match="no list of users and no registration details"):
        read([place], tmp_path / "work")


@pytest.mark.parametrize("paths", [[], ["nowhere.csv"]])
def test_nothing_to_read(paths: list[str], tmp_path: Path) -> None:
    """No path, or one that does not exist, is refused."""
    with pytest.raises(InputRejected):
        read([tmp_path / path for path in paths], tmp_path / "work")


def test_a_whole_chain_of_pages_is_read(folder: Folder, tmp_path: Path) -> None:
    """Pages of which all but one point onwards are the whole listing, in any order of their names."""
    place = folder({"c.json": page(1, 2, count=6), "a.json": page(2, 3), "b.json": page(3, None)})

    assert 6 == sum(rows.rows for rows in read([place], tmp_path / "work").rows)


@pytest.mark.parametrize(("pages", "says"), [
    ({"a.json": page(1, 2), "b.json": page(2, 3)}, "the page behind it is missing"),
    ({"a.json": page(1, 2), "b.json": page(3, 2), "c.json": page(2, None)}, "the same next page"),
    ({"a.json": page(1, 2, count=6), "b.json": page(3, None)}, "the first one counts 6"),
    ({"a.json": page(1, 2), "b.json": page(3, None), "c.json": page(4, None)}, "the page behind it is missing"),
], ids=["last missing", "two to the same", "middle missing", "two ends"])
def test_a_broken_chain_is_refused(pages: dict[str, bytes], says: str, folder: Folder, tmp_path: Path) -> None:
    """A partial listing is never taken for the whole."""
    place = folder(pages)

    with pytest.raises(InputRejected, match=says):
        read([place], tmp_path / "work")


def test_a_page_missing_in_the_middle_is_seen_by_the_numbers(folder: Folder, tmp_path: Path) -> None:
    """Pages that point onwards look whole without their second; their names do not."""
    place = folder({f"users_page{n}.json": page(n, n + 1 if n < 4 else None) for n in (1, 2, 4)})

    with pytest.raises(InputRejected, match="number 3 of the series"):
        read([place], tmp_path / "work")


def test_pages_named_in_another_way_are_not_counted(folder: Folder, tmp_path: Path) -> None:
    """A day in a name is no number of a page."""
    place = folder({"users_2026-03-02.json": page(1, 2), "users_rest_7.json": page(2, None)})

    assert 2 == len(read([place], tmp_path / "work").rows)


def test_what_nobody_needs_is_not_written_down(folder: Folder, tmp_path: Path) -> None:
    """Telephone numbers do not leave the list of users."""
    user = {"id": "1", "userPrincipalName": "a@x.example", "mobilePhone": "020 7946 0001",
            "businessPhones": ["020 7946 0002"]}
    place = folder({"users.json": json.dumps({"value": [user]}).encode()})

    read([place], tmp_path / "work")

    written = b"".join(path.read_bytes() for path in (tmp_path / "work").rglob("*") if path.is_file())
    assert b"a@x.example" in written
    assert b"7946" not in written


def test_a_record_is_found_again_by_its_line(folder: Folder, tmp_path: Path) -> None:
    """Blank lines and cells of several lines before it change nothing; nor does the end of a batch."""
    rows = 'id,userPrincipalName,jobTitle\n\n\n1,a@x.example,"two\nlines"\n2,b@x.example,x\n\n3,c@x.example,y\n'
    place = folder({"users.csv": rows.encode()})

    [listed] = read([place], tmp_path / "work").rows

    name = str(place / "users.csv")
    assert {1: f"{name}:4", 2: f"{name}:6", 3: f"{name}:8"} == lines_of(listed, {1, 2, 3})


def test_full_pages_of_a_chain_are_no_suspicion(folder: Folder, tmp_path: Path) -> None:
    """Exactly 999 rows are expected of a page that has a following one."""
    place = folder({"a.json": page(1, 2, count=1099, rows=999), "b.json": page(2, None, rows=100)})

    assert () == read([place], tmp_path / "work").complaints


def test_pages_of_a_document_are_joined(folder: Folder, tmp_path: Path) -> None:
    """Conditional Access policies over two pages are one document; two different complete ones are refused."""
    def policies(name: str, **more: str) -> bytes:
        policy = {"id": name, "state": "enabled", "conditions": {}, "grantControls": None}
        return json.dumps({**more, "value": [policy]}).encode()

    place = folder({"users.csv": USERS, "1.json": policies("a", **{"@odata.nextLink": "https://x"}),
                    "2.json": policies("b")})

    (document,) = read([place], tmp_path / "one").documents
    assert ["a", "b"] == [policy["id"] for policy in document.content["value"]]

    (place / "1.json").write_bytes(policies("a"))
    with pytest.raises(InputRejected, match="two files hold different documents"):
        read([place], tmp_path / "two")


def test_inspection_reports_and_never_raises(folder: Folder, tmp_path: Path) -> None:
    """``doctor`` gets a line a file: what it is, or why it is refused and what to do."""
    place = folder({
        "a.csv": USERS[:-4], "b.json": page(1, 2), "c.csv": b"what,when\nx,y\n",
        "d.csv": b"id,userPrincipalName,companyName,createdDateTime\n" + b"".join(
            b"%d,u%d@x.example,ZX%d,2026-02-0%dT00:00:00Z\n" % (n, n, n % 3, n % 9 + 1) for n in range(100)),
        "e.bin": b"",
    })

    reports = {Path(report.name).name: report for report in inspect([place], tmp_path / "work")}

    assert {"a.csv", "b.json", "c.csv", "d.csv", "e.bin"} == set(reports)
    assert reports["a.csv"].refused
    assert "line 2: the file is cut" in reports["a.csv"].problem
    assert reports["b.json"].refused
    assert reports["b.json"].first_page
    assert (("accounts", 2),) == reports["b.json"].rows
    assert not reports["c.csv"].refused
    assert reports["c.csv"].problem
    assert "Entra portal: users" == reports["d.csv"].recognised_as
    assert "2026-02-09T00:00:00" == reports["d.csv"].newest_fact
    assert 3 == reports["d.csv"].organisations
    assert reports["d.csv"].first_page
    assert reports["e.bin"].problem


def test_inspecting_nothing(tmp_path: Path) -> None:
    """A path that does not exist is a report as well."""
    (report,) = inspect([tmp_path / "nowhere"], tmp_path / "work")

    assert report.refused


@pytest.mark.skipif(os.geteuid() == 0 if hasattr(os, "geteuid") else True, reason="the superuser may read everything")
def test_a_file_without_permission_is_refused(folder: Folder, tmp_path: Path) -> None:
    """A file that may not be read is refused by name."""
    place = folder({"users.csv": USERS})
    (place / "users.csv").chmod(0)

    with pytest.raises(InputRejected, match="cannot be read"):
        read([place], tmp_path / "work")


@pytest.mark.parametrize(("rows", "warned"), [(1_048_575, True), (1_048_576, False)])
def test_a_sheet_full_to_its_last_row_is_suspicious(rows: int, warned: bool, folder: Folder, tmp_path: Path) -> None:
    """A CSV that went through a spreadsheet and fills it may have been cut there."""
    place = folder({"users.csv": b"id,userPrincipalName\n" + b"1,a@x\n" * rows})

    complaints = read([place], tmp_path / "work").complaints

    assert warned == any(complaint.check == "spreadsheet full" for complaint in complaints)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no pipes in the file system")
def test_what_is_neither_file_nor_folder_is_refused(tmp_path: Path) -> None:
    """A pipe cannot be read twice."""
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(InputRejected, match="neither a file nor a folder"):
        read([tmp_path / "pipe"], tmp_path / "work")


def test_a_full_disk_is_no_fault_of_the_file(folder: Folder, tmp_path: Path) -> None:
    """When the working copy cannot be written, the error names the folder and has exit code 8."""
    resource = pytest.importorskip("resource")
    place = folder({"users.csv": USERS + b"2,b@x.example,B\n" * 20_000})
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        with pytest.raises(OutputFailed, match="cannot be written") as caught:
            read([place], tmp_path / "work")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    assert 8 == caught.value.exit_code


def test_complaints_of_one_kind_are_added_up(folder: Folder, tmp_path: Path) -> None:
    """Two files with the same blemish give one complaint with both places."""
    place = folder({"a.csv": USERS + b",,\n", "b.csv": DETAILS + b",\n,\n"})

    (complaint,) = read([place], tmp_path / "work").complaints

    assert ("blank rows", 3, 3) == (complaint.check, complaint.count, len(complaint.examples))
    assert (complaint,) == merged([complaint])


def test_doctor_quotes_the_first_word_that_is_neither_yes_nor_no(folder, tmp_path):
    """Another language's words are not guessed at: their place, their number, and what to do."""
    place = folder({"users.csv": b"userPrincipalName,accountEnabled,department\n"
                                 b'a@x.example,True,"two\nlines"\nb@x.example,WAHR,x\nc@x.example,FALSCH,x\n'})

    (report,) = inspect([place], tmp_path / "work")

    assert "users.csv:4: account_enabled holds 'WAHR', neither yes nor no; 2 such cells" in report.problem
    assert "English" in report.next_step
    assert not report.refused


def test_two_columns_of_the_same_ids_are_one(reading, table_of, records):
    """Get-EntraUser writes Id and ObjectId; only a contradiction between them is refused."""
    number = "6a000000-0000-4000-8000-000000000001"
    content = f"Id,ObjectId,UserPrincipalName,AccountEnabled\n{number},{number.upper()},a@x.example,True\n"

    assert number == records(table_of(reading({"users.csv": content.encode()}), "accounts"))[0]["account_id"].lower()


def test_a_portal_in_another_language_is_told_to_speak_english(folder, tmp_path):
    """Also where a heading speaks of MFA, which is not then a status report."""
    place = folder({"a.csv": "Nom d’utilisateur,Compatible MFA,Nom\na@x.example,Oui,A\n".encode()})

    (report,) = inspect([place], tmp_path / "work")

    assert "switch it to English" in report.problem
