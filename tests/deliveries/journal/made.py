"""Missions, packages and deliveries for tests."""

from __future__ import annotations

import hashlib
import io
from typing import Any

from flask import Flask
from PIL import Image
from sqlalchemy.orm import Session

from petition.accounts.models import User
from petition.accounts.service import find_user
from petition.core.clock import now
from petition.core.db import writing
from petition.deliveries.journal import photos, recording, service
from petition.deliveries.journal.models import Delivery, EntryKind
from petition.deliveries.journal.recording import Told
from petition.deliveries.missions.models import Mission, MissionKind
from petition.deliveries.packages.models import Package, PackageState
from petition.petitions import service as petitions
from petition.petitions.models import Petition
from tests.conftest import SLUG

CITIES = {
    "London": ("GB", "Europe/London"),
    "Seoul": ("KR", "Asia/Seoul"),
    "New York": ("US", "America/New_York"),
    "Sydney": ("AU", "Australia/Sydney"),
}
MANIFEST = b'{"format":"petition-package/1"}'


def add_mission(session: Session, city: str = "London", **more: Any) -> Mission:
    """The embassy of a state that no shipped mission belongs to (ZZ), in one of CITIES or wherever `more` says."""
    host, zone = CITIES.get(city, ("GE", "Asia/Tbilisi"))
    facts = {"sending_state": "ZZ", "host_country": host, "city": city, "kind": MissionKind.EMBASSY}
    facts |= {"slug": f"zz-{host.lower()}-{city.lower().replace(' ', '-')}-embassy", "time_zone": zone}
    mission = Mission(**facts | {"name": f"Embassy of Nowhere in {city}"} | more)
    session.add(mission)
    session.flush()
    return mission


def add_package(session: Session, petition: Petition, mission: Mission, number: int = 1, **more: Any) -> Package:
    """A package that is ready, with as much of it as pages show."""
    facts = {
        "signature_count": 35_102,
        "shown": {"full": 5000, "initials": 102, "count": 30_000},
        "signatures_by_country": [{"code": "KR", "signature_count": 35_102}],
        "mission": {"id": mission.slug, "name": mission.name, "city": mission.city, "host_country": "GB"},
        "snapshot_on": "2026-02-20",
        "tree": {"algorithm": "RFC9162-SHA256", "size": 35_102, "root": "d" * 64},
    }
    made = {
        "petition_id": petition.id,
        "number": number,
        "mission_slug": mission.slug,
        "language": "en",
        "countries": [],
        "state": PackageState.READY,
        "snapshot_at": now(),
        "built_at": now(),
        "facts": facts,
        "manifest": MANIFEST,
        "signature": b"s" * 64,
        "key": "e" * 64,
        "zip_sha256": hashlib.sha256(b"%d" % number).hexdigest(),
        "zip_bytes": 1,
    }
    package = Package(**made | more)
    session.add(package)
    session.flush()
    return package


def owner_of(session: Session) -> User:
    return find_user(session, "owner@river.example.org")


def plan(app: Flask, *cities: str, at: str = "2026-03-01T12:00", slug: str = SLUG) -> list[str]:
    """Deliveries planned for missions in these cities, added where they are not there; their ids."""
    with app.app_context(), writing() as session:
        missions = [_mission(session, city) for city in cities]
        petition = petitions.find(session, slug)
        return [str(one.id) for one in service.plan(session, owner_of(session), petition, missions, at)]


def _mission(session: Session, city: str) -> Mission:
    there = session.query(Mission).filter_by(sending_state="ZZ", city=city).one_or_none()
    return there or add_mission(session, city)


def with_package(session: Session, delivery: Delivery, **more: Any) -> Package:
    """A package that could be handed over at a delivery."""
    return add_package(session, delivery.petition, delivery.mission, **more)


def photo(colour: str = "red", **saved: Any) -> io.BytesIO:
    """A JPEG of one colour, 2000 points wide."""
    file = io.BytesIO()
    Image.new("RGB", (2000, 1000), colour).save(file, "JPEG", **saved)
    file.seek(0)
    return file


def of_deliveries(session: Session, petition: Petition) -> dict[str, str]:
    """What stands for parts of the addresses about deliveries: one that was refused, with a photograph."""
    owner = owner_of(session)
    (delivery,) = service.plan(session, owner, petition, [add_mission(session)], "2026-03-01T12:00")
    told = Told(EntryKind.REFUSED, now(), None, {"said": "We take nothing."})
    entry = recording.record_entry(session, owner, delivery, told)
    shown = photos.make(photo().read())
    photos.add(session, owner, delivery, shown, "A closed gate")
    return {
        "delivery_id": str(delivery.id),
        "entry_id": str(entry.id),
        "kind": "delivered",
        "name": shown.name,
        "journal.photo.name": f"{shown.name}.webp",
    }
