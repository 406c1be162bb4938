"""The audit log as people read it: in words, newest first, for an organisation or for the whole site."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as __
from sqlalchemy.orm import Session

from petition.accounts.models import User
from petition.core.audit import COMMAND_LINE, ENDORSER, PROGRAM, AuditDetail, AuditEntry
from petition.organisations import words

PAGE = 50
WITHOUT_ACCOUNT = {COMMAND_LINE: __("command line"), ENDORSER: __("the endorser"), PROGRAM: __("the program")}


@dataclass(frozen=True, slots=True)
class Line:
    """One entry: who did what, when and from which network (None: not known, or erased)."""

    number: int
    at: datetime
    who: str
    did: str
    network: str | None


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the log, its number from 1, how many there are, and the sorts of acts there are."""

    lines: Sequence[Line]
    number: int
    pages: int
    actions: Sequence[str]


def read(session: Session, number: int, action: str = "", organisation_id: UUID | None = None) -> Page:
    """A page of the log, newest first: of one organisation or of all, of one sort of acts or of all."""
    of_organisation = sa.true() if organisation_id is None else AuditEntry.organisation_id == organisation_id
    actions = session.scalars(sa.select(AuditEntry.action).where(of_organisation).distinct()).all()
    chosen = of_organisation if not action else sa.and_(of_organisation, AuditEntry.action == action)
    total = session.scalar(sa.select(sa.func.count()).select_from(AuditEntry).where(chosen)) or 0
    pages = max(1, -(-total // PAGE))
    number = min(max(number, 1), pages)
    query = sa.select(AuditEntry, AuditDetail).outerjoin(AuditDetail, AuditDetail.number == AuditEntry.number)
    newest = query.where(chosen).order_by(AuditEntry.number.desc()).limit(PAGE).offset((number - 1) * PAGE)
    rows = [(entry, detail) for entry, detail in session.execute(newest)]
    names = _names(session, (entry for entry, _detail in rows))
    return Page([_line(entry, detail, names) for entry, detail in rows], number, pages, sorted(actions))


def _names(session: Session, entries: Iterable[AuditEntry]) -> dict[str, str]:
    """The names of the accounts that entries speak of."""
    told = {text for entry in entries for text in (entry.actor, entry.object, entry.details.get("person", ""))}
    ids = {found for text in told if (found := _id(text))}
    return {str(row.id): row.name for row in session.execute(sa.select(User.id, User.name).where(User.id.in_(ids)))}


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _line(entry: AuditEntry, detail: AuditDetail | None, names: dict[str, str]) -> Line:
    who = str(WITHOUT_ACCOUNT.get(entry.actor) or names.get(entry.actor, _("an account that is gone")))
    values = entry.details | (detail.personal if detail else {})
    values["object"] = names.get(entry.object, entry.object)
    if "person" in values:
        values["person"] = names.get(values["person"], _("an account that is gone"))
    network = detail.network if detail else None
    return Line(entry.number, entry.at, who, words.act(entry.action, values), network)
