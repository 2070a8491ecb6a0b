"""Pages of Graph listings: chains, shards, second passes, and what their numbers and counts prove."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from mfa_audit.errors import InputRejected
from mfa_audit.sources.exports.source import read

Folder = Callable[[dict[str, bytes]], Path]
USERS = "https://graph.microsoft.com/v1.0/users"


def page(first: int, rows: int = 2, *, link: str = "", count: int | None = None, columns: str = "",
         **values: object) -> bytes:
    envelope: dict[str, object] = {"@odata.context": f"https://graph.microsoft.com/v1.0/$metadata#users{columns}"}
    if count is not None:
        envelope["@odata.count"] = count
    if link:
        envelope["@odata.nextLink"] = f"{USERS}?{link}"
    named = values or {"accountEnabled": True}
    value = [{"id": f"6a000000-0000-4000-8000-{n:012d}", **named} for n in range(first, first + rows)]
    return json.dumps({**envelope, "value": value}).encode()


def checks(place: Path, work: Path) -> set[str]:
    return {complaint.check for complaint in read([place], work).complaints}


@pytest.mark.parametrize(("names", "missing"), [
    (("users_page1", "users_page3"), "number 2"),
    (("users1", "users2", "users6"), "numbers 3 to 5"),
    (("2-users", "4-users"), "number 3"),
])
def test_a_gap_in_the_numbers_of_the_pages_is_refused(
    names: tuple[str, ...], missing: str, folder: Folder, tmp_path: Path
) -> None:
    """Files numbered like pages, one number left out: a page is missing."""
    place = folder({f"{name}.json": page(10 * n, link="" if name == names[-1] else f"$skiptoken={n}")
                    for n, name in enumerate(names)})

    with pytest.raises(InputRejected, match=missing) as caught:
        read([place], tmp_path / "work")
    assert caught.value.exit_code == 7


@pytest.mark.parametrize("names", [("p1", "p2", "p3"), ("u_0", "u_120", "u_240"), ("p-09", "p-10", "p-11")])
def test_numbered_pages_without_a_gap_are_the_whole(names: tuple[str, ...], folder: Folder, tmp_path: Path) -> None:
    """Names may count pages or the rows before them."""
    place = folder({f"{name}.json": page(200 * n, 120, link="" if name == names[-1] else f"$skiptoken={n}")
                    for n, name in enumerate(names)})

    assert 360 == sum(rows.rows for rows in read([place], tmp_path / "work").rows)


@pytest.mark.parametrize(("names", "count", "suspected"), [
    (("first", "last"), None, True), (("first", "last"), 4, False), (("p1", "p2"), None, False),
    (("p3", "p4"), None, True),
])
def test_a_chain_that_nothing_counts_is_suspected(
    names: tuple[str, str], count: int | None, suspected: bool, folder: Folder, tmp_path: Path
) -> None:
    """Page tokens are opaque: without a count or numbers a missing page in the middle would leave no trace."""
    place = folder({f"{names[0]}.json": page(0, link="$skiptoken=x", count=count), f"{names[1]}.json": page(10)})

    assert suspected == ("pages not counted" in checks(place, tmp_path / "work"))


def test_a_count_without_a_next_link_counts_too(folder: Folder, tmp_path: Path) -> None:
    """A single page that counts more rows than it holds is a part, though it names no next page."""
    with pytest.raises(InputRejected, match="hold 2 accounts and the first one counts 9"):
        read([folder({"users.json": page(0, count=9)})], tmp_path / "work")


@pytest.mark.parametrize("size", [100, 120, 500, 999, 1000])
def test_every_size_of_a_page_is_suspected(size: int, folder: Folder, tmp_path: Path) -> None:
    """A listing of exactly one page, of whichever size Graph uses, may be the first page only."""
    assert "round number of rows" in checks(folder({"users.json": page(0, size)}), tmp_path / "work")


def test_shards_add_up(folder: Folder, tmp_path: Path) -> None:
    """Chains of one listing with different filters stand beside one another; a shard may be a single page."""
    place = folder({
        "a1.json": page(0, link="$filter=startswith(userPrincipalName,'a')&$skiptoken=1", count=4),
        "a2.json": page(10),
        "b1.json": page(20, link="$filter=startswith(userPrincipalName,'b')&$skiptoken=2", count=4),
        "b2.json": page(30),
        "c1.json": page(40, count=2),
    })

    assert 10 == sum(rows.rows for rows in read([place], tmp_path / "work").rows)


def test_a_shard_without_its_end_is_refused(folder: Folder, tmp_path: Path) -> None:
    """Two chains need two last pages."""
    place = folder({
        "a1.json": page(0, link="$filter=startswith(userPrincipalName,'a')&$skiptoken=1"), "a2.json": page(10),
        "b1.json": page(20, link="$filter=startswith(userPrincipalName,'b')&$skiptoken=2"),
    })

    with pytest.raises(InputRejected, match="the page behind it is missing"):
        read([place], tmp_path / "work")


def test_a_second_pass_is_a_listing_of_its_own(folder: Folder, tmp_path: Path) -> None:
    """Sign-in activity fetched in a pass of its own is no extra last page, and must be whole by itself."""
    columns = "(id,signInActivity)"
    seen = {"signInActivity": {"lastSignInDateTime": "2026-02-01T00:00:00Z"}}
    files = {
        "users1.json": page(0, link="$skiptoken=1", count=4), "users2.json": page(2),
        "seen1.json": page(0, 3, link="$select=id,signInActivity&$skiptoken=2", columns=columns, **seen),
        "seen2.json": page(3, 1, columns=columns, **seen),
    }
    place = folder(files)

    assert [{"sign_in_activity"}, {"account_enabled"}] == [
        set(rows.fields) - {"account_id"} for rows in read([place], tmp_path / "work").rows[1:3]]

    (place / "seen2.json").unlink()
    with pytest.raises(InputRejected, match="the page behind it is missing"):
        read([place], tmp_path / "again")


def test_an_empty_page_within_a_chain_is_no_fault(folder: Folder, tmp_path: Path) -> None:
    """Graph may answer with a page without rows and a next page behind it."""
    place = folder({"p1.json": page(0, 0, link="$skiptoken=1"), "p2.json": page(0)})

    assert 2 == sum(rows.rows for rows in read([place], tmp_path / "work").rows)
