"""Whether mail leaves: the outbox, the workers, the dead letters."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from petition.core.clock import now
from petition.doctor.finding import Finding, graded, ok, warn, wrong
from petition.mail.figures import outbox_figures
from petition.mail.models import PeriodicJob

LATE_SECONDS, TOO_LATE_SECONDS = 60.0, 300.0
OVERDUE = timedelta(minutes=2)  # a worker looks at its jobs every few seconds


def look(session: Session) -> Iterator[Finding]:
    """The outbox as it is now."""
    outbox = outbox_figures(session)
    late = outbox.oldest_due_seconds
    yield graded(
        "owed mail",
        f"{outbox.waiting} waiting, the oldest due for {late:.0f} s",
        "is a worker running, and does the mail server answer? petition mail list --state waiting says why",
        is_wrong=late > TOO_LATE_SECONDS,
        is_odd=late > LATE_SECONDS,
    )
    yield _worker(session.scalar(sa.select(sa.func.min(PeriodicJob.due))))
    if outbox.dead:
        advice = "petition mail list says why; petition mail retry tries again"
        yield warn("dead letters", f"{outbox.dead} mails were given up", advice)
    else:
        yield ok("dead letters", "none")


def _worker(first_due: datetime | None) -> Finding:
    advice = "start petition worker: without one no mail leaves and nothing is forgotten"
    if first_due is None:
        return warn("worker", "none has ever run here", advice)
    if first_due < now() - OVERDUE:
        return wrong("worker", f"none seems to run: a job is overdue since {first_due:%Y-%m-%d %H:%M} UTC", advice)
    return ok("worker", "the periodic jobs are done in time")
