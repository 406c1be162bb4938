"""One signer's and one organiser's way through every page and mail, in one language."""

from __future__ import annotations

import mailbox
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any

import time_machine
from flask import Flask, template_rendered
from flask.testing import FlaskClient

from petition.core import committer
from petition.core.clock import now
from petition.core.tokens import form_token
from petition.worker import Worker
from tests.conftest import CODE, LINK, PASSWORD, add_petition

# Georgian: neither Latin nor the script of a language of ours, so that what is left in English stands out.
SLUG = "river"
TEXT = {"title": "გაათავისუფლეთ მდინარე", "addressee": "წყლის მინისტრი", "body": "დაე *იდინოს*.", "locale": "ka"}
NAMES = ("ანა", "დავითი", "ნინო")
ADDRESS = "ana@example.org"


@dataclass
class Walk:
    """What was seen on the way: pages by name, and mails."""

    app: Flask
    language: str
    pages: dict[str, str] = field(default_factory=dict)
    mails: list[EmailMessage] = field(default_factory=list)
    sent_to: list[str] = field(default_factory=list)
    templates: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.client: FlaskClient = self.app.test_client()

    def get(self, page: str, path: str, status: int = 200, **query: str) -> str:
        """Opens a page in the language; keeps its text under a name."""
        return self._seen(page, self.client.get(path, query_string={"lang": self.language} | query), status)

    def post(self, page: str, path: str, status: int = 200, **fields: Any) -> str:
        """Sends a form, and follows where it leads."""
        answer = self.client.post(path, query_string={"lang": self.language}, data=fields)
        if answer.status_code == 303:
            self.sent_to.append(answer.headers["Location"])
            answer = self.client.get(answer.headers["Location"])
        return self._seen(page, answer, status)

    def _seen(self, page: str, answer: Any, status: int) -> str:
        assert answer.status_code == status, (page, answer.status_code)
        assert page not in self.pages
        self.pages[page] = answer.text
        return str(answer.text)

    def mailed(self) -> tuple[str, str]:
        """Sends what is owed; returns the link to ADDRESS, as a path, and the code."""
        Worker(self.app, once=True).run()
        known = {mail["Message-ID"] for mail in self.mails}
        new = [mail for mail in delivered(self.app) if mail["Message-ID"] not in known]
        self.mails += new
        text = next(mail for mail in new if mail["To"] == ADDRESS).get_body(("plain",)).get_content()
        code = CODE.search(text)
        return LINK.search(text)[1].removeprefix(self.app.config["BASE_URL"]), code[1] if code else ""

    def sign(self, page: str, name: str, **fields: Any) -> None:
        """Fills in the form of the petition."""
        with self.app.app_context():
            token = form_token(now(), 1)
        form = {"name": name, "country": "KR", "email": ADDRESS, "form_token": token} | fields
        self.post(page, f"/petitions/{SLUG}/sign", **form)


def delivered(app: Flask) -> list[EmailMessage]:
    """The mails in the instance's own mailbox, in no order."""
    box = mailbox.Maildir(app.config["INSTANCE"] / "mail", factory=None)
    parser = BytesParser(policy=policy.default)
    return [parser.parsebytes(box.get_bytes(key)) for key in list(box.keys())]


@contextmanager
def _noting_templates(walk: Walk) -> Iterator[None]:
    def note(sender: Flask, template: Any, **_more: Any) -> None:
        walk.templates.add(template.name)

    with template_rendered.connected_to(note, walk.app):
        yield


@contextmanager
def nothing_taken() -> Iterator[None]:
    """Makes every queue of writers count as full."""
    usual, committer.MOST_WAITING = committer.MOST_WAITING, 0
    yield
    committer.MOST_WAITING = usual


def through_all_pages(app: Flask, language: str) -> Walk:
    """Walks the whole way on 12 February 2026."""
    walk = Walk(app, language)
    with time_machine.travel("2026-02-12T09:00:00+00:00") as clock, _noting_templates(walk):
        add_petition(app, slug=SLUG, goal=1000, **TEXT)
        _signing(walk)
        _own_page(walk)
        _reading(walk)
        _organising(walk)
        clock.shift(timedelta(days=15))
        _too_late(walk)
    return walk


def _signing(walk: Walk) -> None:
    walk.get("petition, nobody yet", f"/petitions/{SLUG}")
    walk.post("sign: nothing filled in", f"/petitions/{SLUG}/sign", 422)
    wrong = {"name": "http://example.org", "email": "no", "country": "XX", "list_name": "other", "city": "c" * 99}
    walk.post("sign: all wrong", f"/petitions/{SLUG}/sign", 422, **wrong, comment="\u202e")
    with nothing_taken():
        whole = {"name": NAMES[0], "country": "KR", "email": ADDRESS}
        with walk.app.app_context():
            token = form_token(now(), 1)
        walk.post("sign: busy", f"/petitions/{SLUG}/sign", 503, form_token=token, **whole)
    walk.sign("sign again: mistyped", NAMES[0], email="ana@gmial.com")
    walk.sign("sign again: disposable", NAMES[0], email="ana@mailinator.com")
    walk.sign("check inbox", NAMES[0], city="თბილისი", comment="დიახ", show_name="yes", list_name="full")
    link, code = walk.mailed()
    walk.get("code", "/confirm")
    walk.post("code: missing", "/confirm", 422, email="no")
    walk.post("code: wrong", "/confirm", 404, email=ADDRESS, code="00000-00000")
    walk.post("code: right", "/confirm", email=ADDRESS, code=code)
    walk.get("confirm", link)
    walk.post("confirm: no name", link, 422, name="", country="KR")
    walk.post("counted", link)
    for page, name in (("already", NAMES[0]), ("second", NAMES[1]), ("full", NAMES[2])):
        walk.sign(f"check inbox: {page}", name, country="DE")
        walk.post(page, walk.mailed()[0])


def _own_page(walk: Walk) -> None:
    walk.client = walk.app.test_client()
    walk.get("own page: ask", "/my")
    walk.post("own page: wrong address", "/my", 422, email="no")
    walk.post("own page: asked", "/my", email=ADDRESS)
    link, _code = walk.mailed()
    walk.get("own page: open", link)
    opened = walk.post("own page", link)
    one, other = re.findall(r'class="tag open".*?"(/my/signatures/[^"?]+)', opened, re.DOTALL)
    form = walk.get("own signature", one)
    token = re.search(r'name="csrf_token" value="([^"]+)"', form)[1]
    walk.post("own signature: wrong", one, 422, csrf_token=token, name="")
    changed = {"csrf_token": token, "name": NAMES[2], "country": "KR"}
    walk.post("own signature: news without address", one, 400, **changed, updates="yes")
    walk.post("own page: corrected", one, **changed, show_name="yes")
    walk.post("own page: withdrawn", f"{one}/withdraw", csrf_token=token)
    walk.get("own signature: withdrawn", one)
    walk.post("own page: erased", f"{one}/erase", csrf_token=token)
    walk.post("own page: closed", "/my/leave", csrf_token=token)
    walk.get("own page: over", other, 403)


def _reading(walk: Walk) -> None:
    for page in ("/", f"/petitions/{SLUG}", f"/petitions/{SLUG}/tally", "/o/river-friends"):
        walk.get(page, page)
    for page in ("/privacy", "/accessibility", "/data"):
        walk.get(page, page)
    walk.get("no petition found", "/petitions", q="ყყყ")
    walk.get("no such page", "/nowhere", 404)
    walk.get("no such petition", "/petitions/nowhere", 404)
    walk.get("own page: no such link", "/my/nowhere", 404)
    walk.post("not for forms", "/privacy", 405)
    box = walk.get("mailbox", "/mailbox")
    walk.get("mailbox: a mail", re.search(r'"(/mailbox/[^"?]+)', box)[1])


def _organising(walk: Walk) -> None:
    walk.client = walk.app.test_client()
    token = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', walk.get("sign in", "/login"))[1]
    account = {"csrf_token": token, "email": "owner@river.example.org"}
    walk.post("sign in: refused", "/login", 403, **account, password="wrong")
    walk.post("desk", "/login", **account, password=PASSWORD)
    walk.get("organiser: petition", f"/organiser/petitions/{SLUG}")
    form = walk.get("add signatures", f"/organiser/petitions/{SLUG}/signatures/add")
    token = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', form)[1]
    sheet = {"csrf_token": token, "row-name": NAMES[0], "row-country": "ყ", "row-city": "", "row-email": ""}
    walk.post(
        "add signatures: refused", f"/organiser/petitions/{SLUG}/signatures/sheet", 400, **sheet, witnessed_by="ნ"
    )
    walk.post(
        "add signatures: added",
        f"/organiser/petitions/{SLUG}/signatures/sheet",
        **sheet | {"row-country": "KR"},
        witnessed_by="ნ",
    )


def _too_late(walk: Walk) -> None:
    walk.client = walk.app.test_client()
    unused = next(mail for mail in walk.mails if mail["To"] != ADDRESS)
    link = LINK.search(unused.get_body(("plain",)).get_content())[1]
    walk.get("link has ended", link.removeprefix(walk.app.config["BASE_URL"]))
