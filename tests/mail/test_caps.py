"""So many mails a day to one address, whatever is filled in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from petition.mail.models import MailState
from tests.conftest import add_petition
from tests.smtp_sink import SmtpSink

ANNA = "anna@mail.test"
DAY = 24 * 3600
WAITING, SENT, SUPERSEDED = MailState.WAITING, MailState.SENT, MailState.SUPERSEDED
SendMail = Callable[[], int]
Owed = Callable[..., list[Any]]
Sign = Callable[..., Any]


@pytest.fixture
def clock() -> Iterator[Callable[[float], None]]:
    with time_machine.travel(datetime.now(UTC), tick=True) as traveller:
        yield traveller.shift


def test_five_mails_a_day_about_one_petition_then_only_the_newest_waits(
    sign: Sign, send_mail: SendMail, owed: Owed
) -> None:
    for _time in range(8):
        sign(ANNA)
    assert send_mail() == 5
    assert owed("state") == [SENT] * 5 + [SUPERSEDED] * 2 + [WAITING]
    assert owed("recipient") == [None] * 7 + [ANNA]


def test_a_newer_attempt_takes_the_waiting_ones_turn(sign: Sign, send_mail: SendMail, owed: Owed) -> None:
    for _time in range(6):
        sign(ANNA)
        send_mail()
    sign(ANNA)
    assert send_mail() == 0
    assert owed("state") == [SENT] * 5 + [SUPERSEDED, WAITING]


def test_ten_mails_a_day_in_all_and_one_waits_for_room(
    app: Flask, client: FlaskClient, sign: Sign, send_mail: SendMail, owed: Owed
) -> None:
    for slug in ("second", "third"):
        add_petition(app, slug=slug)
    for _time in range(4):
        sign(ANNA)
        sign(ANNA, slug="second")
    assert send_mail() == 8
    for _time in range(3):
        client.post("/my", data={"email": ANNA})
        sign(ANNA, slug="third")
    assert send_mail() == 2
    own_page, third = owed("state")[8::2], owed("state")[9::2]
    assert own_page == [SENT, SUPERSEDED, WAITING]
    assert third == [SENT, SUPERSEDED, WAITING]


def test_a_full_petition_leaves_room_for_another(app: Flask, sign: Sign, send_mail: SendMail, owed: Owed) -> None:
    add_petition(app, slug="second")
    for _time in range(6):
        sign(ANNA)
    sign(ANNA, slug="second")
    assert send_mail() == 6
    assert owed("state") == [SENT] * 5 + [WAITING, SENT]


@pytest.mark.parametrize(
    "aliases",
    [["Anna@mail.test", "anna+a@mail.test", "ANNA+b@Mail.test"], ["a.nna@gmail.com", "anna@googlemail.com"]],
)
def test_the_aliases_of_an_address_share_its_caps_and_each_gets_its_own_mail(
    aliases: list[str], sign: Sign, send_mail: SendMail, sink: SmtpSink
) -> None:
    for number in range(9):
        sign(aliases[number % len(aliases)])
    assert send_mail() == 5
    for received in sink.messages:
        assert received.recipients[0].partition("@")[0] in [alias.partition("@")[0] for alias in aliases]


def test_strangers_caps_do_not_touch_mine(sign: Sign, send_mail: SendMail, sink: SmtpSink) -> None:
    for _time in range(30):
        sign(ANNA)
    sign("bert@mail.test")
    assert send_mail() == 6
    assert "bert@mail.test" in [received.recipients[0] for received in sink.messages]


def test_after_a_day_the_waiting_one_goes_and_there_is_room_for_four_more(
    sign: Sign, send_mail: SendMail, clock: Callable[[float], None], owed: Owed
) -> None:
    for _time in range(6):
        sign(ANNA)
    assert send_mail() == 5
    clock(DAY - 60)
    assert send_mail() == 0
    clock(120)
    assert send_mail() == 1
    for _time in range(6):
        sign(ANNA)
    assert send_mail() == 4
    assert owed("state")[-2:] == [SUPERSEDED, WAITING]


def test_the_place_of_the_oldest_mail_is_free_again_a_day_after_it(
    sign: Sign, send_mail: SendMail, clock: Callable[[float], None], owed: Owed
) -> None:
    for _time in range(5):
        sign(ANNA)
        assert send_mail() == 1
        clock(3600)
    sign(ANNA)
    assert send_mail() == 0
    assert abs((owed("due")[5] - owed("claimed_at")[0]).total_seconds() - DAY) < 1
    clock(DAY - 5 * 3600 + 60)
    assert send_mail() == 1


def test_a_mail_tried_again_keeps_its_place_and_is_not_counted_twice(
    sign: Sign, send_mail: SendMail, sink: SmtpSink, clock: Callable[[float], None], owed: Owed
) -> None:
    sink.refuse_with(451, times=1)
    sign(ANNA)
    assert send_mail() == 0
    for _time in range(6):
        sign(ANNA)
    assert send_mail() == 4
    clock(60)
    assert send_mail() == 1
    assert owed("state") == [SENT] * 5 + [SUPERSEDED, WAITING]


def test_mails_over_the_cap_do_not_hold_up_the_rest(sign: Sign, send_mail: SendMail, sink: SmtpSink) -> None:
    """A server that was down has left many mails to one address to be tried again."""
    sink.refuse_with(451)
    for _time in range(40):
        sign(ANNA)
    send_mail()
    sink.accept()
    for number in range(3):
        sign(f"person{number}@mail.test")
    assert send_mail() == 3


def test_a_mail_whose_place_ran_out_between_two_tries_waits_like_any_other(
    sign: Sign, send_mail: SendMail, sink: SmtpSink, clock: Callable[[float], None], owed: Owed
) -> None:
    sink.refuse_with(451, times=1)
    sign(ANNA)
    send_mail()
    clock(DAY + 60)  # no worker ran for a day
    for _time in range(5):
        sign(ANNA)
    assert send_mail() == 5
    assert owed("state") == [SENT] * 5 + [WAITING]
    for _round in range(3):
        assert send_mail() == 0
    assert owed("due")[5] > datetime.now(UTC)
    clock(DAY)
    assert send_mail() == 1


def test_a_dead_letter_counts_too(sign: Sign, send_mail: SendMail, sink: SmtpSink) -> None:
    sink.refuse_with(550)
    for _time in range(5):
        sign(ANNA)
    send_mail()
    sink.accept()
    sign(ANNA)
    assert send_mail() == 0
