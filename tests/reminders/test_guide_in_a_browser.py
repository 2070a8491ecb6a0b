"""The staff guide in Chromium: axe finds no barrier, it fits a phone, and it loads nothing."""

from __future__ import annotations

import shutil

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

from mfa_audit.policy import load_policy, preset_names
from mfa_audit.reminders.guide import guide

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
SIZES = pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
SCHEMES = pytest.mark.parametrize("scheme", ["light", "dark"])

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")


@pytest.fixture(name="browser", scope="module")
def _browser():
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(name="opened")
def _opened(browser, tmp_path):
    """Open a page; ``scripts`` lets the checker in, which the page's own policy would not."""
    contexts = []

    def open_(html, *, scripts=False, **settings):
        file = tmp_path / "guide.html"
        file.write_text(html, encoding="utf-8")
        contexts.append(browser.new_context(bypass_csp=scripts, **settings))
        page = contexts[-1].new_page()
        page.goto(file.as_uri())
        return page

    yield open_
    for context in contexts:
        context.close()


@SIZES
@SCHEMES
@pytest.mark.parametrize("preset", preset_names())
def test_axe_finds_no_barrier(opened, preset, size, scheme):
    """No violation of any of its rules, contrast among them, and none it could not decide."""
    page = opened(guide(load_policy(None, preset)).html, scripts=True, viewport=size, color_scheme=scheme)
    found = Axe().run(page)

    assert [] == [(rule["id"], rule["help"]) for rule in found.response["violations"]]
    assert [] == [rule["id"] for rule in found.response["incomplete"]]
    assert {"color-contrast", "document-title", "html-has-lang", "bypass", "heading-order", "list", "region"} <= {
        rule["id"] for rule in found.response["passes"]}


def test_the_checker_sees_a_barrier(opened):
    """The same page without its language, with pale text, is found wanting."""
    html = guide(load_policy(None, "general")).html.replace(' lang="en-GB"', "").replace("#1c2330", "#aaaaaa")
    found = Axe().run(opened(html, scripts=True, color_scheme="light"))

    assert {"html-has-lang", "color-contrast"} <= {rule["id"] for rule in found.response["violations"]}


@SIZES
def test_nothing_has_to_be_scrolled_sideways(opened, size):
    """With a service desk whose name is a word longer than the screen is wide."""
    html = guide(load_policy(None, "nhs")).html
    page = opened(html.replace("IT Service Desk", "Informationstechnologiebetriebsunterstützung" * 2), viewport=size)

    assert size["width"] == page.evaluate("document.documentElement.scrollWidth")
    assert 16 <= page.evaluate("Math.min(...[...document.querySelectorAll('p, li, a')].map("
                               "e => parseFloat(getComputedStyle(e).fontSize)))")


def test_the_page_fetches_nothing_and_keeps_its_style(opened):
    """Its own policy lets its style in, and nothing complains."""
    said, asked = [], []
    page = opened(guide(load_policy(None, "general")).html, viewport=PHONE)
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: asked.append(request.url))
    page.reload()

    assert [page.url] == asked
    assert [] == said
    assert "rgb(255, 255, 255)" == page.evaluate("getComputedStyle(document.body).backgroundColor")


def test_the_skip_link_leads_past_the_contents(opened):
    """It is the first stop of the keyboard, comes into view, and moves on to the questions."""
    page = opened(guide(load_policy(None, "general")).html, viewport=DESKTOP)
    page.keyboard.press("Tab")
    place = page.evaluate("document.activeElement.getBoundingClientRect().left")
    page.keyboard.press("Enter")

    assert 0 <= place
    assert "questions" == page.evaluate("document.activeElement.id")


def test_on_paper_there_are_answers_and_no_list_of_links(opened):
    """The contents stay on the screen; black on white."""
    page = opened(guide(load_policy(None, "general")).html, viewport=DESKTOP, color_scheme="dark")
    page.emulate_media(media="print")

    assert "none" == page.evaluate("getComputedStyle(document.querySelector('nav')).display")
    assert "rgb(0, 0, 0)" == page.evaluate("getComputedStyle(document.querySelector('main p')).color")
    assert "rgb(255, 255, 255)" == page.evaluate("getComputedStyle(document.body).backgroundColor")
