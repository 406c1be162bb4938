"""Logs as JSON lines, without personal data: routes instead of paths, no addresses, no parameters."""

from __future__ import annotations

import contextlib
import functools
import json
import logging
import os
import random
import time
import traceback
from typing import Any

from flask import Flask, Response, g, request

log = logging.getLogger("petition")
STANDARD_ERROR = 2
ENCODER = json.JSONEncoder(default=str)  # in ASCII: no letter in it breaks a line
PLAIN = {"name", "message", "args", "msg"} | set(vars(logging.makeLogRecord({})))


@functools.lru_cache(2)
def _to_the_second(at: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S%z", time.localtime(at))


class JsonLines(logging.Formatter):
    """One JSON object a line. Of an exception only its type and the places in our code, never its words:
    an exception's text may quote what a person typed."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, object] = {
            "at": _to_the_second(int(record.created)),
            "level": record.levelname.lower(),
        }
        if record.name.partition(".")[0] == log.name:
            entry["event"] = record.getMessage()
            entry.update({name: value for name, value in vars(record).items() if name not in PLAIN})
        else:  # a library's words, too, may quote what a person typed
            entry["event"] = f"{record.name} at {record.filename}:{record.lineno} {record.funcName}"
        if record.exc_info and record.exc_info[0]:
            entry["error"] = record.exc_info[0].__name__
            frames = traceback.extract_tb(record.exc_info[2])[-6:]
            entry["at_lines"] = [
                f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames
            ]
        return ENCODER.encode(entry)


class OneWrite(logging.Handler):
    """Each line in one write to standard error. Such writes do not mix, so that no thread waits for another's."""

    def createLock(self) -> None:
        self.lock = None

    def emit(self, record: logging.LogRecord) -> None:
        with contextlib.suppress(OSError):  # a disk full of logs refuses no signature
            os.write(STANDARD_ERROR, f"{self.format(record)}\n".encode())


def start_logging(level: int = logging.INFO) -> None:
    """Sends the program's log lines to standard error, and in the same form what libraries warn of."""
    handler = OneWrite()
    handler.setFormatter(JsonLines())
    log.handlers[:] = [handler]
    log.setLevel(level)
    log.propagate = False
    logging.lastResort = handler
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False  # nor does it say these
    # It tells of connections that could not be put away in order; whoever used them hears of it anyway.
    logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)


def about_request() -> dict[str, Any]:
    """What a log line may say of the request: its route, never its path, where tokens are."""
    return {
        "request_id": g.get("request_id"),
        "method": request.method,
        "route": request.url_rule.rule if request.url_rule else "(no route)",
    }


def new_request_id() -> str:
    """What an answer and its log line are found together by."""
    return f"{random.getrandbits(64):016x}"


def tell_of_request(about: dict[str, Any], status: int, seconds: float) -> None:
    """Logs an answered request; `about` as of `about_request`."""
    said = about | {"status": status, "ms": round(seconds * 1000, 1)}
    if log.isEnabledFor(logging.INFO):  # `log.info` would look for who calls it, which no line says
        log.handle(log.makeRecord(log.name, logging.INFO, __file__, 0, "request", (), None, extra=said))


def _begin() -> None:
    g.began = time.perf_counter()
    g.request_id = new_request_id()


def _end(response: Response) -> Response:
    response.headers.add("X-Request-Id", g.get("request_id", "-"))
    tell_of_request(about_request(), response.status_code, time.perf_counter() - g.get("began", time.perf_counter()))
    return response


def init_app(app: Flask) -> None:
    """Logs every request by its route (`/confirm/<token>`), so that no token reaches the log."""
    app.before_request(_begin)
    app.after_request(_end)
