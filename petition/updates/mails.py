"""What the mails of an update show."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import sqlalchemy as sa
from flask import current_app
from markupsafe import Markup
from sqlalchemy.orm import Session

from petition.core.db import Id
from petition.core.many_rows import ForEach
from petition.mail.outbox import Claimed
from petition.mail.rendering import Letter, context_for
from petition.mail.suppressed import NEWS
from petition.petitions.markdown import to_html
from petition.signatures.attempts import SIGNER_OF
from petition.signatures.models import Signature, Signer
from petition.signatures.references import Key
from petition.updates import service
from petition.updates.models import LEAD, Update
from petition.updates.readers import IS_COUNTED
from petition.updates.unsubscribing import path

STILL_REACHED = ForEach(
    lambda given: (
        sa.select(Signature.bucket, Signature.id, Signature.updates, Signature.informed_by)
        .join_from(given, Signature, sa.and_(Signature.bucket == given.c.bucket, Signature.id == given.c.id))
        .join(Signer, SIGNER_OF)
        .where(IS_COUNTED, Signer.address.is_not(None))
    ),
    bucket=sa.SmallInteger,
    id=Id,
)


@context_for(NEWS)
def _update(session: Session, mails: Sequence[Claimed]) -> list[Letter | None]:
    """The words in the reader's language, unless the reader wants no news any more."""
    keys = [(mail.bucket, UUID(mail.content["signature"])) for mail in mails]
    allowed = {
        (row.bucket, row.id): row.informed_by | ({LEAD} if row.updates else set())
        for row in STILL_REACHED.rows(session.connection(), keys)
    }
    said = _said(session, mails)
    return [_letter(said, mail, key, allowed.get(key, ())) for mail, key in zip(mails, keys, strict=True)]


@context_for(service.TEST)
def _test(session: Session, mails: Sequence[Claimed]) -> list[Letter | None]:
    """The same to its author. The link at its end leads to the petition: there is nothing to end."""
    said = _said(session, mails)
    return [_letter(said, mail) for mail in mails]


def _said(session: Session, mails: Sequence[Claimed]) -> dict[UUID, Update]:
    ids = {UUID(mail.content["update"]) for mail in mails}
    return {one.id: one for one in session.scalars(sa.select(Update).where(Update.id.in_(ids)))}


def _letter(
    said: dict[UUID, Update], mail: Claimed, key: Key | None = None, allowed: Collection[int] = ()
) -> Letter | None:
    """The mail to a signer, from whom senders are `allowed`, or without a key to the author."""
    update = said.get(UUID(mail.content["update"]))
    if update is None or (key and update.sender not in allowed):
        return None
    partners = update.petition.partners
    partner = next((one for one in partners if one.number == update.sender), None)
    if partner is None and update.sender != LEAD:
        return None
    locale = mail.content.get("text", mail.locale)
    text, base = service.text_for(update, locale), current_app.config["BASE_URL"]
    page = f"{base}/petitions/{update.petition.slug}"
    same: dict[str, Any] = {
        "subject": text.subject,
        "words": text.body,
        "html": Markup(to_html(text.body)),  # noqa: S704 (cleaned by nh3)
        "text_locale": text.locale,
        "petition": update.petition.title,
        "petition_locale": update.petition.locale,
        "link": page,
        "partner": partner.name if partner else None,
        "lead": update.petition.organisation.name if partners else None,
        "site": urlsplit(base).netloc,
    }
    if key is None:
        return Letter(same, {"unsubscribe": page})
    return Letter(same, {"unsubscribe": base + path(key, update.sender)}, one_click="unsubscribe")
