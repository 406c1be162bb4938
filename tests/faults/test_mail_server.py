"""A mail server that misbehaves in every way it can: each mail owed comes in the end or is a dead letter."""

from __future__ import annotations

import random
import ssl
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
import trustme

from petition.mail.models import MailState, OwedMail
from tests.faults import books
from tests.faults.house import House, open_house
from tests.faults.length import LONG, SEED, rounds
from tests.processes import wait_until
from tests.smtp_sink import SmtpSink

Tell = Callable[[str], None]
TIMES = rounds(short=3)  # of each
HUNG_TIMES = min(TIMES, 8)  # each takes a time-out


def _faults(sink: SmtpSink) -> dict[str, Callable[[], None]]:
    timing_out = {"never answers DATA": lambda: sink.hang_at("DATA", HUNG_TIMES)} if LONG else {}
    return timing_out | {
        "slow": lambda: sink.be_slow(0.2),
        "closes instead of an answer to RCPT": lambda: sink.disconnect_at("RCPT", TIMES),
        "closes instead of an answer to DATA": lambda: sink.disconnect_at("DATA", TIMES),
        "takes the mail and closes without an answer": lambda: sink.lose_answer(TIMES),
        "takes the mail, says so and closes": lambda: sink.hang_up_after_mail(TIMES),
        "451 to RCPT": lambda: sink.refuse_with(451, "RCPT", TIMES),
        "421 to RCPT": lambda: sink.refuse_with("421 4.3.2 closing", "RCPT", TIMES),
        "452 to DATA": lambda: sink.refuse_with("452 4.2.2 full", "DATA", TIMES),
        "550 to RCPT": lambda: sink.refuse_with("550 5.1.1 nobody", "RCPT", TIMES),
        "554 to DATA": lambda: sink.refuse_with("554 5.7.1 spam", "DATA", TIMES),
    }


REFUSED_FOR_GOOD = 2 * TIMES
TAKEN_UNSAID = TIMES


def dead_letters(house: House) -> set[str]:
    """The mails that were given up, by their ids."""
    with house.reading() as session:
        return {mail.hex for mail in session.scalars(sa.select(OwedMail.id).where(OwedMail.state == MailState.DEAD))}


@pytest.mark.timeout(300 + 20 * TIMES)
@pytest.mark.parametrize("house", ["sqlite"], indirect=True)
def test_whatever_the_mail_server_does_each_mail_comes_or_is_a_dead_letter(house: House, tell: Tell) -> None:
    sink, faults = house.sink, list(_faults(house.sink).items())
    random.Random(SEED).shuffle(faults)
    worker, people = house.programs.start("worker"), set()
    for number, (_what, misbehave) in enumerate(faults):
        misbehave()
        people |= set(house.people_sign(TIMES + 4, f"fault{number}-"))
        wait_until(lambda: not sink.misbehaving, 60, "the fault")
        sink.accept()
    house.wait_for_all_mail()
    dead, counted = dead_letters(house), books.copies(house)
    came = counted.keys() - dead
    assert len(dead) == REFUSED_FOR_GOOD
    assert len(came) == len(people) - len(dead)
    # One that was taken unsaid is tried again: it comes twice, or is refused for good the next time.
    assert counted.total() == len(came) + TAKEN_UNSAID
    assert house.programs.run("mail", "retry").returncode == 0
    house.wait_for_all_mail()
    arrived = Counter(received.recipients[0] for received in sink.messages)
    tell(
        f"{TIMES} times each: {', '.join(what for what, _do in faults)} (FAULT_SEED={SEED}): "
        f"mails owed {len(people)}, come {len(arrived)}, dead letters {len(dead)}, "
        f"repeated {counted.total() - len(counted)}"
    )
    assert set(arrived) == people
    worker.terminate()
    assert worker.ends() == 0


def test_mail_waits_while_the_certificate_is_bad_and_leaves_when_it_is_mended(tmp_path: Path, tell: Tell) -> None:
    known, stranger = trustme.CA(), trustme.CA()
    known.cert_pem.write_to_path(str(tmp_path / "known.pem"))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    stranger.issue_cert("127.0.0.1").configure_cert(tls)
    with SmtpSink("smtp+starttls", tls=tls) as sink, open_house(tmp_path, sink) as house:
        house.programs.extra = {"SSL_CERT_FILE": str(tmp_path / "known.pem")}
        worker, people = house.programs.start("worker"), set(house.people_sign(10))
        wait_until(lambda: worker.printed.count("not to be trusted") == len(people), 60, "refusals")
        assert sink.messages == []
        known.issue_cert("127.0.0.1").configure_cert(tls)
        house.wait_for_all_mail()
        arrived = Counter(received.recipients[0] for received in sink.messages)
        repeated = arrived.total() - len(arrived)
        tell(f"bad certificate: mails owed {len(people)}, come {len(arrived)}, repeated {repeated}")
        assert arrived == Counter(people)
        worker.terminate()
        assert worker.ends() == 0
