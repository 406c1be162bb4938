"""Holding a package while it is built: one worker at a time, and of a dead one another takes over."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from petition.core.clock import now
from petition.core.db import db, read_again, writing
from petition.core.ids import new_id
from petition.deliveries.packages.models import Package, PackageState

LEASE = timedelta(seconds=40)  # a dead worker's package is anybody's after this long
RENEW_SECONDS = 10.0


class Stopped(Exception):
    """The worker has been told to end: another goes on from here."""


class Lost(Exception):
    """Another worker has the package: this one was away for longer than its lease."""


class Spoiled(Exception):
    """Somebody in the snapshot has been erased before the package was ready: it has to be made anew."""


@dataclass(slots=True)
class Hold:
    """One worker's hold of one package. Its writing happens inside `writing()` alone."""

    package_id: UUID
    stopping: Callable[[], bool]
    lease: UUID = field(default_factory=new_id)
    _lost: bool = False

    def check(self) -> None:
        """Returns while the work should go on. Raises Stopped or Lost."""
        if self.stopping():
            raise Stopped
        if self._lost:
            raise Lost

    @contextmanager
    def writing(self, **values: Any) -> Iterator[Session]:
        """A transaction that only who still holds the package commits; it renews the lease, and sets values.

        Raises Stopped, Lost, or Spoiled.
        """
        self.check()
        with writing() as session:
            gone_at = session.execute(self._renewal().values(**values).returning(Package.files_gone_at)).one_or_none()
            if gone_at is None:
                raise Lost
            if gone_at[0] is not None:
                raise Spoiled
            yield session

    def _renewal(self) -> sa.Update:
        mine = Package.id == self.package_id, Package.lease == self.lease
        update = sa.update(Package).where(*mine).values(claimed_until=now() + LEASE)
        return update.execution_options(synchronize_session=False)

    def start_over(self) -> None:
        """Says that nothing that was made so far is good any more. Raises Lost."""
        afresh = {"files_gone_at": None, "files_gone_why": None, "snapshot_at": None, "done": 0, "steps": 0}
        with writing() as session:
            if session.execute(self._renewal().values(**afresh).returning(Package.id)).first() is None:
                raise Lost

    def renew(self) -> None:
        """Says that the work goes on."""
        with writing() as session:
            self._lost = session.execute(self._renewal().returning(Package.id)).first() is None

    def give_back(self, **values: Any) -> None:
        """Ends the hold, with what became of the package; without effect if it was lost."""
        with writing() as session:
            over = {"lease": None, "claimed_until": None} | values
            session.execute(self._renewal().values(**over))


def waiting_package() -> UUID | None:
    """The package that has waited longest, if one waits; a read, so that an idle worker asks for no write lock."""
    waiting = sa.select(Package.id).where(_is_free()).order_by(Package.asked_at, Package.number).limit(1)
    return read_again().scalar(waiting)


def _is_free() -> sa.ColumnElement[bool]:
    abandoned = sa.and_(Package.state == PackageState.BUILDING, _is_over())
    return sa.or_(Package.state == PackageState.WAITING, abandoned)


def _is_over() -> sa.ColumnElement[bool]:
    """Whether nobody's lease runs. One that ends later than any given now is of a clock that ran ahead."""
    until, at = Package.claimed_until, now()
    return sa.or_(until.is_(None), until <= at, until > at + 2 * LEASE)


def claim(package_id: UUID, stopping: Callable[[], bool]) -> Hold | None:
    """Takes the package, unless somebody else is at it or nothing is to be done."""
    hold = Hold(package_id, stopping)
    taken = sa.update(Package).where(Package.id == package_id, _is_free()).returning(Package.id)
    values = {"state": PackageState.BUILDING, "lease": hold.lease, "claimed_until": now() + LEASE, "failure": None}
    with writing() as session:
        found = session.execute(taken.values(**values).execution_options(synchronize_session=False)).first()
    return hold if found else None


@contextmanager
def renewed(app: Flask, hold: Hold) -> Iterator[None]:
    """Renews the lease every few seconds, however long a step takes."""
    over = threading.Event()
    thread = threading.Thread(target=_renew, args=(app, hold, over), name="package lease")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _renew(app: Flask, hold: Hold, over: threading.Event) -> None:
    while not over.wait(RENEW_SECONDS):
        # While the database is away nobody else can take the package either.
        with app.app_context(), suppress(SQLAlchemyError):
            hold.renew()
            db.session.remove()
