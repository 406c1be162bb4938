"""Writing a petition: what was typed is saved as it is, and put in force when it is whole.

Whoever saves names what they had before them (`seen`), so that of two editors the later one is told.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from petition.accounts.models import User
from petition.core import audit, i18n
from petition.core.clock import now
from petition.core.errors import DomainError, Forbidden
from petition.core.labels import checked_line, checked_slug
from petition.organisations.models import Organisation
from petition.organisations.roles import Action, may, reachable
from petition.petitions.models import Petition, PetitionText, Plan, State, Translation, Unfinished, Words
from petition.petitions.service import (
    OTHER_WORDS,
    PROMISES,
    SIGNED_WORDS,
    TextRefused,
    lock,
    sha256,
    writable_text,
)

WORDS = (*SIGNED_WORDS, *OTHER_WORDS)
COMMON = (
    *("addressee", "addressee_country", "goal", "opens_at", "closes_at", "zone", "asks_city", "asks_comment"),
    *PROMISES,
)
TICKED = "yes"
NEW = "new"
"""Where the desk begins a petition; no petition can be called that."""
Fields = dict[str, str]


class EditedMeanwhile(DomainError):
    """Somebody else saved since the form was opened; `fields` is what is saved now."""

    status = 409
    code = "edited_meanwhile"

    def __init__(self, fields: Fields) -> None:
        super().__init__(_("Somebody else has saved this petition since you opened it."))
        self.fields = fields


@dataclass(frozen=True, slots=True)
class Content:
    """A petition as its form says it, checked: plain columns, promises, and the words by language."""

    addressee: str
    addressee_country: str | None
    goal: int | None
    opens_at: datetime | None
    closes_at: datetime | None
    zone: str
    asks_city: bool
    asks_comment: bool
    promises: Mapping[str, Any]
    words: Mapping[str, Mapping[str, str | None]]


def languages(petition: Petition) -> list[str]:
    """The languages to write in: the petition's own first, those of the pages, and what there is besides."""
    return list(dict.fromkeys([petition.locale, *i18n.LANGUAGES, *petition.text.languages]))


def names(tags: Iterable[str]) -> list[str]:
    """The names of all fields of the form."""
    return [*COMMON, *(f"{tag}-{name}" for tag in tags for name in WORDS)]


def typed(sent: Mapping[str, str], tags: Iterable[str]) -> Fields:
    """The fields of the form as they were sent, line ends as we keep them."""
    return {name: sent.get(name, "").replace("\r\n", "\n").replace("\x00", "") for name in names(tags)}


def current(session: Session, petition: Petition) -> Fields:
    """What the form shows: what was saved unfinished, or else the petition as it is."""
    unfinished = session.get(Unfinished, petition.id)
    tags = languages(petition)
    return typed(unfinished.fields, tags) if unfinished else in_force(petition, tags)


def in_force(petition: Petition, tags: Iterable[str]) -> Fields:
    """The petition's own fields as the form would have sent them."""
    text, plan = petition.text, petition.plan or Plan(zone="UTC", asks_city=True, asks_comment=True)
    found: dict[str, Any] = {name: getattr(petition, name) for name in ("addressee", "addressee_country", "goal")}
    found |= {name: getattr(text, name) for name in PROMISES}
    found |= {"opens_at": local(plan.opens_at, plan.zone), "closes_at": local(petition.closes_at, plan.zone)}
    found |= {"zone": plan.zone, "asks_city": plan.asks_city, "asks_comment": plan.asks_comment}
    for words in text.in_all_languages:
        found |= {f"{words.locale}-{name}": getattr(words, name) for name in WORDS}
    return typed({name: _as_sent(value) for name, value in found.items()}, tags)


def _as_sent(value: object) -> str:
    if value is None or value is False:
        return ""
    return TICKED if value is True else str(value)


def local(moment: datetime | None, zone: str) -> str:
    """A moment as a form's field shows it, in a zone."""
    return "" if moment is None else moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None).isoformat()


def moment(shown: str, zone: str) -> datetime:
    """The moment of a form's field in a zone, the first of two when clocks are put back.

    Raises ValueError for what is no time, or is left out when clocks are put forward.
    """
    wall = datetime.fromisoformat(shown).replace(tzinfo=ZoneInfo(zone))
    at = wall.astimezone(UTC)
    if at.astimezone(wall.tzinfo).replace(tzinfo=None) != wall.replace(tzinfo=None):
        raise ValueError("the clocks leave this time out")
    return at


def digest(fields: Fields) -> str:
    """What a form names as the state it was opened on."""
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()


def organisations(session: Session, actor: User) -> dict[str, str]:
    """The organisations for which the actor may write: names by slug."""
    theirs = sa.select(Organisation).where(Organisation.id.in_(reachable(actor, Action.WRITE)))
    return {one.slug: one.name for one in session.scalars(theirs.order_by(Organisation.name))}


def create(session: Session, actor: User, organisation: Organisation, slug: str, title: str, locale: str) -> Petition:
    """Makes a draft with a title alone. Raises Forbidden, or TextRefused for a bad or taken slug or title."""
    if not may(actor, Action.WRITE, organisation):
        raise Forbidden(_("You may not do that here."))
    try:
        title = checked_line(title, 300)
    except ValueError:
        raise TextRefused(_("Enter a title of one line.")) from None
    try:
        checked_slug(slug)
    except ValueError:
        raise TextRefused(_("An address has small letters a to z, digits and single hyphens.")) from None
    if slug == NEW or session.scalar(sa.select(Petition.id).where(Petition.slug == slug)):
        raise TextRefused(_("There is already a petition at this address. Choose another."))
    text = PetitionText(version=1, locale=locale, title=title, body="", sha256=sha256(locale, title, ""))
    made = Petition(
        slug=slug, organisation=organisation, state=State.DRAFT, addressee="", locale=locale, texts=[text]
    )
    session.add(made)
    session.flush()
    audit.record(session, str(actor.id), "petition made", slug, organisation_id=made.organisation_id)
    return made


def save(
    session: Session, actor: User, petition: Petition, fields: Fields, seen: str, content: Content | None
) -> None:
    """Saves what was typed; with `content`, which is the same checked, puts it in force.

    Raises EditedMeanwhile when something else is saved now than the editor had seen, TextRefused when the
    addressee of signed words would change, and Forbidden.
    """
    needed = Action.PUBLISH if content and petition.is_frozen else Action.WRITE
    if not may(actor, needed, petition):
        raise Forbidden(_("You may not do that here."))
    lock(session, petition)
    saved = current(session, petition)
    if digest(saved) != seen:
        raise EditedMeanwhile(saved)
    if content is None:
        session.merge(Unfinished(petition_id=petition.id, fields=fields, saved_at=now(), saved_by=actor.id))
        return
    _put_in_force(petition, content)
    session.execute(sa.delete(Unfinished).where(Unfinished.petition_id == petition.id))
    whose, version = petition.organisation_id, petition.text.version
    audit.record(session, str(actor.id), "petition written", petition.slug, organisation_id=whose, version=version)
    session.flush()


def changes_meaning(petition: Petition, content: Content) -> bool:
    """Whether anybody would sign something else than before. A new language changes nothing for the others."""
    text = petition.text
    if any(getattr(text, name) != content.promises[name] for name in PROMISES):
        return True
    return any(_differ(words, content.words.get(words.locale)) for words in text.in_all_languages)


def _differ(words: Words, given: Mapping[str, str | None] | None) -> bool:
    return given is None or any(getattr(words, name) != given[name] for name in SIGNED_WORDS)


def _put_in_force(petition: Petition, content: Content) -> None:
    if petition.is_frozen and (petition.addressee, petition.addressee_country) != (
        content.addressee,
        content.addressee_country,
    ):
        raise TextRefused(_("People have signed this for its addressee. For another, make another petition."))
    text = writable_text(petition) if changes_meaning(petition, content) else petition.text
    _write(text, content.words[petition.locale])
    text.locale, text.sha256 = petition.locale, sha256(petition.locale, text.title, text.body)
    for name in PROMISES:
        setattr(text, name, content.promises[name])
    known = {one.locale: one for one in text.translations}
    others = {tag: given for tag, given in content.words.items() if tag != petition.locale}
    text.translations = [_write(known.get(tag) or Translation(locale=tag), given) for tag, given in others.items()]
    _settle(petition, content)


def _write(words: Any, given: Mapping[str, str | None]) -> Any:
    for name in WORDS:
        setattr(words, name, given[name])
    return words


def _settle(petition: Petition, content: Content) -> None:
    petition.addressee, petition.addressee_country = content.addressee, content.addressee_country
    petition.goal, petition.closes_at = content.goal, content.closes_at
    plan = petition.plan = petition.plan or Plan()
    plan.zone, plan.opens_at = content.zone, content.opens_at
    plan.asks_city, plan.asks_comment = content.asks_city, content.asks_comment
