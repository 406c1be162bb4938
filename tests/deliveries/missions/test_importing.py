"""Missions from a file: row by row, all or none, and the second time nothing; on the command line too."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from flask import Flask

from petition.core.audit import COMMAND_LINE, AuditEntry
from petition.core.db import read_again, writing
from petition.deliveries.missions import importing, service
from petition.deliveries.missions.importing import Fate, FileRefused
from petition.settings import ROOT
from tests.commands import run_on

SHIPPED = ROOT / "petition/migrations/versions/0013_missions.csv"
HEAD = "sending_state,host_country,city,kind,name,time_zone\n"
ROME = "CN,IT,Rome,embassy,Embassy in Rome,Europe/Rome\n"
LONDON = "cn-gb-london-embassy"


def compared(text: str) -> list[importing.Row]:
    return importing.compare(read_again(), importing.read(text.encode()))


def brought(text: str) -> list[importing.Row]:
    with writing() as session:
        rows = importing.compare(session, importing.read(text.encode()))
        importing.bring(session, None, rows)
    return rows


def acts() -> list[tuple[str, str, str]]:
    entries = read_again().query(AuditEntry).order_by(AuditEntry.number)
    return [(one.actor, one.action, one.object) for one in entries]


def test_what_ships_is_there_as_it_is(inside: Flask) -> None:
    rows = brought(SHIPPED.read_text("utf-8"))
    assert [row.fate for row in rows] == [Fate.SAME] * 20
    assert acts() == []


def test_a_new_mission_and_a_changed_one_are_written_once(inside: Flask) -> None:
    text = HEAD.replace("\n", ",postal_address,email\n") + ROME.replace("\n", ',"Via 1\r\nRoma",post@example.org\n')
    assert [(row.slug, row.fate) for row in brought(text)] == [("cn-it-rome-embassy", Fate.NEW)]
    rome = service.find(read_again(), "cn-it-rome-embassy")
    assert (rome.postal_address, rome.email, rome.latitude) == ("Via 1\nRoma", "post@example.org", None)
    (again,) = brought(text)
    assert again.fate == Fate.SAME
    (row,) = brought("slug,opening_hours\ncn-it-rome-embassy,Monday 9 to 12\n")
    assert (row.fate, row.columns) == (Fate.CHANGED, ("opening_hours",))
    rome = service.find(read_again(), "cn-it-rome-embassy")
    assert (rome.opening_hours, rome.email) == ("Monday 9 to 12", "post@example.org")
    assert acts() == [
        (COMMAND_LINE, "mission added", "cn-it-rome-embassy"),
        (COMMAND_LINE, "mission changed", "cn-it-rome-embassy"),
    ]


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("XX,IT,Rome,embassy,N,Europe/Rome", "sending_state"),
        ("CN,Italy,Rome,embassy,N,Europe/Rome", "host_country"),
        ("CN,IT,,embassy,N,Europe/Rome", "city"),
        ("CN,IT,Rome,castle,N,Europe/Rome", "kind"),
        ("CN,IT,Rome,embassy,,Europe/Rome", "name"),
        ("CN,IT,Rome,embassy,N\x07,Europe/Rome", "name"),
        ("CN,IT,Rome,embassy,N,../../etc/passwd", "time_zone"),
        ("CN,IT,Rome,embassy,N,Europe/Atlantis", "time_zone"),
        ("CN,IT,東京,embassy,N,Europe/Rome", "slug"),
        (f"CN,IT,{'a' * 81},embassy,N,Europe/Rome", "city"),
    ],
)
def test_a_row_that_cannot_be_taken_is_told_by_its_column(inside: Flask, row: str, column: str) -> None:
    (found,) = compared(f"{HEAD}{row}\n")
    assert (found.number, found.fate, found.columns) == (2, Fate.REFUSED, (column,))
    assert found.why.endswith(".")


def test_a_slug_that_is_none_is_refused_before_anybody_looks_for_it(inside: Flask) -> None:
    for slug in ("cn-it\0-rome-embassy", "CN IT", "-"):
        (found,) = compared(f"slug,{HEAD}{slug},CN,IT,Rome,embassy,N,Europe/Rome\n")
        assert (found.fate, found.columns) == (Fate.REFUSED, ("slug",))


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        *(
            ("email", "nobody"),
            ("latitude", "91"),
            ("latitude", "nan"),
            ("longitude", "-181"),
            ("longitude", "1e999"),
        ),
        *(("closed_on", "20200724"), ("closed_on", "2020-07-32"), ("checked_on", "yesterday")),
        *(("host_country", "FR"), ("kind", "consulate"), ("postal_address", "a" * 501), ("latitude", "")),
    ],
)
def test_what_is_wrong_about_a_known_mission_is_refused_too(inside: Flask, column: str, cell: str) -> None:
    (found,) = compared(f"slug,{column}\n{LONDON},{cell}\n")
    assert found.fate == Fate.REFUSED
    assert found.why


def test_one_row_that_cannot_be_taken_keeps_all_others_out(inside: Flask) -> None:
    rows = brought(HEAD + ROME + "CN,IT,Milan,castle,N,Europe/Rome\n" + ROME + "\n,,,,,\nshort\n")
    assert [(row.number, row.fate) for row in rows] == [
        *((2, Fate.NEW), (3, Fate.REFUSED), (4, Fate.REFUSED), (7, Fate.REFUSED)),
    ]
    assert rows[2].why == "the same mission as in row 2"
    assert len(service.all_missions(read_again(), open_only=False)) == 20
    assert acts() == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "these are missing"),
        (b"a,b\n", "these are missing: sending_state, host_country, city, kind, name, time_zone"),
        (b"slug,city,city\n", "Two columns are called"),
        (b'slug\n"open', "This is no CSV file"),
        (b"slug\n\xff", "not in UTF-8"),
    ],
)
def test_a_file_that_says_nothing_is_refused_as_a_whole(inside: Flask, content: bytes, words: str) -> None:
    with pytest.raises(FileRefused, match=words):
        importing.read(content)


def test_what_spreadsheets_write_is_read(inside: Flask) -> None:
    (row,) = compared("\ufeff" + (HEAD + ROME).replace(",", ";").replace("city", " City "))
    assert (row.fate, row.slug) == (Fate.NEW, "cn-it-rome-embassy")


def test_the_command_lists_and_imports(app: Flask, tmp_path: Path) -> None:
    path = tmp_path / "missions.csv"
    path.write_text(HEAD.replace("\n", ",colour\n") + ROME.replace("\n", ",red\n"), "utf-8")
    dry = json.loads(run_on(app, "mission", "import", str(path), "--dry-run", "--json").stdout)
    assert (dry["rows"], dry["new"], dry["refused"], dry["not_read"]) == (1, 1, 0, ["colour"])
    assert dry["report"] == [{"row": 2, "mission": "cn-it-rome-embassy", "fate": "new", "columns": [], "why": ""}]
    assert "cn-it-rome-embassy" not in run_on(app, "mission", "list").stdout
    done = run_on(app, "mission", "import", str(path))
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "1 rows: 1 new, 0 changed, 0 same, 0 refused")
    listed = json.loads(run_on(app, "mission", "list", "--json").stdout)
    assert [one["slug"] for one in listed if one["host_country"] == "IT"] == ["cn-it-rome-embassy"]
    lines = run_on(app, "mission", "list").stdout
    assert "closed on 2020-07-24" in lines
    assert lines.count("address to be checked") == 20
    path.write_text(HEAD + "CN,IT,Milan,castle,N,Europe/Rome\n", "utf-8")
    refused = run_on(app, "mission", "import", str(path))
    assert (refused.returncode, refused.stderr) == (1, "petition: 1 rows cannot be taken: nothing was written\n")
    assert refused.stdout.startswith("row 2: refused: ")
