"""A copy of a SQLite database while it is in use. PostgreSQL has `pg_dump` for that."""

from __future__ import annotations

import os
import secrets
from contextlib import closing
from pathlib import Path

from sqlalchemy.engine import Engine

from petition.core.errors import DomainError
from petition.core.gated_sqlite import GatedConnection


class NotCopied(DomainError):
    """There is no good copy, and no file that looks like one."""

    code = "not_copied"


def copy_database(engine: Engine, target: Path) -> None:
    """Writes the database as it is at one moment to a new file, mode 600, that is there when it is whole.

    Signing goes on meanwhile. Nothing deleted is in the copy. Raises NotCopied on PostgreSQL, where the
    file exists, and where what was written is not sound; OSError and sqlite3.Error as they come.
    """
    if engine.dialect.name != "sqlite":
        raise NotCopied("this is PostgreSQL: use pg_dump --format=custom")
    if target.exists():
        raise NotCopied(f"{target} exists: a backup replaces no other")
    part = target.with_name(f".petition-{secrets.token_hex(8)}.part")
    try:
        with closing(engine.raw_connection()) as pooled:
            raw = pooled.driver_connection
            assert isinstance(raw, GatedConnection)
            raw.execute("VACUUM INTO ?", (str(part),))
            _require_sound(raw, part)
        _sync(part)
        os.link(part, target)
    finally:
        part.unlink(missing_ok=True)
    _sync(target.parent)


def _require_sound(raw: GatedConnection, copy: Path) -> None:
    """Reads the whole copy."""
    raw.execute("ATTACH ? AS copy", (str(copy),))
    try:
        found = raw.execute("PRAGMA copy.integrity_check").fetchone()[0]
    finally:
        raw.execute("DETACH copy")
    if found != "ok":
        raise NotCopied(f"the copy is not sound ({found}); look at the database with `PRAGMA integrity_check`")


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
