"""Writing an update, and having it sent, paused and sent on. Every question starts from the actor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from petition.accounts.models import User
from petition.core import audit, i18n
from petition.core.clock import now
from petition.core.errors import DomainError, NotFound
from petition.core.keyed_hashes import mailbox_hash
from petition.core.labels import checked_line
from petition.mail import outbox
from petition.organisations.roles import Action, reachable
from petition.petitions.models import Partner, Petition
from petition.petitions.reach import is_partner
from petition.petitions.text_file import CONTROL
from petition.updates import feeding
from petition.updates.models import LEAD, Update, UpdateState, UpdateText
from petition.updates.readers import number_of_readers

TEST = "update_test"
LONGEST_SUBJECT = 200
LONGEST_BODY = 20_000


@dataclass(frozen=True, slots=True)
class Words:
    """Subject and text in one language, as somebody typed them."""

    subject: str
    body: str


class WordsRefused(DomainError):
    """An update cannot be stored as it was written; `problems` has one for each language and field."""

    status = 422
    code = "update_refused"

    def __init__(self, problems: dict[tuple[str, str], str]) -> None:
        super().__init__(_("Please look at this again"))
        self.problems = problems


def find(session: Session, actor: User, update_id: UUID, lock: bool = False) -> Update:
    """An update of a sender for whom the actor may write, on wish locked. Raises NotFound."""
    of_lead = sa.and_(Update.sender == LEAD, Petition.organisation_id.in_(reachable(actor, Action.SEND_UPDATES)))
    sends = sa.and_(Partner.petition_id == Update.petition_id, Partner.number == Update.sender)
    of_partner = sa.exists().where(sends, is_partner(actor, Action.SEND_UPDATES))
    query = sa.select(Update).join(Petition).where(Update.id == update_id, sa.or_(of_lead, of_partner))
    found = session.scalar(query.with_for_update(of=Update) if lock else query)
    if found is None:
        raise NotFound(_("There is no such update."))
    return found


def senders(session: Session, actor: User, petition: Petition) -> list[int]:
    """Whose updates on a petition the actor may write: the lead's, partners', the lead's first."""
    mine = session.scalars(reachable(actor, Action.SEND_UPDATES)).all()
    partners = session.scalars(
        sa.select(Partner.number)
        .where(Partner.petition_id == petition.id, is_partner(actor, Action.SEND_UPDATES))
        .order_by(Partner.number)
    )
    return [*([LEAD] if petition.organisation_id in mine else []), *partners]


def updates_of(session: Session, petition: Petition, sender: int = LEAD) -> Sequence[Update]:
    """All updates of a sender about a petition, newest first."""
    about = sa.select(Update).where(Update.petition_id == petition.id, Update.sender == sender)
    return session.scalars(about.order_by(Update.created_at.desc(), Update.id.desc())).all()


def draft(
    session: Session, actor: User, petition: Petition, words: Mapping[str, Words], sender: int = LEAD
) -> Update:
    """A new update. Raises WordsRefused."""
    about = {"petition_id": petition.id, "petition": petition, "sender": sender}
    update = Update(**about, author_id=actor.id, state=UpdateState.DRAFT, texts=[])
    session.add(update)
    rewrite(update, words)
    session.flush()
    return update


def rewrite(update: Update, words: Mapping[str, Words]) -> None:
    """Other words for a draft; a language without any is left out. Raises WordsRefused or DomainError."""
    if update.state != UpdateState.DRAFT:
        raise DomainError(_("What is being sent cannot be changed any more."))
    given = {locale: one for locale, one in words.items() if one.subject.strip() or one.body.strip()}
    given.setdefault(update.petition.locale, Words("", ""))
    problems = {(locale, field): problem for locale, one in given.items() for field, problem in _problems(one)}
    if problems:
        raise WordsRefused(problems)
    kept = {text.locale: text for text in update.texts}
    for locale, one in given.items():
        text = kept.get(locale) or UpdateText(locale=locale)
        text.subject, text.body = checked_line(one.subject, LONGEST_SUBJECT), one.body.strip()
        if locale not in kept:
            update.texts.append(text)
    update.texts[:] = [text for text in update.texts if text.locale in given]


def _problems(words: Words) -> list[tuple[str, str]]:
    found = []
    try:
        checked_line(words.subject, LONGEST_SUBJECT)
    except ValueError:
        found.append(
            ("subject", _("Write a subject of one line, %(number)s characters at most.", number=LONGEST_SUBJECT))
        )
    body = words.body.replace("\r\n", "\n")
    if not body.strip() or len(body) > LONGEST_BODY or CONTROL.search(body):
        found.append(("body", _("Write a text of %(number)s characters at most.", number=LONGEST_BODY)))
    return found


def send_test(session: Session, actor: User, update: Update) -> None:
    """Owes the actor the update as its readers will get it, in each of its languages."""
    address = actor.address
    mails = [
        outbox.row(
            template=TEST,
            locale=i18n.known(text.locale) or i18n.language(),
            address=address,
            mailbox=mailbox_hash(address.canonical),
            content={"update": update.id.hex, "text": text.locale},
        )
        for text in update.texts
    ]
    outbox.owe_many(session.connection(), mails)


def send(session: Session, actor: User, update: Update) -> None:
    """Begins to send. Raises DomainError when it is sent already, has no readers, or another is under way."""
    if update.state != UpdateState.DRAFT:
        raise DomainError(_("This update is on its way already."))
    expected = sum(number_of_readers(session, update.petition_id, update.sender).values())
    if not expected:
        raise DomainError(_("Nobody has asked for news of this petition yet."))
    update.state, update.started_at, update.expected = UpdateState.SENDING, now(), expected
    try:
        session.flush()
    except IntegrityError:
        raise DomainError(_("Another update of this petition is still on its way.")) from None
    _record(session, actor, update, "update sent", readers=expected)


def pause(session: Session, actor: User, update: Update) -> None:
    """Stops sending; what waits in the outbox is taken back. Raises DomainError."""
    if update.state != UpdateState.SENDING:
        raise DomainError(_("This update is not being sent."))
    update.state = UpdateState.PAUSED
    feeding.take_back(session, update)
    _record(session, actor, update, "update paused")


def resume(session: Session, actor: User, update: Update) -> None:
    """Sends on. Raises DomainError."""
    if update.state != UpdateState.PAUSED:
        raise DomainError(_("This update is not paused."))
    update.state = UpdateState.SENDING
    _record(session, actor, update, "update sent on")


def _record(session: Session, actor: User, update: Update, action: str, readers: int | None = None) -> None:
    about, which = update.petition, str(update.id)
    sender = session.get(Partner, (update.petition_id, update.sender)) or about
    whose = sender.organisation_id
    audit.record(session, str(actor.id), action, about.slug, organisation_id=whose, update=which, readers=readers)


def text_for(update: Update, locale: str) -> UpdateText:
    """The words for a reader of this language: its own, else those in the petition's."""
    by_locale = {text.locale: text for text in update.texts}
    return by_locale.get(locale) or by_locale[update.petition.locale]
