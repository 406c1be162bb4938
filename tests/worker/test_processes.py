"""`petition worker` as it runs: several processes on one SQLite file, real mail servers, signals."""

from __future__ import annotations

import signal
import ssl
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import trustme
from flask import Flask

from petition.core.clock import now
from petition.core.db import read_again, writing
from petition.mail import outbox
from petition.mail.models import MailState, OwedMail
from petition.settings import Settings
from tests.databases import Databases
from tests.processes import Programs, wait_until
from tests.smtp_sink import SmtpSink
from tests.worker.conftest import people

Owe = Callable[..., None]


def states(app: Flask) -> Counter[MailState]:
    with app.app_context():
        return outbox.counts(read_again())


def copies(sink: SmtpSink) -> Counter[str]:
    """How often each mail arrived, by its Message-ID."""
    return Counter(str(received.message["Message-ID"]) for received in sink.messages)


def test_four_workers_send_each_of_300_mails_once_over_several_connections_at_once(
    app: Flask, programs: Programs, owe: Owe, sink: SmtpSink
) -> None:
    owe(*people(300))
    began = time.monotonic()
    workers = [programs.start("worker", "--once") for _number in range(4)]
    assert [worker.ends(120) for worker in workers] == [0] * 4
    sys.stdout.write(f"300 mails by 4 workers in {time.monotonic() - began:.1f} s, starting them included\n")
    sent = [int(worker.printed.splitlines()[-1].removesuffix(" mails sent")) for worker in workers]
    assert sum(sent) == 300
    assert set(copies(sink).values()) == {1}
    assert sorted(received.recipients[0] for received in sink.messages) == sorted(people(300))
    assert states(app) == {MailState.SENT: 300}
    assert sink.connections > len([number for number in sent if number])


def test_the_caps_are_exact_with_four_workers_at_once(
    app: Flask, programs: Programs, owe: Owe, sink: SmtpSink
) -> None:
    owe(*[f"anna+{number}@mail.test" for number in range(40)], *["bert@mail.test"] * 40)
    for worker in [programs.start("worker", "--once") for _number in range(4)]:
        assert worker.ends(120) == 0
    received = Counter(one.recipients[0].partition("+")[0].partition("@")[0] for one in sink.messages)
    assert received == {"anna": 5, "bert": 5}
    assert states(app) == {MailState.SENT: 10, MailState.WAITING: 2, MailState.SUPERSEDED: 68}


def test_told_to_end_in_the_middle_workers_lose_nothing_and_send_nothing_twice(
    app: Flask, programs: Programs, owe: Owe, sink: SmtpSink
) -> None:
    sink.be_slow(0.25)
    owe(*people(120))
    first = [programs.start("worker") for _number in range(2)]
    wait_until(lambda: all("worker started" in worker.printed for worker in first), 60, "the start of both")
    sink.wait_for(40, 60)
    for worker, how in zip(first, (signal.SIGTERM, signal.SIGINT), strict=True):
        worker.send_signal(how)
    assert [worker.ends(20) for worker in first] == [0, 0]
    left = states(app)[MailState.WAITING]
    assert left > 0
    with app.app_context():
        held = sa.select(sa.func.count()).where(OwedMail.state == MailState.WAITING, OwedMail.lease.is_not(None))
        assert read_again().scalar(held) == 0
    sink.accept()
    last = programs.run("worker", "--once", seconds=120)
    assert (last.returncode, last.printed.splitlines()[-1]) == (0, f"{left} mails sent")
    assert len(copies(sink)) == 120
    assert set(copies(sink).values()) == {1}


def test_a_worker_told_to_end_waits_for_what_it_is_sending_and_takes_nothing_new(
    app: Flask, programs: Programs, owe: Owe, sink: SmtpSink
) -> None:
    owe("anna@mail.test")
    sink.hang_at("DATA")
    worker = programs.start("worker")
    wait_until(lambda: "DATA" in sink.steps, 60)
    worker.send_signal(signal.SIGTERM)
    owe(*people(3))
    with pytest.raises(subprocess.TimeoutExpired):
        worker.wait(1.5)
    sink.accept()
    sink.close_connections()
    assert worker.ends(30) == 0
    assert sink.messages == []
    assert sorted(_failures(app)) == ["the mail server closed the connection"]
    assert programs.run("worker", "--once").printed.splitlines()[-1] == "3 mails sent"


def test_an_idle_worker_sends_within_a_second(programs: Programs, owe: Owe, sink: SmtpSink) -> None:
    owe("first@mail.test")
    programs.start("worker")
    sink.wait_for(1, 60)
    waits = []
    for number in range(5):
        owe(f"person{number}@mail.test")
        began = time.monotonic()
        sink.wait_for(number + 2)
        waits.append(time.monotonic() - began)
    assert sorted(waits)[2] < 1, waits


def test_a_killed_workers_mail_is_put_off_by_less_than_a_minute_and_then_sent_by_another(
    app: Flask, programs: Programs, owe: Owe, sink: SmtpSink
) -> None:
    """That a mail put off leaves when it is due, is shown in mail/test_outbox.py with the clock moved."""
    owe("anna@mail.test")
    sink.hang_at("MAIL")
    worker = programs.start("worker")
    wait_until(lambda: "MAIL" in sink.steps, 60)
    worker.kill()
    worker.wait()
    sink.accept()
    _make_due(app, 1, within=60)
    programs.start("worker")
    sink.wait_for(1, 60)


def test_a_mail_server_that_was_down_gets_its_mail_when_it_is_back(
    app: Flask, programs: Programs, owe: Owe, sink: SmtpSink
) -> None:
    """Each mail is due again within half a minute, and the worker that failed to send it sends it then."""
    sink.refuse_with("421 4.3.2 closing", at="MAIL")
    owe(*people(6))
    worker = programs.start("worker")
    wait_until(lambda: len(_failures(app)) == 6, 60)
    sink.accept()
    _make_due(app, 6, within=30)
    sink.wait_for(6, 40)
    worker.terminate()
    assert worker.ends() == 0
    assert set(copies(sink).values()) == {1}


def _make_due(app: Flask, number: int, within: float) -> None:
    """So many mails wait for a later moment, though for none longer than `within` seconds: that moment comes now."""
    with app.app_context(), writing() as session:
        waiting = list(session.scalars(sa.select(OwedMail).where(OwedMail.state == MailState.WAITING)))
        assert len(waiting) == number
        for mail in waiting:
            assert timedelta(0) < mail.due - now() < timedelta(seconds=within)
            mail.due = now()


def _failures(app: Flask) -> list[str]:
    with app.app_context():
        return list(read_again().scalars(sa.select(OwedMail.failure).where(OwedMail.failure.is_not(None))))


@pytest.mark.parametrize("scheme", ["smtp+starttls", "smtps"])
def test_tls_and_login_work_through_the_worker(
    scheme: str, app: Flask, settings: Settings, owe: Owe, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    owe("anna@mail.test")
    with SmtpSink(scheme, tls=context, login=("river", "p@ss/word")) as safe:
        programs = Programs(replace(settings, mail_url=safe.url), tmp_path)
        worker = programs.run("worker", "--once")
        assert worker.printed.splitlines()[-1] == "1 mails sent", worker.printed
        assert safe.logins == 1
        assert "p@ss" not in worker.printed
    assert states(app) == {MailState.SENT: 1}


def test_the_log_names_no_address_and_no_token(app: Flask, programs: Programs, owe: Owe, sink: SmtpSink) -> None:
    sink.refuse_with("550 5.1.1 <anna.secret@mail.test> is unknown here", times=2)
    sink.refuse_with("451 Ana Test, try later", at="MAIL", times=2)
    owe(*[f"anna.secret{number}@mail.test" for number in range(8)])
    with app.app_context():
        contents = list(read_again().scalars(sa.select(OwedMail.content)))
    worker = programs.run("worker", "--once")
    assert worker.returncode == 0
    assert worker.printed.count('"event": "mail failed"') == 4
    for secret in ("anna", "secret", "Ana", "mail.test"):
        assert secret not in worker.printed
    for content in contents:
        assert content["handle"] not in worker.printed
        assert content["code"] not in worker.printed


def test_a_worker_refuses_a_database_that_is_not_migrated(
    settings: Settings, databases: Databases, tmp_path: Path
) -> None:
    empty = replace(settings, database_url=databases.empty(tmp_path / "empty"))
    worker = Programs(empty, tmp_path).run("worker")
    assert worker.returncode == 1
    assert len(worker.printed.splitlines()) == 1
    assert "petition db upgrade" in worker.printed
