"""Group commit: writers of one moment share a transaction, one that fails fails alone, and nobody waits for ever."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy import event
from sqlalchemy.engine import Connection

from petition.core import committer
from petition.core.clock import now
from petition.core.committer import Busy, submit
from petition.core.db import db, read_again
from petition.core.errors import DomainError, Forbidden
from petition.core.many_rows import ManyRows
from petition.mail.models import PeriodicJob
from tests.conftest import SLUG
from tests.processes import wait_until

JOB: Any = PeriodicJob.__table__


def keep(connection: Connection, names: list[str]) -> list[str | DomainError]:
    """A piece of work that stores names: some poison it, forbidden ones are refused."""
    stored = [name for name in names if name != "forbidden"]
    for name in stored:
        if name.startswith("poison"):
            raise ValueError(name)
    ManyRows(connection.dialect, JOB, ["name"], [[name] for name in stored], due=now()).insert(connection)
    return [f"kept {name}" if name != "forbidden" else Forbidden() for name in names]


def kept() -> set[str]:
    return set(read_again().scalars(sa.select(PeriodicJob.name)))


@contextmanager
def nobody_can_write(app: Flask) -> Iterator[None]:
    """Holds what every writer waits for."""
    with app.app_context():
        engine = db.engine
    if engine.dialect.name == "sqlite":
        with open(f"{engine.url.database}.lock", "ab") as gate:
            fcntl.flock(gate, fcntl.LOCK_EX)
            yield
    else:
        with engine.connect() as connection:
            connection.exec_driver_sql("LOCK TABLE periodic_job, signature IN ACCESS EXCLUSIVE MODE")
            yield


@contextmanager
def commits() -> Iterator[list[str]]:
    seen: list[str] = []

    def on_commit(_connection: Any) -> None:
        seen.append("COMMIT")

    event.listen(sa.Engine, "commit", on_commit)
    yield seen
    event.remove(sa.Engine, "commit", on_commit)


def all_at_once(app: Flask, names: list[str]) -> list[Any]:
    """Submits each name on a thread of its own, while nobody can write, then lets them through."""

    def one(name: str) -> Any:
        with app.app_context():
            try:
                return submit(keep, name)
            except Exception as error:
                return error

    with ThreadPoolExecutor(len(names)) as threads:
        with nobody_can_write(app):
            waiting = [threads.submit(one, name) for name in names]
            queue = app.extensions["petition.committer"]
            wait_until(lambda: queue.waiting + len(queue._in_work) == len(names))
        return [answer.result(30) for answer in waiting]


def test_who_writes_at_the_same_moment_shares_a_commit(app: Flask) -> None:
    names = [f"name {number}" for number in range(20)]
    with commits() as seen:
        answers = all_at_once(app, names)
    assert answers == [f"kept {name}" for name in names]
    # On PostgreSQL the first one waits inside its transaction, and everybody who came meanwhile has the next.
    assert len(seen) <= (1 if app.config["SQLALCHEMY_DATABASE_URI"].startswith("sqlite") else 2)
    with app.app_context():
        assert kept() == set(names)


def test_a_poisoned_piece_fails_alone(app: Flask) -> None:
    names = [f"name {number}" for number in range(11)]
    answers = all_at_once(app, [*names[:5], "poison 1", *names[5:], "poison 2"])
    assert [str(answer) for answer in answers if isinstance(answer, ValueError)] == ["poison 1", "poison 2"]
    with app.app_context():
        assert kept() == set(names)


def test_one_that_the_database_refuses_fails_alone(app: Flask) -> None:
    answers = all_at_once(app, ["one", "two", "two", "three"])
    assert sorted(str(answer) for answer in answers if isinstance(answer, str)) == [
        "kept one",
        "kept three",
        "kept two",
    ]
    assert [type(answer) for answer in answers if not isinstance(answer, str)] == [sa.exc.IntegrityError]


def test_a_refused_piece_tells_its_own_caller_and_hinders_nobody(app: Flask) -> None:
    answers = all_at_once(app, ["one", "forbidden", "two"])
    assert isinstance(answers[1], Forbidden)
    with app.app_context():
        assert kept() == {"one", "two"}


def test_closing_commits_what_is_in_the_queue_and_takes_nothing_more(app: Flask) -> None:
    with ThreadPoolExecutor(5) as threads:
        inside = Event()

        def one(number: int) -> Any:
            with app.app_context():
                inside.set()
                return submit(keep, f"name {number}")

        with nobody_can_write(app):
            waiting = [threads.submit(one, number) for number in range(4)]
            queue = app.extensions["petition.committer"]
            wait_until(lambda: queue.waiting + len(queue._in_work) == 4)
            closing = threads.submit(committer.close, app)
        closing.result(30)
        assert sorted(answer.result(30) for answer in waiting) == [f"kept name {number}" for number in range(4)]
    with app.app_context(), pytest.raises(Busy):
        submit(keep, "late")


def test_when_too_many_wait_too_long_the_next_is_told_so_and_keeps_the_form(
    app: Flask, sign: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(committer, "MOST_STUCK", 2)
    monkeypatch.setattr(committer, "STUCK_SECONDS", 0.1)
    app.config["LIMITS"] = "off"  # their counters are written through the same gate
    queue = app.extensions["petition.committer"]
    with ThreadPoolExecutor(2) as threads:
        with nobody_can_write(app):
            waiting = []
            for number in (1, 2):
                waiting.append(threads.submit(sign, f"person{number}@example.org"))
                wait_until(lambda number=number: queue.waiting + len(queue._in_work) == number)
            wait_until(lambda: queue._stuck(time.monotonic()))
            refused = sign("eva@example.org", name="Eva <b>", country="JP", city="Kobe", comment="Two\nlines")
        assert [answer.result(30).status_code for answer in waiting] == [303, 303]
    assert refused.status_code == 503
    assert refused.headers["Retry-After"] == "60"
    for field in ('value="Eva &lt;b&gt;"', '<option value="JP" selected>', 'value="Kobe"', "Two\nlines</textarea>"):
        assert field in refused.text
    assert 'value="eva@example.org"' in refused.text
    assert sign("eva@example.org", slug=SLUG).status_code == 303


@pytest.mark.only_on("sqlite", "its files can be kept from growing by a pragma")
def test_a_full_disk_is_no_reason_to_keep_anybody_waiting(app: Flask) -> None:
    tried = []

    def too_much(connection: Connection, items: list[int]) -> list[int]:
        tried.append(items)
        connection.exec_driver_sql("PRAGMA max_page_count = 1")  # that is: as large as it is now
        names = [[f"{number:0500}"] for number in range(10_000)]
        ManyRows(connection.dialect, JOB, ["name"], names, due=now()).insert(connection)
        return items

    with app.app_context(), pytest.raises(Busy):
        submit(too_much, 1)
    assert tried == [[1]]
