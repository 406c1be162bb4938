"""The figures of a running service: `/metrics` and `petition status` tell the same, also after a crash."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable

from flask import Flask

from petition.core.clock import now
from petition.core.db import writing
from petition.mail.models import PeriodicJob
from petition.periodic_jobs import JOBS
from petition.petitions.models import Petition
from petition.tallies.models import Tally
from tests.processes import Program, Programs, alive, children_of, request, wait_until
from tests.smtp_sink import SmtpSink


def told(text: str, series: str) -> float:
    """The value of one series in the text of `/metrics`; 0 when it is not there yet."""
    return next((float(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith(series)), 0.0)


def status(programs: Programs) -> dict[str, float]:
    """What `petition status --json` prints, by name and labels."""
    program = programs.run("status", "--json")
    assert program.returncode == 0, program.printed
    return {
        " ".join([family["name"], *row["labels"].values()]): row.get("value", row.get("count"))
        for family in json.loads(program.printed)
        for row in family["values"]
    }


def kill_a_web_process(server: Program) -> None:
    victim = next(pid for pid in children_of(server.pid))
    os.kill(victim, signal.SIGKILL)
    wait_until(lambda: not alive(victim), what="its death")


def test_metrics_and_status_count_over_all_processes_and_after_their_deaths(
    programs: Programs, port: int, sign_over_http: Callable[..., int], sink: SmtpSink
) -> None:
    server = programs.serve(port)
    for _page in range(10):
        assert request(port, "GET", "/petitions?q=nothing")[0] == 200  # a page that is made each time
    assert sign_over_http("ana@example.org") == 303
    worker = programs.start("worker")
    wait_until(lambda: told(request(port, "GET", "/metrics")[1], 'petition_mails_total{outcome="sent"}') == 1)
    pages = 'petition_request_seconds_count{page="petitions.petitions"}'
    assert told(request(port, "GET", "/metrics")[1], pages) == 10
    kill_a_web_process(server)
    worker.kill()
    worker.wait()
    wait_until(lambda: request(port, "GET", "/metrics")[0] == 200, what="an answer of the others")
    text = request(port, "GET", "/metrics")[1]
    assert told(text, pages) == 10
    server.terminate()
    assert server.ends() == 0
    found = status(programs)
    assert found["petition_request_seconds petitions.petitions"] == 10
    assert found["petition_mails sent"] == 1
    assert found["petition_outbox_mails waiting"] == 0
    assert found["petition_database_up"] == 1
    assert "ana@" not in text
    assert "example" not in text


def test_status_on_a_terminal_has_a_line_for_every_figure(programs: Programs) -> None:
    program = programs.run("status")
    assert program.returncode == 0
    assert "database up: Whether the database answers.\n  1\n" in program.printed
    assert "outbox mails: Mails in the outbox that wait, or were given up.\n" in program.printed


def test_the_worker_tells_of_its_jobs_and_of_counters_that_drifted(
    programs: Programs, app: Flask, petition: Petition
) -> None:
    before = now()
    with app.app_context(), writing() as session:
        for job in JOBS:
            session.add(PeriodicJob(name=job.name, due=before))
        session.add_all(Tally(slot=0, petition_id=petition.id, country=code, signatures=3) for code in ("KR", "JP"))
    assert programs.run("worker", "--once").returncode == 0
    found = status(programs)
    assert found["petition_tally_drift"] == 2
    for job in JOBS:
        assert before.timestamp() <= found[f"petition_job_last_success_seconds {job.name}"] <= now().timestamp()
