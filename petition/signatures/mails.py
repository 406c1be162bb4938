"""What the mails about signatures show."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import current_app
from sqlalchemy.orm import Session

from petition.core.tokens import sign_handle
from petition.mail.models import OwedMail
from petition.mail.rendering import Context, context_for
from petition.petitions.models import Petition
from petition.signatures import own_page, signing

CONFIRM = "confirm"
OWN_PAGE = "own page"


@context_for(signing.MAIL)
def _confirm(session: Session, mail: OwedMail) -> Context | None:
    petition = session.get(Petition, mail.about) if mail.about else None
    if petition is None or mail.content is None:
        return None
    base = current_app.config["BASE_URL"]
    token = sign_handle(CONFIRM, bytes.fromhex(mail.content["handle"]))
    return {
        "petition": petition,
        "link": f"{base}/confirm/{token}",
        "code": signing.shown_code(mail.content["code"]),
        "code_page": f"{base}/confirm",
        "site": urlsplit(base).netloc,
    }


@context_for(own_page.MAIL)
def _own_page(session: Session, mail: OwedMail) -> Context | None:
    if mail.content is None:
        return None
    base = current_app.config["BASE_URL"]
    token = sign_handle(OWN_PAGE, bytes.fromhex(mail.content["handle"]))
    return {"link": f"{base}/my/{token}", "site": urlsplit(base).netloc}
