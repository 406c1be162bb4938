"""A whole instance as real processes: database, petition, mail server, web server, workers, a supervisor."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlencode

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from petition.core.clock import now
from petition.core.db import read_again, writing
from petition.core.tokens import form_token
from petition.mail.models import MailState, OwedMail
from petition.petitions.models import Petition
from petition.setting_values import database_url
from petition.settings import Settings
from tests.conftest import SLUG, add_petition, make_settings, running
from tests.databases import migrate
from tests.faults.length import LONG
from tests.processes import Answer, Program, Programs, answers, ask, children_of, free_port, wait_until
from tests.smtp_sink import SmtpSink
from tests.throwaway_postgres import ThrowawayPostgres

QUIET_SECONDS = 1.5  # in which an idle worker would have sent what is due
NOBODY_WORKS_SECONDS = 4  # in which a worker would have sent what it has in hand


@dataclass
class House:
    """One instance, its open petition and its mail server. Tests look into the database through `app`."""

    settings: Settings
    app: Flask
    petition: Petition
    port: int
    sink: SmtpSink
    programs: Programs
    postgres: ThrowawayPostgres | None = None

    def _form(self, email: str) -> dict[str, str]:
        with self.app.app_context():
            token = form_token(now(), 1)
        return {"name": "Ana Test", "country": "KR", "email": email, "form_token": token}

    def sign(self, email: str, seconds: float = 30) -> Answer:
        """Fills in the form; status 303 is the acknowledgment."""
        return ask(self.port, "POST", f"/petitions/{SLUG}/sign", urlencode(self._form(email)), seconds)

    def people_sign(self, number: int, name: str = "person") -> list[str]:
        """So many people sign, without a web server; returns their addresses."""
        client, people = self.app.test_client(), [f"{name}{one}@mail.test" for one in range(number)]
        for email in people:
            assert client.post(f"/petitions/{SLUG}/sign", data=self._form(email)).status_code == 303
        return people

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that sees what has been committed so far."""
        with self.app.app_context():
            session = read_again()
            yield session
            session.rollback()

    def waiting(self) -> set[str]:
        """The mails that are still to be sent, by their ids."""
        with self.reading() as session:
            return {mail.hex for mail in session.scalars(sa.select(OwedMail.id).where(_WAITS))}

    def time_passes(self, leases: bool = True) -> None:
        """Pauses between tries are over and, unless told otherwise, leases too, as after an hour."""
        which = (_WAITS,) if leases else (_WAITS, OwedMail.lease.is_(None))
        with self.app.app_context(), writing() as session:
            session.execute(sa.update(OwedMail).where(*which).values(due=now()))

    def wait_for_all_mail(self, seconds: float = 150) -> None:
        """Returns once no mail waits.

        Time passes when nothing moves any more: the pauses between tries, which grow to a day, and in the
        short form leases too.
        """
        before: object = None
        since, pauses_over = time.monotonic(), False

        def done() -> bool:
            nonlocal before, since, pauses_over
            state = (waiting := self.waiting()), len(self.sink.messages)
            quiet = time.monotonic() - since
            if state != before:
                before, since, pauses_over = state, time.monotonic(), False
            elif quiet > NOBODY_WORKS_SECONDS and not LONG:
                self.time_passes()
                since = time.monotonic()
            elif quiet > QUIET_SECONDS and not pauses_over:
                self.time_passes(leases=False)
                pauses_over = True
            return not waiting

        wait_until(done, seconds, "the sending of all mail")


_WAITS = OwedMail.state == MailState.WAITING


@contextmanager
def open_house(
    folder: Path, sink: SmtpSink, postgres: ThrowawayPostgres | None = None, url: str = ""
) -> Iterator[House]:
    """Makes an instance in a folder: on SQLite there, or on a database of its own in the server, or at `url`."""
    port = free_port()
    if postgres:
        url = url or postgres.create("petition")
    instance = folder / "instance"
    settings = make_settings(instance, database_url(url) if url else f"sqlite:///{instance / 'petition.db'}")
    settings = replace(settings, mail_url=sink.url, limits="off", base_url=f"http://127.0.0.1:{port}")
    programs = Programs(settings, folder)
    with running(settings) as app:
        migrate(app)
        try:
            yield House(settings, app, add_petition(app), port, sink, programs, postgres)
        finally:
            programs.close()


@dataclass
class Service:
    """Web server and worker, and what a supervisor does: start again what has ended."""

    house: House
    web: Program = field(init=False)
    worker: Program = field(init=False)

    def __post_init__(self) -> None:
        self._start_web()
        self._start_worker()

    def _start_web(self) -> None:
        self.web = self.house.programs.serve(self.house.port)

    def _start_worker(self) -> None:
        self.worker = self.house.programs.start("worker")

    def kill(self, victim: str) -> None:
        """Kills the `web` parent, a web `child`, the `worker` or the `database`, which is started again."""
        if victim == "worker":
            _kill(self.worker)
        elif victim == "database":
            assert self.house.postgres
            self.house.postgres.kill()
            self.house.postgres.start()
        elif victim == "child" and (children := children_of(self.web.pid)):
            os.kill(random.choice(children), signal.SIGKILL)
        else:
            _kill(self.web)
            wait_until(lambda: self.web.group == [], 2, "the end of the killed server's processes")

    def up(self) -> bool:
        """Whether the web server answers; what has ended is started again.

        Granian gives up on a process killed twice in a row, and does so some time after the second kill.
        """
        if self.web.poll() is not None:
            self._start_web()
        if self.worker.poll() is not None:
            self._start_worker()
        return answers(self.house.port)

    def end(self) -> None:
        """Ends both as a supervisor does, once they have started, and sees that they end well."""
        wait_until(lambda: self.up() and "worker started" in self.worker.printed, 60, "the start of both")
        self.tell_to_end()

    def tell_to_end(self) -> None:
        """Ends both, which have started, and sees that they end well."""
        self.worker.terminate()
        self.web.terminate()
        ended = self.worker.ends(), self.web.ends()
        assert ended == (0, 0), f"{ended} {self.worker.printed[-2000:]} {self.web.printed[-2000:]}"


def _kill(program: Program) -> None:
    program.kill()
    program.wait()
