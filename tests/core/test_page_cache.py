"""A hot page is made once a second, for each language, and nobody gets another's."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from typing import Any

import pytest
from flask import Flask, abort, request
from flask.testing import FlaskClient

from petition.core.web_security import public
from tests.conftest import SLUG
from tests.processes import wait_until

PAGE = f"/petitions/{SLUG}"


@pytest.fixture
def keeping(app: Flask, client: FlaskClient) -> FlaskClient:
    """A reader of an application that keeps pages as long as the test lasts."""
    app.config["KEEP_SECONDS"] = 600
    return client


@contextmanager
def renderings(app: Flask) -> Iterator[list[str]]:
    """The paths that reach the application."""
    seen: list[str] = []
    app.before_request_funcs[None].append(lambda: seen.append(request.full_path))
    yield seen


def test_a_page_is_made_once_for_all_readers_of_a_language(app: Flask, keeping: FlaskClient) -> None:
    with renderings(app) as seen:
        texts = [
            keeping.get(PAGE, headers={"Accept-Language": tag}).text for tag in ("en", "ko", "en-GB", "ko-KR,ko;q=.9")
        ]
        texts += [keeping.get(f"{PAGE}?lang=ko", headers={"Accept-Language": "ar"}).text for _time in range(2)]
    assert len(seen) == 3
    assert texts[0] == texts[2] != texts[1] == texts[3]
    assert '<html lang="ko"' in texts[4] == texts[5]


def test_a_kept_page_says_what_a_fresh_one_says(app: Flask, keeping: FlaskClient) -> None:
    for path in (PAGE, f"/api/v1{PAGE}", "/petitions", "/privacy", f"{PAGE}/tally"):
        app.config["KEEP_SECONDS"] = 0
        fresh = keeping.get(path)
        app.config["KEEP_SECONDS"] = 600
        for _time in range(2):
            kept = keeping.get(path)
            head = keeping.head(path)
            for name in ("Content-Type", "Cache-Control", "Vary", "Content-Security-Policy", "Content-Length"):
                assert kept.headers[name] == fresh.headers[name] == head.headers[name]
            assert head.data == b""
            tag = kept.headers["ETag"]
            same = keeping.get(path, headers={"If-None-Match": f'"x", {tag}'})
            assert (same.status_code, same.data, same.headers["ETag"]) == (304, b"", tag)
            assert keeping.get(path, headers={"If-None-Match": '"x"'}).status_code == 200


@pytest.mark.parametrize(
    "path", ["/my", "/confirm", f"{PAGE}/check-inbox", f"{PAGE}?q=1", "/petitions?q=a", "/login"]
)
def test_private_pages_and_searches_are_made_each_time(app: Flask, keeping: FlaskClient, path: str) -> None:
    with renderings(app) as seen:
        for _time in range(2):
            assert keeping.get(path).status_code == 200
    assert len(seen) == 2


def test_what_is_not_found_is_not_kept(app: Flask, keeping: FlaskClient) -> None:
    with renderings(app) as seen:
        for _time in range(2):
            assert keeping.get("/petitions/none").status_code == 404
    assert len(seen) == 2


def test_while_one_reader_has_the_page_made_anew_the_others_get_the_old_one(app: Flask, client: FlaskClient) -> None:
    app.config["KEEP_SECONDS"] = 1e-9
    asked, let_go = Event(), Event()
    first = client.get(PAGE)
    app.before_request_funcs[None].append(lambda: asked.set() or (let_go.wait(20) and None))
    with ThreadPoolExecutor(1) as threads:
        slow = threads.submit(lambda: app.test_client().get(PAGE))
        wait_until(asked.is_set)
        assert client.get(PAGE).data == first.data
        let_go.set()
        assert slow.result(20).status_code == 200


def test_when_it_cannot_be_made_anew_the_old_page_is_served_on(app: Flask, client: FlaskClient) -> None:
    app.config["KEEP_SECONDS"] = 1e-9
    first = client.get(PAGE)

    def away() -> Any:
        abort(503)

    app.before_request_funcs[None].append(away)
    assert client.get(PAGE).data == first.data
    assert client.get(f"{PAGE}/tally").status_code == 503


def test_a_long_run_of_other_pages_does_not_fill_the_memory(app: Flask, keeping: FlaskClient) -> None:
    app.add_url_rule("/o/x/<int:number>", view_func=lambda number: public(app.make_response(str(number))))
    for number in range(420):
        keeping.get(f"/o/x/{number}")
    assert len(app.wsgi_app._pages) <= 400  # type: ignore[attr-defined]
