"""Recording what happened. Entries are only added; what was wrong stays visible, with the reason."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from petition.accounts.models import User
from petition.core.clock import now
from petition.core.errors import DomainError, NotFound
from petition.core.ids import new_id
from petition.deliveries.journal.models import HAPPENINGS, WORDS, Delivery, DeliveryEntry, EntryKind
from petition.deliveries.journal.service import packages_for, record, settle
from petition.deliveries.packages.models import Package

MOST = 100
"""Entries of a delivery: they all stand on one page."""


class EntryRefused(DomainError):
    """What was written cannot become an entry."""

    status = 422
    code = "entry_refused"


@dataclass(frozen=True, slots=True)
class Told:
    """What happened, when, with which package (None: with none of this site), in the words of WORDS."""

    kind: EntryKind
    happened_at: datetime
    package_id: UUID | None
    words: Mapping[str, str]


def find_entry(delivery: Delivery, entry_id: UUID) -> DeliveryEntry:
    """An entry that can be corrected: one that stands and tells what happened. Raises NotFound."""
    for one in delivery.standing:
        if one.id == entry_id and one.kind in HAPPENINGS:
            return one
    raise NotFound(_("There is no such entry."))


def record_entry(session: Session, actor: User, delivery: Delivery, told: Told) -> DeliveryEntry:
    """Adds what happened. Raises EntryRefused."""
    entry = _add(session, actor, delivery, told)
    record(session, actor, delivery, "delivery recorded", kind=told.kind.value, entry=str(entry.id))
    return entry


def correct(
    session: Session, actor: User, delivery: Delivery, former: DeliveryEntry, told: Told, why: str
) -> DeliveryEntry:
    """Puts another entry in the place of one, which stays visible with the reason. Raises EntryRefused."""
    entry = _add(session, actor, delivery, told, former, _reason(why))
    record(session, actor, delivery, "delivery entry corrected", {"reason": why}, entry=str(former.id))
    return entry


def strike(session: Session, actor: User, delivery: Delivery, former: DeliveryEntry, why: str) -> None:
    """Says that an entry is wrong, with nothing in its place. Raises EntryRefused."""
    struck = Told(EntryKind.STRUCK, former.happened_at, None, {})
    _add(session, actor, delivery, struck, former, _reason(why))
    record(session, actor, delivery, "delivery entry struck", {"reason": why}, entry=str(former.id))


def find_words(delivery: Delivery, entry_id: UUID) -> DeliveryEntry:
    """An entry that has words, whether it stands or was corrected, or that had some. Raises NotFound."""
    for one in delivery.entries:
        if one.id == entry_id and (one.has_words or one.removed_at):
            return one
    raise NotFound(_("There is no such entry."))


def remove_words(session: Session, actor: User, delivery: Delivery, entry_id: UUID, why: str) -> None:
    """Forgets the words of an entry, corrected ones too, and says so; done again, it forgets the reason given before.

    Raises NotFound or EntryRefused.
    """
    entry = find_words(delivery, entry_id)
    entry.removed_why, entry.removed_at = _reason(why), entry.removed_at or now()
    for name in (*WORDS, "why"):
        setattr(entry, name, "")
    record(session, actor, delivery, "delivery words removed", {"reason": why}, entry=str(entry.id))


def _reason(why: str) -> str:
    if not why:
        raise EntryRefused(_("Say why: the public page shows it."))
    return why


def _add(
    session: Session,
    actor: User,
    delivery: Delivery,
    told: Told,
    former: DeliveryEntry | None = None,
    why: str = "",
) -> DeliveryEntry:
    if len(delivery.entries) >= MOST:
        raise EntryRefused(_("A delivery can have %(number)s entries at most.", number=MOST))
    if told.happened_at > now():
        raise EntryRefused(_("This time has not come yet."))
    package = _package(session, delivery, told)
    entry = DeliveryEntry(
        id=new_id(),
        kind=told.kind,
        happened_at=told.happened_at,
        package=package,
        zip_sha256=package and package.zip_sha256,
        manifest_sha256=_manifest_sha256(package),
        replaces=former and former.id,
        why=why,
        author=actor.id,
        created_at=now(),
        **told.words,
    )
    delivery.entries.append(entry)
    settle(delivery)
    _settle_package(delivery, former.package if former else None, package)
    return entry


def _settle_package(delivery: Delivery, former: Package | None, package: Package | None) -> None:
    """Makes the package of the delivery the one that what happened last names, when an entry now names another.

    Where none names any more what a corrected entry named, nothing proves that list: it must not stay in public.
    A package that was chosen for the plan, and that no entry named wrongly, stays.
    """
    if package is not former and (package or delivery.package is former):
        named = [one.package for one in delivery.standing if one.package]
        delivery.package = named[-1] if named else None


def _package(session: Session, delivery: Delivery, told: Told) -> Package | None:
    if told.package_id is None:
        return None
    fitting = {one.id: one for one in packages_for(session, delivery)}
    if told.package_id not in fitting:
        raise EntryRefused(_("Choose one of these packages."))
    return fitting[told.package_id]


def _manifest_sha256(package: Package | None) -> str | None:
    return hashlib.sha256(package.manifest).hexdigest() if package and package.manifest else None
