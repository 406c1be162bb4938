"""What is done every so often, by whichever worker is first: purging, folding and checking the tallies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from petition.core import metrics, retention
from petition.core.clock import now
from petition.core.db import db, insert, read_again, writing
from petition.core.logs import log
from petition.deliveries.packages import keeping, withdrawn
from petition.mail.models import PeriodicJob
from petition.organisations import mails as organisation_mails
from petition.petitions import moderation, states
from petition.petitions.models import Petition, State
from petition.petitions.states import SUPPORTERS
from petition.signatures import recount, withdrawals
from petition.tallies import service as tallies

LEASE = timedelta(hours=1)  # a job that failed, or whose worker died, is done again after this long


@dataclass(frozen=True)
class Job:
    """Something to do once every period."""

    name: str
    every: timedelta
    do: Callable[[], None]


def check_tallies() -> None:
    """Compares every petition's counters with its rows, and says in the log where they differ."""
    drift = 0
    for petition_id in read_again().scalars(sa.select(Petition.id)).all():
        wrong = [line.country for line in recount.compare(read_again(), petition_id) if not line.right]
        if wrong:
            log.error("tally drift", extra={"petition": str(petition_id), "countries": wrong})
        drift += len(wrong)
    metrics.tally_drift.set(drift)


def purge() -> None:
    """Forgets what is due to be forgotten."""
    gone = retention.purge()
    log.info("purge", extra={"forgotten": sum(gone.values())})


def empty_log() -> None:
    """Empties the database's log of what was forgotten since; a long download may hold it until the next turn."""
    if not retention.empty_log():
        log.info("the log of former contents is still being read")


def fold_tallies() -> None:
    """Adds up the counters that each process keeps for itself."""
    with writing() as session:
        tallies.fold(session.connection())


def mail_audit_head() -> None:
    """Tells every owner how the audit log ends today: a chain that is rewritten later does not hold this end."""
    with writing() as session:
        organisation_mails.owe_audit_head(session)


def move_petitions() -> None:
    """Brings petitions with enough supporters to review, opens what was approved for now, closes what is over."""
    gathering = sa.select(Petition.id).where(Petition.state == State.GATHERING)
    reading = read_again()
    supported = tallies.totals(reading, list(reading.scalars(gathering)))
    enough = [petition_id for petition_id, total in supported.items() if total >= SUPPORTERS]
    if not enough and not moderation.anything_due(reading):
        return
    with writing() as session:
        for petition_id in enough:
            states.move(session, None, session.get_one(Petition, petition_id), State.REVIEW)
        moderation.do_due(session)


JOBS = [
    Job("move petitions", timedelta(minutes=1), move_petitions),
    Job("fold tallies", timedelta(minutes=10), fold_tallies),
    Job("purge", timedelta(days=1), purge),
    Job("empty log", timedelta(minutes=10), empty_log),
    Job("check tallies", timedelta(hours=1), check_tallies),
    Job("watch withdrawals", timedelta(minutes=10), withdrawals.watch),
    Job("remove package files", timedelta(minutes=1), keeping.sweep),
    Job("look at packages", timedelta(hours=1), withdrawn.look),
    Job("audit head", timedelta(days=1), mail_audit_head),
]


def do_due() -> None:
    """Does every job that is due. One that fails stops nothing: it is in the log, and due again in an hour."""
    for job in JOBS:
        try:
            if claim(job):
                began = now()
                job.do()
                _set_due(job, began + job.every)
                metrics.job_success.set(now().timestamp(), job.name)
        except Exception as error:
            log.error("job failed", extra={"job": job.name}, exc_info=error)
        finally:
            db.session.rollback()


def claim(job: Job) -> bool:
    """Whether the job is due and we are first to take it. A new job waits one period for its first turn.

    One that is due later than in two periods was put off by a clock that ran ahead, and is due now.
    """
    due = read_again().scalar(sa.select(PeriodicJob.due).where(PeriodicJob.name == job.name))
    if due is None:
        with writing() as session:
            first = insert(session, PeriodicJob).values(name=job.name, due=now() + job.every)
            session.execute(first.on_conflict_do_nothing())
        return False
    if now() < due <= now() + 2 * job.every:
        return False
    return _set_due(job, now() + min(job.every, LEASE), only_if=due)


def _set_due(job: Job, due: datetime, only_if: datetime | None = None) -> bool:
    """Says when the job is next due, and whether it was ours to say."""
    row = sa.update(PeriodicJob).where(PeriodicJob.name == job.name).values(due=due).returning(PeriodicJob.name)
    if only_if:
        row = row.where(PeriodicJob.due == only_if)
    with writing() as session:
        return session.execute(row.execution_options(synchronize_session=False)).first() is not None
