"""The editor shows what readers will see while somebody writes, and by a button where there are no scripts."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import NewPage
from tests.browser.site import PETITION
from tests.conftest import PASSWORD

EDITOR = f"/organiser{PETITION}/edit"
BODY = "[name=en-body]"
SHOWN = "[data-preview=en] article"
NOTE_WHAT_IS_SHOWN = """() => {
  const place = document.querySelector("[data-preview=en]");
  window.seen = [];
  new MutationObserver(() => window.seen.push(place.innerText)).observe(place, { childList: true });
}"""


def signed_in(new_page: NewPage, **options: bool) -> Page:
    page = new_page(**options)
    page.goto(f"/login?next={EDITOR}")
    page.fill("[name=email]", "owner@river.example.org")
    page.fill("[name=password]", PASSWORD)
    page.click("main form button")
    page.wait_for_url(f"**{EDITOR}")
    return page


@pytest.fixture
def editor(new_page: NewPage) -> Page:
    return signed_in(new_page)


def test_what_is_typed_is_shown_as_readers_will_see_it_and_the_field_keeps_the_focus(editor: Page) -> None:
    expect(editor.locator(SHOWN)).to_have_count(0)
    editor.locator(BODY).focus()
    top = editor.locator(BODY).bounding_box()
    editor.locator(BODY).fill("Let it **run**.\n\n<script>alert(1)</script>")
    expect(editor.locator(f"{SHOWN} strong")).to_have_text("run")
    expect(editor.locator(f"{SHOWN} script")).to_have_count(0)
    expect(editor.locator(BODY)).to_be_focused()
    assert editor.locator(BODY).bounding_box() == top, "nothing moves under who is typing"
    editor.keyboard.type(" On and on.")
    expect(editor.locator(SHOWN).first).to_contain_text("On and on.")
    editor.goto(EDITOR)
    assert "On and on" not in editor.locator(BODY).input_value(), "a preview saves nothing"


def test_an_answer_that_fails_or_comes_late_replaces_no_newer_preview(editor: Page) -> None:
    held: list[Route] = []

    def answer(route: Route) -> None:
        written = route.request.post_data or ""
        if "Slow" in written:
            held.append(route)
        elif "Broken" in written:
            route.fulfill(status=200, body="<h1>Sign in</h1>", content_type="text/html")
        else:
            route.continue_()

    editor.evaluate(NOTE_WHAT_IS_SHOWN)
    editor.route(f"**{EDITOR}*", answer)
    with editor.expect_request(lambda request: "Slow" in (request.post_data or "")):
        editor.locator(BODY).fill("Slow words.")
    editor.locator(BODY).fill("Quick words.")
    expect(editor.locator(SHOWN).first).to_contain_text("Quick words.")
    with editor.expect_response(lambda found: "Slow" in (found.request.post_data or "")):
        held[0].continue_()
    with editor.expect_response(lambda found: "Broken" in (found.request.post_data or "")):
        editor.locator(BODY).fill("Broken words.")
    editor.locator(BODY).fill("Quick words, again.")
    expect(editor.locator(SHOWN).first).to_contain_text("Quick words, again.")
    shown = editor.evaluate("seen")
    assert [words for words in shown if "Slow" in words or "Broken" in words or not words] == []
    assert len(shown) == 2


def test_without_scripts_the_button_leads_to_the_preview(new_page: NewPage) -> None:
    page = signed_in(new_page, java_script_enabled=False)
    page.locator(BODY).fill("Let it **run**.")
    page.click("button[value=preview]")
    page.wait_for_url("**#preview-en")
    expect(page.locator(f"{SHOWN} strong")).to_have_text("run")
    expect(page.locator("#preview-en")).to_be_in_viewport()
    assert page.locator(BODY).input_value() == "Let it **run**."
