"""The staff guide says what the policy says, answers every question staff have, and is one page that stands alone."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import re
from html.parser import HTMLParser

import pytest
from said import answers

from mfa_audit.methods import CATALOGUE
from mfa_audit.policy import load_policy, preset_names
from mfa_audit.reminders.fields import accepted
from mfa_audit.reminders.guide import guide
from mfa_audit.reminders.words import Words

_SMALL = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
           "December")

POLICIES = {
    "the general preset": 'preset = "general"',
    "the nhs preset": 'preset = "nhs"',
    "a strict one": """
[policy]
effective_from = 2026-01-05
[methods]
recommended = "passkey"
weak_level = "code"
weak_ends_on = 2026-12-01
barred = ["external_method", "mobile_phone"]
[requirements.staff]
minimum = "code"
again_within_hours = 4
grace = false
[requirements.privileged]
minimum = "phishing_resistant"
again_within_hours = 1
[deadlines]
default = 2026-06-30
[service_desk]
name = "Help Point"
route = "the yellow phone in the hall"
hours = "7 to 19"
""",
    "one in phases": """
[methods]
own_telephony_groups = ["6a000000-0000-4000-8000-0000000000aa"]
[requirements.staff]
again_within_hours = 24
no_prompt_in = []
ask_in = ["personal_mobile"]
[grace]
starter_days = 1
never_beyond = 2026-12-31
[deadlines]
[[deadlines.phases]]
id = "a"
label = "Plant & office > 2"
organisations = ["A*"]
start = 2026-01-01
deadline = 2026-02-13
[[deadlines.phases]]
id = "b"
label = "Warehouses"
organisations = ["B*"]
start = 2026-01-01
deadline = 2026-03-31
""",
    "one of few words": """
[requirements.staff]
ask_in = []
[reminders.words]
claim = "It stops most break-ins, says our insurer."
drop_in = "Mondays at ten"
[deadlines]
default = 2026-09-30
[[deadlines.phases]]
id = "a"
label = "Offices"
organisations = ["A*"]
start = 2026-01-01
deadline = 2026-05-29
""",
}


@pytest.fixture(name="policy", params=POLICIES.values(), ids=POLICIES.keys())
def _policy(request, tmp_path):
    file = tmp_path / "policy.toml"
    file.write_text(f"schema_version = 1\n{request.param}\n", encoding="utf-8")
    return load_policy(file)


def _said(policy):
    return {question: " ".join(answer.split()) for question, answer in answers(guide(policy).text).items()}


def _dates(text):
    found = re.findall(r"(\d\d?) (" + "|".join(_MONTHS) + r") (\d{4})", text)
    return [dt.date(int(year), _MONTHS.index(month) + 1, int(day)) for day, month, year in found]


def _hours(text):
    found = re.findall(r"every (?:(\w+) hours|(hour))", text)
    return [1 if one else _SMALL.index(word) + 1 if word in _SMALL else int(word) for word, one in found]


def _phrases(names):
    from importlib import resources  # noqa: PLC0415

    text = (resources.files("mfa_audit.reminders") / "letters" / "en-GB" / "phrases.toml").read_text(encoding="utf-8")
    return {re.search(rf'^{name} = "(.+)"$', text, re.MULTILINE)[1] for name in names}


def _points(text, question):
    answer = re.split(rf"^{re.escape(question)}\n-+\n", text, flags=re.MULTILINE)[1]
    answer = re.split(r"^.+\n[-=]{3,}$", answer, flags=re.MULTILINE)[0]
    return {" ".join(point.split()) for point in re.findall(r"^- (.+(?:\n  .+)*)", answer, re.MULTILINE)}


def test_the_hours_are_the_policys(policy):
    """Those of staff, and those of administrators; none where the policy has none."""
    said = _said(policy)
    staff, privileged = (policy.requirements[tier].again_within_hours for tier in ("staff", "privileged"))

    assert [staff] == _hours(said["How often?"])
    assert [privileged] == _hours(said["What is different for me?"])
    assert {staff, privileged} == set(_hours(" ".join(said.values())))


def test_the_deadlines_are_the_policys(policy):
    """Every date on the page is the policy's, and each stands where it is asked for."""
    said = _said(policy)
    by_when = [phase.deadline for phase in policy.deadlines.phases]
    by_when += [day for day in (policy.deadlines.default,) if day]
    by_when += [policy.grace.never_beyond] if policy.grace.never_beyond and policy.requirements["staff"].grace else []
    page = {*by_when, policy.methods.weak_ends_on, policy.about.effective_from} - {None}

    assert by_when == _dates(said["By when must I set it up?"])
    assert page == set(_dates(guide(policy).text))
    assert all(f"{phase.label}: by" in said["By when must I set it up?"] for phase in policy.deadlines.phases)
    if policy.requirements["staff"].grace:
        days = policy.grace.starter_days
        assert f"you have {_SMALL[days - 1] if days <= 12 else days} day" in said["By when must I set it up?"]
    if not by_when:
        assert "will tell you the day." in said["By when must I set it up?"]


def test_the_methods_are_the_policys(policy):
    """What staff and administrators may use: strong enough, not barred; and what is left when the weak ones end."""
    def names(tier, above=0):
        minimum = policy.requirements[tier].minimum
        return [method.name for method in CATALOGUE if method.name not in policy.methods.barred
                and policy.methods.level_of(method.name) >= minimum
                and policy.methods.level_of(method.name) > above]

    text = guide(policy).text
    ending = next(question for question in answers(text) if question.startswith("I use "))

    assert _phrases(names("staff")) == _points(text, "Which way do you advise?")
    assert _phrases(names("staff", policy.methods.weak_level)) == _points(text, ending)
    assert _phrases(names("privileged")) <= _points(text, "What is different for me?")
    assert not (_phrases(names("staff")) - _phrases(names("privileged"))) & _points(text, "What is different for me?")
    assert set(names("staff")) == set(accepted(policy, "staff"))


def test_the_places_are_the_policys(policy):
    """Where staff are asked, where they are not, by the policy's own labels."""
    said, staff = _said(policy), policy.requirements["staff"]
    asked, spared = ({policy.scenario(name).label for name in names} for names in (staff.ask_in, staff.no_prompt_in))
    text = guide(policy).text
    quiet = next((question for question in said if question.startswith("Should I be asked on")), None)

    assert asked == _points(text, "When will I be asked?")
    assert (quiet is not None) == bool(spared)
    assert quiet is None or spared == _points(text, quiet)


def test_help_is_reached_as_the_policy_says(policy):
    """The service desk's name, the way there, and its hours where it has any."""
    lost = _said(policy)["I lost my phone, or have a new one"]
    desk = policy.service_desk

    assert f"Tell the {desk.name}. How to reach them: {desk.route}." in lost
    assert (f"They are open: {desk.hours}." in lost) == bool(desk.hours)
    assert "IT service desk" not in guide(policy).text or desk.name == "IT service desk"


def test_the_policys_own_words_are_used(policy):
    """Its claim and its help sessions."""
    said, own = _said(policy), policy.reminders.words

    assert own.claim is None or own.claim in said["Why do we use it?"]
    assert ("Come to a help session" in said["How do I set it up?"]) == bool(own.drop_in)


def test_the_page_and_the_text_say_the_same(policy):
    """The same headings, paragraphs and points in the same order."""
    made = guide(policy)
    page = _Page(made.html)
    plain = re.sub(r"^[-=]{3,}$", "", made.text, flags=re.MULTILINE)
    text = "".join(re.sub(r"^(?:\d+\.|-) ", "", plain, flags=re.MULTILINE).split()).casefold()

    assert text == "".join([page.said["h1"][0], *page.flow]).replace(" ", "").casefold()


@pytest.mark.parametrize("preset", preset_names())
@pytest.mark.parametrize("topic", [
    r"MFA is short for multi-factor authentication",            # what it is
    r"We advise the Microsoft Authenticator app",               # the recommended method
    r"a stolen password is not enough",                         # why
    r"asked only when more proof is needed",                    # when you are asked
    r"again every eight hours",                                 # how often
    r"If you are asked there, do not approve it",               # a managed device should not ask
    r"A notification on your phone does.+six-digit code does not",    # internet or not
    r"The app holds no personal details",                       # the app and personal data
    r"a rule for all staff",                                    # mandatory
    r"I have a new phone number.+Security info, then Update info",
    r"I lost my phone",
    r"What good does it do me",                                 # benefits
    r"can read (?:about patients|its mail)",                    # the risk
    r"keep the use of your",                                    # what is needed to keep the account
    r"What is a passkey.+iPhone.+Android.+Windows.+Security key",
    r"If you cannot use a mobile.+There are other ways",
    r"Is this message real",
])
def test_every_question_of_staff_is_answered(preset, topic):
    """What the policy's questions and answers have to cover, in either preset's words."""
    assert re.search(topic, " ".join(guide(load_policy(None, preset)).text.split()))


def test_steps_and_sentences_are_those_of_the_letters():
    """A block is written once; letters and guide cannot drift apart."""
    from said import everything  # noqa: PLC0415

    policy = load_policy(None, "nhs")
    letter = Words.of(policy).letter("how_to", everything(policy)).body
    steps = re.search(r"^1\. .+?\n\n", letter, re.MULTILINE | re.DOTALL)[0]

    assert steps in guide(policy).text


def test_the_same_policy_gives_the_same_bytes(policy):
    """No clock, no random name; and the page says which policy it was written from."""
    first, second = guide(policy), guide(policy)

    assert first == second
    assert f"{policy.about.id} {policy.about.version} ({policy.sha256[:12]})" in first.html


def test_what_the_policy_says_is_text_and_never_markup(tmp_path):
    """Titles, names and routes are escaped; links in them are refused before."""
    file = tmp_path / "policy.toml"
    file.write_text('schema_version = 1\n[policy]\ntitle = \'R&D "x" {{ 7*7 }}\'\n'
                    '[service_desk]\nname = "A & B > {due} [[REAL]]"\n', encoding="utf-8")
    made = guide(load_policy(file))

    assert "R&amp;D &#34;x&#34; {{ 7*7 }}" in made.html
    assert "A &amp; B &gt; {due} [[REAL]]" in made.html
    assert "A & B > {due} [[REAL]]" in " ".join(made.text.split())


class _Page(HTMLParser):
    """What a browser would make of the page, as far as the rules below ask."""

    FLOW = ("h2", "h3", "p", "li")
    VOID = ("meta", "link", "img", "br", "hr", "input")

    def __init__(self, html):
        super().__init__()
        self.tags, self.said, self.flow, self.open, self.headings = [], {}, [], [], []
        self.feed(html)
        assert [] == self.open, "every element is closed"

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))

    def handle_endtag(self, tag):
        assert tag == self.open.pop(), "elements are closed in turn"

    def handle_data(self, data):
        if not data.strip() or not self.open:
            return
        self.said.setdefault(self.open[-1], []).append(data)
        inside = "main" in self.open or "footer" in self.open
        if inside and self.open[-1] in self.FLOW:
            self.flow.append(data)

    def values(self, name):
        return [attrs[name] for _, attrs in self.tags if name in attrs]


def test_the_page_stands_alone(policy):
    """No script, nothing fetched, no link to elsewhere, and a policy of its own that forbids all of it."""
    html = guide(policy).html
    page = _Page(html)
    style = re.search("<style>(.*?)</style>", html, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    allowed = next(attrs["content"] for _, attrs in page.tags if attrs.get("http-equiv") == "Content-Security-Policy")

    assert f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'" == allowed
    assert {"script", "link", "img", "iframe", "object", "form", "svg", "base"}.isdisjoint(tag for tag, _ in page.tags)
    assert all(value.startswith("#") for value in page.values("href"))
    assert not re.search(r"url\(|@import|expression", style)
    assert not [name for _, attrs in page.tags for name in attrs if name == "src" or name.startswith("on")]
    assert [] == page.values("style")


def test_the_page_is_built_for_readers_of_every_kind(policy):
    """Language, title, one h1, headings in steps of one, landmarks, a way past the contents, names that exist."""
    page = _Page(guide(policy).html)
    tags = [tag for tag, _ in page.tags]
    ids = page.values("id")

    assert "en-GB" == page.tags[0][1]["lang"]
    assert page.said["title"] == page.said["h1"]
    assert 1 == page.headings.count(1) == page.headings[0]
    assert all(after - before <= 1 for before, after in zip(page.headings, page.headings[1:], strict=False))
    assert [1, 1, 1, 1] == [tags.count(tag) for tag in ("header", "nav", "main", "footer")]
    assert ("a", {"class": "skip", "href": "#questions"}) == next(one for one in page.tags if one[0] == "a")
    assert len(ids) == len(set(ids))
    assert {value[1:] for value in page.values("href")} | set(page.values("aria-labelledby")) <= set(ids)
    assert {"name": "viewport", "content": "width=device-width, initial-scale=1"} in [attrs for _, attrs in page.tags]
    assert "@media print" in "".join(page.said["style"])
