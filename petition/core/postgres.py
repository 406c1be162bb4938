"""PostgreSQL: how a process connects, how long anything may take, and connections that went stale."""

from __future__ import annotations

import functools
import json
import select
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from contextvars import ContextVar
from datetime import datetime
from types import NoneType
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection

CONNECTIONS = 8  # of a process, kept open: one for each thread of a web process
MORE_CONNECTIONS = 8  # for downloads and group commits
POOL_SECONDS = 5  # that a request waits for a connection when all are busy
POOL = {"pool_size": CONNECTIONS, "max_overflow": MORE_CONNECTIONS, "pool_timeout": POOL_SECONDS}
NETWORK = {
    "connect_timeout": 5,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,  # milliseconds until a host that went without a word counts as gone
    "application_name": "petition",
}
ROWS_AT_ONCE = 5_000  # of a long answer
LIMITS = {"statement_timeout": "15s", "lock_timeout": "5s", "idle_in_transaction_session_timeout": "60s"}
GRACE_SECONDS = 5  # beyond the statement timeout, for the way there and back
HURRIED_SECONDS = 5  # for what is little and read by its key: a server that does not give it in that time hangs
REPEATABLE_READ = 3  # psycopg.IsolationLevel; the driver is loaded only where it is used
STATEMENT_SECONDS = "SELECT extract(epoch FROM current_setting('statement_timeout')::interval)"
WITHOUT_LIMITS = sa.text("SELECT " + ", ".join(f"set_config('{name}', '0', true)" for name in LIMITS))

_longest: ContextVar[float | None] = ContextVar("_longest", default=None)


@contextmanager
def hurried() -> Iterator[None]:
    """Waits for no answer longer than `HURRIED_SECONDS` meanwhile."""
    before = _longest.set(HURRIED_SECONDS)
    try:
        yield
    finally:
        _longest.reset(before)


def arguments(url: str, settings: dict[str, str]) -> dict[str, Any]:
    """What is told to the driver, besides the URL. What stands in the URL wins; `settings` are the server's."""
    given = sa.make_url(url).query
    words = [f"-c {name}={value}" for name, value in {**LIMITS, **settings}.items()]
    theirs = given.get("options", "")
    words += [theirs] if isinstance(theirs, str) else theirs
    network = {name: value for name, value in NETWORK.items() if name not in given}
    return network | {"options": " ".join(words).strip()}


def streamed(connection: Connection, query: sa.SelectBase) -> Iterator[tuple[Any, ...]]:
    """The rows of a long query for one that reads them all, as they come; nothing else may be asked on the connection
    until they have.

    Without a cursor of the server's: for those it makes no parallel plan, and waits for us after every part, where
    it now goes on while we write. Values are the driver's: SQLAlchemy's own types do not see them, and its rows cost
    as much as ours.
    """
    compiled = query.compile(connection, compile_kwargs={"render_postcompile": True})
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, closing(cursor.stream(str(compiled), compiled.params, size=ROWS_AT_ONCE)) as rows:
        driver.being_read = rows
        yield from rows
        if driver.being_read is not rows:
            raise RuntimeError("the transaction ended before the list did")


def array(values: list[Any]) -> str:
    """A list in PostgreSQL's words for arrays (PostgreSQL manual, 8.15.6). Raises TypeError for a strange type."""
    return "{" + ",".join([WORDS.get(type(value), _other)(value) for value in values]) + "}"


def _other(value: Any) -> str:
    """A member of an enumeration, say, as what it is besides."""
    for kind in (int, str):
        if isinstance(value, kind):
            return WORDS[kind](kind(value))
    raise TypeError(f"no word for a {type(value).__name__}")


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


WORDS: dict[type, Callable[[Any], str]] = {
    bool: lambda value: "t" if value else "f",
    int: str,
    str: _quoted,
    UUID: str,
    bytes: lambda value: f'"\\\\x{value.hex()}"',
    datetime: lambda value: f'"{value.isoformat()}"',
    NoneType: lambda _value: "NULL",
}


def do_connect(dialect: Any, _record: Any, arguments: list[Any], settings: dict[str, Any]) -> Any:
    """A connection that does not wait for ever for the answer of a server that hangs."""
    return _patient(dialect.dbapi).connect(*arguments, **settings)


@functools.cache
def _patient(driver: Any) -> Any:
    """The driver's connection, with an end to its patience, and one that an error in the middle of a list leaves fit
    for use.

    A server that is stopped, or whose disk hangs, no longer keeps its own time limits, and its machine goes on
    answering for it, so that the network's limits see nothing either.

    A list keeps the connection locked until it is read or closed, and what an error's traceback holds is not closed
    while the error is on its way to whoever rolls back, who would wait for ever.
    """

    class Connection(driver.Connection):
        patience: float | None = None  # seconds
        usual_patience: float | None = None
        being_read: Any = None  # what `streamed` has not read to its end

        def rollback(self) -> None:
            if self.being_read is not None:
                self.being_read.close()
                self.being_read = None
            super().rollback()

        def wait(self, *arguments: Any, **settings: Any) -> Any:
            try:
                return super().wait(*arguments, **{"timeout": _longest.get() or self.patience} | settings)
            except driver.OperationalError as error:
                # a server that answered, if only with a refusal, has given its error a code
                if error.sqlstate is None and self.pgconn.transaction_status == driver.pq.TransactionStatus.ACTIVE:
                    self.pgconn.finish()  # the answer may still come, and nobody would know to what
                raise

    return Connection


def on_connect(driver: Any) -> Callable[[Any, Any], None]:
    """Makes connections of the driver wait not much longer than the server lets a statement run, and send lists in
    our words: the driver's own way looks for the type of each list anew, which takes longer than the statement.
    """

    class ListDumper(driver.adapt.Dumper):
        def dump(self, obj: list[Any]) -> bytes:
            return array(obj).encode()

    WORDS.setdefault(driver.Binary, lambda value: WORDS[bytes](value.obj))
    WORDS.setdefault(driver.types.json.Json, lambda value: _quoted(json.dumps(value.obj)))

    def prepare(connection: Any, _record: Any) -> None:
        connection.adapters.register_dumper(list, ListDumper)
        seconds = connection.execute(STATEMENT_SECONDS).fetchone()[0]
        connection.rollback()
        connection.patience = connection.usual_patience = float(seconds) + GRACE_SECONDS if seconds else None

    return prepare


def unhurried(connection: Connection) -> None:
    """Lifts all time limits until the end of the running transaction."""
    connection.execute(WITHOUT_LIMITS)
    connection.connection.dbapi_connection.patience = None  # type: ignore[union-attr]


def on_checkout(connection: Any, _record: Any, _proxy: Any) -> None:
    """Replaces connections that the server has closed, before anything is sent on them.

    A server that goes says so, and then there is something to read on an idle connection. Looking costs
    no question to the server, as a ping would.
    """
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    if poll.poll(0):
        raise sa.exc.InvalidatePoolError("the server has closed the connection")


def on_begin(connection: Connection) -> None:
    """Outside `writing()` a transaction reads only, and sees one moment, as on SQLite."""
    raw: Any = connection.connection.dbapi_connection
    raw.patience = raw.usual_patience
    writes = bool(connection.get_execution_options().get("writes"))
    if raw.read_only is None or raw.read_only is writes:
        raw.read_only = not writes
        raw.isolation_level = None if writes else REPEATABLE_READ


def on_error(context: sa.engine.ExceptionContext) -> None:
    """Takes the values of the row out of an error: the server says in its details which key was there already."""
    diagnosis = getattr(context.original_exception, "diag", None)
    if diagnosis and diagnosis.message_detail:
        context.original_exception.args = (diagnosis.message_primary,)
        if context.sqlalchemy_exception is not None:
            kind = type(context.original_exception).__name__
            context.sqlalchemy_exception.args = (f"({kind}) {diagnosis.message_primary}",)
