"""A person finds a petition, signs, confirms, and looks after the signature: with scripts and without."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewPage
from tests.browser.site import PETITION
from tests.browser.steps import fill_in, follow_link, open_mail, shown_number, sign_and_confirm

scripts = pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])


@scripts
def test_a_signature_goes_from_the_form_by_mail_to_the_count(new_page: NewPage, address: str, scripts: bool) -> None:
    page = new_page(java_script_enabled=scripts)
    page.goto("/")
    page.fill("[name=q]", "river")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("link", name="Free the river").click()
    before = shown_number(page)

    page.get_by_text("City and a few words").click()
    page.fill("[name=city]", "Busan")
    page.check("[name=list_name][value=initials]")
    page.check("[name=show_name]")
    fill_in(page, "Minji Kim", "minji@example")
    _sees_the_mistake_and_keeps_the_rest(page)

    page.fill("[name=email]", address)
    page.click("aside button")
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your inbox")
    assert _number_now(page) == before, "it counts only once it is confirmed"

    open_mail(page, address)
    follow_link(page)
    expect(page.get_by_text("Not counted yet", exact=True)).to_be_visible()
    assert _filled_in(page) == ["Minji Kim", "KR", "Busan", "initials", True]
    page.fill("[name=name]", "Kim Min-ji")
    page.get_by_role("button", name="count my signature").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you. You are counted.")
    assert shown_number(page) == before + 1

    assert _number_now(page) == before + 1
    expect(page.locator(".signers li").first).to_contain_text("Kim Min-ji")


def _sees_the_mistake_and_keeps_the_rest(page: Page) -> None:
    summary = page.locator(".summary")
    expect(summary.get_by_role("link")).to_have_text(["E-mail: Enter an address like name@example.org"])
    expect(summary).to_be_focused()
    expect(summary).to_be_in_viewport()
    summary.get_by_role("link").click()
    expect(page.locator("[name=email]")).to_be_focused()
    expect(page.locator("[name=email]")).to_have_value("minji@example")
    assert _filled_in(page) == ["Minji Kim", "KR", "Busan", "initials", True]


def _filled_in(page: Page) -> list[str | bool]:
    values = [page.input_value(f"[name={name}]") for name in ("name", "country", "city")]
    return [*values, page.input_value("[name=list_name]:checked"), page.is_checked("[name=show_name]")]


@scripts
def test_the_own_page_corrects_withdraws_and_erases(new_page: NewPage, address: str, scripts: bool) -> None:
    page = new_page(java_script_enabled=scripts)
    sign_and_confirm(page, "Ana Test", address, "ES")
    counted = shown_number(page)
    page.get_by_role("link", name="Open my own page").click()

    page.get_by_role("link", name="Change, withdraw or erase").click()
    page.fill("[name=name]", "Ana Prueba")
    page.select_option("[name=country]", "PT")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_have_text("Your changes are saved.")
    expect(page.locator(".rows")).to_contain_text("Ana Prueba · Portugal")

    page.get_by_role("link", name="Change, withdraw or erase").click()
    page.get_by_role("button", name="Withdraw my signature").click()
    expect(page.get_by_role("status")).to_contain_text("withdrawn")
    assert _number_now(page) == counted - 1

    page.goto("/my")
    page.get_by_role("link", name="Change, withdraw or erase").click()
    page.get_by_role("button", name="Erase my signature").click()
    expect(page.get_by_role("status")).to_contain_text("erased")
    expect(page.locator("main")).to_contain_text("There is no signature of this address.")
    assert _number_now(page) == counted - 1


def _number_now(page: Page) -> int:
    """A browser may show for some seconds what it has (stale-while-revalidate); a reload asks the server."""
    page.goto(PETITION)
    page.reload()
    return shown_number(page)


def test_the_mailed_link_opens_the_own_page_again(page: Page, address: str) -> None:
    sign_and_confirm(page, "Ana Test", address)
    page.goto("/my")
    page.get_by_role("button", name="Close my page").click()
    page.fill("[name=email]", address)
    page.get_by_role("button", name="Send me the link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your inbox")
    open_mail(page, address, "Your signatures")
    follow_link(page)
    page.get_by_role("button", name="Open my own page").click()
    expect(page.locator(".rows")).to_contain_text("Ana Test")


def test_the_journey_needs_no_mouse(page: Page, address: str) -> None:
    page.goto(PETITION)
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    _type_into(page, "name", "Kim Minji")
    _type_into(page, "email", address)
    _type_into(page, "country", "South K")
    expect(page.locator("[name=country]")).to_have_value("KR")
    _tab_to(page, "[name=list_name]")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    _tab_to(page, "[name=show_name]")
    page.keyboard.press("Space")
    _press(page, "aside button")

    page.wait_for_url("**/check-inbox*")
    _press(page, "main .button")
    open_mail(page, address)
    _press(page, "pre a")
    page.wait_for_url("**/confirm/*")
    assert page.input_value("[name=list_name]:checked") == "initials"
    assert page.is_checked("[name=show_name]")
    _press(page, "main form button")
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you. You are counted.")


def _tab_to(page: Page, selector: str) -> None:
    for _step in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"no way to {selector} by keyboard")


def _type_into(page: Page, name: str, words: str) -> None:
    _tab_to(page, f"[name={name}]")
    page.keyboard.type(words)


def _press(page: Page, selector: str) -> None:
    _tab_to(page, selector)
    page.keyboard.press("Enter")


def test_the_number_moves_when_somebody_else_is_counted(new_page: NewPage, address: str) -> None:
    reader, signer = new_page(), new_page(java_script_enabled=False)
    reader.clock.install()
    reader.goto(PETITION)
    before = shown_number(reader)
    sign_and_confirm(signer, "Somebody Else", address)
    reader.clock.fast_forward(15_000)
    expect(reader.locator(".count")).to_have_text(f"{before + 1:,}")
    expect(reader.locator(".jump strong")).to_have_text(f"{before + 1:,}")
    assert reader.locator("progress").evaluate("line => line.value") == before + 1
