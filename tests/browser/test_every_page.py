"""Every page, looked at as people with other eyes, hands and screens meet it.

Each place is looked at on one kind of database, every other one on SQLite and the rest on PostgreSQL: tests/core
serves and reads every address on both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, ViewportSize

from tests.browser.conftest import NewPage
from tests.browser.gates import GATES, SIGNER
from tests.browser.site import PETITION, Site
from tests.browser.steps import fill_in, follow_link, open_mail, sign_and_confirm
from tests.conftest import PASSWORD
from tests.deliveries.proof.packages import package

CHECKS = Path(__file__).with_name("page_checks.js").read_text("utf-8")
EACH = "([checks, names]) => Object.fromEntries(names.map(name => [name, checks[name]()]))"
DESK: ViewportSize = {"width": 1280, "height": 900}
PUBLIC = {
    "list": "/",
    "search without result": "/petitions?q=nothing-of-the-kind",
    "petition": PETITION,
    "petition in Arabic": "/petitions/arabic",
    "petition with a long title": "/petitions/long-title",
    "petition with long words": "/petitions/long-words",
    "petition closed without signatures": "/petitions/closed",
    "petition paused": "/petitions/paused",
    "petition with deliveries": GATES,
    "deliveries": f"{GATES}/deliveries",
    "tally": f"{PETITION}/tally",
    "empty tally": "/petitions/closed/tally",
    "organisation": "/o/river-friends",
    "privacy": "/privacy",
    "accessibility": "/accessibility",
    "data": "/data",
    "verify": "/verify",
    "code": "/confirm",
    "ask for link": "/my",
    "link asked": "/my/check-inbox",
    "check inbox": f"{PETITION}/check-inbox?hint=gmail.com",
    "sign in": "/login",
    "mailbox": "/mailbox",
    "not found": "/nothing-here",
}


@pytest.fixture(scope="session")
def signer(browser: Browser, site: Site) -> Iterator[dict[str, Any]]:
    """The cookies of a signer whose own page is open."""
    context = browser.new_context(base_url=site.base, locale="en")
    sign_and_confirm(context.new_page(), "Ana Test", "every-page@example.org")
    yield {"storage_state": context.storage_state()}
    context.close()


@pytest.fixture(scope="session")
def organiser(browser: Browser, site: Site) -> Iterator[dict[str, Any]]:
    """The cookies of a signed-in organiser."""
    context = browser.new_context(base_url=site.base, locale="en")
    page = context.new_page()
    page.goto("/login")
    page.fill("[name=email]", "owner@river.example.org")
    page.fill("[name=password]", PASSWORD)
    page.click("main form button")
    page.wait_for_url("**/organiser")
    yield {"storage_state": context.storage_state()}
    context.close()


def _through(path: str, *links: str) -> Callable[[Page], None]:
    """From a page by links, whose addresses have ids in them."""

    def go(page: Page) -> None:
        page.goto(path)
        for link in links:
            page.goto(page.locator(link).first.get_attribute("href") or "nowhere")

    return go


def _send_empty(path: str, *links: str) -> Callable[[Page], None]:
    def go(page: Page) -> None:
        _through(path, *links)(page)
        page.click("main form button:not(.quiet-button)")
        page.wait_for_selector(".summary")

    return go


def _mail(page: Page) -> None:
    page.goto(PETITION)
    fill_in(page, "Ana Test", "every-mail@example.org")
    open_mail(page, "every-mail@example.org")


def _confirm(page: Page) -> None:
    follow_link(page)
    page.wait_for_url("**/confirm/*")


def _outcome(page: Page) -> None:
    page.click("main form button")
    page.wait_for_selector(".count")


def _receipts(page: Page) -> None:
    page.goto("/my")
    page.fill("[name=email]", SIGNER)
    page.click("main form button")
    page.wait_for_url("**/my/check-inbox")
    open_mail(page, SIGNER, "Your signatures")
    follow_link(page)
    page.wait_for_url("**/my/*")
    page.click("main form button")
    page.click("a[href$='#receipts']")
    page.wait_for_selector("#receipts")


def _look(page: Page) -> None:
    page.goto(f"/organiser{GATES}/packages/new")
    page.check("[value=cn-gb-london-embassy]")
    page.click("main form button")
    page.wait_for_selector("[value=build]")


def _verified(page: Page) -> None:
    page.goto("/verify")
    page.wait_for_selector("[data-here]:not([hidden])")
    page.set_input_files("#file", {"name": "receipt", "mimeType": "application/json", "buffer": package().receipt(5)})
    page.click("main button")
    page.wait_for_selector("[data-slot=line]")


TO_LONDON = ".gates a:has-text('London')"
AT_LONDON = f"/organiser{GATES}/deliveries", TO_LONDON
PACKAGES = f"/organiser{GATES}/packages"
# Who goes there, if anybody who is known, and the way; where it has more than one step, each ends at a place.
PLACES: dict[str, tuple[Any, ...]] = {
    **{name: (None, lambda page, path=path: page.goto(path)) for name, path in PUBLIC.items()},
    "petition with mistakes": (None, _send_empty(PETITION)),
    "code with mistakes": (None, _send_empty("/confirm")),
    "ask for link with mistakes": (None, _send_empty("/my")),
    "sign in refused": (None, _send_empty("/login")),
    "mail, confirm, outcome": (None, _mail, _confirm, _outcome),
    "own page": ("signer", lambda page: page.goto("/my")),
    "own signature": ("signer", _through("/my", ".rows a")),
    "receipts": (None, _receipts),
    "delivery": (None, _through(f"{GATES}/deliveries", TO_LONDON)),
    "package": (None, _through(f"{GATES}/deliveries", TO_LONDON, "a[href*='/packages/']")),
    "desk": ("organiser", lambda page: page.goto("/organiser")),
    "desk of a petition": ("organiser", lambda page: page.goto("/organiser" + PETITION)),
    "lists and exports": ("organiser", lambda page: page.goto(f"/organiser{PETITION}/exports")),
    "packages": ("organiser", lambda page: page.goto(PACKAGES)),
    "make packages": ("organiser", lambda page: page.goto(f"/organiser{PETITION}/packages/new")),
    "what packages would hold": ("organiser", _look),
    "package that is ready": ("organiser", _through(PACKAGES, ".rows a:has-text('United Kingdom')")),
    "package being built": ("organiser", _through(PACKAGES, ".rows a:has-text('Germany')")),
    "package that failed": ("organiser", _through(PACKAGES, ".rows a:has-text('Korea')")),
    "deliveries on the desk": ("organiser", lambda page: page.goto(AT_LONDON[0])),
    "plan deliveries": ("organiser", lambda page: page.goto(f"{AT_LONDON[0]}/new")),
    "delivery on the desk": ("organiser", _through(*AT_LONDON)),
    "plan a delivery anew": ("organiser", _through(*AT_LONDON, "a[href$='/plan']")),
    "record with mistakes": ("organiser", _send_empty(*AT_LONDON, "a[href$='/record/delivered']")),
    "correct an entry": ("organiser", _through(*AT_LONDON, "a:text-is('Correct')")),
    "photograph with mistakes": ("organiser", _send_empty(*AT_LONDON, "a[href$='/photos']")),
    "verify: an answer": (None, _verified),
    "missions": ("organiser", lambda page: page.goto("/organiser/missions")),
    "mission": ("organiser", lambda page: page.goto("/organiser/missions/cn-gb-london-embassy")),
    "new mission with mistakes": ("organiser", _send_empty("/organiser/missions/new")),
    "missions from a file": ("organiser", lambda page: page.goto("/organiser/missions/import")),
    "add signatures": ("organiser", lambda page: page.goto(f"/organiser{PETITION}/signatures/add")),
}


on_sqlite = pytest.mark.only_on("sqlite", "the rest is looked at on PostgreSQL")
on_postgresql = pytest.mark.only_on("postgresql", "the rest is looked at on SQLite")


@on_sqlite
@pytest.mark.parametrize("place", list(PLACES)[::2])
def test_every_page_is_made_for_everybody(place: str, new_page: NewPage, request: pytest.FixtureRequest) -> None:
    _is_made_for_everybody(place, new_page, request)


@on_postgresql
@pytest.mark.parametrize("place", list(PLACES)[1::2])
def test_every_other_page_is_made_for_everybody(
    place: str, new_page: NewPage, request: pytest.FixtureRequest
) -> None:
    _is_made_for_everybody(place, new_page, request)


def _is_made_for_everybody(place: str, new_page: NewPage, request: pytest.FixtureRequest) -> None:
    who, *steps = PLACES[place]
    page = new_page(**(request.getfixturevalue(who) if who else {}))
    for step in steps:
        step(page)
        _check(page)
        page.emulate_media(color_scheme="light")
        page.set_viewport_size(DESK)


def _check(page: Page) -> None:
    """Everything in light colours on a desk and in dark ones on a narrow phone, and dark contrast on a desk too."""
    checks = page.evaluate_handle(CHECKS)

    def fails(*names: str) -> dict[str, list[str]]:
        found = page.evaluate(EACH, [checks, names])
        return {name: faults for name, faults in found.items() if faults}

    assert fails("structure", "fields", "contrast") == {}, page.url
    page.keyboard.press("Tab")
    assert fails("focus") == {}, page.url
    page.emulate_media(color_scheme="dark")
    assert page.evaluate("checks => checks.paper()", checks) < 0.05, page.url
    assert fails("contrast") == {}, page.url
    for width in (640, 390):  # 640 is 1280 at 200 %
        page.set_viewport_size({"width": width, "height": 800})
        assert fails("overflow") == {}, f"{page.url} at {width} px"
    page.set_viewport_size({"width": 320, "height": 800})
    assert fails("overflow", "targets", "focus") == {}, f"{page.url} at 320 px"


in_other_languages = pytest.mark.parametrize("place", ["list", "petition", "tally", "privacy", "delivery", "package"])


@on_sqlite
@in_other_languages
def test_pages_fit_in_arabic_too(place: str, new_page: NewPage) -> None:
    _fits(place, new_page, "ar")


@on_postgresql
@in_other_languages
def test_pages_fit_in_korean_too(place: str, new_page: NewPage) -> None:
    _fits(place, new_page, "ko")


def _fits(place: str, new_page: NewPage, language: str) -> None:
    page = new_page(locale=language, viewport={"width": 320, "height": 800})
    PLACES[place][1](page)
    assert page.locator("html").get_attribute("lang") == language
    checks = page.evaluate_handle(CHECKS)
    for name in ("structure", "fields", "contrast", "overflow", "targets"):
        assert page.evaluate(f"checks => checks.{name}()", checks) == []


def test_a_reader_gets_no_cookie_and_nothing_is_stored(page: Page) -> None:
    for name in ("list", "petition", "tally", "organisation", "privacy", "check inbox"):
        page.goto(PUBLIC[name])
    assert page.context.cookies() == []
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
