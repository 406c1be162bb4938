"""What the mails about signatures show. Nothing that was typed into a form: anybody can type any address."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import Session

from petition.core.clock import now
from petition.core.errors import NotFound
from petition.core.many_rows import ForEach
from petition.core.tokens import bucket_of, sign_handle
from petition.mail.outbox import Claimed
from petition.mail.rendering import Letter, context_for
from petition.petitions.models import PetitionText, Translation
from petition.signatures import attempts, own_page, signing
from petition.signatures.models import Signature, SignatureState

CONFIRM = "confirm"
OWN_PAGE = "own page"
IN_LANGUAGE = (
    sa.func.coalesce(Translation.title, PetitionText.title).label("title"),
    sa.func.coalesce(Translation.locale, PetitionText.locale).label("locale"),
    sa.case((Translation.locale.is_(None), PetitionText.mail_words), else_=Translation.mail_words).label("words"),
)
PENDING = ForEach(
    lambda given: (
        sa.select(Signature.handle, Signature.created_at, *IN_LANGUAGE)
        .join_from(given, Signature, sa.and_(Signature.bucket == given.c.bucket, Signature.handle == given.c.handle))
        .join(
            PetitionText,
            sa.and_(
                PetitionText.petition_id == Signature.petition_id, PetitionText.version == Signature.text_version
            ),
        )
        .outerjoin(
            Translation,
            sa.and_(
                Translation.petition_id == Signature.petition_id,
                Translation.version == Signature.text_version,
                Translation.locale == Signature.locale,
                Translation.locale != PetitionText.locale,
            ),
        )
        .where(Signature.state == SignatureState.PENDING)
    ),
    bucket=sa.SmallInteger,
    handle=sa.LargeBinary,
)


class Title(NamedTuple):
    """What is shown of a petition, its language, and what its organisers add."""

    title: str
    locale: str
    words: str | None = None


@context_for(signing.MAIL)
def _confirm(session: Session, mails: Sequence[Claimed]) -> list[Letter | None]:
    """The link and code of one attempt, unless it was erased, has expired, or was confirmed meanwhile."""
    handles = [bytes.fromhex(mail.content["handle"]) for mail in mails]
    earliest = now() - attempts.LINK_LIFE
    found = PENDING.rows(session.connection(), [(bucket_of(handle), handle) for handle in handles])
    titles = {row.handle: Title(row.title, row.locale, row.words) for row in found if row.created_at > earliest}
    base = current_app.config["BASE_URL"]
    same = {"code_page": f"{base}/confirm", "site": urlsplit(base).netloc}
    return [
        Letter(
            same | {"petition": titles[handle], "brought_from": mail.content.get("brought_from")},
            {
                "link": f"{base}/confirm/{sign_handle(CONFIRM, handle)}",
                "code": signing.shown_code(mail.content["code"]),
            },
        )
        if handle in titles
        else None
        for mail, handle in zip(mails, handles, strict=True)
    ]


@context_for(own_page.MAIL)
def _own_page(session: Session, mails: Sequence[Claimed]) -> list[Letter | None]:
    """The link to the own page, unless it has expired while the mail had to wait."""
    return [_way_to_own_page(session, bytes.fromhex(mail.content["handle"])) for mail in mails]


def _way_to_own_page(session: Session, handle: bytes) -> Letter | None:
    try:
        own_page.owner_of_link(session, handle)
    except NotFound:
        return None
    base = current_app.config["BASE_URL"]
    return Letter({"site": urlsplit(base).netloc}, {"link": f"{base}/my/{sign_handle(OWN_PAGE, handle)}"})
