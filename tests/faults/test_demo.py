"""`petition demo`: whichever way it ends, web and worker end with it."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from petition.settings import Settings
from tests.processes import Program, Programs, answers, children_of, wait_until


@pytest.fixture
def demo(programs: Programs, port: int, settings: Settings) -> Program:
    programs.settings = replace(settings, mail_url=f"maildir://{settings.instance}/mail")
    started = programs.start("demo", "--port", str(port), "--signatures", "50")
    wait_until(lambda: "Ctrl-C stops everything" in started.printed or started.poll() is not None, 120)
    assert started.poll() is None, started.printed
    wait_until(lambda: started.printed.count("web process started") >= 2 and "worker started" in started.printed, 60)
    assert answers(port)
    assert len(children_of(started.pid)) >= 2
    return started


def nobody_is_left(demo: Program, port: int) -> bool:
    wait_until(lambda: demo.group == [], 15, "the end of web and worker")
    return not answers(port)


def test_a_second_one_on_its_port_gives_one_line_and_ctrl_c_stops_web_and_worker(
    demo: Program, programs: Programs, port: int
) -> None:
    second = programs.run("demo", "--port", str(port), "--signatures", "50")
    assert second.returncode == 1
    assert second.printed == (
        f"petition: cannot listen on 127.0.0.1, port {port}: the port is taken; choose another\n"
    )
    os.killpg(demo.pid, signal.SIGINT)  # as a terminal does: to all of them
    assert demo.ends(20) == 0
    assert nobody_is_left(demo, port)
    assert "Traceback" not in demo.printed


@pytest.mark.only_on("sqlite", "how processes start and end does not depend on the database")
def test_sigterm_stops_web_and_worker(demo: Program, port: int) -> None:
    demo.terminate()
    assert demo.ends(20) == 0
    assert nobody_is_left(demo, port)
    assert "Traceback" not in demo.printed


@pytest.mark.only_on("sqlite", "how processes start and end does not depend on the database")
def test_killed_it_leaves_neither_web_nor_worker_behind(demo: Program, port: int) -> None:
    demo.kill()
    demo.wait()
    assert nobody_is_left(demo, port)


@pytest.mark.only_on("sqlite", "how processes start and end does not depend on the database")
def test_when_the_worker_dies_it_says_so_and_stops_the_web_server(demo: Program, port: int) -> None:
    childless = [pid for pid in children_of(demo.pid) if not children_of(pid)]
    [worker] = [pid for pid in childless if "resource_tracker" not in Path(f"/proc/{pid}/cmdline").read_text()]
    os.kill(worker, signal.SIGKILL)
    assert demo.ends(20) == 1
    assert nobody_is_left(demo, port)
    assert "the web server or the worker has ended; stopping" in demo.printed
