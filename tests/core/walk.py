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

import sqlalchemy as sa
import time_machine
from flask import Flask, template_rendered
from flask.testing import FlaskClient

from petition.accounts.service import add_user, find_user
from petition.core import committer
from petition.core.clock import now
from petition.core.db import writing
from petition.core.tokens import form_token
from petition.periodic_jobs import mail_audit_head
from petition.petitions import service as petitions
from petition.petitions.models import State
from petition.signatures import withdrawals
from petition.signatures.models import Signature, Signer
from petition.signatures.withdrawals import Wave
from petition.updates import unsubscribing
from petition.worker import Worker
from tests.conftest import CODE, LINK, PASSWORD, add_petition
from tests.core.walk_accounts import through_accounts
from tests.core.walk_exports import through_exports
from tests.core.walk_packages import through_packages
from tests.core.walk_partners import through_partners
from tests.petitions.writing import filled

# Georgian: neither Latin nor the script of a language of ours, so that what is left in English stands out.
SLUG = "river"
TEXT = {"title": "გაათავისუფლეთ მდინარე", "addressee": "წყლის მინისტრი", "body": "დაე *იდინოს*.", "locale": "ka"}
NAMES = ("ანა", "დავითი", "ნინო")
ADDRESS = "ana@example.org"
GUEST = "guest@example.org"
ENDORSER = "endorser@example.org"


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

    def filled(self, path: str) -> dict[str, str]:
        """The fields of the editor at an address, as they stand there."""
        return filled(self.client.get(path, query_string={"lang": self.language}).text)

    def mailed(self, to: str = ADDRESS) -> tuple[str, str]:
        """Sends what is owed; returns the link in the mail to an address, as a path, and the code."""
        texts = [mail.get_body(("plain",)).get_content() for mail in self.send() if mail["To"] == to]
        link, text = next((link, text) for text in texts if (link := LINK.search(text)))
        code = CODE.search(text)
        return link[1].removeprefix(self.app.config["BASE_URL"]), code[1] if code else ""

    def send(self) -> list[EmailMessage]:
        """Sends what is owed; returns what is new."""
        Worker(self.app, once=True).run()
        known = {mail["Message-ID"] for mail in self.mails}
        new = [mail for mail in delivered(self.app) if mail["Message-ID"] not in known]
        self.mails += new
        return new

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
        _importing(walk)
        _moderating(walk)
        _updating(walk)
        through_exports(walk)
        through_packages(walk)
        _endorsing(walk)
        through_partners(walk)
        _writing(walk)
        _managing(walk)
        through_accounts(walk)
        _deciding(walk)
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


def _importing(walk: Walk) -> None:
    """Signatures from paper sheets."""
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


def _moderating(walk: Walk) -> None:
    """Looking for signatures, and striking one out."""
    mine = f"/organiser/petitions/{SLUG}/signatures"
    token = re.search(r'name="csrf_token" value="([^"]+)"', walk.get("signatures", mine))[1]
    walk.post("signatures: no such day", mine, 422, csrf_token=token, day="x")
    walk.post("signatures: nobody", mine, csrf_token=token, name="ყ")
    found = walk.post("signatures: found", mine, csrf_token=token)
    ref = re.findall(r'name="ref" value="([^"]+)"', found)[0]
    walk.post("signature: no reason", f"{mine}/invalidate", 422, csrf_token=token, ref=ref)
    walk.post("signature: struck out", f"{mine}/invalidate", csrf_token=token, ref=ref, reason="ყ")
    walk.post("signature: not counting", f"{mine}/invalidate", 422, csrf_token=token, ref=ref, reason="ყ")
    walk.post("signatures: one struck out", mine, csrf_token=token)
    walk.post("signature: put back", f"{mine}/restore", csrf_token=token, ref=ref, reason="ყ")
    walk.post("signature: counting", f"{mine}/restore", 422, csrf_token=token, ref=ref, reason="ყ")


def _updating(walk: Walk) -> None:
    """An update, from its first words to the end of the news."""
    mine = f"/organiser/petitions/{SLUG}/updates"
    token = re.search(r'name="csrf_token" value="([^"]+)"', walk.get("update: new", f"{mine}/new"))[1]
    words = {"csrf_token": token, "subject-ka": TEXT["title"], "body-ka": TEXT["body"]}
    walk.post("update: nothing written", f"{mine}/new", 422, csrf_token=token)
    walk.post("update: page too old", f"{mine}/new", 400, **words | {"csrf_token": "old"})
    walk.post("update: preview", f"{mine}/new", **words, preview="yes")
    walk.post("update: draft", f"{mine}/new", **words, save="yes")
    draft = walk.sent_to[-1].partition("?")[0]
    walk.post("update: nobody asked", draft, 409, **words, send="yes")
    walk.post("update: tested", draft, **words, test="yes")
    with walk.app.app_context(), writing() as session:
        reader = session.scalars(sa.select(Signature).where(Signature.origin == 0, Signature.place == 1)).first()
        reader.updates = True
        session.execute(sa.update(Signer).where(Signer.signature_id == reader.id).values(address=ADDRESS))
        link = f"/unsubscribe/{unsubscribing.token((reader.bucket, reader.id))}"
    walk.post("update: being sent", draft, **words, send="yes")
    walk.post("update: paused", draft, csrf_token=token, pause="yes")
    walk.post("update: sent on", draft, csrf_token=token, resume="yes")
    walk.send()
    walk.get("update: sent", draft)
    walk.get("updates", mine)
    walk.get("unsubscribe", link)
    walk.post("unsubscribed", link)


def _endorsing(walk: Walk) -> None:
    """An endorsement, from its first words to its being taken back."""
    mine = f"/organiser/petitions/{SLUG}/endorsements"
    token = re.search(r'name="csrf_token" value="([^"]+)"', walk.get("endorsements: none", mine))[1]
    words = {"csrf_token": token, "kind": "person", "name": NAMES[0], "office": "პოეტი", "country": "KR"}
    walk.post("endorsement: wrong", mine, 422, csrf_token=token, email="no", statement="\u202e")
    walk.post("endorsement: draft", mine, **words, statement="დიახ", email=ENDORSER, locale=walk.language)
    entered = walk.sent_to[-1].partition("?")[0]
    walk.post("endorsement: asked", entered, **words, send="yes")
    text = next(mail for mail in walk.send() if mail["To"] == ENDORSER).get_body(("plain",)).get_content()
    link = re.search(r"http\S+(/endorse/\S+)", text)[1]
    shown = walk.get("endorsement: to agree", link)
    walk.post("endorsement: no button", link, 422)
    walk.post("endorsement: changed", link, 409, agree="yes", words="others")
    walk.post("endorsement: agreed", link, agree="yes", words=re.search(r'name="words" value="([^"]+)"', shown)[1])
    walk.get("endorsements: all", f"/petitions/{SLUG}/endorsements")
    walk.get("endorsements", mine)
    walk.get("endorsed", f"/petitions/{SLUG}")
    walk.post("endorsement: taken back", link, back="yes")
    walk.get("endorsement: over", entered)


def _managing(walk: Walk) -> None:
    """An organisation's people, an invitation and what it leads to, the administration of the site."""
    with walk.app.app_context(), writing() as session:
        find_user(session, "owner@river.example.org").admin = True
    river = "/organiser/organisations/river-friends"
    form = walk.get("organisation: new", "/organiser/organisations/new")
    token = {"csrf_token": re.search(r'name="csrf_token" value="([^"]+)"', form)[1]}
    walk.post("organisation: no name", "/organiser/organisations/new", 422, **token)
    walk.get("organisations", "/organiser/organisations")
    walk.get("organisation: settings", f"{river}/settings")
    walk.post("invitation: nobody", f"{river}/people/invite", 422, **token)
    walk.post("people", f"{river}/people/invite", **token, email=GUEST, roles=["owner", "editor", "observer"])
    walk.get("organisation: audit log", f"{river}/audit", action="invited")
    walk.get("administration", "/admin")
    walk.post("administration: no reason", "/admin/switches", 422, **token)
    walk.get("administration: organisations", "/admin/organisations")
    walk.get("administration: accounts", "/admin/accounts", q="owner@")
    walk.get("administration: audit log", "/admin/audit", action="invited")
    with walk.app.app_context():
        mail_audit_head()
        with writing() as session:
            withdrawals.tell(session, Wave(petitions.find(session, SLUG).id, "gmail.com", 12, 3))
    Worker(walk.app, once=True).run()
    known = {mail["Message-ID"] for mail in walk.mails}
    walk.mails += [mail for mail in delivered(walk.app) if mail["Message-ID"] not in known]
    text = next(mail for mail in walk.mails if mail["To"] == GUEST).get_body(("plain",)).get_content()
    path = re.search(r"http\S+(/invitations/\S+)", text)[1]
    walk.client = walk.app.test_client()
    walk.get("invitation", path)
    walk.post("invitation: no name", path, 422)


def _writing(walk: Walk) -> None:
    """Another petition, from nothing to review; and a new version of the first."""
    mine = "/organiser/petitions"
    token = re.search(r'name="csrf_token" value="([^"]+)"', walk.get("new petition", f"{mine}/new"))[1]
    form = {"csrf_token": token, "organisation": "river-friends", "locale": walk.language, "title": TEXT["title"]}
    walk.post("new petition: bad address", f"{mine}/new", 422, **form, slug="A B")
    walk.post("editor: nothing yet", f"{mine}/new", **form, slug="sea")
    walk.post("state: refused", f"{mine}/sea/state", 409, csrf_token=token, state="gathering")
    walk.post("editor: wrong", f"{mine}/sea/edit", 409, csrf_token=token, goal="x", seen="old")
    fields = walk.filled(f"{mine}/sea/edit") | {f"{walk.language}-body": TEXT["body"], "addressee": "წყალი"}
    walk.post("editor: preview", f"{mine}/sea/edit", **fields, do="preview")
    walk.post("editor: saved", f"{mine}/sea/edit", **fields)
    walk.post("state: gathering", f"{mine}/sea/state", csrf_token=token, state="gathering")
    fields = walk.filled(f"{mine}/{SLUG}/edit") | {"ka-body": f"{TEXT['body']} დიახ.", "minimum_age": "16"}
    fields |= {"kept_months": "6", "contact": "a@example.org", "controllers": "მდინარე"}
    walk.post("editor: unpublished", f"{mine}/{SLUG}/edit", **fields, do="save")
    fields["seen"] = walk.filled(f"{mine}/{SLUG}/edit")["seen"]
    walk.post("editor: published", f"{mine}/{SLUG}/edit", **fields, do="publish")
    walk.get("history", f"{mine}/{SLUG}/history")
    walk.get("petition, second version", f"/petitions/{SLUG}")
    walk.get("former version", f"/petitions/{SLUG}/text/1")
    walk.post("state: paused", f"{mine}/{SLUG}/state", csrf_token=token, state="paused")


def _deciding(walk: Walk) -> None:
    with walk.app.app_context(), writing() as session:
        add_user(session, "admin@example.org", "ადმინი", PASSWORD, admin=True)
        petitions.find(session, "sea").state = State.REVIEW
    walk.client = walk.app.test_client()
    page = walk.client.get("/login", query_string={"lang": walk.language}).text
    token = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', page)[1]
    walk.post("administrator's desk", "/login", csrf_token=token, email="admin@example.org", password=PASSWORD)
    shown = walk.get("to decide", "/admin/petitions/sea")
    token = re.search(r'name="csrf_token" value="([^"]+)"', shown)[1]
    walk.post("taken on", "/admin/petitions/sea/assign", csrf_token=token, do="take")
    walk.post("noted", "/admin/petitions/sea/note", csrf_token=token, words="კარგი")
    walk.get("queue", "/admin/petitions")
    walk.post("no reason", "/admin/petitions/sea/state", 400, csrf_token=token, state="rejected", ground="other")
    walk.post("rejected", "/admin/petitions/sea/state", csrf_token=token, state="rejected", ground="person")
    walk.get("rejected in public", "/petitions/sea", 404)
    walk.get("nothing to decide", "/admin/petitions")
    Worker(walk.app, once=True).run()
    known = {mail["Message-ID"] for mail in walk.mails}
    walk.mails += [mail for mail in delivered(walk.app) if mail["Message-ID"] not in known]


def _too_late(walk: Walk) -> None:
    walk.client = walk.app.test_client()
    unused = next(mail for mail in walk.mails if mail["To"] != ADDRESS and "/confirm/" in str(mail))
    link = LINK.search(unused.get_body(("plain",)).get_content())[1]
    walk.get("link has ended", link.removeprefix(walk.app.config["BASE_URL"]))
