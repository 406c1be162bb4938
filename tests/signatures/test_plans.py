"""What a signer causes reads a few rows, however many there are: each statement finds them by an index."""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from petition.core.db import writing
from petition.core.tokens import read_handle
from petition.signatures import confirming
from petition.signatures.confirming import Press
from petition.signatures.mails import CONFIRM
from tests.conftest import SLUG
from tests.site_visits import Visits

BIG_TABLES = ("signature", "signer", "outbox", "tally", "hourly_tally", "own_page_session", "own_page_link")


@contextmanager
def plans() -> Iterator[set[str]]:
    """Collects what SQLite says it does for each statement, but for the petition's own small tables."""
    found: set[str] = set()
    looking = False

    def explain(_connection: Any, cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        nonlocal looking
        if looking or not re.match(r"(WITH|SELECT|INSERT|UPDATE|DELETE)", statement):
            return
        looking = True
        try:
            values = parameters[0] if many else parameters
            rows = cursor.connection.execute(f"EXPLAIN QUERY PLAN {statement}", values).fetchall()
            found.update(f"{row[3]}   <- {statement}" for row in rows)
        finally:
            looking = False

    event.listen(Engine, "before_cursor_execute", explain)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", explain)


@contextmanager
def plans_of_changes() -> Iterator[dict[str, int]]:
    """Counts how often SQLite plans each change of several rows, while it makes it.

    Whenever it plans a change it asks whether each column may be changed.
    """
    most: dict[str, int] = {}
    asked: Counter[tuple[str, str]] = Counter()

    def allow(action: int, table: str, column: str, *_of: object) -> int:
        if action == sqlite3.SQLITE_UPDATE:
            asked[table, column] += 1
        return sqlite3.SQLITE_OK

    def before(connection: Any, cursor: Any, *_statement: object) -> None:
        if connection.info.setdefault("asks", False) is False:
            cursor.connection.set_authorizer(allow)
            connection.info["asks"] = True
        asked.clear()

    def after(_connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        if many and len(parameters) > 1 and statement.startswith("UPDATE"):
            most[statement] = max(asked.values(), default=0)

    event.listen(Engine, "before_cursor_execute", before)
    event.listen(Engine, "after_cursor_execute", after)
    try:
        yield most
    finally:
        event.remove(Engine, "before_cursor_execute", before)
        event.remove(Engine, "after_cursor_execute", after)


def reads_too_much(plan: str) -> bool:
    """A scan of a table that grows, or a search by the bucket alone, which is a 64th of it."""
    step, _arrow, statement = plan.partition("   <- ")
    if "1!=1" in statement:  # no row is asked for
        return False
    table = re.match(r"(SCAN|SEARCH) (\w+)", step)
    if not table or table[2].removesuffix("_1") not in BIG_TABLES:
        return False
    return table[1] == "SCAN" or step.endswith("(bucket=?)")


def sign(visits: Visits) -> None:
    visits.sign("ana@example.org")


def confirm(visits: Visits) -> None:
    visits.press(visits.link("ana@example.org"))


def confirm_a_third(visits: Visits) -> None:
    for name in ("One", "Two", "Three"):
        visits.press(visits.link("ana@example.org", name=name))


def type_the_code(visits: Visits) -> None:
    visits.sign("ana@example.org")
    visits.app.test_client().post("/confirm", data={"email": "ana@example.org", "code": visits.mails()[0].code})


def correct(visits: Visits) -> None:
    browser = visits.counted("ana@example.org")
    visits.change(browser, visits.refs(browser)[0], name="Ana", country="JP")


def withdraw(visits: Visits) -> None:
    browser = visits.counted("ana@example.org")
    visits.change(browser, visits.refs(browser)[0], "withdraw")


def erase(visits: Visits) -> None:
    browser = visits.counted("ana@example.org")
    visits.change(browser, visits.refs(browser)[0], "erase")


def look(visits: Visits) -> None:
    for path in ("", "/tally", "/tally.json"):
        visits.app.test_client().get(f"/petitions/{SLUG}{path}")


def open_the_own_page(visits: Visits) -> None:
    visits.app.test_client().post("/my", data={"email": "ana@example.org"})
    browser = visits.app.test_client()
    browser.post(visits.mails()[0].path)
    browser.get("/my")


@pytest.mark.only_on("sqlite", "PostgreSQL plans by what is in the tables: tests/postgres fills them")
@pytest.mark.parametrize(
    "act", [sign, confirm, confirm_a_third, type_the_code, correct, withdraw, erase, look, open_the_own_page]
)
def test_no_act_of_a_signer_reads_more_than_what_it_is_about(visits: Visits, act: Callable[[Visits], None]) -> None:
    with plans() as found:
        act(visits)
    assert any("SEARCH" in plan for plan in found)
    assert [plan for plan in sorted(found) if reads_too_much(plan)] == []


@pytest.mark.only_on("sqlite", "PostgreSQL gets all rows in one statement")
def test_a_change_of_many_rows_is_planned_once(visits: Visits) -> None:
    links = [visits.link(f"{name}@example.org") for name in ("ana", "ben", "eva")]
    with visits.app.app_context(), plans_of_changes() as planned, writing() as session:
        presses = [Press(read_handle(CONFIRM, link.removeprefix("/confirm/"))) for link in links]
        confirming.confirm(session.connection(), presses)
    assert [change.split()[1] for change in planned] == ["signature", "signer", "outbox"]
    assert set(planned.values()) == {1}
    assert visits.total() == 3
