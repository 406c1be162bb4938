"""From a row of the outbox to the bytes of a message: templates by name, in the reader's language.

Making a message takes a hundred times as long as filling in a link. So it is made once for all mails that say
the same, and kept as a pattern; only what a pattern cannot take, like an address beyond ASCII, is made anew.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.headerregistry import Address as HeaderAddress
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from urllib.parse import urlsplit
from uuid import UUID

from flask import current_app, render_template
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from petition.core import i18n
from petition.core.clock import now
from petition.core.ids import new_id
from petition.mail.outbox import Claimed
from petition.mail.patterns import NotFillable, Pattern
from petition.mail.senders import parse_sender

BOUNDARY = "=_petition"  # never in quoted-printable (RFC 2045, 6.7)
MOST_PATTERNS = 500
_NEEDS_NO_ENCODING = re.compile(r"[A-Za-z0-9._~:/%+-]*")
_ATOMS = r"[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*"
_NEEDS_NO_FOLDING = re.compile(rf"(?=.{{1,70}}$){_ATOMS}@{_ATOMS}")


@dataclass(frozen=True, slots=True)
class Letter:
    """What a mail shows: `same` in all mails of its sort, `own` in this one alone; together the templates' values.

    `one_click` names the one of `own` with the address at which a POST ends such mails (RFC 8058).
    """

    same: Mapping[str, Hashable]
    own: Mapping[str, str]
    one_click: str | None = None

    @property
    def list_header(self) -> bytes:
        """Lines before all others. The standard library would break a long address in pieces."""
        if self.one_click is None:
            return b""
        url = self.own[self.one_click]
        return f"List-Unsubscribe: <{url}>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n".encode("ascii")


Context = Callable[[Session, Sequence[Claimed]], Sequence[Letter | None]]
_contexts: dict[str, Context] = {}


def context_for(template: str) -> Callable[[Context], Context]:
    """Registers the function that gathers what mails of a template show; None for a mail nobody needs any more."""

    def register(function: Context) -> Context:
        _contexts[template] = function
        return function

    return register


def gather(session: Session, mails: Sequence[Claimed]) -> list[Letter | None]:
    """What each of the mails shows; None for those that are not needed any more."""
    found: dict[UUID, Letter | None] = {}
    for template in {mail.template for mail in mails}:
        alike = [mail for mail in mails if mail.template == template and mail.recipient]
        found |= zip((mail.id for mail in alike), _contexts[template](session, alike), strict=True)
    return [found.get(mail.id) for mail in mails]


class Press:
    """Makes messages out of letters, with the patterns made so far. For one application; any thread may use it."""

    def __init__(self) -> None:
        self._patterns: dict[Hashable, Pattern | None] = {}

    def message(self, mail: Claimed, letter: Letter) -> bytes:
        """The message as it is sent."""
        at = now()  # not when it was owed: a mail that had to wait would be sorted below the fold
        own = letter.own.values()
        if _NEEDS_NO_FOLDING.fullmatch(mail.recipient) and all(map(_NEEDS_NO_ENCODING.fullmatch, own)):
            pattern = self._pattern(mail, letter)
            if pattern is not None:
                return letter.list_header + pattern.fill({**_in_header(mail, at), **letter.own})
        return letter.list_header + as_bytes(compose(mail, letter, at), international=not mail.recipient.isascii())

    def _pattern(self, mail: Claimed, letter: Letter) -> Pattern | None:
        key = (mail.template, mail.locale, *letter.same.values())
        if key not in self._patterns:
            if len(self._patterns) >= MOST_PATTERNS:
                self._patterns.clear()
            self._patterns[key] = _new_pattern(mail, letter)
        return self._patterns[key]


def compose(mail: Claimed, letter: Letter, at: datetime) -> EmailMessage:
    """The message, made anew from its templates."""
    with i18n.speaking(mail.locale):
        language = i18n.language()
        subject, text, html = (
            render_template(f"mail/{mail.template}/{part}", language=language, **letter.same, **own)
            for part, own in (("subject.txt", {}), ("body.txt", letter.own), ("body.html", letter.own))
        )
        name, address = parse_sender(current_app.config["MAIL_FROM"])
        sender = HeaderAddress(name or _("Petition"), addr_spec=address)
    message = EmailMessage(policy=SMTP)
    message["Subject"] = " ".join(subject.split())
    message["From"] = sender
    message["To"] = mail.recipient
    message["Date"] = at
    message["Message-ID"] = _message_id(mail)
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no vacation replies, please
    message.set_content(text, cte="quoted-printable")
    message.make_alternative(BOUNDARY)
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    message["Content-Language"] = language  # last: a new body drops every header that begins with Content
    return message


def _message_id(mail: Claimed) -> str:
    """The same for every try, so that mailboxes recognise a second copy (RFC 5322, 3.6.4)."""
    domain = urlsplit(current_app.config["BASE_URL"]).hostname or "localhost"
    return f"<{mail.id.hex}@{domain}>"


def as_bytes(message: EmailMessage, international: bool) -> bytes:
    """The message with bodies in 7 bits; only mail to an address beyond ASCII has UTF-8 headers."""
    return message.as_bytes(policy=SMTP.clone(cte_type="7bit", utf8=international))


def _new_pattern(mail: Claimed, letter: Letter) -> Pattern | None:
    """A pattern for all mails that say the same, or None: then each has to be made anew."""
    model = replace(mail, id=new_id(), recipient=f"{secrets.token_hex()[:40]}@example.org")
    at = datetime(2000, 1, 1, tzinfo=UTC)
    tokens = {name: secrets.token_hex() for name in letter.own}
    made = as_bytes(compose(model, Letter(letter.same, tokens), at), international=False)
    try:
        return Pattern(made, _in_header(model, at), tokens)
    except NotFillable:
        return None


def _in_header(mail: Claimed, at: datetime) -> dict[str, str]:
    """What differs in the header. The stems of all ids are of one length, and so are all dates."""
    return {"recipient": mail.recipient, "date": format_datetime(at), "message id": mail.id.hex}
