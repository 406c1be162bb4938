"""`petition serve`: how it starts, and how it ends, gently or not."""

from __future__ import annotations

import fcntl
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path

import pytest
from flask import Flask

from petition.cli.running import END_SECONDS
from petition.core.db import read_again
from petition.settings import Settings
from petition.signatures.models import Signature
from tests.databases import POSTGRESQL, raw_engine
from tests.processes import Programs, alive, answers, children_of, request, stopped, wait_until

Sign = Callable[..., int]


@contextmanager
def nobody_can_write(settings: Settings) -> Iterator[None]:
    """Keeps every writer waiting, so that a request that signs stays open."""
    if settings.database_url.startswith(POSTGRESQL):
        with raw_engine(settings.database_url) as engine, engine.begin() as connection:
            connection.exec_driver_sql("LOCK TABLE signature IN EXCLUSIVE MODE")
            yield
        return
    with open(settings.instance / "petition.db.lock", "ab") as gate:
        fcntl.flock(gate, fcntl.LOCK_EX)
        yield


@pytest.mark.only_on("sqlite", "how processes start and end does not depend on the database")
def test_a_taken_port_is_refused_with_one_line(programs: Programs, port: int) -> None:
    programs.serve(port)
    second = programs.run("serve", "--port", str(port))
    assert second.returncode == 1
    assert second.printed == (
        f"petition: cannot listen on 127.0.0.1, port {port}: the port is taken; choose another\n"
    )
    assert answers(port)


@pytest.mark.only_on("sqlite", "how processes start and end does not depend on the database")
@pytest.mark.parametrize("option", [("--port", "70000"), ("--port", "0"), ("--workers", "0")])
def test_numbers_that_make_no_sense_are_wrong_usage(option: tuple[str, str], programs: Programs) -> None:
    assert programs.run("serve", *option).returncode == 2


@pytest.mark.only_on("sqlite", "how processes start and end does not depend on the database")
def test_web_processes_stand_back_for_a_worker(programs: Programs, port: int) -> None:
    server, worker = programs.serve(port), programs.start("worker")
    wait_until(lambda: "worker started" in worker.printed, 60, "the worker's start")
    of_worker = os.getpriority(os.PRIO_PROCESS, worker.pid)
    of_web = [os.getpriority(os.PRIO_PROCESS, pid) for pid in children_of(server.pid)]
    assert len(of_web) == 2
    assert min(of_web) > of_worker


@pytest.mark.only_on("sqlite", "it is about locks on SQLite's file")
def test_each_web_process_holds_its_own_lock_on_the_database(
    programs: Programs, port: int, settings: Settings, sign_over_http: Sign
) -> None:
    """A forked process with an inherited SQLite connection holds none: a command that closes the database
    would then take itself for the last one, and delete the log that the web process still writes to."""
    server = programs.serve(port)
    database = (settings.instance / "petition.db").stat().st_ino
    open_in = set()

    def both_have_it_open() -> bool:
        assert sign_over_http(f"person{time.monotonic_ns()}@mail.test") == 303
        open_in.update(pid for pid in children_of(server.pid) if _has_open(pid, database))
        return len(open_in) == 2

    wait_until(both_have_it_open)
    assert not _has_open(server.pid, database)
    locks = [line.split() for line in Path("/proc/locks").read_text().splitlines()]
    holders = {int(line[4]) for line in locks if line[5].endswith(f":{database}")}
    assert open_in <= holders


def _has_open(pid: int, inode: int) -> bool:
    for handle in Path(f"/proc/{pid}/fd").iterdir():
        try:
            if handle.stat().st_ino == inode:
                return True
        except FileNotFoundError:
            continue
    return False


def test_told_to_end_it_answers_what_is_open_and_ends_within_ten_seconds(
    programs: Programs, port: int, settings: Settings, sign_over_http: Sign, app: Flask
) -> None:
    server = programs.serve(port)
    answered: list[int] = []
    people = [
        threading.Thread(target=lambda one=one: answered.append(sign_over_http(f"person{one}@mail.test")))
        for one in range(3)
    ]
    with nobody_can_write(settings):
        for person in people:
            person.start()
        wait_until(lambda: _connections(port) == 3 and _waiting(settings), what="three open requests")
        server.terminate()
        began = time.monotonic()
        wait_until(lambda: not _accepts(port), 10, "an end of new connections")
    assert server.ends() == 0
    assert time.monotonic() - began < 10
    for person in people:
        person.join()
    assert answered == [303] * 3
    with app.app_context():
        assert read_again().query(Signature).count() == 3


def _connections(port: int) -> int:
    """How many connections to the port are open."""
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()]
    return sum(line[1].endswith(f":{port:04X}") and line[3] == "01" for line in lines)


def _waiting(settings: Settings) -> int:
    """How many writers wait: of each process one, for all its requests."""
    if settings.database_url.startswith(POSTGRESQL):
        with raw_engine(settings.database_url) as engine, engine.connect() as connection:
            waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'signature'::regclass"
            return int(connection.exec_driver_sql(waiting).scalar() or 0)
    gate = (settings.instance / "petition.db.lock").stat().st_ino
    waiting = [line for line in Path("/proc/locks").read_text().splitlines() if "->" in line and "FLOCK" in line]
    return sum(f":{gate} " in line for line in waiting)


def _accepts(port: int) -> bool:
    try:
        request(port, "GET", "/healthz", seconds=0.5)
    except (OSError, HTTPException):
        return False
    return True


@pytest.mark.only_on("sqlite", "PostgreSQL ends one that waits for a lock for five seconds")
def test_a_request_that_never_ends_does_not_keep_it_from_ending(
    programs: Programs, port: int, settings: Settings, sign_over_http: Sign
) -> None:
    server = programs.serve(port)
    failed: list[BaseException] = []

    def sign() -> None:
        try:
            sign_over_http("anna@mail.test")
        except (OSError, HTTPException) as error:
            failed.append(error)

    person = threading.Thread(target=sign)
    with nobody_can_write(settings):
        person.start()
        wait_until(lambda: _waiting(settings) == 1)
        server.terminate()
        began = time.monotonic()
        server.ends()
        assert time.monotonic() - began < 10 + 2
    person.join()
    assert len(failed) == 1
    assert server.group == []


@pytest.mark.only_on("sqlite", "how processes start and end does not depend on the database")
def test_told_to_end_a_process_that_is_only_starting_ends_too(programs: Programs, port: int) -> None:
    server = programs.serve(port)
    before = set(children_of(server.pid))
    os.kill(min(before), signal.SIGKILL)
    wait_until(lambda: set(children_of(server.pid)) - before, what="a new process")
    threading.Event().wait(0.02)
    (starting,) = set(children_of(server.pid)) - before
    os.kill(starting, signal.SIGSTOP)
    wait_until(lambda: stopped(starting), what="its stop")  # until then, a SIGTERM would be heard before it
    server.terminate()
    began = time.monotonic()
    wait_until(lambda: children_of(server.pid) == [starting], END_SECONDS, "the end of the other")
    os.kill(starting, signal.SIGCONT)
    assert server.ends() == 0
    assert time.monotonic() - began < END_SECONDS / 2


def test_after_kill_9_of_the_parent_its_processes_end_and_a_new_server_starts_at_once(
    programs: Programs, port: int, sign_over_http: Sign
) -> None:
    server = programs.serve(port)
    assert len(children_of(server.pid)) == 2
    server.kill()
    server.wait()
    again = programs.start("serve", "--port", str(port))
    wait_until(lambda: server.group == [], 2, "the end of the old processes")
    wait_until(lambda: answers(port), 60)
    assert again.poll() is None, again.printed
    assert sign_over_http("anna@mail.test") == 303


@pytest.mark.only_on("sqlite", "how processes start and end does not depend on the database")
def test_killed_while_it_is_starting_it_leaves_nobody_behind(programs: Programs, port: int) -> None:
    for moment in range(3):
        server = programs.start("serve", "--port", str(port))
        wait_until(lambda server=server: children_of(server.pid), 60, "a web process")
        threading.Event().wait(0.1 * moment)
        server.kill()
        server.wait()
        wait_until(lambda server=server: server.group == [], 10, "the end of its processes")


def test_a_killed_web_process_is_replaced_and_the_service_goes_on(
    programs: Programs, port: int, sign_over_http: Sign
) -> None:
    server = programs.serve(port)
    victim = children_of(server.pid)[0]
    os.kill(victim, signal.SIGKILL)
    wait_until(lambda: len(children_of(server.pid)) == 2 and not alive(victim), what="a new process")
    wait_until(lambda: answers(port))
    for number in range(10):
        assert sign_over_http(f"person{number}@mail.test") == 303
    assert server.poll() is None


@pytest.mark.only_on("sqlite", "where settings come from does not depend on the database")
def test_a_web_process_that_replaces_another_serves_by_the_settings_of_the_start(
    programs: Programs, port: int, settings: Settings
) -> None:
    server = programs.serve(port)
    (settings.instance / "settings.toml").write_text('no_such_setting = "half written"\n')
    (victim, other) = children_of(server.pid)
    for pid in (victim, other):
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: len(set(children_of(server.pid)) - {victim, other}) == 2, what="two new processes")
    wait_until(lambda: answers(port), what="an answer")
    assert server.poll() is None, server.printed
