"""What the mails about signatures show. Nothing that was typed into a form: anybody can type any address."""

from __future__ import annotations

from urllib.parse import urlsplit

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import Session

from petition.core.clock import now
from petition.core.errors import NotFound
from petition.core.tokens import bucket_of, sign_handle
from petition.mail.models import OwedMail
from petition.mail.rendering import Context, context_for
from petition.petitions.models import PetitionText
from petition.signatures import attempts, own_page, signing
from petition.signatures.models import Signature, SignatureState

CONFIRM = "confirm"
OWN_PAGE = "own page"


@context_for(signing.MAIL)
def _confirm(session: Session, mail: OwedMail) -> Context | None:
    """The link and code of one attempt, unless it was erased, has expired, or was confirmed meanwhile."""
    if mail.content is None:
        return None
    handle = bytes.fromhex(mail.content["handle"])
    text = session.execute(
        sa.select(PetitionText.title, PetitionText.locale)
        .join(
            Signature,
            sa.and_(
                Signature.petition_id == PetitionText.petition_id, Signature.text_version == PetitionText.version
            ),
        )
        .where(
            Signature.bucket == bucket_of(handle),
            Signature.handle == handle,
            Signature.state == SignatureState.PENDING,
            Signature.created_at > now() - attempts.LINK_LIFE,
        )
    ).first()
    if text is None:
        return None
    base = current_app.config["BASE_URL"]
    return {
        "petition": text,
        "link": f"{base}/confirm/{sign_handle(CONFIRM, handle)}",
        "code": signing.shown_code(mail.content["code"]),
        "code_page": f"{base}/confirm",
        "site": urlsplit(base).netloc,
    }


@context_for(own_page.MAIL)
def _own_page(session: Session, mail: OwedMail) -> Context | None:
    """The link to the own page, unless it has expired while the mail had to wait."""
    if mail.content is None:
        return None
    handle = bytes.fromhex(mail.content["handle"])
    try:
        own_page.owner_of_link(session, handle)
    except NotFound:
        return None
    base = current_app.config["BASE_URL"]
    return {"link": f"{base}/my/{sign_handle(OWN_PAGE, handle)}", "site": urlsplit(base).netloc}
