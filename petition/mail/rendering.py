"""From a row of the outbox to the message: templates by name, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable
from email.headerregistry import Address as HeaderAddress
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any
from urllib.parse import urlsplit

from flask import current_app, render_template
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from petition.core import i18n
from petition.core.clock import now
from petition.mail.models import OwedMail
from petition.mail.transports import parse_sender

Context = dict[str, Any]
_contexts: dict[str, Callable[[Session, OwedMail], Context | None]] = {}


def context_for(template: str) -> Callable[[Callable[[Session, OwedMail], Context | None]], Any]:
    """Registers the function that gathers what a mail template shows; None means nobody needs the mail any more."""

    def register(function: Callable[[Session, OwedMail], Context | None]) -> Any:
        _contexts[template] = function
        return function

    return register


def message_id(mail: OwedMail) -> str:
    """The same for every try, so that mailboxes recognise a second copy (RFC 5322, 3.6.4)."""
    domain = urlsplit(current_app.config["BASE_URL"]).hostname or "localhost"
    return f"<{mail.id.hex}@{domain}>"


def render(session: Session, mail: OwedMail) -> EmailMessage | None:
    """The message for an owed mail, or None when it is not needed any more."""
    with i18n.speaking(mail.locale):
        context = _contexts[mail.template](session, mail)
        if context is None or mail.recipient is None:
            return None
        parts = {
            part: render_template(f"mail/{mail.template}/{part}", language=i18n.language(), **context)
            for part in ("subject.txt", "body.txt", "body.html")
        }
        name, address = parse_sender(current_app.config["MAIL_FROM"])
        sender, language = HeaderAddress(name or _("Petition"), addr_spec=address), i18n.language()
    message = EmailMessage(policy=SMTP)
    message["Subject"] = " ".join(parts["subject.txt"].split())
    message["From"] = sender
    message["To"] = mail.recipient
    message["Date"] = now()  # not when it was owed: a mail that had to wait would be sorted below the fold
    message["Message-ID"] = message_id(mail)
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no vacation replies, please
    message.set_content(parts["body.txt"], cte="quoted-printable")
    message.add_alternative(parts["body.html"], subtype="html", cte="quoted-printable")
    message["Content-Language"] = language  # last: a new body drops every header that begins with Content
    return message
