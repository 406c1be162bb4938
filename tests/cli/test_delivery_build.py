"""`petition delivery build`: packages now, and where they are."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from petition.core.audit import AuditEntry
from petition.core.db import read_again, writing
from petition.deliveries.missions.models import Mission
from tests.commands import run_on
from tests.conftest import SLUG
from tests.deliveries.packages.making import MISSION, PEOPLE, add_mission, add_people


@pytest.fixture
def signed(app: Flask, petition: object) -> None:
    """PEOPLE have signed; of three missions, instead of those that are there from the start, one is closed."""
    add_people(app, PEOPLE)
    with app.app_context(), writing() as session:
        session.execute(sa.delete(Mission))
    add_mission(app)
    add_mission(app, "cn-eg-cairo-embassy")
    add_mission(app, "cn-us-houston-embassy", closed_on=date(2020, 7, 24))


def build(app: Flask, *options: str):
    """Runs the command on the petition."""
    return run_on(app, "delivery", "build", SLUG, *options)


def acts(app: Flask) -> list[tuple[str, str]]:
    """What the audit log says of packages, oldest first: who did what."""
    with app.app_context():
        about = sa.select(AuditEntry.actor, AuditEntry.action).where(AuditEntry.action.startswith("package "))
        return [(actor, action) for actor, action in read_again().execute(about.order_by(AuditEntry.number))]


def test_a_package_is_built_now_and_verifies_elsewhere(app: Flask, signed: None, tmp_path: Path) -> None:
    folder = tmp_path / "to hand over"
    done = build(app, "--mission", MISSION, "--country", "KR", "--country", "EG", "-o", str(folder), "--json")
    assert (done.returncode, done.stderr) == (0, "")
    [made] = json.loads(done.stdout)["packages"]
    assert made["mission"] == MISSION
    assert Path(made["path"]).parent == folder
    checked = run_on(app, "delivery", "verify", made["path"], "--deep", "--json")
    assert checked.returncode == 0, checked.stdout
    assert json.loads(checked.stdout)["faults"] == []
    assert acts(app) == [
        ("command line", "package asked"),
        ("the program", "package built"),
        ("command line", "package downloaded"),
    ]


def test_one_that_fails_keeps_no_other_from_being_built(app: Flask, signed: None) -> None:
    done = build(app, "--all-missions", "--host-country", "--language", "ar")
    [path] = done.stdout.splitlines()
    assert path.endswith("cn-eg-cairo-embassy.zip")
    [line] = done.stderr.splitlines()  # nobody lives where the embassy in London is
    assert line.startswith(f"petition: {MISSION}: Nobody is in this package")
    assert done.returncode == 1
    assert "package downloaded" not in [action for _actor, action in acts(app)]  # no copy was asked for


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--mission", "cn-fr-paris-embassy"], "petition: there is no mission cn-fr-paris-embassy"),
        (["--mission", "cn-us-houston-embassy"], "is closed"),
        (["--mission", MISSION, "--language", "xx"], "languages"),
        (["--mission", MISSION, "--since", "2026-02-01", "--until", "2026-01-01"], "later than the beginning"),
    ],
)
def test_what_cannot_be_built_is_one_line(app: Flask, signed: None, options: list[str], words: str) -> None:
    done = build(app, *options)
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert words in line


@pytest.mark.parametrize("options", [[], ["--mission", MISSION, "--all-missions"]])
def test_missions_are_named_or_all_are_meant(app: Flask, signed: None, options: list[str]) -> None:
    assert build(app, *options).returncode == 2
