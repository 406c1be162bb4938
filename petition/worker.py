"""The worker: sends owed mail over several connections and does the periodic jobs.

Any number of workers may run, on any machine: each mail and each job is claimed in the database first.
"""

from __future__ import annotations

import queue
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa
from flask import Flask

from petition.core import retention
from petition.core.clock import now
from petition.core.db import db, insert, read_again, writing
from petition.core.ids import new_id
from petition.core.logs import log
from petition.mail import outbox, rendering
from petition.mail.models import OwedMail, PeriodicJob
from petition.mail.transports import PermanentFailure, TemporaryFailure, Transport, open_transport
from petition.petitions.models import Petition
from petition.signatures import recount

SENDERS = 4
IDLE_SECONDS = 0.3
RENEW_SECONDS = 10.0


def check_tallies() -> None:
    """Compares every petition's counters with its rows, and says in the log where they differ."""
    for petition_id in read_again().scalars(sa.select(Petition.id)).all():
        wrong = [line.country for line in recount.compare(read_again(), petition_id) if not line.right]
        if wrong:
            log.error("tally drift", extra={"petition": str(petition_id), "countries": wrong})


def purge() -> None:
    """Forgets what is due to be forgotten."""
    gone = retention.purge()
    log.info("purge", extra={"forgotten": sum(gone.values())})


JOBS: dict[str, tuple[timedelta, Callable[[], None]]] = {
    "purge": (timedelta(days=1), purge),
    "check tallies": (timedelta(hours=1), check_tallies),
}


def claim_job(name: str, every: timedelta) -> bool:
    """Whether the job is due and this worker was first to take it. A new job waits one period for its first turn."""
    due = read_again().scalar(sa.select(PeriodicJob.due).where(PeriodicJob.name == name))
    if due is not None and due > now():
        return False
    with writing() as session:
        if due is None:
            first = insert(session, PeriodicJob).values(name=name, due=now() + every)
            session.execute(first.on_conflict_do_nothing())
            return False
        taken = session.execute(
            sa.update(PeriodicJob)
            .where(PeriodicJob.name == name, PeriodicJob.due <= now())
            .values(due=now() + every)
            .returning(PeriodicJob.name)
            .execution_options(synchronize_session=False)
        ).all()
    return bool(taken)


@dataclass
class Worker:
    """One process's worth of sending. `run` returns when stopped, or with `once` when nothing is due any more."""

    app: Flask
    once: bool = False
    lease: UUID = field(default_factory=new_id)
    stopping: threading.Event = field(default_factory=threading.Event)
    sent: int = 0

    def __post_init__(self) -> None:
        self._queue: queue.Queue[tuple[int, UUID] | None] = queue.Queue()
        self._in_hand: set[UUID] = set()
        self._lock = threading.Lock()

    def run(self) -> None:
        """Works until stopped. What is being sent is finished; what was only claimed is given back."""
        senders = [threading.Thread(target=self._send_all, name=f"sender-{number}") for number in range(SENDERS)]
        keeper = threading.Thread(target=self._keep_lease, name="lease", daemon=True)
        for thread in (*senders, keeper):
            thread.start()
        try:
            self._claim_all()
        finally:
            self.stopping.set()
            self._give_back()
            for _sender in senders:
                self._queue.put(None)
            for sender in senders:
                sender.join()

    def stop(self, *_signal: object) -> None:
        """Asks the worker to end; safe in a signal handler."""
        self.stopping.set()

    def _claim_all(self) -> None:
        with self.app.app_context():
            while not self.stopping.is_set():
                self._do_jobs()
                claimed = self._claim()
                if claimed:
                    continue
                if self.once and self._queue.unfinished_tasks == 0 and not self._claim():
                    return
                self.stopping.wait(IDLE_SECONDS if not self.once else 0.02)

    def _do_jobs(self) -> None:
        for name, (every, job) in JOBS.items():
            if claim_job(name, every):
                try:
                    job()
                except Exception as error:
                    log.error("job failed", extra={"job": name}, exc_info=error)

    def _claim(self) -> int:
        room = SENDERS * 3 - self._queue.unfinished_tasks
        if room <= SENDERS or not outbox.anything_due(read_again()):
            return 0
        with writing() as session:
            mails = [(mail.bucket, mail.id) for mail in outbox.claim(session, self.lease, room)]
        with self._lock:
            self._in_hand.update(mail_id for _bucket, mail_id in mails)
        for key in mails:
            self._queue.put(key)
        return len(mails)

    def _keep_lease(self) -> None:
        while not self.stopping.wait(RENEW_SECONDS):
            with self._lock:
                held = list(self._in_hand)
            if held:
                with self.app.app_context(), writing() as session:
                    outbox.renew(session, self.lease, held)

    def _give_back(self) -> None:
        unsent = []
        while True:
            try:
                key = self._queue.get_nowait()
            except queue.Empty:
                break
            self._queue.task_done()
            if key:
                unsent.append(key[1])
        if unsent:
            with self.app.app_context(), writing() as session:
                outbox.release(session, self.lease, unsent)

    def _send_all(self) -> None:
        transport = open_transport(self.app.config["MAIL_URL"], self.app.config["MAIL_FROM"])
        while (key := self._queue.get()) is not None:
            try:
                with self.app.app_context():
                    self._send(transport, *key)
            except Exception as error:
                log.error("mail not handled", exc_info=error)
                time.sleep(IDLE_SECONDS)
            finally:
                with self._lock:
                    self._in_hand.discard(key[1])
                self._queue.task_done()
        transport.close()

    def _send(self, transport: Transport, bucket: int, mail_id: UUID) -> None:
        session = read_again()
        mail = session.get(OwedMail, (bucket, mail_id))
        if mail is None or mail.lease != self.lease:
            return
        recipient, message = mail.recipient, rendering.render(session, mail)
        session.rollback()
        if message is None or recipient is None:
            with writing() as session:
                outbox.mark_needless(session, bucket, mail_id)
            return
        try:
            transport.send(message, recipient)
        except (TemporaryFailure, PermanentFailure) as error:
            permanent = isinstance(error, PermanentFailure)
            log.warning("mail failed", extra={"mail": str(mail_id), "why": str(error), "permanent": permanent})
            with writing() as session:
                outbox.mark_failed(session, bucket, mail_id, str(error), permanent)
            return
        with writing() as session:
            outbox.mark_sent(session, bucket, mail_id)
        self.sent += 1


def run_worker(app: Flask, once: bool = False) -> int:
    """Runs a worker until SIGTERM or SIGINT, or with `once` until nothing is due; says how many mails it sent."""
    worker = Worker(app, once)
    signal.signal(signal.SIGTERM, worker.stop)
    signal.signal(signal.SIGINT, worker.stop)
    with app.app_context():
        db.engine.dispose()
    worker.run()
    return worker.sent
