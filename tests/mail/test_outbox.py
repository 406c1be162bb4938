"""Claims, leases, retries and dead letters, with the clock moved and a real mail server."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from petition.core.db import db, read_again, writing
from petition.core.ids import new_id
from petition.core.tokens import sign_handle
from petition.mail import outbox, sending
from petition.mail.models import MailState, OwedMail
from petition.mail.outbox import Key
from petition.mail.sending import Mailer
from petition.signatures.mails import CONFIRM
from tests.smtp_sink import SmtpSink

ANNA = "anna@mail.test"
SendMail = Callable[[], int]
Owed = Callable[..., list[Any]]


@pytest.fixture
def clock() -> Iterator[Callable[[float], None]]:
    """Moves the clock forward: `clock(30)` by half a minute."""
    with time_machine.travel(datetime.now(UTC), tick=True) as traveller:
        yield traveller.shift


@pytest.fixture
def claim(app: Flask) -> Callable[..., tuple[Any, list[Key]]]:
    """Claims as a worker of its own; returns its lease and what it got."""

    def claiming(most: int = 12) -> tuple[Any, list[Key]]:
        lease = new_id()
        with app.app_context(), writing() as session:
            return lease, [mail.key for mail in outbox.claim(session, lease, most)]

    return claiming


def change(app: Flask, function: Callable[..., Any], *arguments: Any) -> Any:
    with app.app_context(), writing() as session:
        return function(session, *arguments)


def test_what_one_worker_has_claimed_no_other_gets(sign: Callable[..., Any], claim: Callable[..., Any]) -> None:
    for number in range(5):
        sign(f"person{number}@mail.test")
    first, second, third = claim(3)[1], claim(3)[1], claim(3)[1]
    assert (len(first), len(second), len(third)) == (3, 2, 0)
    assert len({*first, *second}) == 5


def test_the_oldest_due_mail_goes_first(sign: Callable[..., Any], claim: Callable[..., Any], owed: Owed) -> None:
    for number in range(4):
        sign(f"person{number}@mail.test")
    assert [key[1] for key in claim(2)[1]] == owed("id")[:2]


def test_a_dead_workers_mail_is_anybodys_within_a_minute(
    sign: Callable[..., Any], claim: Callable[..., Any], send_mail: SendMail, clock: Callable[[float], None]
) -> None:
    sign(ANNA)
    claim()
    assert send_mail() == 0
    clock(59)
    assert send_mail() == 1


def test_a_lease_that_is_renewed_is_not_lost(
    app: Flask, sign: Callable[..., Any], claim: Callable[..., Any], clock: Callable[[float], None]
) -> None:
    sign(ANNA)
    lease, keys = claim()
    for _time in range(5):
        clock(30)
        change(app, outbox.renew, lease, keys)
    assert claim()[1] == []


def test_a_slow_send_keeps_its_lease_also_while_the_worker_is_told_to_end(
    app: Flask,
    sign: Callable[..., Any],
    claim: Callable[..., Any],
    sink: SmtpSink,
    owed: Owed,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sending, "RENEW_SECONDS", 0.1)
    sign(ANNA)
    sink.hang_at("DATA")
    mailer = Mailer(app)
    ending = threading.Thread(target=mailer.close)
    try:
        mailer.work()
        _wait_until(lambda: "DATA" in sink.steps)
        for _round in range(2):
            before = owed("due")
            _wait_until(lambda before=before: mailer.work() and owed("due") > before)
        ending.start()
        before = owed("due")
        _wait_until(lambda: owed("due") > before)
        assert claim()[1] == []
    finally:
        sink.close_connections()
        ending.join(20)
    assert not ending.is_alive()


def _wait_until(condition: Callable[[], bool], seconds: float = 10) -> None:
    pause, until = threading.Event(), datetime.now(UTC) + timedelta(seconds=seconds)
    while not condition():
        assert datetime.now(UTC) < until
        pause.wait(0.02)


@pytest.mark.parametrize("claimed", [False, True])
def test_a_mail_put_off_by_a_clock_that_ran_an_hour_ahead_leaves_once_the_clock_is_right(
    claimed: bool,
    sign: Callable[..., Any],
    claim: Callable[..., Any],
    send_mail: SendMail,
    clock: Callable[[float], None],
) -> None:
    clock(3600)
    sign(ANNA)
    if claimed:
        claim()
    clock(-3600)
    send_mail()
    clock(59)
    assert send_mail() == int(claimed)
    clock(3600)
    assert send_mail() == 0


@pytest.fixture
def held_up(
    app: Flask, sign: Callable[..., Any], sink: SmtpSink, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], int]]:
    """A worker with two mails in hand, the second waiting for the first, which the mail server does not answer.

    `held_up()` lets the server go on; returns how many mails left.
    """
    monkeypatch.setattr(sending, "CONNECTIONS", 1)
    monkeypatch.setattr(sending, "FRESH", timedelta(milliseconds=1))
    sink.hang_at("DATA")
    for name in ("first", "second"):
        sign(f"{name}@mail.test")
    mailer = Mailer(app)

    def go_on() -> int:
        sink.accept()
        sink.close_connections()
        while mailer.work():
            pass
        return mailer.sent

    try:
        _wait_until(lambda: mailer.work() and "DATA" in sink.steps)
        yield go_on
    finally:
        sink.close_connections()
        mailer.close()


def test_a_mail_that_nobody_needs_any_more_when_its_turn_comes_is_not_sent(
    app: Flask, held_up: Callable[[], int], sink: SmtpSink, owed: Owed
) -> None:
    change(app, lambda session: session.execute(sa.text("DELETE FROM signer")))
    change(app, lambda session: session.execute(sa.text("DELETE FROM signature")))
    assert held_up() == 0
    assert owed("state")[1] == MailState.SUPERSEDED
    assert sink.messages == []


def test_a_mail_that_fell_to_another_worker_before_its_turn_is_left_to_that(
    app: Flask, held_up: Callable[[], int], sink: SmtpSink, owed: Owed
) -> None:
    other = new_id()
    change(app, lambda session: session.execute(sa.update(OwedMail).values(lease=other)))
    assert held_up() == 0
    assert (owed("state"), owed("lease")) == ([MailState.WAITING] * 2, [other] * 2)
    assert sink.messages == []


def test_a_mail_that_still_waits_for_its_turn_is_sent_then(held_up: Callable[[], int], sink: SmtpSink) -> None:
    assert held_up() == 1
    assert sink.messages[0].recipients == ["second@mail.test"]


def test_saying_twice_that_a_mail_has_left_changes_nothing(
    app: Flask, sign: Callable[..., Any], claim: Callable[..., Any], owed: Owed
) -> None:
    """As the committer does that lost its connection and does not know whether it had committed."""
    sign(ANNA)
    _lease, [key] = claim()
    for _time in range(2):
        change(app, lambda session: outbox.finish(session.connection(), [(key, MailState.SENT)]))
    assert (owed("state"), owed("recipient")) == ([MailState.SENT], [None])


def test_a_worker_that_lost_its_lease_cannot_say_that_the_mail_failed(
    app: Flask, sign: Callable[..., Any], claim: Callable[..., Any], clock: Callable[[float], None], owed: Owed
) -> None:
    sign(ANNA)
    slow, [key] = claim()
    clock(41)
    quick, [same] = claim()
    assert same == key
    change(app, outbox.fail, key, slow, "it was slow", True)
    assert owed("state") == [MailState.WAITING]
    assert owed("lease") == [quick]
    change(app, outbox.renew, slow, [key])
    change(app, outbox.release, slow, [key])
    assert owed("lease") == [quick]


def test_a_mail_that_left_is_sent_whoever_holds_the_lease_now(
    app: Flask, sign: Callable[..., Any], claim: Callable[..., Any], clock: Callable[[float], None], owed: Owed
) -> None:
    sign(ANNA)
    _slow, [key] = claim()
    clock(41)
    quick, _same = claim()
    change(app, lambda session: outbox.finish(session.connection(), [(key, MailState.SENT)]))
    change(app, outbox.fail, key, quick, "no connection", False)
    clock(3600)
    assert owed("state") == [MailState.SENT]
    assert claim()[1] == []


def test_what_was_sent_is_forgotten_at_once(sign: Callable[..., Any], send_mail: SendMail, owed: Owed) -> None:
    sign(ANNA)
    send_mail()
    assert (owed("recipient"), owed("content"), owed("state")) == ([None], [None], [MailState.SENT])


def test_mail_given_back_is_due_at_once_and_untried(
    app: Flask, sign: Callable[..., Any], claim: Callable[..., Any], owed: Owed
) -> None:
    sign(ANNA)
    lease, keys = claim()
    change(app, outbox.release, lease, keys)
    assert (owed("attempts"), owed("lease"), owed("claimed_at")) == ([0], [None], [None])
    assert claim()[1] == keys


def test_the_first_retry_comes_within_half_a_minute_and_later_ones_ever_later(
    sign: Callable[..., Any], send_mail: SendMail, sink: SmtpSink, clock: Callable[[float], None], owed: Owed
) -> None:
    sign(ANNA)
    sink.refuse_with(451)
    waits = []
    for tries in range(1, len(outbox.BACKOFF) + 1):
        assert send_mail() == 0
        assert owed("attempts") == [tries]
        waits.append((owed("due")[0] - datetime.now(UTC)).total_seconds())
        clock(waits[-1] + 1)
    assert 10 < waits[0] <= 30
    assert waits == sorted(waits)
    assert sum(waits) > 24 * 3600
    assert owed("state") == [MailState.WAITING]
    sink.accept()
    assert send_mail() == 1


def test_after_the_last_try_a_mail_is_a_dead_letter_that_can_be_tried_again(
    app: Flask,
    sign: Callable[..., Any],
    send_mail: SendMail,
    sink: SmtpSink,
    clock: Callable[[float], None],
    owed: Owed,
) -> None:
    sign(ANNA)
    sink.refuse_with("451 4.7.1 no")
    for _try in range(len(outbox.BACKOFF) + 1):
        assert owed("state") == [MailState.WAITING]
        send_mail()
        clock(24 * 3600 + 1)
    assert owed("state") == [MailState.DEAD]
    assert owed("failure") == ["the mail server refused the recipient: 451 4.7.1"]
    sink.accept()
    assert send_mail() == 0
    assert change(app, outbox.retry) == 1
    assert send_mail() == 1
    assert change(app, outbox.retry) == 0


def test_a_mail_refused_for_good_dies_at_once(
    sign: Callable[..., Any], send_mail: SendMail, sink: SmtpSink, owed: Owed
) -> None:
    sign(ANNA)
    sink.refuse_with("550 5.1.1 no such user", times=1)
    assert send_mail() == 0
    assert (owed("state"), owed("attempts")) == ([MailState.DEAD], [1])


def test_one_dead_letter_can_be_tried_again_by_its_id(
    app: Flask, sign: Callable[..., Any], send_mail: SendMail, sink: SmtpSink, owed: Owed
) -> None:
    sink.refuse_with(550, times=2)
    for name in ("anna", "bert"):
        sign(f"{name}@mail.test")
    send_mail()
    assert change(app, outbox.retry, new_id()) == 0
    assert change(app, outbox.retry, owed("id")[1]) == 1
    assert owed("state") == [MailState.DEAD, MailState.WAITING]


def test_a_mail_that_cannot_be_made_is_a_dead_letter_in_the_end_and_blocks_nobody(
    app: Flask,
    sign: Callable[..., Any],
    send_mail: SendMail,
    clock: Callable[[float], None],
    owed: Owed,
) -> None:
    sign(ANNA)
    change(app, lambda session: session.execute(sa.update(OwedMail).values(template="a template of tomorrow")))
    sign("bert@mail.test")
    assert send_mail() == 1
    for _try in range(len(outbox.BACKOFF)):
        clock(24 * 3600 + 1)
        send_mail()
    assert owed("state") == [MailState.DEAD, MailState.SENT]
    assert owed("failure") == ["the mail cannot be made (KeyError)", None]


def test_the_mail_of_an_erased_attempt_falls_away(
    app: Flask, sign: Callable[..., Any], send_mail: SendMail, sink: SmtpSink, owed: Owed
) -> None:
    sign(ANNA)
    change(app, lambda session: session.execute(sa.text("DELETE FROM signer")))
    change(app, lambda session: session.execute(sa.text("DELETE FROM signature")))
    assert send_mail() == 0
    assert (owed("state"), owed("recipient")) == ([MailState.SUPERSEDED], [None])
    assert sink.messages == []


def test_a_second_copy_to_somebody_who_has_confirmed_meanwhile_falls_away(
    app: Flask,
    client: FlaskClient,
    sign: Callable[..., Any],
    claim: Callable[..., Any],
    send_mail: SendMail,
    sink: SmtpSink,
    clock: Callable[[float], None],
    owed: Owed,
) -> None:
    """The worker died between sending and saying so; the mail was read at once."""
    sign(ANNA)
    claim()
    with app.app_context():
        token = sign_handle(CONFIRM, bytes.fromhex(owed("content")[0]["handle"]))
    assert client.post(f"/confirm/{token}").status_code == 200
    clock(60)
    assert send_mail() == 0
    assert owed("state") == [MailState.SUPERSEDED]


def test_a_link_that_would_be_dead_on_arrival_is_not_sent(
    client: FlaskClient,
    sign: Callable[..., Any],
    send_mail: SendMail,
    sink: SmtpSink,
    clock: Callable[[float], None],
) -> None:
    client.post("/my", data={"email": ANNA})
    clock(25 * 3600)
    sign("bert@mail.test")
    clock(15 * 24 * 3600)
    assert send_mail() == 0
    assert sink.messages == []


@pytest.mark.only_on("sqlite", "PostgreSQL's plan is read with a million rows in tests/postgres")
def test_a_claim_reads_only_what_is_due(app: Flask, sign: Callable[..., Any]) -> None:
    """The outbox keeps a month of rows: a claim that read them all would hold up everybody who signs."""
    statements: list[str] = []
    with app.app_context():
        sa.event.listen(db.engine, "before_cursor_execute", lambda *event: statements.append(event[2]))
        with writing() as session:
            outbox.claim(session, new_id(), 12)
        outbox.anything_due(read_again())
        claims = [one for one in statements if one.startswith("SELECT") and "outbox" in one and "due <=" in one]
        assert len(claims) == 3  # what somebody waits for, news, and whether there is anything
        for statement in claims:
            values = ("2026-01-01", "confirm", 12, 0)[: statement.count("?")]
            plan = read_again().connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
            assert "USING INDEX ix_outbox_due" in str(plan.all())


def test_a_worker_looks_for_more_when_few_mails_are_in_hand_and_not_after_each(
    app: Flask, sign: Callable[..., Any], sink: SmtpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "LOOK_SECONDS", 30)
    for number in range(40):
        sign(f"person{number}@mail.test")
    mailer, rounds = Mailer(app), 0
    while mailer.work():
        rounds += 1
    mailer.close()
    assert (mailer.sent, len(sink.messages)) == (40, 40)
    assert rounds <= 1 + sending.FEW
