"""A petition whose list goes to missions: packages of every kind, deliveries, and a signer who gets a receipt."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from flask import Flask
from sqlalchemy.orm import Session

from petition.core.addresses import parse_address
from petition.core.clock import now
from petition.core.db import db, writing
from petition.core.ids import new_id
from petition.deliveries.journal import photos, recording, service
from petition.deliveries.journal.models import EntryKind
from petition.deliveries.journal.recording import Told
from petition.deliveries.missions.models import Mission
from petition.deliveries.packages import service as packages
from petition.deliveries.packages.models import PackageState
from petition.petitions import service as petitions
from petition.petitions.models import Petition
from petition.signatures import bulk
from petition.signatures.models import ListName
from petition.signatures.signing import Wish
from tests.conftest import add_petition
from tests.deliveries.journal.made import owner_of, photo
from tests.deliveries.packages.frozen import freeze

SLUG = "at-the-gates"
GATES = f"/petitions/{SLUG}"
SIGNER = "on-the-list@example.org"
"""The address of somebody who is in the package that is ready."""
LONDON, WASHINGTON = "cn-gb-london-embassy", "cn-us-washington-embassy"
BERLIN, SEOUL = "cn-de-berlin-embassy", "cn-kr-seoul-embassy"
PEOPLE = [
    ("Ana Test", "KR", SIGNER, ListName.FULL),
    ("محمد العلي", "EG", "list-1@example.org", ListName.FULL),
    ("Wilhelmina Zaphrentis", "US", "list-2@example.org", ListName.INITIALS),
    ("Olga", "RU", "list-3@example.org", ListName.COUNT),
]
SAID = "“We take nothing from people in the street. Post it, as everybody else does.”\nThen the gate was shut."


def add_gates(app: Flask) -> None:
    """Adds it all. No worker may run yet: it would build the packages that are to stay as they are."""
    petition = add_petition(app, SLUG, title="Let them go home", addressee="the President")
    with app.app_context():
        moment = now() - timedelta(days=9)
        collected = [
            bulk.Collected(Wish(name, code, None, list_name=choice), parse_address(address), "en", moment, moment)
            for name, code, address, choice in PEOPLE
        ]
        bulk.add(writing, petition, collected)
        db.session.remove()
    ready = freeze(app, LONDON, SLUG)
    with app.app_context(), writing() as session:
        petition = petitions.find(session, SLUG)
        _add_unready(session, petition)
        _add_planned(session, petition)
        _add_happened(session, petition, ready)


def _add_unready(session: Session, petition: Petition) -> None:
    """A package that a worker is at, and one that could not be built."""
    missions = [session.get_one(Mission, one) for one in (BERLIN, SEOUL)]
    building, failed = packages.ask(session, None, petition, missions, language="en")
    building.state, building.lease = PackageState.BUILDING, new_id()
    building.claimed_until, building.done, building.steps = now() + timedelta(days=1), 3, 8
    failed.state, failed.failure = PackageState.FAILED, "The disk is full."


def _add_planned(session: Session, petition: Petition) -> None:
    owner = owner_of(session)
    missions = [session.get_one(Mission, one) for one in (BERLIN, SEOUL)]
    berlin, _seoul = service.plan(session, owner, petition, missions, _shown(now() + timedelta(days=20)))
    service.plan_anew(session, owner, berlin, _shown(now() + timedelta(days=30)), "The embassy is closed that day.")


def _add_happened(session: Session, petition: Petition, package_id: UUID) -> None:
    """In London refused at first, told wrongly, then handed over; to Washington sent by mail."""
    owner, long_ago = owner_of(session), now() - timedelta(days=3)
    missions = [session.get_one(Mission, one) for one in (LONDON, WASHINGTON)]
    london, washington = service.plan(session, owner, petition, missions, _shown(long_ago))
    told = Told(EntryKind.REFUSED, long_ago, None, {"said": SAID, "witnesses": "two passers-by"})
    wrong = recording.record_entry(session, owner, london, told)
    session.flush()
    better = Told(EntryKind.REFUSED, long_ago, package_id, {"said": SAID, "witnesses": "three passers-by"})
    recording.correct(session, owner, london, wrong, better, "There were three witnesses.")
    session.flush()
    given = {"to_whom": "the consular counter", "by_whom": "River Friends", "note": "It rained.\nIt took an hour."}
    recording.record_entry(session, owner, london, Told(EntryKind.DELIVERED, now(), package_id, given))
    photos.add(session, owner, london, photos.make(photo().read()), "A closed gate")
    sent = {"reference": f"<{'20260222.110000.' * 5}@mail.river.example.org>", "by_whom": "River Friends"}
    recording.record_entry(session, owner, washington, Told(EntryKind.SENT, long_ago, None, sent))


def _shown(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT12:00")
