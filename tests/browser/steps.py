"""What a person does on the pages, a step a function."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from playwright.sync_api import Page

from tests.browser.site import PETITION

MAIL_SECONDS = 15


def until(condition: Callable[[], bool], seconds: float = MAIL_SECONDS) -> None:
    """Waits for a condition, at most so long."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def fill_in(page: Page, name: str, address: str, country: str = "KR") -> None:
    """Fills in the three required fields and sends the form."""
    page.fill("[name=name]", name)
    page.fill("[name=email]", address)
    page.select_option("[name=country]", country)
    page.click("#sign button, aside button")


def open_mail(page: Page, address: str, subject: str = "Please confirm your signature") -> None:
    """Opens the local mailbox, waits for the mail to an address, and opens it."""
    mail = page.locator(".rows li", has_text=address).filter(has_text=subject)
    page.goto("/mailbox")
    until(lambda: mail.count() > 0 or (page.reload() is None))
    mail.first.get_by_role("link").click()


def follow_link(page: Page) -> None:
    """Follows the mail's link."""
    page.locator("pre a", has_text=re.compile(r"/(confirm|my)/")).click()


def sign_and_confirm(page: Page, name: str, address: str, country: str = "KR") -> None:
    """The whole way, from the form to the page after the button."""
    page.goto(PETITION)
    fill_in(page, name, address, country)
    open_mail(page, address)
    follow_link(page)
    page.click("main form button")


def shown_number(page: Page) -> int:
    """The large number on the page."""
    return int(re.sub(r"\D", "", page.locator(".count").inner_text()))
