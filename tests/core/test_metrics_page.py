"""`/metrics` is answered to this machine and to PETITION_METRICS_FROM, and to nobody else."""

from __future__ import annotations

import ipaddress
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from petition.core.clock import now
from petition.core.db import db, writing
from petition.mail.figures import outbox_figures
from petition.mail.models import MailState, OwedMail
from petition.settings import Settings
from tests.conftest import running

HERE, PROXY, PROMETHEUS, WORLD = "127.0.0.1", "10.0.0.2", "10.9.0.7", "198.51.100.1"
ANSWERED, NOTHING = 200, 404


def asked(settings: Settings, peer: str, trusted: str, metrics_from: str, **headers: str) -> int:
    networks = {
        "trusted_proxies": [ipaddress.ip_network(one) for one in trusted.split()],
        "metrics_from": [ipaddress.ip_network(one) for one in metrics_from.split()],
    }
    with running(replace(settings, **networks)) as app:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return app.test_client().get("/metrics", headers=given, environ_base={"REMOTE_ADDR": peer}).status_code


@pytest.mark.parametrize(
    ("peer", "trusted", "metrics_from", "forwarded", "status"),
    [
        (HERE, "", "", "", ANSWERED),
        ("::1", "", "", "", ANSWERED),
        ("::ffff:127.0.0.1", "", "", "", ANSWERED),
        (WORLD, "", "", "", NOTHING),
        (PROMETHEUS, "", "", "", NOTHING),
        (PROMETHEUS, "", "10.9.0.0/24", "", ANSWERED),
        (WORLD, "", "10.9.0.0/24", "", NOTHING),
        # behind a proxy on this machine the visitor counts
        (HERE, "127.0.0.1", "", WORLD, NOTHING),
        (HERE, "127.0.0.1", "", f"127.0.0.1, {WORLD}", NOTHING),
        (HERE, "127.0.0.1", "10.9.0.0/24", PROMETHEUS, ANSWERED),
        (HERE, "127.0.0.1", "10.9.0.0/24", WORLD, NOTHING),
        # nobody has said that this proxy is to be believed: it could bring anybody
        (HERE, "", "", WORLD, NOTHING),
        (HERE, "", "", "127.0.0.1", NOTHING),
        (PROXY, "", "10.0.0.0/8", PROMETHEUS, NOTHING),
        # a proxy elsewhere
        (PROXY, PROXY, "10.0.0.0/8", WORLD, NOTHING),
        (PROXY, PROXY, "10.0.0.0/8", PROMETHEUS, ANSWERED),
        (PROXY, PROXY, "", "127.0.0.1", ANSWERED),
        # a proxy that does not say who the visitor is
        (HERE, "127.0.0.1", "", "unknown", NOTHING),
        (HERE, "127.0.0.1", "", f"{WORLD}, unknown", NOTHING),
        (HERE, "127.0.0.1", "", ",", NOTHING),
        # a visitor's own header makes nobody of this machine
        (WORLD, "127.0.0.1", "", "127.0.0.1", NOTHING),
    ],
)
def test_the_resolved_address_decides(
    settings: Settings, peer: str, trusted: str, metrics_from: str, forwarded: str, status: int
) -> None:
    headers = {"X_Forwarded_For": forwarded} if forwarded else {}
    assert asked(settings, peer, trusted, metrics_from, **headers) == status


@pytest.mark.parametrize("trusted", ["", "127.0.0.1"])
@pytest.mark.parametrize("header", ["Forwarded", "Via", "X_Real_IP", "X_Forwarded_Host"])
def test_any_sign_of_a_proxy_that_does_not_say_who_asks_closes_it(
    settings: Settings, header: str, trusted: str
) -> None:
    assert asked(settings, HERE, trusted, "", **{header: "anything"}) == NOTHING


def owe(app: Flask, state: MailState, minutes: int) -> None:
    """Puts a mail into the outbox that became due so many minutes ago."""
    at = now() - timedelta(minutes=minutes)
    with writing() as session:
        session.add(
            OwedMail(
                bucket=1, template="x", locale="en", mailbox_hash=b"x" * 16, domain="x", state=state, due=at,
            )
        )  # fmt: skip


def test_the_outbox_is_counted_when_asked(inside: Flask) -> None:
    for state, minutes in (
        (MailState.WAITING, -5),
        (MailState.WAITING, 3),
        (MailState.DEAD, 60),
        (MailState.SENT, 90),
    ):
        owe(inside, state, minutes)
    lines = inside.test_client().get("/metrics").text.splitlines()
    assert 'petition_outbox_mails{state="waiting"} 2.0' in lines
    assert 'petition_outbox_mails{state="dead"} 1.0' in lines
    [age] = [line.split()[1] for line in lines if line.startswith("petition_outbox_oldest_due_seconds ")]
    assert 180 <= float(age) < 240
    assert "petition_database_up 1.0" in lines


def test_without_a_database_the_rest_is_still_told(settings: Settings) -> None:
    with running(replace(settings, database_url=f"sqlite:///{settings.instance}/nowhere/petition.db")) as app:
        answer = app.test_client().get("/metrics")
    assert answer.status_code == ANSWERED
    assert "petition_database_up 0.0" in answer.text.splitlines()
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    assert answer.headers["Cache-Control"] == "no-store"


def test_counting_the_outbox_reads_no_table(inside: Flask) -> None:
    if db.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL plans by what is in the tables")
    seen: list[str] = []
    sa.event.listen(db.engine, "before_cursor_execute", lambda *told: seen.append(told[2]))
    outbox_figures(db.session())
    [statement] = seen
    with db.engine.connect() as connection:
        plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}")]
    reads = [line for line in plan if "outbox" in line]
    assert len(reads) == 3
    assert all("INDEX ix_outbox_" in line for line in reads), plan
