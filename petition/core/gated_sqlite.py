"""SQLite: connections that queue for its one writer, and what they keep in memory."""

from __future__ import annotations

import fcntl
import sqlite3
from typing import IO, Any

from sqlalchemy.engine import Connection

BUSY_MILLISECONDS = 10_000
CACHE_KIBIBYTES = 20_000
LOG_PAGES = 4_000
"""So many pages of 4 KiB go to the log until a commit moves them into the file, all before the next may write. What
is counted is spread over the whole file, and of more commits more is the same: it is moved once. SQLite would do it
after each 1,000, every seventh commit of a rush."""
SPARING_KIBIBYTES = 5_000  # for a list, whose reader comes by each page once


class GatedConnection(sqlite3.Connection):
    """A SQLite connection that queues for the write lock at a file of its own.

    SQLite makes waiting writers poll, which starves some of them for seconds; a blocking `flock` in
    front is fair. Each connection opens the file for itself, so threads queue as processes do.
    """

    path: str = ""
    _gate: IO[bytes] | None = None
    _inside = False
    query_only = False
    sparing = False

    def enter_gate(self) -> None:
        """Waits until no other connection, of any process, is writing."""
        if self._gate is None:
            self._gate = open(f"{self.path}.lock", "ab")  # noqa: SIM115 (kept open for the connection's life)
        fcntl.flock(self._gate, fcntl.LOCK_EX)
        self._inside = True

    def leave_gate(self) -> None:
        """Lets the next writer in."""
        if self._inside and self._gate is not None:
            self._inside = False
            fcntl.flock(self._gate, fcntl.LOCK_UN)

    def commit(self) -> None:
        try:
            super().commit()
        finally:
            self.leave_gate()

    def rollback(self) -> None:
        try:
            super().rollback()
        finally:
            self.leave_gate()

    def close(self) -> None:
        try:
            super().close()
        finally:
            self.leave_gate()
            if self._gate is not None:
                self._gate.close()
                self._gate = None

    def spare(self) -> None:
        """Keeps less in memory, of pages and of rows that are being sorted: SQLite takes as much for each."""
        self.execute(f"PRAGMA cache_size=-{SPARING_KIBIBYTES}")
        self.sparing = True

    def be_generous(self) -> None:
        """Ends what `spare` began."""
        if self.sparing:
            self.execute(f"PRAGMA cache_size=-{CACHE_KIBIBYTES}")
            self.sparing = False


def on_connect(synchronous: str) -> Any:
    def connect(connection: GatedConnection, record: Any) -> None:
        connection.isolation_level = None
        connection.path = connection.execute("PRAGMA database_list").fetchone()[2]
        for pragma in (
            "journal_mode=WAL",
            f"synchronous={synchronous}",
            f"busy_timeout={BUSY_MILLISECONDS}",
            "foreign_keys=ON",
            f"wal_autocheckpoint={LOG_PAGES}",
            "secure_delete=ON",  # what is forgotten must be gone from the file
            f"cache_size=-{CACHE_KIBIBYTES}",
        ):
            connection.execute(f"PRAGMA {pragma}").fetchall()
        # SQLite's own knows ASCII alone, and people search in every script.
        connection.create_function("lower", 1, _lower, deterministic=True)

    return connect


def _lower(text: Any) -> Any:
    return text.lower() if isinstance(text, str) else text


def on_begin(connection: Connection) -> None:
    raw = connection.connection.dbapi_connection
    assert isinstance(raw, GatedConnection)
    raw.be_generous()
    writes = bool(connection.get_execution_options().get("writes"))
    if raw.query_only is writes:
        raw.execute(f"PRAGMA query_only={'OFF' if writes else 'ON'}")
        raw.query_only = not writes
    if not writes:
        raw.execute("BEGIN")
        return
    raw.enter_gate()
    try:
        raw.execute("BEGIN IMMEDIATE")
    except BaseException:
        raw.leave_gate()
        raise
