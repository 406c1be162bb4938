"""An editor at work, and an endorser with a mailbox."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from petition.accounts.models import User
from petition.core.addresses import parse_address
from petition.core.db import writing
from petition.endorsements import service
from petition.endorsements.models import Endorsement
from petition.mail.models import OwedMail
from petition.petitions.models import Petition
from petition.worker import Worker
from tests.conftest import SLUG, signed_in
from tests.core.walk import delivered

ENDORSER = "minister@gov.example.org"
WORDS = {
    "kind": "person",
    "name": "Park Min-ji",
    "office": "Member of Parliament",
    "country": "KR",
    "statement": "The river is ours.\nLet it flow.",
}
LIST = f"/organiser/petitions/{SLUG}/endorsements"


def draft_endorsement(session: Session, editor: User, petition: Petition) -> Endorsement:
    """An endorsement that its endorser has not been asked for."""
    return service.enter(session, editor, petition, WORDS, parse_address(ENDORSER), "en")


@dataclass
class Desk:
    """An editor's browser, and whoever reads the petition or a mail."""

    app: Flask
    editor: FlaskClient

    def press(self, path: str, *buttons: str, **fields: str) -> Any:
        """Posts an editor's form with the token of their session."""
        token = re.search(r'name="csrf_token" value="([^"]+)"', self.editor.get(LIST).text)
        assert token
        return self.editor.post(path, data={"csrf_token": token[1], **fields, **dict.fromkeys(buttons, "yes")})

    def enter(self, email: str = ENDORSER, **words: str) -> str:
        """Enters an endorsement; returns the path of its page."""
        answer = self.press(LIST, email=email, locale="en", **WORDS | words)
        assert answer.status_code == 303, answer.text
        return urlsplit(answer.location).path

    def ask(self, path: str, **words: str) -> str:
        """Asks the endorser; returns the path of the link in the mail."""
        known = {mail["Message-ID"] for mail in delivered(self.app)}
        answer = self.press(path, "send", **WORDS | words)
        assert answer.status_code == 303, answer.text
        Worker(self.app, once=True).run()
        (mail,) = [mail for mail in delivered(self.app) if mail["Message-ID"] not in known]
        found = re.search(r"^http\S+(/endorse/\S+)$", mail.get_body(("plain",)).get_content(), re.MULTILINE)
        assert found
        return found[1]

    def answer(self, link: str, button: str, page: str = "") -> Any:
        """Presses a button of the endorser's page, as it is now or was."""
        words = re.search(r'name="words" value="([^"]+)"', page or self.look(link))
        return self.app.test_client().post(link, data={button: "yes", "words": words[1] if words else ""})

    def agreed(self, **words: str) -> tuple[str, str]:
        """An endorsement on the page: the path of its page, and the link of its endorser."""
        path = self.enter(words.pop("email", ENDORSER), **words)
        link = self.ask(path, **words)
        assert self.answer(link, "agree").status_code == 200
        return path, link

    def look(self, path: str = f"/petitions/{SLUG}", **query: str) -> str:
        """A page as anybody sees it."""
        return str(self.app.test_client().get(path, query_string=query).text)


@pytest.fixture
def desk(app: Flask, petition: Petition) -> Desk:
    editor = signed_in(app)
    with app.app_context(), writing() as session:
        session.execute(sa.delete(OwedMail))
    return Desk(app, editor)
