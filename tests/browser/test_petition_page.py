"""The petition page: what it weighs, how it stands on a phone and from right to left, its countries."""

from __future__ import annotations

import gzip

import pytest
from playwright.sync_api import Locator, Page, Response, expect

from petition.core import countries, i18n
from tests.browser.conftest import NewPage
from tests.browser.site import PETITION

NGINX_LEVEL = 1
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}


def _weight(page: Page, path: str) -> int:
    """Bytes over the wire of a page and everything it needs, as nginx sends them."""
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    page.goto(path, wait_until="networkidle")
    assert len(answers) >= 2
    return sum(len(gzip.compress(answer.body(), NGINX_LEVEL)) for answer in answers)


def test_a_tally_weighs_at_most_80_kilobytes(page: Page) -> None:
    assert _weight(page, f"{PETITION}/tally") <= 80_000


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_a_petition_weighs_at_most_25_kilobytes_and_its_countries_stand_in_the_order_of_the_language(
    new_page: NewPage, language: str
) -> None:
    page = new_page(locale=language)
    assert _weight(page, PETITION) <= 25_000
    field = page.locator("[name=country]")
    expect(field).to_have_value("")
    expect(field).to_have_attribute("autocomplete", "country")
    offered = field.locator("option").evaluate_all("all => all.slice(1).map(one => [one.value, one.text])")
    assert {code for code, _name in offered} == countries.CODES
    names = [name for _code, name in offered]
    in_order = "([names, language]) => [...names].sort(new Intl.Collator(language).compare)"
    assert names == page.evaluate(in_order, [names, language])


def test_three_fields_are_required_and_nothing_is_chosen_for_the_signer(page: Page) -> None:
    page.goto(PETITION)
    required = page.locator("form [required]").evaluate_all("all => all.map(one => one.name)")
    assert sorted(required) == ["country", "email", "name"]
    assert page.locator("form :checked:not(option)").count() == 0


def test_on_a_phone_the_text_comes_first_and_a_bar_leads_to_the_form(new_page: NewPage) -> None:
    page = new_page(**PHONE)
    page.goto(PETITION)
    text, form, bar = page.locator("article"), page.locator("aside"), page.locator(".jump")
    assert _top(text) < 844 < _top(form)
    expect(bar).to_be_in_viewport(ratio=1)
    box = bar.bounding_box()
    assert box is not None
    assert round(box["y"] + box["height"]) == 844
    bar.get_by_role("link").tap()
    expect(page.locator("[name=name]")).to_be_in_viewport()
    expect(bar).not_to_be_in_viewport()


@pytest.mark.parametrize(("slug", "state"), [("closed", "Closed"), ("paused", "Paused")])
def test_a_petition_that_takes_no_signatures_says_so_before_its_text(page: Page, slug: str, state: str) -> None:
    page.goto(f"/petitions/{slug}")
    expect(page.locator(".kicker .tag")).to_have_text(state)
    expect(page.locator("main form, .jump")).to_have_count(0)
    expect(page.locator("aside")).to_contain_text("This petition takes no signatures now.")


def test_beside_a_wide_text_the_form_needs_no_bar(page: Page) -> None:
    page.goto(PETITION)
    expect(page.locator(".jump")).to_be_hidden()
    expect(page.locator("[name=name]")).to_be_in_viewport()


def _top(found: Locator) -> float:
    box = found.bounding_box()
    assert box is not None
    return box["y"]


def test_a_page_written_from_right_to_left_is_laid_out_from_right_to_left(new_page: NewPage) -> None:
    english, arabic = new_page(), new_page(locale="ar")
    for page, mirrored in ((english, False), (arabic, True)):
        page.goto(PETITION)
        assert page.locator("html").get_attribute("dir") == ("rtl" if mirrored else "ltr")
        for first, second in (("article", "aside"), (".brand", "nav"), (".bars th", ".bars td:last-child")):
            assert (_left(page, first) > _left(page, second)) is mirrored, f"{first} and {second}"
        assert (_gap(page, "left") > _gap(page, "right")) is mirrored, "bars grow from where the line begins"
    assert arabic.locator("article .text").evaluate("text => getComputedStyle(text).direction") == "ltr"


def _left(page: Page, selector: str) -> float:
    box = page.locator(selector).first.bounding_box()
    assert box is not None
    return box["x"]


def _gap(page: Page, side: str) -> float:
    """The room between a short bar and one side of its cell."""
    bar, cell = (page.locator(f".bars tr:nth-child(3) {part}").first.bounding_box() for part in ("rect", "td"))
    assert bar is not None
    assert cell is not None
    left = bar["x"] - cell["x"]
    return left if side == "left" else cell["width"] - bar["width"] - left


def test_a_long_comment_can_be_opened_without_scripts(new_page: NewPage) -> None:
    page = new_page(java_script_enabled=False)
    page.goto(PETITION)
    comment = page.locator(".signers blockquote:has(details)").last
    before = comment.bounding_box()
    comment.locator("summary").click()
    after = comment.bounding_box()
    assert before is not None
    assert after is not None
    assert after["height"] > before["height"] * 1.5
