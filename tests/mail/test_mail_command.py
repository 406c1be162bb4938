"""`petition mail`: what the operator sees of the outbox."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from petition.settings import Settings
from tests.processes import Programs
from tests.smtp_sink import SmtpSink


@pytest.fixture
def programs(settings: Settings, tmp_path: Path) -> Iterator[Programs]:
    started = Programs(settings, tmp_path)
    yield started
    started.close()


def test_the_operator_sees_why_mail_failed_but_no_address_and_tries_it_again(
    programs: Programs, sign: Callable[..., Any], send_mail: Callable[[], int], sink: SmtpSink
) -> None:
    sink.refuse_with("550 5.1.1 <anna.secret@mail.test> unknown", times=2)
    for name in ("anna.secret", "bert.secret", "carl.secret"):
        sign(f"{name}@mail.test")
    assert send_mail() == 1

    listed = json.loads(programs.run("mail", "list", "--json").printed)
    assert listed["counts"] == {"waiting": 0, "sent": 1, "dead": 2, "superseded": 0, "suppressed": 0}
    assert [mail["failure"] for mail in listed["mails"]] == ["the mail server refused the recipient: 550 5.1.1"] * 2
    assert {mail["domain"] for mail in listed["mails"]} == {"mail.test"}
    plain = programs.run("mail", "list").printed
    assert listed["mails"][0]["id"] in plain
    assert "550 5.1.1" in plain
    assert "secret" not in plain + json.dumps(listed)
    assert len(json.loads(programs.run("mail", "list", "--json", "--limit", "1").printed)["mails"]) == 1
    assert len(json.loads(programs.run("mail", "list", "--json", "--state", "sent").printed)["mails"]) == 1

    one = programs.run("mail", "retry", "--json", listed["mails"][0]["id"])
    assert json.loads(one.printed) == {"retried": 1}
    assert programs.run("mail", "retry").printed == "1 mails will be tried again\n"
    assert send_mail() == 2


def test_a_retry_of_what_is_no_dead_letter_is_refused(programs: Programs) -> None:
    unknown = programs.run("mail", "retry", str(uuid4()))
    assert unknown.returncode == 1
    assert unknown.printed.startswith("petition: no dead letter has this id")
    assert programs.run("mail", "retry", "not-an-id").returncode == 2
    assert programs.run("mail", "list", "--state", "lost").returncode == 2
