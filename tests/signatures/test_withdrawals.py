"""Many withdrawals from one mail domain within an hour alarm the owners, once a day, and name nobody."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from threading import Barrier, Thread

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy import event

from petition.core.addresses import parse_address
from petition.core.clock import now
from petition.core.db import db, read_again, writing
from petition.mail.models import PeriodicJob
from petition.petitions import service as petitions
from petition.signatures import bulk, withdrawals
from petition.signatures.bulk import Collected
from petition.signatures.models import Signature, SignatureState
from petition.signatures.signing import Wish
from petition.tallies import service as tallies
from petition.worker import Worker
from tests import acts
from tests.conftest import SLUG, signed_in
from tests.core.walk import delivered
from tests.site_visits import Visits

SUBJECT = "Many signatures were withdrawn"


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(now(), tick=True) as traveller:
        yield traveller


def signed(visits: Visits, domain: str, number: int) -> None:
    """So many confirmed signatures from a domain."""
    with visits.app.app_context():
        petition = petitions.find(read_again(), SLUG)
        db.session.expunge_all()
        people = (
            Collected(Wish(f"Secret {n}", "KR"), parse_address(f"secret{n}@{domain}"), "en", now(), now())
            for n in range(number)
        )
        assert bulk.add(writing, petition, people) == number


def withdrawn(visits: Visits, domain: str, number: int) -> None:
    """So many of them withdraw, in one transaction."""
    with visits.app.app_context(), writing() as session:
        theirs = sa.select(Signature).where(Signature.domain == domain, Signature.state == SignatureState.CONFIRMED)
        for signature in session.scalars(theirs.limit(number)):
            tallies.add(session.connection(), {(signature.petition_id, "KR", signature.confirmed_at): -1})
            signature.state, signature.ended_at = SignatureState.WITHDRAWN, now()
            signature.place = signature.person_hash = None


def alarms(visits: Visits) -> list[str]:
    """The mails about withdrawals that have left after the worker's next look."""
    with visits.app.app_context(), writing() as session:
        session.execute(sa.update(PeriodicJob).values(due=now()).where(PeriodicJob.name == "watch withdrawals"))
    for _turn in ("looks", "sends what is owed"):
        Worker(visits.app, once=True).run()
    return [mail.as_string() for mail in delivered(visits.app) if mail["Subject"] == SUBJECT]


@pytest.fixture
def visits(visits: Visits) -> Visits:
    """The worker knows its jobs: a new one waits for its first turn."""
    Worker(visits.app, once=True).run()
    return visits


def test_the_owner_is_told_once_a_day_and_no_signer_is_named(visits: Visits, clock: time_machine.Traveller) -> None:
    signed(visits, "small.example", 40)
    assert alarms(visits) == []
    withdrawn(visits, "small.example", 12)
    (told,) = alarms(visits)
    assert "To: owner@river.example.org" in told
    for words in ("small.example", "Withdrawn within an hour: 12", "Still counted from there: 28"):
        assert words in told
    assert "ecret" not in told
    sent = "SELECT count(*) FROM outbox WHERE template = 'withdrawals' AND state = 1"
    for hours, number in ((3, 1), (22, 2)):
        clock.shift(timedelta(hours=hours))
        withdrawn(visits, "small.example", 12)
        alarms(visits)
        assert visits.rows(sent) == [(number,)]


def test_few_withdrawals_or_a_small_part_of_a_large_provider_ring_nothing(visits: Visits) -> None:
    signed(visits, "small.example", 20)
    signed(visits, "gmail.com", 120)
    withdrawn(visits, "small.example", 9)
    withdrawn(visits, "gmail.com", 11)
    assert alarms(visits) == []
    withdrawn(visits, "gmail.com", 1)
    assert ["gmail.com" in told for told in alarms(visits)] == [True]


def test_withdrawals_spread_over_a_day_ring_nothing(visits: Visits, clock: time_machine.Traveller) -> None:
    signed(visits, "small.example", 20)
    for _half in range(2):
        withdrawn(visits, "small.example", 9)
        assert alarms(visits) == []
        clock.shift(timedelta(minutes=61))


def test_a_signer_s_own_withdrawal_is_one_of_them(visits: Visits) -> None:
    for number in range(10):
        handle = acts.sign(visits.app, f"ana{number}@small.example", f"Ana {number}")
        acts.confirm(visits.app, handle)
        acts.withdraw(visits.app, handle)
    with visits.app.app_context():
        (wave,) = withdrawals.waves(read_again())
        assert (wave.domain, wave.number, wave.left) == ("small.example", 10, 0)


def test_of_workers_that_look_at_once_one_tells(visits: Visits) -> None:
    signed(visits, "small.example", 20)
    withdrawn(visits, "small.example", 12)
    together = Barrier(4)

    def look() -> None:
        with visits.app.app_context():
            together.wait()
            withdrawals.watch()

    workers = [Thread(target=look) for _worker in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert visits.rows("SELECT count(*) FROM outbox WHERE template = 'withdrawals'") == [(1,)]


def test_the_alarm_stands_in_the_audit_log(visits: Visits) -> None:
    signed(visits, "small.example", 20)
    withdrawn(visits, "small.example", 12)
    alarms(visits)
    page = signed_in(visits.app).get("/organiser/organisations/river-friends/audit").text
    assert "<bdi>the program</bdi></strong> saw 12 withdrawals within an hour from small.example" in page


@pytest.mark.only_on("sqlite", "it reads SQLite's plans")
def test_looking_reads_the_withdrawals_of_an_hour_alone(visits: Visits) -> None:
    asked: list[tuple[str, object]] = []
    with visits.app.app_context():
        event.listen(db.engine, "before_cursor_execute", lambda *call: asked.append(call[2:4]))
        assert withdrawals.waves(read_again()) == []
        ((statement, values),) = [one for one in asked if "signature" in one[0]]
        plan = db.session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
    assert any("ix_signature_withdrawn (ended_at>" in row[3] for row in plan)
