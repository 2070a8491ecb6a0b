"""Malformed files, one case each: what is refused with its line, and what is read with which complaint."""

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass

import openpyxl
import pytest

from mfa_audit.errors import InputRejected

ID = "6a000000-0000-4000-8000-0000000000"
HEADER = "userPrincipalName,displayName,id,department,accountEnabled"


def users(*rows: str, header: str = HEADER, end: str = "\n") -> bytes:
    return (end.join((header, *rows)) + end).encode()


def row(number: int, name: str = "Siân Hughes", department: str = "Radiology") -> str:
    return f"p{number}@northmoor.example,{name},{ID}{number:02d},{department},True"


def registrations(*methods: str) -> bytes:
    lines = [f"p{n}@northmoor.example,True,{method}" for n, method in enumerate(methods)]
    return "\n".join(("UserPrincipalName,IsMfaCapable,MethodsRegistered", *lines, "")).encode()


def graph_user(number: int, **more: object) -> dict[str, object]:
    return {"id": f"{ID}{number:02d}", "userPrincipalName": f"p{number}@northmoor.example", "accountEnabled": True,
            **more}


def page(*rows: object, **envelope: object) -> bytes:
    return json.dumps({**envelope, "value": list(rows)}, separators=(",", ":")).encode()


def workbook(change: Callable[[openpyxl.Workbook], None] | None = None, rows: int = 2) -> bytes:
    book = openpyxl.Workbook()
    book.active.append(HEADER.split(","))
    for number in range(rows):
        book.active.append(row(number).split(","))
    if change:
        change(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def archive(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as new:
        for name, content in files.items():
            new.writestr(name, content)
    return out.getvalue()


def repacked(change: Callable[[zipfile.ZipFile], None], replace: tuple[str, bytes] | None = None) -> bytes:
    """A workbook whose archive was tampered with."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook())) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, replace[1] if replace and name == replace[0] else old.read(name))
        change(new)
    return out.getvalue()


def many_members(archive: zipfile.ZipFile) -> None:
    for number in range(2_001):
        archive.writestr(f"xl/media/{number}.txt", b"")


ENTITIES = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    b'<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><workbook>&c;</workbook>'
)
SIGN_IN_PAGE = b'<!DOCTYPE html><html><head><title>Sign in to your account</title></head></html>'
DEEP = b'{"value":[{"id":' + b"[" * 200_000 + b"]" * 200_000 + b"}]}"
NEXT = {"@odata.nextLink": "https://graph.microsoft.com/v1.0/users?$skiptoken=X"}
POLICY = {"id": "c1", "displayName": "All", "state": "enabled", "conditions": {}, "grantControls": None}


@dataclass(frozen=True)
class Refused:
    name: str
    file: str
    content: bytes
    says: str
    line: int = 0


REFUSED = (
    # Nothing in it.
    Refused("zero bytes", "users.csv", b"", "empty (0 bytes)"),
    Refused("blank lines only", "users.csv", b"\n \n\t\n", "nothing but blank lines"),
    Refused("byte order mark only", "users.csv", b"\xef\xbb\xbf\n", "nothing but blank lines"),
    Refused("header only", "users.csv", users(), "a header and no rows", 1),
    Refused("header and blank rows", "users.csv", users(",,,,", ",,,,"), "a header and no rows", 1),
    Refused("empty listing of users by its name", "users.json", b'{"value": []}', "listing of accounts is empty"),
    Refused("empty listing by its context", "a.json", page(
        **{"@odata.context": "https://graph.microsoft.com/v1.0/$metadata#users(id,mail)"}), "accounts is empty"),
    Refused("empty registrations", "userRegistrationDetails.json", b'{"value":[]}', "registrations is empty"),
    Refused("empty array of nothing known", "a.json", b"[]", "an empty list"),
    # Cut and shifted.
    Refused("cut in the last row", "users.csv", users(row(1), row(2))[:-30], "the file is cut", 3),
    Refused("one cell too many in every row", "users.csv", users(row(1) + ",x", row(2) + ",x"), "shifted", 2),
    Refused("one cell too few in the middle", "users.csv", users(row(1), row(2)[:-5], row(3)), "has 4 cells", 3),
    Refused("comma in a name without quotes", "users.csv", users(row(1, "HUGHES, Siân"), row(2)), "has 6 cells", 2),
    Refused("cut inside a quoted cell", "users.csv", users(row(1), 'p2@northmoor.example,"HUGHES, Si')[:-1],
            "never closed", 3),
    Refused("quote that swallows a row", "users.csv",
            users(row(1), row(2, department='"Ward 7'), row(3, department='x"')), "further rows", 3),
    Refused("balanced quotes hold a whole row", "users.csv",
            users(row(1), f'p2@northmoor.example,Tom,{ID}02,"Ward 7,True\n{row(3)}",True'), "further rows", 3),
    Refused("text behind a closing quote", "users.csv", users(row(1, '"Siân" Hughes')), "quotes do not match", 2),
    Refused("cell over a mebibyte", "users.csv", users(row(1), row(2, f'"{"x" * (1 << 20)}xx"')), "longer than", 3),
    Refused("an error beside the rows", "users.json", page(graph_user(1), error={"code": "Forbidden"}), "Forbidden"),
    Refused("declared separator is not the one used", "users.csv", b"sep=;\n" + users(row(1)), "fit no list"),
    # Bytes that are no text.
    Refused("NUL bytes", "users.csv", users(row(1), row(2, "a\0b")), "NUL bytes", 3),
    Refused("UTF-16 without its mark", "users.csv", users(row(1)).decode().encode("utf-16-le"), "NUL bytes", 1),
    Refused("UTF-16 cut in a character", "users.csv", users(row(1)).decode().encode("utf-16")[:-1], "ends inside"),
    Refused("UTF-16 with half a pair", "users.csv", b"\xff\xfe" + b"i\0d\0\x00\xd8,\0", "damaged"),
    Refused("UTF-32", "users.csv", users(row(1)).decode().encode("utf-32"), "UTF-32"),
    Refused("neither UTF-8 nor cp1252", "users.csv", users(row(1), row(2)).replace(b"\xc3\xa2", b"\x81"),
            "neither UTF-8 nor cp1252", 2),
    Refused("UTF-8 in one row, cp1252 in another", "users.csv", users(row(1, "Ánna")) + b"\xe9\n",
            "neither UTF-8 nor cp1252", 2),
    Refused("marked UTF-8 that is not", "users.csv", b"\xef\xbb\xbf" + users(row(1)).replace(b"\xc3", b"\xff"),
            "damaged"),
    Refused("cut inside a letter", "users.csv", users(row(1, "Zoë")) + b"p2@northmoor.example,Zo\xc3",
            "inside a character", 3),
    # Columns.
    Refused("one header twice", "users.csv", users(f"{row(1)},p9@northmoor.example",
                                                   header=HEADER + ",userPrincipalName"), "appears twice", 1),
    Refused("two columns for one id", "users.csv", users(f"{row(1)},{ID}99", header=HEADER + ",objectId"),
            "hold different ids", 2),
    Refused("two capable columns", "reg.csv", b"UPN,MFA Capable,isMfaCapable,methodsRegistered\n"
            b"p1@northmoor.example,Capable,False,email\n", "both stand for is_mfa_capable", 1),
    Refused("unknown columns", "list.csv", b"Nummer,Name der Person\n1,Zoe\n", "fit no list"),
    Refused("unknown language", "users.csv", b"Nombre para mostrar,Correo\nZoe,a@x.example\n",
            "switch it to English"),
    Refused("unknown status heading", "mfa.csv", b"Email,MFA State now\np1@northmoor.example,On\n",
            "'MFA State now' is not known"),
    Refused("one column that could be anything", "list.csv", b"userPrincipalName\np1@northmoor.example\n",
            "fit no list"),
    Refused("register without its columns", "exemptions.csv", b"who,why\np1,none\n", "fit no list"),
    # What spreadsheets and PowerShell do to values.
    Refused("methods as System.String[]", "reg.csv", registrations("System.String[]"), "type names", 2),
    Refused("methods as System.String[] far down", "reg.csv", registrations(*["email"] * 30_000, "System.String[]"),
            "type names", 30_002),
    Refused("UPN as type name", "users.csv", users(row(1).replace(
        "p1@northmoor.example", "Microsoft.Graph.PowerShell.Models.MicrosoftGraphUser")), "type names", 2),
    Refused("employee number as 1.23E+15", "users.csv", users(f"{row(1)},1.23457E+15", header=HEADER + ",employeeId"),
            "made of an id", 2),
    Refused("employee number as 1,23E+15", "users.csv", users(
        f"{row(1).replace(',', ';')};1,23E+15", header=HEADER.replace(",", ";") + ";employeeId"), "made of an id", 2),
    Refused("#NAME? for an id", "users.csv", users(row(1).replace(f"{ID}01", "#NAME?")), "made of an id", 2),
    Refused("###### for an id", "users.csv", users(row(1).replace(f"{ID}01", "########")), "made of an id", 2),
    # Not exports at all.
    Refused("upload template with its version", "users.csv", b"version:v1.0,,\nName [displayName] Required\n",
            "template for uploading", 1),
    Refused("upload template", "create.csv", b"Name [displayName] Required,User name [userPrincipalName] Required\n"
            b"Chris Green,chris@northmoor.example\n", "template for uploading", 1),
    Refused("per-user MFA template", "mfa.csv", b"Username, MFA Status\np1@northmoor.example, Enabled\n",
            "template", 1),
    Refused("error answer", "users.json", b'{"error":{"code":"Directory_ExpiredPageToken","message":"x"}}',
            "Directory_ExpiredPageToken"),
    Refused("error answer that is a text", "users.json", b'{"error":"invalid_client"}', "invalid_client"),
    Refused("message instead of rows", "users.json",
            b'{"value":"Cannot query data for more than 120 users at a time."}', "more than 120 users"),
    Refused("sign-in page as CSV", "users.csv", SIGN_IN_PAGE, "a sign-in page"),
    Refused("sign-in page as JSON", "users.json", b"\r\n" + SIGN_IN_PAGE, "a sign-in page"),
    Refused("another web page", "users.csv", b"<html><body>504 Gateway Time-out</body></html>", "a web page"),
    Refused("page of changes", "users.json", page(graph_user(1), **{"@odata.deltaLink": "https://x"}), "changes"),
    Refused("removed rows", "users.json", page(graph_user(1), {"id": "2", "@removed": {"reason": "changed"}}),
            "changes"),
    Refused("batch answer", "batch.json", b'{"responses":[{"id":"1","status":200}]}', "$batch"),
    Refused("PDF", "users.csv", b"%PDF-1.7\n", "a PDF"),
    Refused("gzip", "users.csv", b"\x1f\x8b\x08\x00", "gzip"),
    Refused("picture", "users.csv", b"\x89PNG\r\n\x1a\n", "a picture"),
    Refused("Parquet", "users.csv", b"PAR1\x15\x04", "Parquet"),
    # JSON.
    Refused("cut JSON", "users.json", page(graph_user(1), graph_user(2))[:-20], "the file is cut", 1),
    Refused("cut pretty JSON", "users.json", json.dumps({"value": [graph_user(1)]}, indent=1).encode()[:-12],
            "the file is cut", 6),
    Refused("last of the JSON lines cut", "users.jsonl",
            b"\n".join(json.dumps(graph_user(n)).encode() for n in (1, 2, 3))[:-9], "row 3 is cut", 3),
    Refused("JSON lines with a broken one", "users.jsonl", json.dumps(graph_user(1)).encode() + b"\n\n{'id': 2}\n"
            + json.dumps(graph_user(3)).encode(), "row 2 is not valid JSON", 3),
    Refused("NaN", "users.json", b'{"value":[\n{"id":NaN}]}', "not valid JSON", 2),
    Refused("text behind the end", "users.json", page(graph_user(1)) + b"]", "not valid JSON", 1),
    Refused("comment", "users.json", b"[\n// users\n]", "not valid JSON", 2),
    Refused("nesting without end", "users.json", DEEP, "nested too deeply"),
    Refused("brackets without end", "users.json", b"[" * 500_000, "nested too deeply"),
    Refused("key twice", "users.json", b'{"value":[{"id":"1","userPrincipalName":"a@x.example","id":"2"}]}',
            "the key 'id' twice", 1),
    Refused("key twice in pretty JSON", "users.json",
            b'{"value":[\n {"id": "1", "mail": "a@x.example"},\n {"id": "2",\n "id": "3"}]}',
            "row 2 has the key 'id'", 3),
    Refused("rows twice", "users.json", b'{"value":[{"id":"1"}],"value":[]}', "'value' occurs twice"),
    Refused("key in two spellings in one row", "users.json", page({"id": "1", "Id": "2", "mail": "a@x.example"}),
            "one key in two spellings", 1),
    Refused("row that is no object", "users.json", page(graph_user(1), None), "row 2 is not an object", 1),
    Refused("row that is a number", "users.json", b"[1,2]", "row 1 is not an object", 1),
    Refused("unknown keys", "a.json", b'{"as_of":"2026-03-02"}', "its keys fit no list"),
    Refused("methods flattened", "reg.json", page({"Id": "1", "UserPrincipalName": "a@x.example",
            "MethodsRegistered": "System.String[]"}), "type name instead of values", 1),
    Refused("id in scientific notation", "users.json", page({**graph_user(1), "employeeId": "1.2E+14"}),
            "1.2E+14", 1),
    Refused("policies flattened", "ca.json", page({**POLICY, "conditions": "@{users=}"}), "flattened"),
    Refused("two policies of one kind", "methods.json", page(
        {"authenticationMethodConfigurations": []}, {"authenticationMethodConfigurations": []}), "several documents"),
    Refused("first page alone", "users.json", page(graph_user(1), **NEXT), "the page behind it is missing"),
    Refused("first page of policies alone", "ca.json", page(POLICY, **NEXT), "the page behind it is missing"),
    Refused("members on a further page", "groups.json", page(
        {"id": "g1", "members": [], "members@odata.nextLink": "https://x"}), "more members than the file shows", 1),
    Refused("fewer members than were counted", "groups.json", page(
        {"id": "g1", "members": [{"id": "a"}], "members@odata.count": 15}), "has 1 members where", 1),
    Refused("members as type names", "groups.json", page({"id": "g1", "members": "System.Object[]"}), "type names"),
    Refused("members without ids", "groups.json", page({"id": "g1", "members": [{"displayName": "x"}]}),
            "a member without an id", 1),
    Refused("group without id", "groups.json", page({"id": None, "members": []}), "has no 'id'", 1),
    # Workbooks.
    Refused("password-protected", "users.xlsx", bytes.fromhex("D0CF11E0A1B11AE1") + b"\0" * 600, "password"),
    Refused("cut workbook", "users.xlsx", workbook()[:-400], "damaged or cut"),
    Refused("damaged inside", "users.xlsx", repacked(lambda _: None, ("xl/worksheets/sheet1.xml", b"<worksheet><sh")),
            "damaged"),
    Refused("empty archive", "users.zip", archive({}), "NUL bytes", 1),
    Refused("archive of CSV files", "users.csv.zip", archive({"users.csv": users(row(1))}), "a zip archive"),
    Refused("archive cut to its first bytes", "users.xlsx", b"PK\x03\x04", "damaged or cut"),
    Refused("too many parts", "users.xlsx", repacked(many_members), "2,0"),
    Refused("blown-up part", "users.xlsx", repacked(lambda z: z.writestr("xl/media/x.bin", b"\0" * (8 << 20))),
            "200 times its size"),
    Refused("unsafe part name", "users.xlsx", repacked(lambda z: z.writestr("../../evil.txt", b"x")), "unsafe name"),
    Refused("absolute part name", "users.xlsx", repacked(lambda z: z.writestr("/etc/evil", b"x")), "unsafe name"),
    Refused("entities", "users.xlsx", repacked(lambda _: None, ("xl/workbook.xml", ENTITIES)), "damaged"),
    Refused("formula never calculated", "users.xlsx", workbook(
        lambda book: book.active.cell(3, 4, "=A1")), "formula in D3", 3),
    Refused("id rounded by the spreadsheet", "users.xlsx", workbook(
        lambda book: book.active.cell(2, 3, 1234567890123456789)), "was rounded", 2),
    Refused("workbook with a header only", "users.xlsx", workbook(rows=0), "a header and no rows", 1),
    Refused("workbook of nothing known", "users.xlsx", workbook(lambda book: book.active.delete_rows(1)),
            "fit no list"),
)


@dataclass(frozen=True)
class Blemished:
    name: str
    file: str
    content: bytes
    check: str
    count: int = 1
    line: int = 0


def mangled(book: openpyxl.Workbook) -> None:
    book.active.cell(2, 4, "#N/A")


def overflowing(book: openpyxl.Workbook) -> None:
    book.active.cell(3, 9, "a note beside the table")


def hidden_row(book: openpyxl.Workbook) -> None:
    book.active.row_dimensions[2].hidden = True


def hidden_sheet(book: openpyxl.Workbook) -> None:
    book.create_sheet("Notes").append(["nothing", "here"])
    book.worksheets[0].sheet_state = "hidden"


def numbered(book: openpyxl.Workbook) -> None:
    book.active.cell(1, 6, "employeeId")
    book.active.cell(2, 6, 412345)


def far_header(book: openpyxl.Workbook) -> None:
    book.active.cell(1, 16_384, "x")


FURTHER = (
    Refused("note beside the table", "users.xlsx", workbook(overflowing), "beyond the 5 columns", 3),
    Refused("a header that reaches the last column", "users.xlsx", workbook(far_header), "reaches column 16,384", 1),
    Refused("a footer", "users.csv", users(row(1), "Total: 1,,,,"), "'Total: 1' is neither", 3),
    Refused("a line of dashes", "users.csv", users("----,----,----,----,----", row(1)), "'----' is neither", 2),
    Refused("names of another directory", "users.csv", users("jroe,Jo,,,True", "aroe,Al,,,True",),
            "no row holds an address or an object id in 'userPrincipalName', 'id'", 2),
    Refused("a footer among registrations", "reg.csv", registrations("email") + b"2 rows,,\n",
            "'2 rows' is neither", 3),
    Refused("a line without an end", "users.csv", users(row(1)) + b"x" * (5 << 20), "longer than 1 MiB", 3),
    Refused("a header without an end", "users.csv", b"id," * (2 << 20), "longer than 1 MiB", 1),
)


MEMBERS = [{"@odata.type": "#microsoft.graph.user", "id": f"{ID}{n:02d}"} for n in range(20)]

BLEMISHED = (
    Blemished("cp1252", "users.csv", users(row(1), row(2)).decode().encode("cp1252"), "read as cp1252", 1, 2),
    Blemished("cp1252 JSON", "users.json", page(graph_user(1, displayName="Siân")).decode("unicode-escape")
              .encode("cp1252"), "read as cp1252", 1, 1),
    Blemished("letters lost by PowerShell 5.1", "users.csv", users(row(1, "Si?n Hughes"), row(2, "Tom")),
              "letters lost", 1, 2),
    Blemished("letters decoded twice", "users.csv", users(row(1, "Siân".encode().decode("cp1252"))),
              "letters doubled", 1, 2),
    Blemished("replacement characters", "users.csv", users(row(1), row(2, "Si\ufffdn")),
              "replacement characters", 1, 3),
    Blemished("half a surrogate pair", "users.json", page(graph_user(1)).replace(b'"p1@', b'"\\ud83dp1@'),
              "broken characters"),
    Blemished("blank rows from a spreadsheet", "users.csv", users(row(1), ",,,,", row(2), ",,,,"), "blank rows", 2, 3),
    Blemished("title above the header", "users.csv", b"All users of Northmoor\n" + users(row(1)), "title line", 1, 1),
    Blemished("spreadsheet's apostrophes", "users.csv", users(row(1, "'=1+3"), row(2, "'t Hooft")),
              "apostrophes undone", 1, 2),
    Blemished("an export of exactly 100", "users.csv", users(*map(row, range(100))), "round number of rows"),
    Blemished("an export of exactly 999", "reg.csv", registrations(*["email"] * 999), "round number of rows"),
    Blemished("a listing of exactly 1,000", "users.json", page(*map(graph_user, range(1000))), "round number of rows"),
    Blemished("managers as type names", "users.csv", users(
        f"{row(1)},Microsoft.Graph.PowerShell.Models.MicrosoftGraphDirectoryObject", header=HEADER + ",Manager"),
        "type names", 1, 2),
    Blemished("nested attributes flattened", "users.json", page(graph_user(
        1, onPremisesExtensionAttributes="Microsoft.Graph.PowerShell.Models.X")), "type names", 1, 1),
    Blemished("keys in two spellings", "users.json", page(
        {"id": "1", "userPrincipalName": "a@x.example"}, {"Id": "2", "UserPrincipalName": "b@x.example"}),
        "keys in two spellings"),
    Blemished("group of twenty", "groups.json", page({"id": "g1", "members": MEMBERS}), "group of exactly twenty"),
    Blemished("group without its members", "groups.json", page({"id": "g1", "members": []}, {"id": "g2"}),
              "group without members"),
    Blemished("two columns for the address", "users.csv", users(f"{row(1)},a@x.example,b@x.example",
                                                                header=HEADER + ",mail,email"),
              "column read first", 1, 1),
    Blemished("a last line without an end", "users.csv", users(row(1), row(2))[:-1], "no line end"),
    Blemished("error value in a workbook", "users.xlsx", workbook(mangled), "error value", 1, 2),
    Blemished("hidden rows", "users.xlsx", workbook(hidden_row), "hidden rows read"),
    Blemished("hidden sheet", "users.xlsx", workbook(hidden_sheet), "hidden sheet read"),
    Blemished("employee number as a number", "users.xlsx", workbook(numbered), "number in an id column", 1, 2),
)


@pytest.mark.parametrize("case", [*REFUSED, *FURTHER], ids=lambda case: case.name)
def test_untrustworthy_files_are_refused(case: Refused, reading: Callable[..., object]) -> None:
    """A file that cannot be trusted stops the run with exit code 7, its line and a next step."""
    with pytest.raises(InputRejected) as caught:
        reading({case.file: case.content})

    assert case.says in caught.value.message
    assert case.line == caught.value.line
    assert case.file == caught.value.file.name
    assert caught.value.exit_code == 7
    assert caught.value.next_step


@pytest.mark.parametrize("case", BLEMISHED, ids=lambda case: case.name)
def test_blemished_files_are_read_with_a_complaint(case: Blemished, reading: Callable[..., object]) -> None:
    """A blemish is counted, with its place, and does not stop the reading."""
    inputs = reading({case.file: case.content})

    complaint = next(each for each in inputs.complaints if each.check == case.check)
    assert case.count == complaint.count
    place = f"{case.file}:{case.line}" if case.line else case.file
    assert place in complaint.examples[0]
    assert complaint.effect


def test_there_are_at_least_sixty_malformed_files() -> None:
    """The kept set of malformed files does not shrink."""
    assert len(REFUSED) + len(BLEMISHED) >= 100
    assert len({case.name for case in (*REFUSED, *BLEMISHED)}) == len(REFUSED) + len(BLEMISHED)
