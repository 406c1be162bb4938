"""Mail that came back: whose it was, and that its address is left in peace."""

from __future__ import annotations

import json
import mailbox
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask

from petition.core.clock import now
from petition.core.db import read_again, writing
from petition.mail import bounces
from petition.mail.bounces import Report, read_report
from petition.mail.models import BounceKind, MailState
from petition.mail.return_paths import mail_reported
from petition.settings import Settings
from tests.processes import Programs
from tests.smtp_sink import SmtpSink

BOUNCES = "bounces@petition.test"
Owed = Callable[[str], list[Any]]
SendMail = Callable[[], int]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, bounce_address=BOUNCES)


@pytest.fixture
def mailed(sign: Callable[..., Any], send_mail: SendMail, sink: SmtpSink) -> str:
    """The return path of a mail to ana@mail.test."""
    sign("ana@mail.test")
    assert send_mail() == 1
    return sink.messages[0].sender


def delivery_report(to: str, action: str = "failed", status: str = "5.1.1", broken: str = "") -> bytes:
    """A report as RFC 3464 shows them, with the reported mail's header at its end."""
    return f"""From: MAILER-DAEMON@mail.test
To: <{to}>
Subject: Undelivered Mail
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="part"

--part
Content-Type: text/plain; charset=utf-8

It did not arrive at <ana@mail.test>. {broken}
--part
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.test

Final-Recipient: rfc822; ana@mail.test
Action: {action}
Status: {status} (words of the server)
Diagnostic-Code: smtp; 550 {status} no such user

--part
Content-Type: text/rfc822-headers

Return-Path: <{to}>
To: ana@mail.test

--part--
""".encode()


def complaint(about: str) -> bytes:
    """A complaint as RFC 5965 shows them."""
    return f"""From: feedback@mail.test
To: abuse@petition.test
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="part"

--part
Content-Type: text/plain

Somebody pressed a button.
--part
Content-Type: message/feedback-report

Feedback-Type: abuse
Version: 1

--part
Content-Type: message/rfc822

Return-Path: <{about}>
To: ana@mail.test

Hello
--part--
""".encode()


def recorded(app: Flask, raw: bytes) -> bool:
    """Reads a report and writes it down; says whether it was news."""
    with app.app_context(), writing() as session:
        report = read_report(raw)
        assert report
        return bounces.record(session, report)


def test_each_mail_has_a_return_path_of_its_own_that_names_it_alone(
    app: Flask, sign: Callable[..., Any], send_mail: SendMail, sink: SmtpSink, owed: Owed
) -> None:
    for name in ("ana", "eva"):
        sign(f"{name}@mail.test")
    assert send_mail() == 2
    with app.app_context():
        named = {received.sender: mail_reported(f"<{received.sender}>".encode()) for received in sink.messages}
    assert sorted(key[1] for key in named.values() if key) == sorted(owed("id"))
    assert all(sender.startswith("bounces+") and sender.endswith("@petition.test") for sender in named)
    assert all(len(sender.partition("@")[0]) <= 64 for sender in named)


def test_a_mail_server_may_change_capitals_but_no_letter_of_a_return_path(app: Flask, mailed: str) -> None:
    with app.app_context():
        assert mail_reported(mailed.upper().encode())
        detail = mailed.index("+") + 1
        for place in range(detail, detail + 40):
            changed = mailed[:place] + ("a" if mailed[place] != "a" else "b") + mailed[place + 1 :]
            assert mail_reported(changed.encode()) is None


def test_a_report_about_two_mails_is_about_none(
    app: Flask, sign: Callable[..., Any], send_mail: SendMail, sink: SmtpSink
) -> None:
    for name in ("ana", "eva"):
        sign(f"{name}@mail.test")
    send_mail()
    with app.app_context():
        assert mail_reported(" ".join(received.sender for received in sink.messages).encode()) is None


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("5.1.1", BounceKind.HARD),
        ("5.0.0", BounceKind.HARD),
        ("5.2.1", BounceKind.HARD),
        ("5.4.4", BounceKind.HARD),
        ("5.2.2", BounceKind.SOFT),
        ("5.3.4", BounceKind.SOFT),
        ("5.4.1", BounceKind.SOFT),
        ("5.7.1", BounceKind.SOFT),
        ("4.2.2", BounceKind.SOFT),
    ],
)
def test_a_report_tells_a_dead_address_from_a_mail_that_was_refused(
    app: Flask, mailed: str, status: str, kind: BounceKind
) -> None:
    with app.app_context():
        report = read_report(delivery_report(mailed, status=status))
    assert report
    assert (report.kind, report.status) == (kind, status)


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed", "expanded"])
def test_a_report_that_tells_of_no_failure_is_none(app: Flask, mailed: str, action: str) -> None:
    with app.app_context():
        assert read_report(delivery_report(mailed, action=action)) is None


def test_a_dead_address_gets_no_more_mail_for_a_week(
    app: Flask, mailed: str, sign: Callable[..., Any], send_mail: SendMail, sink: SmtpSink, owed: Owed
) -> None:
    assert recorded(app, delivery_report(mailed))
    sign("ana@mail.test", name="Ana Again")
    sign("eva@mail.test")
    assert send_mail() == 1
    assert sink.messages[-1].recipients == ["eva@mail.test"]
    assert sorted(owed("state")) == [MailState.SENT, MailState.SENT, MailState.SUPPRESSED]
    assert owed("recipient") == [None] * 3
    with time_machine.travel(now() + timedelta(days=8), tick=True):
        sign("ana@mail.test", name="Ana Later")
        assert send_mail() == 1
    assert sink.messages[-1].recipients == ["ana@mail.test"]


def test_a_refusal_of_the_recipient_while_sending_counts_as_a_report(
    app: Flask, sign: Callable[..., Any], send_mail: SendMail, sink: SmtpSink
) -> None:
    sink.refuse_with("550 5.1.1 unknown", times=1)
    sign("ana@mail.test")
    assert send_mail() == 0
    sign("ana@mail.test", name="Ana Again")
    assert send_mail() == 0
    with app.app_context():
        found = bounces.figures(read_again())
    assert found.reports == found.suppressed == {BounceKind.HARD: 1}


def test_who_complains_gets_what_they_ask_for_but_no_news(
    app: Flask, mailed: str, sign: Callable[..., Any], send_mail: SendMail
) -> None:
    assert recorded(app, complaint(mailed))
    assert recorded(app, delivery_report(mailed))
    with app.app_context():
        assert bounces.figures(read_again()).suppressed == {BounceKind.COMPLAINT: 1}
    sign("ana@mail.test", name="Ana Again")
    assert send_mail() == 1


def test_the_same_report_twice_counts_once(app: Flask, mailed: str) -> None:
    assert recorded(app, delivery_report(mailed))
    assert not recorded(app, delivery_report(mailed))
    with app.app_context():
        assert bounces.figures(read_again()).reports == {BounceKind.HARD: 1}


def test_a_report_about_a_mail_that_is_forgotten_says_nothing(app: Flask, mailed: str) -> None:
    with app.app_context(), writing() as session:
        key = mail_reported(mailed.encode())
        assert key
        assert not bounces.record(session, Report((key[0] ^ 1, key[1]), BounceKind.HARD, "5.1.1"))


def test_reports_and_dead_addresses_are_forgotten_in_time(app: Flask, mailed: str) -> None:
    recorded(app, delivery_report(mailed))
    for days, left in ((89, (1, 1)), (91, (0, 1)), (179, (0, 1)), (181, (0, 0))):
        with time_machine.travel(now() + timedelta(days=days), tick=True), app.app_context():
            bounces._forget(writing)
            found = bounces.figures(read_again(), days=3650)
            assert (found.reports.total(), found.suppressed.total()) == left


def test_the_operator_reads_a_maildir_of_reports_and_lifts_what_they_said(
    settings: Settings, tmp_path: Path, mailed: str
) -> None:
    box = mailbox.Maildir(tmp_path / "reports", create=True)
    for raw in (delivery_report(mailed, broken="\xff"), delivery_report(mailed), b"Subject: Hello\n\nHow are you?\n"):
        box.add(raw)
    programs = Programs(settings, tmp_path)
    first = programs.run("bounces", "read", str(tmp_path / "reports"), "--json")
    assert json.loads(first.printed) == {"hard": 1, "soft": 0, "complaint": 0, "known already": 1, "not a report": 1}
    assert [message["Subject"] for message in box] == ["Hello"]
    told = json.loads(programs.run("bounces", "figures", "--json").printed)
    assert told["suppressed"] == {"hard": 1, "soft": 0, "complaint": 0}
    assert programs.run("bounces", "allow", "Ana@MAIL.test").printed == "mail may go there again\n"
    again = programs.run("bounces", "allow", "ana@mail.test")
    assert (again.returncode, again.printed) == (1, "petition: no mail to this address is held back\n")


def test_the_operator_reads_an_mbox_and_keeps_it(settings: Settings, tmp_path: Path, mailed: str) -> None:
    box = mailbox.mbox(tmp_path / "reports.mbox", create=True)
    box.add(complaint(mailed))
    box.close()
    programs = Programs(settings, tmp_path)
    for expected in ("complaint: 1  known already: 0", "complaint: 0  known already: 1"):
        assert expected in programs.run("bounces", "read", str(tmp_path / "reports.mbox"), "--keep").printed
    missing = programs.run("bounces", "read", str(tmp_path / "nowhere"))
    assert (missing.returncode, missing.printed) == (1, f"petition: there is no mailbox at {tmp_path}/nowhere\n")
