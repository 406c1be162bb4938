"""Somebody new, with the pages and a mailbox alone: from no account to an update and the audit log."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from petition.accounts.service import add_user
from petition.core.clock import now
from petition.core.db import writing
from petition.mail.models import PeriodicJob
from petition.organisations.service import add_organisation
from tests.browser.conftest import NewPage
from tests.browser.site import SIGNERS, Site, add_signatures
from tests.browser.steps import open_mail, until
from tests.conftest import PASSWORD
from tests.core.walk import delivered

ME, ADMIN, PARTNER = "newcomer@bridge.example", "admin@site.example", "partner@ferry.example"
SLUG = "keep-the-bridge"
MINE, PUBLIC = f"/organiser/petitions/{SLUG}", f"/petitions/{SLUG}"
WIDTHS = (390, 1280)
REVIEW_SECONDS = 90


@pytest.fixture
def others(site: Site) -> None:
    """An administrator of the site, and another organisation."""
    with site.app.app_context(), writing() as session:
        add_user(session, ADMIN, "Admin", PASSWORD, admin=True)
        add_organisation(session, "ferry-friends", "Ferry Friends", add_user(session, PARTNER, "Pia", PASSWORD))


def look(page: Page) -> None:
    """Nothing reaches over the side, on a phone and on a desk."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        # a locator waits for the page that the last click asked for
        assert page.locator("html").evaluate("html => html.scrollWidth") <= width, page.url


def press(page: Page, name: str) -> None:
    look(page)
    page.locator("main").get_by_role("button", name=name, exact=True).click()


def go(page: Page, *names: str) -> None:
    """Follows one link after the other."""
    for name in names:
        look(page)
        page.locator("main").get_by_role("link", name=name, exact=True).first.click()


def mail_link(page: Page, to: str, subject: str, path: str) -> None:
    """Opens the mail and follows its link."""
    open_mail(page, to, subject)
    look(page)
    page.locator("pre a", has_text=re.compile(path)).first.click()


def sign_in(page: Page, email: str) -> None:
    page.goto("/login")
    page.fill("[name=email]", email)
    page.fill("[name=password]", PASSWORD)
    press(page, "Sign in")
    page.wait_for_url("**/organiser")


def sign(page: Page, number: int, *boxes: str) -> str:
    """Signs on the page at hand, and confirms; returns the address."""
    email = f"supporter{number}@bridge.example"
    page.fill("[name=name]", f"Supporter {number}")
    page.fill("[name=email]", email)
    page.select_option("[name=country]", "KR")
    for name in boxes:
        box = page.locator(f"[name={name}]")
        if not box.is_visible():
            page.locator("details", has=box).locator("summary").click()
        box.check()
    look(page)
    page.click("aside button")
    mail_link(page, email, "Please confirm your signature", "/confirm/")
    look(page)
    page.click("main form button")
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you. You are counted.")
    look(page)
    return email


def register(page: Page) -> None:
    page.goto("/login")
    go(page, "Make an account")
    page.fill("[name=name]", "Nana New")
    page.fill("[name=email]", ME)
    page.fill("[name=password]", PASSWORD)
    press(page, "Make an account")
    mail_link(page, ME, "account", "/register/")
    press(page, "Make this account")


def make_organisation(page: Page) -> None:
    page.goto("/organiser")
    go(page, "My organisations", "Make an organisation")
    page.fill("[name=name]", "Bridge Friends")
    press(page, "Make it")


def write(page: Page) -> None:
    page.goto("/organiser")
    go(page, "New petition")
    page.fill("[name=title]", "Keep the bridge")
    page.fill("[name=slug]", SLUG)
    press(page, "Begin")
    page.fill("[name=en-body]", "We cross it **every day**.")
    page.fill("[name=ko-title]", "다리를 지켜 주세요")
    page.fill("[name=ko-body]", "우리는 **날마다** 건넙니다.")
    page.fill("[name=addressee]", "the Mayor")
    press(page, "Save")


def gather(page: Page, new_page: NewPage, site: Site) -> None:
    """Two supporters come by the link and the pages; three more are there at once."""
    page.goto(f"{MINE}/state")
    press(page, "Gather supporters")
    link = page.input_value("#link")
    with site.app.app_context():
        add_signatures(SLUG, SIGNERS[:3], shown=False)
    for number in range(2):
        supporter = new_page()
        supporter.goto(link)
        sign(supporter, number)


def approve(new_page: NewPage, site: Site) -> None:
    """The worker brings it to review: not within the minute that is its own, but as soon as it looks again."""
    with site.app.app_context(), writing() as session:
        session.get_one(PeriodicJob, "move petitions").due = now()
    admin = new_page()
    sign_in(admin, ADMIN)
    go(admin, "Petitions to review")
    waiting = admin.get_by_role("link", name="Keep the bridge")
    until(lambda: waiting.count() > 0 or (admin.reload() is None), REVIEW_SECONDS)
    waiting.click()
    press(admin, "I take it on")
    press(admin, "Approve")


def invite(page: Page, new_page: NewPage) -> str:
    """Asks the other organisation; it accepts. Returns its link."""
    page.goto(f"{MINE}/partners")
    page.fill("[name=organisation]", "ferry-friends")
    press(page, "Ask")
    partner = new_page()
    sign_in(partner, PARTNER)
    go(partner, "Bridge Friends asks Ferry Friends to be a partner")
    press(partner, "Accept")
    partner.goto(MINE)
    look(partner)
    return re.search(r"https?://\S+/by/\w+", partner.locator("main").inner_text())[0]


def send_update(page: Page) -> None:
    page.goto(MINE)
    go(page, "Updates", "Write an update")
    page.fill("[name=subject-en]", "The mayor listened")
    page.fill("[name=body-en]", "The bridge **stays** for now.")
    press(page, "Save the draft")
    press(page, "Send to one signer")


def leave_with_one_click(page: Page, site: Site, reader: str) -> None:
    """As the mail program does it (RFC 8058): a POST to the address in the mail's header."""
    open_mail(page, reader, "The mayor listened")
    look(page)
    (update,) = [mail for mail in delivered(site.app) if mail["To"] == reader and "mayor" in mail["Subject"]]
    assert update["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = update["List-Unsubscribe"].strip("<>")
    assert page.request.post(link, form={"List-Unsubscribe": "One-Click"}).status == 200
    page.goto(MINE)
    go(page, "Updates", "Write an update")
    expect(page.locator("main")).to_contain_text("0 signers have asked for news.")


def read_audit_log(page: Page) -> None:
    page.goto("/organiser")
    go(page, "My organisations", "Audit log")
    look(page)
    log = page.locator("main")
    for words in ("Nana New made the petition keep-the-bridge", "ferry-friends", "sent an update"):
        expect(log).to_contain_text(words)


@pytest.mark.only_on("sqlite", "pages do not depend on the database")
def test_a_newcomer_needs_the_pages_alone(new_page: NewPage, site: Site, others: None) -> None:
    page = new_page()
    register(page)
    make_organisation(page)
    write(page)
    gather(page, new_page, site)
    approve(new_page, site)
    link = invite(page, new_page)
    signer = new_page()
    signer.goto(link)
    expect(signer.locator("main")).to_contain_text("Bridge Friends with Ferry Friends")
    reader = sign(signer, 6, "updates", "informed_by-1")
    send_update(page)
    leave_with_one_click(page, site, reader)
    read_audit_log(page)
    signer.goto(f"{PUBLIC}?lang=ko")
    expect(signer.get_by_role("heading", level=1)).to_contain_text("다리를 지켜 주세요")
    look(signer)
