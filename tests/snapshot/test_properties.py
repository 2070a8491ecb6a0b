"""What must not matter: the order of rows and files, and the case of ids and UPNs."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

PEOPLE = st.integers(0, 5)
TRUTHS = st.sampled_from(["True", "False", "", "perhaps"])
TIMES = st.sampled_from(["2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z", "", "3/2/2026 1:00:00 AM", "13/02/2026"])
TEXTS = st.sampled_from(["", "A", "b", "Å", " A"])
METHODS = st.sampled_from(["", "[]", "email", "mobilePhone; email", "zNew", '["mobilePhone"]'])


def cased(number, upper):
    """An id and a UPN, in either case."""
    names = (f"6b000000-0000-4000-8000-abc{number:09d}", f"person{number}@x.example")
    return tuple(name.upper() for name in names) if upper else names


@st.composite
def accounts(draw):
    """A row about an account, with both names, or the UPN alone."""
    account_id, upn = cased(draw(PEOPLE), upper=False)
    return {
        "account_id": draw(st.sampled_from([account_id, ""])), "user_principal_name": upn, "job_title": draw(TEXTS),
        "account_enabled": draw(TRUTHS), "user_type": draw(st.sampled_from(["Member", "guest", ""])),
        "created_at": draw(TIMES), "last_sign_in": draw(TIMES), "company_name": draw(TEXTS),
        "manager": cased(draw(PEOPLE), upper=draw(st.booleans()))[draw(st.integers(0, 1))],
    }


@st.composite
def registrations(draw):
    """A registration row by id, UPN or both."""
    person = draw(PEOPLE)
    which = draw(st.sampled_from([(True, True), (True, False), (False, True)]))
    names = cased(person, upper=False)
    return {
        "account_id": names[0] if which[0] else "", "user_principal_name": names[1] if which[1] else "",
        "methods": draw(METHODS), "is_mfa_capable": draw(TRUTHS), "is_admin": draw(TRUTHS), "updated_at": draw(TIMES),
    }


FILES = st.lists(st.tuples(st.just("accounts"), st.lists(accounts(), min_size=1, max_size=5)), min_size=1, max_size=2)
REPORTS = st.lists(
    st.tuples(st.just("registrations"), st.lists(registrations(), min_size=1, max_size=6)), min_size=1, max_size=2)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(FILES, REPORTS, st.randoms(use_true_random=False))
def test_order_and_case_leave_no_trace(new_stage, files, reports, random):
    """Shuffled rows, shuffled files, ids and UPNs of registrations in capitals: the same bytes."""
    given_files = [(table, rows, f"{table}{n}.csv") for n, (table, rows) in enumerate([*files, *reports])]
    shuffled = []
    for table, rows, name in given_files:
        # The UPN of an account is shown as it is written, so only its id may change case.
        names = ("account_id", "user_principal_name") if table == "registrations" else ("account_id",)
        changed = [{**row, **({key: row[key].upper() for key in names if random.random() < 0.5})} for row in rows]
        random.shuffle(changed)
        shuffled.append((table, changed, name))
    random.shuffle(shuffled)
    # Whoever has no UPN in a list shows the one of a registration, so everybody is listed once with both names.
    everybody = [dict(zip(("account_id", "user_principal_name"), cased(n, upper=False), strict=True)) for n in range(6)]

    def taken(parts):
        stage = new_stage()
        listed = stage.csv("accounts", *everybody, name="all.csv")
        return stage.snapshot(listed, *(stage.csv(table, *rows, name=name) for table, rows, name in parts))

    first, second = taken(given_files).manifest, taken(shuffled).manifest

    for table in ("accounts", "registrations"):
        assert first.tables[table].sha256 == second.tables[table].sha256
    assert first.counts == second.counts
    assert [(each.check, each.count) for each in first.complaints] == [
        (each.check, each.count) for each in second.complaints]
