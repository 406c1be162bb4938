"""`petition signatures`: a list from elsewhere is added as a whole or not at all, and taken back as a whole."""

from __future__ import annotations

import fcntl
import json
from collections import Counter
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests import acts
from tests.cli.conftest import Instance, one_line
from tests.conftest import SLUG, running
from tests.databases import raw_engine
from tests.processes import wait_until

HEAD = "Name,Country,E-mail,City\n"
GOOD = HEAD + "Ana,KR,ana@example.org,Seoul\nBen,Germany,ben@example.org,\n"


def written(tmp_path: Path, content: str | bytes) -> Path:
    path = tmp_path / "list.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def kept(instance: Instance) -> dict[str, int]:
    """How many rows stand in what an import writes to."""
    tables = ("signature", "signer", "outbox", "tally", "hourly_tally", "signature_import", "imported_signature")
    with raw_engine(instance.url) as engine, engine.connect() as connection:
        return {name: connection.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar() for name in tables}


def test_dry_run_then_add_then_undo(empty: Instance, tmp_path: Path) -> None:
    path = written(tmp_path, GOOD + "ben,DE,ben@example.org,\n")
    add = ("signatures", "add", SLUG, path, "--confirmed-by", "contract of 2 May", "--source", "The Bazaar", "--json")
    dry = json.loads(empty.run(*add, "--dry-run").stdout)
    assert (dry["rows"], dry["new"], dry["duplicate"], dry["refused"], dry["already_here"]) == (3, 2, 1, 0, 0)
    assert dry["report"] == [
        {"row": 2, "fate": "new"},
        {"row": 3, "fate": "new"},
        {"row": 4, "fate": "duplicate", "column": "", "why": "the same person as in row 3"},
    ]
    assert set(kept(empty).values()) == {0}
    done = json.loads(empty.run(*add).stdout)
    assert (done["added"], done["already_here"]) == (2, 0)
    assert (
        empty.run("signatures", "undo", done["import"], "--reason", "a wrong list").stdout
        == "2 signatures taken back\n"
    )
    (listed,) = json.loads(empty.run("signatures", "imports", SLUG, "--json").stdout)
    assert (listed["import"], listed["added"], listed["source"]) == (done["import"], 2, "The Bazaar")
    assert listed["undone_reason"] == "a wrong list"
    with running(empty.settings) as app:
        assert acts.look(app).rows.total() == 0
        acts.look(app).assert_adds_up()


def test_what_is_wrong_is_said_in_one_line(empty: Instance, tmp_path: Path) -> None:
    path = written(tmp_path, GOOD)
    for arguments, words in (
        (("add", SLUG, path, "--origin", "paper"), "Say who witnessed"),
        (("undo", "nonsense", "--reason", "x"), "There is no such import"),
    ):
        assert words in one_line(empty.run("signatures", *arguments))


@pytest.mark.only_on("sqlite", "what is refused never reaches a database")
def test_fifty_thousand_rows_of_all_that_goes_wrong_are_told_one_by_one_and_nothing_is_done(
    empty: Instance, tmp_path: Path
) -> None:
    bad = {
        "name": ("", "=cmd|' /C calc'!A0", "\u202eAna", "x" * 121, "www.bait.example"),
        "country": ("", "Atlantis", "ZZ", "0"),
        "email": ("", "nobody", "a@", "@b", "+1"),
    }
    wrong = [(column, cell) for column, cells in bad.items() for cell in cells]
    lines, expected = [HEAD.encode()], Counter[str]()
    for number in range(50_000):
        cells = {"name": f"Person {number}", "country": "KR", "email": f"p{number}@example.org"}
        column, broken = "name", number % 1000 == 1
        if number % 3 == 0 and not broken:
            column, cell = wrong[number // 3 % len(wrong)]
            cells[column] = cell
        expected[column] += broken or number % 3 == 0
        line = ",".join((*cells.values(), "Seoul")).encode()
        lines.append((line.replace(b"Person", b"Pers\xf6n") if broken else line) + b"\n")
    done = empty.run("signatures", "add", SLUG, written(tmp_path, b"".join(lines)), "--confirmed-by", "x", "--json")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == f"petition: {expected.total()} rows cannot be taken: nothing was added"
    told = json.loads(done.stdout)
    assert [row["row"] for row in told["report"]] == list(range(2, 50_002))
    refused = [row for row in told["report"] if row["fate"] == "refused"]
    assert Counter(row["column"] for row in refused) == expected
    assert all(row["why"] for row in refused)
    assert (told["refused"], told["new"], told["added"]) == (len(refused), 50_000 - len(refused), 0)
    assert set(kept(empty).values()) == {0}


def in_the_middle(instance: Instance) -> bool:
    """Whether a transaction holds the right to write (SQLite), or waits to move the tally (PostgreSQL)."""
    if instance.url.startswith("sqlite"):
        with (instance.folder / "petition.db.lock").open("ab") as gate:
            try:
                fcntl.flock(gate, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False
    with raw_engine(instance.url) as engine, engine.connect() as connection:
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'tally'::regclass"
        return bool(connection.exec_driver_sql(waiting).scalar())


def test_an_import_that_is_killed_in_the_middle_leaves_nothing(empty: Instance, tmp_path: Path) -> None:
    people = "".join(f"Person {n},KR,p{n}@example.org,\n" for n in range(6_000))
    path = written(tmp_path, HEAD + people)
    with raw_engine(empty.url) as engine, engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(sa.text("LOCK TABLE tally IN SHARE MODE"))
        process = empty.start("signatures", "add", SLUG, path, "--confirmed-by", "x")
        try:
            wait_until(lambda: in_the_middle(empty), 60, "the transaction")
        finally:
            process.kill()
            process.communicate()
    assert set(kept(empty).values()) == {0}
    done = empty.run("signatures", "add", SLUG, path, "--confirmed-by", "x")
    assert "6000 added" in done.stdout
    with running(empty.settings) as app:
        assert acts.look(app).rows.total() == 6_000
        acts.look(app).assert_adds_up()
