"""The mails about requests for exports of personal data. They name no person."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit
from uuid import UUID

from flask import current_app
from sqlalchemy.orm import Session

from petition.deliveries.models import ExportRequest
from petition.deliveries.requests import MAIL
from petition.mail.outbox import Claimed
from petition.mail.rendering import Letter, context_for
from petition.petitions.models import Petition


@context_for(MAIL)
def _letters(session: Session, mails: Sequence[Claimed]) -> list[Letter | None]:
    return [_letter(session, UUID(mail.content["request"]), mail.content["news"]) for mail in mails]


def _letter(session: Session, request_id: UUID, news: str) -> Letter | None:
    """Nothing where there is nothing to decide any more."""
    found = session.get(ExportRequest, request_id)
    if found is None or (news == "asked" and not found.is_waiting):
        return None
    petition = session.get_one(Petition, found.petition_id)
    base = current_app.config["BASE_URL"]
    same = {"title": petition.title, "locale": petition.locale, "news": news, "site": urlsplit(base).netloc}
    return Letter(same, {"link": f"{base}/organiser/petitions/{petition.slug}/exports/{found.id}"})
