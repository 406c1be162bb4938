"""A short way for the forms of a rush: answered in front of Flask, which takes ten times as long for them.

A short way answers only what is plainly right. Everything else goes on to Flask, whole, and with it what was
come to already: so each refusal has one place and one page, and nothing is done twice.
"""

from __future__ import annotations

import io
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from flask import Flask, request

from petition.core import i18n, logs, metrics
from petition.core.web_security import headers_of, is_from_elsewhere

FORM = "application/x-www-form-urlencoded"
LONGEST = 16 * 1024  # bytes of a form; what is longer takes the long way
QUERY = {"lang", "by"}
CAME_TO = "petition.came_to"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Asked:
    """A form as it was sent, and what else a short way may look at. `language` is the page's, as BCP 47 tag."""

    form: Mapping[str, str]
    query: Mapping[str, str]
    query_string: str
    remote_address: str
    language: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent back, besides the headers that every answer has."""

    status: str
    headers: Sequence[tuple[str, str]]
    body: bytes = b""


class GoesOn(Exception):
    """What a short way came to, for which Flask has the page."""

    def __init__(self, came_to: Any) -> None:
        super().__init__()
        self.came_to = came_to


@dataclass(frozen=True, slots=True)
class Way:
    """The short way to one endpoint.

    `answer` gets what was asked and the one variable part of the rule. It returns None for what Flask shall read
    by itself; what it raises, `result` raises again in Flask's view, but for GoesOn, whose content that returns.
    """

    endpoint: str
    rule: str
    answer: Callable[[Asked, str], Answer | None]

    @property
    def path(self) -> re.Pattern[str]:
        """The paths of the rule, as far as they are made of plain letters."""
        return re.compile(re.sub("<[a-z]+>", r"([\\w~-]+)", self.rule), re.ASCII)


def result(do: Callable[[], T]) -> T:
    """What a short way came to with this request before it went on to Flask, or else what `do` comes to.

    Raises whatever either of them raised.
    """
    if CAME_TO not in request.environ:
        return do()
    came_to: Any = request.environ[CAME_TO]
    if isinstance(came_to, Exception):
        raise came_to
    found: T = came_to
    return found


class ShortWays:
    """A WSGI application in front of Flask's."""

    def __init__(self, app: Flask, wsgi: Callable[..., Iterable[bytes]], ways: Sequence[Way]) -> None:
        self._app = app
        self._wsgi = wsgi
        self._ways = [(way.path, way) for way in ways]

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] == "POST":
            for path, way in self._ways:
                if (found := path.fullmatch(environ.get("PATH_INFO", ""))) and (asked := self._asked(environ)):
                    began = time.perf_counter()
                    answer = self._answer(way, asked, found[1], environ)
                    if answer:
                        return self._send(answer, way, began, start_response)
        return self._wsgi(environ, start_response)

    def _asked(self, environ: dict[str, Any]) -> Asked | None:
        """What a form says, if it is one as a browser sends it from a page of ours, without a session."""
        length = environ.get("CONTENT_LENGTH") or ""
        if (
            environ.get("CONTENT_TYPE") != FORM
            or not length.isdecimal()
            or int(length) > LONGEST
            or environ.get("SCRIPT_NAME")  # below another site's root, where only Flask knows how to make links
            or self._app.config["SESSION_COOKIE_NAME"] in environ.get("HTTP_COOKIE", "")
        ):
            return None
        body = environ["wsgi.input"].read(int(length))
        environ["wsgi.input"] = io.BytesIO(body)
        query_string = environ.get("QUERY_STRING", "")
        try:
            form, query = _first_of_each(body.decode()), _first_of_each(query_string)
            if is_from_elsewhere(environ, self._app.config["BASE_URL"]) or not QUERY.issuperset(query):
                return None
        except ValueError:  # not the letters of a form
            return None
        language = i18n.asked_for(query.get("lang"), environ.get("HTTP_ACCEPT_LANGUAGE", ""))
        return Asked(form, query, query_string, environ.get("REMOTE_ADDR", ""), language)

    def _answer(self, way: Way, asked: Asked, part: str, environ: dict[str, Any]) -> Answer | None:
        with self._app.app_context():
            i18n.speak(asked.language)
            try:
                return way.answer(asked, part)
            except GoesOn as on:
                environ[CAME_TO] = on.came_to
            except Exception as error:  # it is raised again where Flask answers every error
                environ[CAME_TO] = error
        return None

    def _send(self, answer: Answer, way: Way, began: float, start_response: Any) -> list[bytes]:
        request_id = logs.new_request_id()
        own = ("X-Request-Id", request_id), ("Content-Length", str(len(answer.body)))
        start_response(answer.status, [*answer.headers, *own, *headers_of(self._app.config["BASE_URL"])])
        seconds = time.perf_counter() - began
        about = {"request_id": request_id, "method": "POST", "route": way.rule}
        logs.tell_of_request(about, int(answer.status[:3]), seconds)
        metrics.request_seconds.observe(seconds, way.endpoint)
        return [answer.body]


def _first_of_each(text: str) -> dict[str, str]:
    """The fields of a form or query. Raises ValueError when it is no text; Flask's own way forgives that."""
    return dict(reversed(parse_qsl(text, keep_blank_values=True, errors="strict"))) if text else {}
