"""Connections to PostgreSQL: how they are made, what becomes of stale ones, and what readers see without any."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from dataclasses import replace
from threading import Event, Thread
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from petition.core import postgres
from petition.core.db import db, read_again, unhurried, writing
from petition.core.limits import RateHit
from petition.core.postgres import CONNECTIONS, LIMITS, MORE_CONNECTIONS
from petition.settings import Settings
from petition.signatures import recount
from tests.conftest import SLUG, add_petition, make_settings, running
from tests.processes import free_port
from tests.site_visits import Visits
from tests.throwaway_postgres import ThrowawayPostgres

PAGES = ("/", f"/petitions/{SLUG}", f"/api/v1/petitions/{SLUG}")


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    with running(settings) as made:
        add_petition(made)
        yield made


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def restart(server: ThrowawayPostgres) -> None:
    server.stop()
    server.start()


def test_after_a_restart_of_the_server_no_request_fails(app: Flask, server: ThrowawayPostgres) -> None:
    visits = Visits(app)
    assert visits.sign("before@example.org").status_code == 303
    for round_ in range(2):
        assert [app.test_client().get(page).status_code for page in PAGES] == [200] * 3
        restart(server)
        assert visits.sign(f"after{round_}@example.org").status_code == 303
        restart(server)
        assert [app.test_client().get(page).status_code for page in PAGES] == [200] * 3
    path = visits.link("confirmed@example.org")
    restart(server)
    assert "You are counted" in visits.press(path).text


def test_while_the_database_is_away_readers_and_signers_are_told_when_to_come_back(
    app: Flask, server: ThrowawayPostgres
) -> None:
    client, form = app.test_client(), Visits(app).form()
    server.stop()
    try:
        answers = [client.get(page) for page in PAGES[:2]] + [client.post(f"/petitions/{SLUG}/sign", data=form)]
        shown = client.get(f"/api/v1/petitions/{SLUG}")
        assert (client.get("/healthz").status_code, client.get("/readyz").status_code) == (200, 503)
    finally:
        server.start()
    for answer, words in zip(
        answers, ["cannot reach its database"] * 2 + ["What you filled in is on this page"], strict=True
    ):
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
        assert words in answer.text
        assert answer.headers["Cache-Control"] == "no-store"
    assert (shown.status_code, shown.json["error"]["code"]) == (503, "database_away")
    assert shown.headers["Retry-After"] == "60"
    assert client.get("/").status_code == 200


def setting(name: str) -> str:
    return str(read_again().scalar(sa.select(sa.func.current_setting(name))))


def test_every_connection_has_its_time_limits_and_a_long_job_none(app: Flask) -> None:
    milliseconds = {"15s": 15_000, "5s": 5_000, "60s": 60_000}
    with app.app_context():
        for name, limit in LIMITS.items():
            shown = read_again().scalar(sa.text(f"SELECT setting FROM pg_settings WHERE name = '{name}'"))
            assert int(shown or 0) == milliseconds[limit]
            assert unhurried(read_again()).scalar(sa.select(sa.func.current_setting(name))) == "0"
            assert setting(name) != "0", "the next transaction has its limit again"
    storage = app.extensions["petition.limiter"].storage
    with storage.engine.connect() as connection:
        assert connection.scalar(sa.select(sa.func.current_setting("synchronous_commit"))) == "off"
        assert connection.scalar(sa.select(sa.func.current_setting("lock_timeout"))) == "5s"


def test_what_takes_too_long_is_stopped_and_the_reader_told(settings: Settings) -> None:
    slow = settings.database_url + "?options=-c%20statement_timeout%3D100"
    with running(replace(settings, database_url=slow)) as app:
        app.add_url_rule("/slow", view_func=lambda: str(read_again().scalar(sa.select(sa.func.pg_sleep(20)))))
        began = time.monotonic()
        answer = app.test_client().get("/slow")
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
        assert time.monotonic() - began < 10
        with app.app_context():
            assert unhurried(read_again()).execute(sa.select(sa.func.pg_sleep(0.3))).all()


def test_a_server_that_hangs_is_not_waited_for_for_ever(
    settings: Settings, server: ThrowawayPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "GRACE_SECONDS", 0.4)
    slow = settings.database_url + "?options=-c%20statement_timeout%3D100&connect_timeout=2"
    with running(replace(settings, database_url=slow)) as app:
        app.add_url_rule("/one", view_func=lambda: str(read_again().scalar(sa.select(1))))
        client = app.test_client()
        assert client.get("/one").text == "1"
        with app.app_context():
            assert unhurried(read_again()).scalar(sa.select(sa.literal("a long one").op("||")(sa.func.pg_sleep(0.7))))
        server.pause()
        try:
            began = time.monotonic()
            for _request in range(2):  # on a connection that is open, then on a new one
                answer = client.get("/one")
                assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
            assert time.monotonic() - began < 10
        finally:
            server.resume()
        assert client.get("/one").text == "1"


def test_readers_of_a_petition_wait_for_a_server_that_hangs_a_few_seconds_only(
    settings: Settings, server: ThrowawayPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "HURRIED_SECONDS", 0.4)
    with running(replace(settings, database_url=settings.database_url + "?connect_timeout=2")) as app:
        client = app.test_client()
        assert client.get("/petitions/nothing").status_code == 404
        server.pause()
        try:
            began = time.monotonic()
            assert client.get("/petitions/nothing").status_code == 503
            assert time.monotonic() - began < 10
        finally:
            server.resume()


@pytest.fixture
def long_list(app: Flask) -> Iterator[Iterator[tuple[Any, ...]]]:
    """A list of which one row has been read; inside an application."""
    with app.app_context():
        query = sa.select(sa.func.generate_series(1, 5_000_000))
        rows = postgres.streamed(read_again().connection(), query)
        assert next(rows) == (1,)
        yield rows


def test_a_long_list_that_is_broken_off_leaves_its_connection_fit_for_the_next(
    long_list: Generator[tuple[Any, ...]],
) -> None:
    driver: Any = db.session.connection().connection.driver_connection
    long_list.close()
    db.session.rollback()
    assert not driver.closed
    assert read_again().scalar(sa.select(1)) == 1


def test_a_long_list_that_an_error_still_holds_does_not_stop_the_rolling_back(
    long_list: Iterator[tuple[Any, ...]],
) -> None:
    driver: Any = db.session.connection().connection.driver_connection
    db.session.rollback()
    assert not driver.closed
    assert read_again().scalar(sa.select(1)) == 1
    with pytest.raises(RuntimeError, match="ended before the list did"):
        next(long_list)


def test_checks_and_mending_have_no_time_limit(settings: Settings) -> None:
    seen: dict[str, set[str]] = {}
    with running(settings) as app, app.app_context():
        petition = add_petition(app)

        def look(connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
            if "hourly_tally" in statement:
                with connection.connection.dbapi_connection.cursor() as cursor:
                    seen.setdefault(job, set()).add(cursor.execute("SHOW statement_timeout").fetchone()[0])

        sa.event.listen(db.engine, "before_cursor_execute", look)
        job = "check"
        recount.compare(read_again(), petition.id)
        job = "rebuild"
        with writing() as session:
            recount.rebuild(session, petition.id)
    assert seen == {"check": {"0"}, "rebuild": {"0"}}


def test_a_process_keeps_some_connections_and_makes_the_rest_wait(app: Flask) -> None:
    with app.app_context():
        pool: Any = db.engine.pool
        assert pool.size() == CONNECTIONS
        held = [db.engine.connect() for _one in range(CONNECTIONS + MORE_CONNECTIONS)]
        answered, done = [], Event()

        def ask() -> None:
            answered.append(app.test_client().get("/"))
            done.set()

        Thread(target=ask).start()
        done.wait(30)
        for connection in held:
            connection.close()
    assert [(one.status_code, one.headers["Retry-After"]) for one in answered] == [(503, "60")]


@pytest.mark.parametrize(
    "form", ["postgresql://petition@{hosts}/{name}?{rest}", "postgresql://petition@/{name}?{each}&{rest}"]
)
def test_of_several_hosts_the_one_that_takes_writes_is_used(
    server: ThrowawayPostgres, settings: Settings, form: str
) -> None:
    hosts = [f"127.0.0.1:{free_port()}", f"127.0.0.1:{server.port}"]
    url = form.format(
        hosts=",".join(hosts),
        each="&".join(f"host={host}" for host in hosts),
        name="petitions",
        rest="target_session_attrs=read-write&connect_timeout=3",
    )
    with running(make_settings(settings.instance, url)) as app, app.app_context():
        with writing() as session:
            assert session.scalar(sa.text("SHOW transaction_read_only")) == "off"
        assert read_again().scalar(sa.text("SHOW transaction_read_only")) == "on"
        assert setting("transaction_isolation") == "repeatable read"


def test_an_error_of_the_database_shows_no_key(app: Flask) -> None:
    twice = sa.insert(RateHit).values([{"key": "geheim", "hits": 1, "until": 1.0}] * 2)
    with app.app_context(), pytest.raises(sa.exc.IntegrityError) as caught, writing() as session:
        session.execute(twice)
    assert "rate_hit" in str(caught.value)
    assert "geheim" not in f"{caught.value!r} {caught.value} {caught.value.orig!r}"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/petitions/a%00b", 404),
        ("/o/a%00b", 404),
        ("/petitions?q=a%00b&state=%00&page=%00", 200),
        ("/api/v1/petitions?q=a%00b", 200),
        (f"/petitions/{SLUG}?lang=%00", 200),
        (f"/api/v1/petitions/{SLUG}/tally?by=day&country=%00", 400),
    ],
)
def test_a_character_that_texts_cannot_hold_does_no_harm_in_an_address(
    client: FlaskClient, path: str, status: int
) -> None:
    assert client.get(path).status_code == status


def test_forms_may_hold_any_character(app: Flask) -> None:
    visits = Visits(app)
    for field in visits.form():
        form = visits.form() | {field: "a\0b"}
        assert app.test_client().post(f"/petitions/{SLUG}/sign", data=form).status_code < 500
    for path, fields in (
        ("/my", {"email": "a\0@example.org"}),
        ("/confirm", {"email": "a\0@example.org", "code": "A\0"}),
        ("/login", {"email": "a\0@example.org", "password": "\0"}),
    ):
        assert app.test_client().post(path, data=fields).status_code < 500
