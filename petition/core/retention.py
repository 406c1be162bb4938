"""What is kept, why and how long: one table, by which the purge works and from which the privacy page is made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

import sqlalchemy as sa
from flask_babel import LazyString
from sqlalchemy.orm import Session

from petition.core.db import db, unhurried, writing
from petition.core.gated_sqlite import BUSY_MILLISECONDS, GatedConnection

Transaction = Callable[[], AbstractContextManager[Session]]


@dataclass(frozen=True)
class Rule:
    """One line of the table. `purge` does the forgetting in transactions of its own and counts what went."""

    what: LazyString | str
    why: LazyString | str
    how_long: LazyString | str
    purge: Callable[[Transaction], int] | None = None
    follows_rows: bool = False
    """Whether it forgets what rows do not keep any more, and so comes after the rules that empty rows."""


_rules: list[Rule] = []


def keeps(rule: Rule) -> Rule:
    """Registers a rule; features call it when they are loaded."""
    _rules.append(rule)
    return rule


def rules() -> Iterator[Rule]:
    """All rules, in the order in which features registered them."""
    return iter(_rules)


def purge() -> dict[str, int]:
    """Carries out every rule now; says per rule how many things were forgotten.

    What was forgotten is gone from the files once `empty_log` has succeeded.
    """
    return {
        str(rule.what): rule.purge(_writing_at_leisure)
        for rule in sorted(_rules, key=lambda rule: rule.follows_rows)
        if rule.purge
    }


@contextmanager
def _writing_at_leisure() -> Iterator[Session]:
    with writing() as session:
        yield unhurried(session)


def empty_log() -> bool:
    """On SQLite empties the log of earlier page images, so that nothing forgotten stays in a file.

    False when somebody still reads from it: then nobody is made to wait, and it must be tried again.
    """
    if db.engine.dialect.name != "sqlite":
        return True
    db.session.remove()
    with db.engine.connect() as connection:
        raw = connection.connection.dbapi_connection
        assert isinstance(raw, GatedConnection)
        raw.enter_gate()
        try:
            raw.execute("PRAGMA busy_timeout=0")
            busy, _pages, _moved = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        finally:
            raw.execute(f"PRAGMA busy_timeout={BUSY_MILLISECONDS}")
            raw.leave_gate()
    return not busy


def deleted(session: Session, statement: sa.Delete | sa.Update) -> int:
    """Runs a DELETE or UPDATE and says how many rows it touched."""
    result = session.execute(statement.execution_options(synchronize_session=False))
    return int(result.rowcount)  # type: ignore[attr-defined]
