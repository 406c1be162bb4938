"""What the mail to an endorser shows: which petition, and the link. What an editor wrote stands behind that alone."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from flask import current_app
from sqlalchemy.orm import Session

from petition.core.errors import NotFound
from petition.core.tokens import sign_handle
from petition.endorsements import answering, service
from petition.mail.outbox import Claimed
from petition.mail.rendering import Letter, context_for


@context_for(service.MAIL)
def _ask(session: Session, mails: Sequence[Claimed]) -> list[Letter | None]:
    return [_letter(session, bytes.fromhex(mail.content["handle"])) for mail in mails]


def _letter(session: Session, handle: bytes) -> Letter | None:
    """The link, unless it has ended while the mail had to wait."""
    try:
        petition = answering.find(session, handle).endorsement.petition
    except NotFound:
        return None
    base = current_app.config["BASE_URL"]
    same = {
        "site": urlsplit(base).netloc,
        "organisation": petition.organisation.name,
        "petition": petition.title,
        "petition_locale": petition.locale,
    }
    return Letter(same, {"link": f"{base}/endorse/{sign_handle(service.PURPOSE, handle)}"})
