"""Public pages are made once a second in each process, and served from memory in between.

This stands in front of the application, so that a reader of a hot page costs neither a query nor a
template. Only answers that say `Cache-Control: public` are kept: they are the same for all readers of one
language. While the database is away, what was kept is served on (`stale-if-error`, RFC 5861).
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from petition.core import i18n

MOST = 400
STALE_SECONDS = 300.0
"""So long a page may be served on when it cannot be made anew."""
QUERIES = {"", "by=hour", "by=day", *(f"lang={tag}" for tag in i18n.LANGUAGES)}
"""Other queries are answered anew each time, lest anybody fill the memory with pages nobody else reads."""
SENT_WITHOUT_BODY = {"etag", "cache-control", "vary", "access-control-allow-origin", "date"}
NOT_OF_THE_PAGE = {"x-request-id", "content-length"}

PATHS = ("/petitions", "/deliveries/", "/packages/", "/api/v1/", "/o/", "/privacy", "/accessibility", "/data")
"""What public addresses begin with. Everything else, long downloads too, passes untouched."""

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]
Key = tuple[str, str, str]


@dataclass(slots=True)
class _Page:
    """One kept answer, both ways to send it, and the lock of whoever makes it anew."""

    made: float
    etag: str
    body: bytes
    headers: list[tuple[str, str]]
    headers_without_body: list[tuple[str, str]]
    making: threading.Lock = field(default_factory=threading.Lock)


class PageCache:
    """A WSGI application around another. Knows nothing of sessions: pages that have one are never public."""

    def __init__(self, wsgi: Wsgi, seconds: Callable[[], float]) -> None:
        self.wsgi = wsgi
        self.seconds = seconds
        self._pages: OrderedDict[Key, _Page] = OrderedDict()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path, query, seconds = environ.get("PATH_INFO", ""), environ.get("QUERY_STRING", ""), self.seconds()
        public = query in QUERIES and (path == "/" or path.startswith(PATHS))
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD") or not public or not seconds:
            return self.wsgi(environ, start_response)
        language = "" if query.startswith("lang=") else i18n.accepted(environ.get("HTTP_ACCEPT_LANGUAGE", ""))
        key = path, query, language
        page = self._pages.get(key)
        if page is None:
            return self._fresh(key, environ, start_response)
        age = time.monotonic() - page.made
        if age < seconds or (age < STALE_SECONDS and page.making.locked()):
            return _send(page, environ, start_response)
        with page.making:
            newer = self._pages.get(key)
            if newer is not None and newer is not page:
                return _send(newer, environ, start_response)
            return self._fresh(key, environ, start_response, page)

    def _fresh(
        self, key: Key, environ: dict[str, Any], start_response: Any, old: _Page | None = None
    ) -> Iterable[bytes]:
        """Asks the application for the whole answer, and keeps it if it is for all readers."""
        answered: list[Any] = []
        condition = environ.pop("HTTP_IF_NONE_MATCH", None)
        method, environ["REQUEST_METHOD"] = environ["REQUEST_METHOD"], "GET"
        body = b"".join(_closing(self.wsgi(environ, lambda *said: answered.append(said))))
        environ["REQUEST_METHOD"] = method
        if condition is not None:
            environ["HTTP_IF_NONE_MATCH"] = condition
        status, headers, *rest = answered[-1]
        if status.startswith("200") and (page := _kept(body, headers)):
            self._pages[key] = page
            self._pages.move_to_end(key)
            while len(self._pages) > MOST:
                self._pages.popitem(last=False)
            return _send(page, environ, start_response)
        if old and status.startswith("5") and time.monotonic() - old.made < STALE_SECONDS:
            return _send(old, environ, start_response)
        start_response(status, headers, *rest)
        return [] if method == "HEAD" else [body]


def _closing(parts: Iterable[bytes]) -> Iterable[bytes]:
    try:
        yield from parts
    finally:
        if close := getattr(parts, "close", None):
            close()


def _kept(body: bytes, headers: list[tuple[str, str]]) -> _Page | None:
    named = {name.lower(): value for name, value in headers}
    if not named.get("cache-control", "").startswith("public") or "set-cookie" in named or "etag" not in named:
        return None
    own = [(name, value) for name, value in headers if name.lower() not in NOT_OF_THE_PAGE]
    bare = [(name, value) for name, value in own if name.lower() in SENT_WITHOUT_BODY]
    own.append(("Content-Length", str(len(body))))
    return _Page(time.monotonic(), named["etag"], body, own, bare)


def _send(page: _Page, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    condition = environ.get("HTTP_IF_NONE_MATCH")
    if condition and (condition == page.etag or _opaque(page.etag) in map(_opaque, condition.split(","))):
        start_response("304 NOT MODIFIED", page.headers_without_body)
        return []
    start_response("200 OK", page.headers)
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [page.body]


def _opaque(tag: str) -> str:
    """What weak comparison looks at (RFC 9110, 8.8.3.2)."""
    return tag.strip().removeprefix("W/")
