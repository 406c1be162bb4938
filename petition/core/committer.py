"""Group commit: what many visitors write at the same moment goes to the disk together.

Each process has one thread that writes for all its requests. It takes what has gathered while the last
transaction was committed (256 pieces at most), does it in one transaction, and only then lets the requests
answer. A lost connection is made again and the work repeated, also when nobody knows whether the commit
arrived: so all work given here must be repeatable.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import sqlalchemy as sa
from flask import Flask, current_app
from flask_babel import lazy_gettext as __
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, InternalError

from petition.core import metrics
from petition.core.db import connecting, has_no_room, is_away, prepare_engine
from petition.core.errors import DomainError
from petition.core.logs import log

MOST_AT_ONCE = 256
GATHERING_SECONDS = 0.005
"""So long the next transaction waits for those who were just answered, when several were: most come again at once."""
MOST_WAITING = 1000
PATIENCE_SECONDS = 8.0
"""How long a piece of work may wait for the database, a change of servers included, before it is refused."""
STUCK_SECONDS = 3.0
MOST_STUCK = 24
"""So many requests may wait for a database that does not come back; the other threads go on serving readers. A disk
that is busy with something large, a checkpoint say, comes back within a second or two: then nobody is refused."""
PAUSE_SECONDS = 0.05
RACES = 5
BUSY_WORDS = __("We cannot take this just now. Please try again in a minute.")

BY_KEYS = {
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "plan_cache_mode": "force_generic_plan",
}
"""For PostgreSQL's planner: all work goes by keys. What it knows of a table that grows by thousands of rows a
second is old, and it would read the whole of it for a few."""

T = TypeVar("T")
R = TypeVar("R")
Work = Callable[[Connection, list[T]], Sequence[R | DomainError]]
"""Does many pieces of work in the running transaction. A DomainError among the results refuses that piece alone."""


class Busy(DomainError):
    """More is waiting to be written than can be written soon, or the database is away."""

    status = 503
    code = "busy"

    def __init__(self) -> None:
        super().__init__(BUSY_WORDS)

    @property
    def headers(self) -> dict[str, str]:
        return {"Retry-After": "60"}


class _Piece:
    """One piece of work, and the request that waits for it."""

    __slots__ = ("_done", "item", "result", "since", "work")

    def __init__(self, work: Work[Any, Any], item: Any) -> None:
        self.work, self.item = work, item
        self.since = time.monotonic()
        self.result: Any = None
        self._done = threading.Lock()
        self._done.acquire()

    def finish(self, result: Any) -> None:
        self.result = result
        self._done.release()

    def wait(self) -> Any:
        """The result; Busy when the committing thread itself does not come back."""
        if not self._done.acquire(timeout=PATIENCE_SECONDS + 2):
            return Busy()
        return self.result


class Committer:
    """The queue of one process, and the thread that empties it."""

    def __init__(self, app: Flask, engine: sa.Engine) -> None:
        self._app = app
        self._engine = engine
        self._queue: deque[_Piece] = deque()
        self._news = threading.Condition(threading.Lock())
        self._thread: threading.Thread | None = None
        self._in_work: list[_Piece] = []
        self._joinable = False
        self._closed = False
        self._awaited = 1

    def submit(self, work: Work[T, R], item: T) -> R:
        """Has one item done, with others of its time, and returns its result once it is committed.

        Raises Busy at once when too many wait, or when the database stays away; raises the item's own
        DomainError, or whatever error it alone caused.
        """
        piece = _Piece(work, item)
        with self._news:
            if self._closed or self._stuck(piece.since):
                raise Busy
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="committer", daemon=True)
                self._thread.start()
            self._queue.append(piece)
            metrics.waiting_writes.set(len(self._queue))
            if len(self._queue) in (1, self._awaited):
                self._news.notify()
        result = piece.wait()
        if isinstance(result, Exception):
            raise result
        done: R = result
        return done

    def _stuck(self, at: float) -> bool:
        if not self._in_work or at - self._in_work[0].since < STUCK_SECONDS:
            return len(self._queue) >= MOST_WAITING
        return len(self._in_work) + len(self._queue) >= MOST_STUCK

    @property
    def waiting(self) -> int:
        """How many pieces wait for their transaction to begin."""
        return len(self._queue)

    def close(self) -> None:
        """Commits what is in the queue, then ends the thread."""
        with self._news:
            self._closed = True
            self._news.notify()
        if self._thread:
            self._thread.join()
        self._engine.dispose()

    def _run(self) -> None:
        with self._app.app_context():
            while pieces := self._next():
                self._commit(pieces)
                self._in_work = []
                self._awaited = min(len(pieces) + len(self._queue), MOST_AT_ONCE)

    def _next(self) -> list[_Piece]:
        with self._news:
            self._news.wait_for(lambda: self._queue or self._closed)
            if self._awaited > 1:
                self._news.wait_for(lambda: len(self._queue) >= self._awaited or self._closed, GATHERING_SECONDS)
            self._in_work = self._taken(MOST_AT_ONCE)
            self._joinable = True
            return self._in_work

    def _taken(self, most: int) -> list[_Piece]:
        taken = [self._queue.popleft() for _one in range(min(len(self._queue), most))]
        metrics.waiting_writes.set(len(self._queue))
        return taken

    def _let_join(self, pieces: list[_Piece]) -> None:
        """Adds what has come while the transaction waited for its turn, on SQLite while others wrote.

        Once: what is tried again, or in halves because one piece spoils it, takes no others with it.
        """
        if self._joinable:
            self._joinable = False
            with self._news:
                pieces += self._taken(MOST_AT_ONCE - len(pieces))

    def _commit(self, pieces: list[_Piece], races: int = RACES) -> None:
        """Does them together; where one of them spoils it, halves, until it fails alone."""
        try:
            results = self._tried(pieces)
        except Exception as error:
            if len(pieces) > 1:
                half = len(pieces) // 2
                self._commit(pieces[:half])
                self._commit(pieces[half:])
            elif isinstance(error, IntegrityError) and races:
                self._commit(pieces, races - 1)
            else:
                pieces[0].finish(error)
            return
        for piece, result in zip(pieces, results, strict=True):
            piece.finish(result)

    def _tried(self, pieces: list[_Piece]) -> list[Any]:
        """The results of one transaction, tried again while the database is away. Pieces out of time are Busy."""
        until = max(piece.since for piece in pieces) + PATIENCE_SECONDS
        while True:
            try:
                return self._transaction(pieces)
            except sa.exc.SQLAlchemyError as error:
                if not (is_away(error) or isinstance(error, InterfaceError | InternalError)):
                    raise
                if time.monotonic() > until or self._closed or has_no_room(error):
                    log.error("database away", extra={"why": _kind(error), "refused": len(pieces)})
                    return [Busy()] * len(pieces)
                log.warning("database away", extra={"why": _kind(error), "waiting": len(pieces)})
                time.sleep(PAUSE_SECONDS)

    def _transaction(self, pieces: list[_Piece]) -> list[Any]:
        with (
            metrics.commit_seconds.time(),
            self._engine.connect().execution_options(writes=True) as connection,
            connection.begin(),
        ):
            self._let_join(pieces)
            metrics.batch.observe(len(pieces))
            return _done(connection, pieces)


def _kind(error: Exception) -> str:
    return type(error.orig if isinstance(error, DBAPIError) else error).__name__


def _done(connection: Connection, pieces: list[_Piece]) -> list[Any]:
    """The result of each piece, those of one kind of work done together."""
    results: list[Any] = [None] * len(pieces)
    by_work: dict[Work[Any, Any], list[int]] = {}
    for place, piece in enumerate(pieces):
        by_work.setdefault(piece.work, []).append(place)
    for work in sorted(by_work, key=lambda one: one.__name__):  # one order, so that no two wait in a ring
        places = by_work[work]
        done = work(connection, [pieces[place].item for place in places])
        for place, result in zip(places, done, strict=True):
            results[place] = result
    return results


def is_busy(error: Exception) -> bool:
    """Whether the same request may well succeed in a minute."""
    return isinstance(error, Busy) or is_away(error)


def submit(work: Work[T, R], item: T) -> R:
    """Has the application's committer do it: see `Committer.submit`."""
    committer: Committer = current_app.extensions["petition.committer"]
    return committer.submit(work, item)


def close(app: Flask) -> None:
    """Ends the application's committer, everything in its queue committed."""
    with contextlib.suppress(KeyError):
        app.extensions["petition.committer"].close()


def init_app(app: Flask, url: str) -> None:
    """Gives the application its committer, with a connection of its own; the thread starts with the first work."""
    engine = sa.create_engine(url, **connecting(url, **BY_KEYS) | {"pool_size": 1})
    prepare_engine(engine)
    app.extensions["petition.committer"] = Committer(app, engine)
