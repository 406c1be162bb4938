"""DESIGN rule 2: an acknowledged signature or confirmation survives any crash, and every mail owed is sent.

Web server and worker run as real processes, people sign and confirm over HTTP, and at random moments one
of the processes is killed with `kill -9`. FAULT_ROUNDS sets how many kills (20), FAULT_SEED repeats a run.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
from collections import Counter, deque
from collections.abc import Callable
from http.client import HTTPException
from itertools import count

import pytest
import sqlalchemy as sa
from flask import Flask

from petition.core.addresses import canonical_address
from petition.core.db import db, read_again
from petition.core.keyed_hashes import mailbox_hash, signature_hash
from petition.mail import outbox
from petition.mail.models import MailState, OwedMail
from petition.petitions.models import Petition
from petition.signatures import recount
from petition.signatures.models import Signature, SignatureState
from petition.tallies import service as tallies
from tests.conftest import LINK
from tests.processes import Program, Programs, answers, children_of, request, wait_until
from tests.smtp_sink import SmtpSink

ROUNDS = int(os.environ.get("FAULT_ROUNDS", "20"))
SEED = int(os.environ.get("FAULT_SEED", random.SystemRandom().randrange(10**6)))
PEOPLE = 4
MOST_UNREAD = 120  # signed and not mailed yet: more would only make the end of the test long


class Crowd:
    """People who sign, read their mail and confirm, and remember what the service has acknowledged."""

    def __init__(self, sink: SmtpSink, port: int, sign: Callable[..., int]) -> None:
        self.signed: set[str] = set()
        self.confirmed: set[str] = set()
        self.refused: Counter[str] = Counter()
        self._sink, self._port, self._sign = sink, port, sign
        self._numbers = count()
        self._links: deque[tuple[str, str]] = deque()
        self._read = 0
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._live) for _person in range(PEOPLE)]

    def __enter__(self) -> Crowd:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def done(self, victim: str) -> int:
        """How much the worker, or the web server, has done so far."""
        return len(self._sink.messages) if victim == "worker" else len(self.signed) + len(self.confirmed)

    def _live(self) -> None:
        while not self._over.is_set():
            if len(self.signed) - len(self._sink.messages) < MOST_UNREAD:
                self._sign_once()
            self._read_mail()
            if self._links:
                self._confirm_once()

    def _sign_once(self) -> None:
        email = f"person{next(self._numbers)}@mail.test"
        if self._asked("sign", lambda: self._sign(email, seconds=10)) == 303:
            self.signed.add(email)

    def _read_mail(self) -> None:
        with self._lock:
            new, self._read = self._sink.messages[self._read :], len(self._sink.messages)
        for received in new:
            part = received.message.get_body(("plain",))
            assert part
            [link] = LINK.findall(part.get_content())
            self._links.append((received.recipients[0], link.partition(f":{self._port}")[2]))

    def _confirm_once(self) -> None:
        try:
            email, path = self._links.popleft()
        except IndexError:
            return
        if self._asked("confirm", lambda: request(self._port, "POST", path, seconds=10)[0]) == 200:
            self.confirmed.add(email)
        else:
            self._links.append((email, path))

    def _asked(self, what: str, ask: Callable[[], int]) -> int:
        try:
            status = ask()
        except (OSError, HTTPException) as error:
            self.refused[f"{what}: {type(error).__name__}"] += 1
            self._over.wait(0.05)
            return 0
        if status not in (200, 303):
            self.refused[f"{what}: {status}"] += 1
        return status


class Service:
    """Web server and worker, and what a supervisor does: start again what has ended."""

    def __init__(self, programs: Programs, port: int) -> None:
        self._programs, self._port = programs, port
        self.web, self.worker = self._start_web(), programs.start("worker")

    def _start_web(self) -> Program:
        return self._programs.serve(self._port)

    def kill(self, victim: str) -> None:
        """Kills the `web` parent, a web `child` or the `worker`, and sees to it that the service goes on."""
        if victim == "worker":
            _kill(self.worker)
            self.worker = self._programs.start("worker")
        elif victim == "child" and (children := children_of(self.web.pid)):
            os.kill(random.choice(children), signal.SIGKILL)
        else:
            _kill(self.web)
            wait_until(lambda: self.web.group == [], 2, "the end of the killed server's processes")

    def up(self) -> bool:
        """Whether the web server answers; one that has ended is started again.

        Granian gives up on a process killed twice in a row, and does so some time after the second kill.
        """
        if self.web.poll() is not None:
            self.web = self._start_web()
        return answers(self._port)


def _kill(program: Program) -> None:
    program.kill()
    program.wait()


@pytest.mark.timeout(300 + 20 * ROUNDS)
def test_nothing_acknowledged_is_lost_and_every_owed_mail_is_sent_under_kill_9(
    app: Flask, petition: Petition, programs: Programs, port: int, sink: SmtpSink, sign_over_http: Callable[..., int]
) -> None:
    sys.stdout.write(f"FAULT_SEED={SEED} FAULT_ROUNDS={ROUNDS}\n")
    chance = random.Random(SEED)
    victims = [("web", "child", "worker")[number % 3] for number in range(ROUNDS)]
    chance.shuffle(victims)
    service, pause = Service(programs, port), threading.Event()
    with Crowd(sink, port, sign_over_http) as crowd:
        for victim in victims:
            seen = crowd.done(victim)
            wait_until(
                lambda seen=seen, victim=victim: service.up() and crowd.done(victim) > seen,
                90,
                f"work of the {victim}",
            )
            pause.wait(chance.uniform(0, 0.8))
            service.kill(victim)
        wait_until(service.up, 60, "an answer")
    with app.app_context():
        wait_until(lambda: not outbox.counts(read_again())[MailState.WAITING], 120, "the sending of all mail")
        _check(petition, crowd, sink, victims.count("worker"))
    service.worker.terminate()
    service.web.terminate()
    assert (service.worker.ends(), service.web.ends()) == (0, 0)


def _check(petition: Petition, crowd: Crowd, sink: SmtpSink, worker_kills: int) -> None:
    rows = read_again().execute(sa.select(Signature.address_hash, Signature.state)).all()
    states = {hashed: state for hashed, state in rows}  # noqa: C416 (a row is no pair to the type checker)
    lost = [email for email in crowd.signed if _hash(petition, email) not in states]
    undone = [email for email in crowd.confirmed if states[_hash(petition, email)] != SignatureState.CONFIRMED]
    copies = Counter(str(received.message["Message-ID"]).strip("<>").partition("@")[0] for received in sink.messages)
    needed = sa.select(OwedMail.id).where(OwedMail.state != MailState.SUPERSEDED)
    owed = {mail_id.hex for mail_id in read_again().scalars(needed)}
    twice = sum(copies.values()) - len(copies)
    sys.stdout.write(
        f"acknowledged: {len(crowd.signed)} signatures, {len(crowd.confirmed)} confirmations; mails: "
        f"{sum(copies.values())}, of them {twice} twice; not acknowledged: {dict(crowd.refused)}\n"
    )
    assert (lost, undone) == ([], [])
    assert owed <= copies.keys()
    assert twice <= 4 * worker_kills
    assert all(line.right for line in recount.compare(read_again(), petition.id))
    total = sum(state == SignatureState.CONFIRMED for _hashed, state in rows)
    assert tallies.count(read_again(), petition.id).total == total >= len(crowd.confirmed)
    if db.engine.dialect.name == "sqlite":
        assert read_again().execute(sa.text("PRAGMA integrity_check")).scalar() == "ok"


def _hash(petition: Petition, email: str) -> bytes:
    return signature_hash(mailbox_hash(canonical_address(email)), petition.id)
