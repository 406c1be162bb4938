"""Missions, people with all sorts of names, and packages made of them by the worker."""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask

from petition.core.addresses import parse_address
from petition.core.clock import now
from petition.core.db import db, read_again, writing
from petition.deliveries.missions.models import Mission, MissionKind
from petition.deliveries.packages import building, files, service, snapshot
from petition.deliveries.packages.holding import claim
from petition.deliveries.packages.models import Package, PackageLine
from petition.petitions import service as petitions
from petition.signatures import bulk
from petition.signatures.models import ListName, Origin
from petition.signatures.signing import Wish
from tests.conftest import SLUG

MISSION = "cn-gb-london-embassy"
FULL, INITIALS, COUNT = ListName.FULL, ListName.INITIALS, ListName.COUNT
PEOPLE = [
    ("EG", "محمد علي حسن", "القاهرة", FULL),
    ("EG", "فاطمة الزهراء النبوية", "طنطا", COUNT),
    ("IN", "राजेश कुमार", "नई दिल्ली", FULL),
    ("IN", "विजयलक्ष्मी सुब्रमण्यम", "मदुरै", INITIALS),
    ("JP", "山田 太郎", "東京", FULL),
    ("JP", "李 明", None, INITIALS),  # her initials would be her name
    ("KR", "박지우", "부산시", COUNT),
    ("KR", "김민지", "서울", FULL),
    ("TH", "สมชาย ใจดี", "กรุงเทพฯ", FULL),
    ("US", "=cmd|' /C calc'!A0", "+1 (202) 555", FULL),
    ("US", "＠SUM(A1)", "-2", FULL),
    ("US", "#strong[x] $y$ *z*", None, FULL),
    ("US", "Zoe\u0308 <b>&amp;</b> _x0041_", 'Ab & "c" \\d', FULL),
    ("US", "👩‍👩‍👧 Anna 🇰🇷", None, FULL),
    ("US", "X" * 120, "New York", FULL),
    ("US", "Wilhelmina Zaphrentis", "Poughkeepsie", INITIALS),
    ("US", "Bartholomew Quisenberry", "Winnemucca", COUNT),
]
WITHHELD = [
    *("فاطمة", "الزهراء", "طنطا", "विजयलक्ष्मी", "सुब्रमण्यम", "李 明", "박지우", "부산시"),
    *("Wilhelmina", "Zaphrentis", "Bartholomew", "Quisenberry", "Winnemucca"),
]
"""Parts of names, and cities, of those who did not want them on the list."""


def add_mission(app: Flask, slug: str = MISSION, **changes: Any) -> None:
    """Stores a mission, open unless told otherwise."""
    state, host, city, _kind = slug.split("-")
    about = {
        "sending_state": state.upper(),
        "host_country": host.upper(),
        "city": city.title(),
        "kind": MissionKind.EMBASSY,
        "name": f"Embassy of the People’s Republic of China in {city.title()}",
        "postal_address": "49 Portland Place\nLondon W1B 1JL",
        "head_title": "Ambassador",
        "form_of_address": "Your Excellency",
        "time_zone": "Europe/London",
    }
    with app.app_context(), writing() as session:
        session.merge(Mission(slug=slug, **about | changes))


def add_people(
    app: Flask, people: list[tuple[str, str, str | None, ListName]], start: int = 0, slug: str = SLUG
) -> None:
    """So many confirmed signatures on the petition, every third from paper."""
    collected = (
        bulk.Collected(
            Wish(name, country, city, list_name=choice),
            parse_address(f"person{number}@mail.test"),
            "en",
            now(),
            now(),
            Origin.PAPER if number % 3 == 2 else Origin.WEB,
        )
        for number, (country, name, city, choice) in enumerate(people, start=start)
    )
    with app.app_context():
        petition = petitions.find(read_again(), slug)
        assert bulk.add(writing, petition, collected) == len(people)


def asked(app: Flask, mission: str = MISSION, slug: str = SLUG, **how: Any) -> Package:
    """A package that was asked for on the command line, in English unless told otherwise."""
    with app.app_context():
        with writing() as session:
            petition, to = petitions.find(session, slug), session.get_one(Mission, mission)
            [package] = service.ask(session, None, petition, [to], **{"language": "en"} | how)
            package_id = package.id
        found = read_again().get_one(Package, package_id)
        db.session.expunge_all()
    return found


@dataclass(frozen=True)
class Built:
    """A package that is ready: its row, and what is in its ZIP."""

    package: Package
    path: Path

    @property
    def entries(self) -> dict[str, bytes]:
        with zipfile.ZipFile(self.path) as archive:
            return {name: archive.read(name) for name in archive.namelist()}

    @property
    def manifest(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.entries["manifest.json"])
        return found

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.entries["list.jsonl"].decode().split("\n")[:-1]]


def now_as(app: Flask, package: Package) -> Package:
    """The package's row as it is now, belonging to no session."""
    with app.app_context():
        found = read_again().get_one(Package, package.id, options=[_EVERYTHING])
        db.session.expunge_all()
    return found


_EVERYTHING = sa.orm.undefer("*")


def built(app: Flask, package: Package) -> Built:
    """Lets a worker build it."""
    assert building.work(app)
    found = now_as(app, package)
    assert found.state == "ready", found.failure
    with app.app_context():
        return Built(found, files.zip_path(found))


def frozen_lines(app: Flask, package: Package) -> list[dict[str, Any]]:
    """Takes the package's snapshot and returns its lines, without making any file."""
    with app.app_context():
        hold = claim(package.id, lambda: False)
        assert hold
        snapshot.take(hold)
        query = sa.select(PackageLine.line).where(PackageLine.package_id == package.id).order_by(PackageLine.n)
        return [json.loads(line) for line in read_again().scalars(query)]
