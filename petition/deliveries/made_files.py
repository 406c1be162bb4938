"""Lists for browsers: made whole before the first byte leaves, in files without a name, few at a time.

Making 150,000 lines takes 3 s as CSV, 9 s as XLSX and a minute as PDF; with everything kept 9 s as CSV and
40 s as XLSX. Meanwhile a thread is taken, and signers need the others.
"""

from __future__ import annotations

import contextlib
import tempfile
import threading
from collections.abc import Callable, Iterator
from typing import BinaryIO, cast

from flask import Flask, Response, current_app
from flask_babel import gettext as _
from werkzeug.wsgi import FileWrapper

from petition.core.errors import TooMany
from petition.deliveries.export import ExportRefused
from petition.deliveries.streaming import streamed

CHUNK = 64 * 1024
AT_ONCE = 2
MOST_CELLS = 1_000_000  # of a workbook: 10 to 20 s
UNSPOOLED = {"X-Accel-Buffering": "no"}
"""Keeps nginx from laying a list down on a disk of its own."""
_turns = threading.BoundedSemaphore(AT_ONCE)

Write = Callable[[BinaryIO], object]


def refuse_large_workbook(format_: str, lines: int, columns: int) -> None:
    """Raises ExportRefused for a workbook that would take too long to make while somebody waits."""
    if format_ == "xlsx" and lines * columns > MOST_CELLS:
        raise ExportRefused(_("This list is too long for XLSX here. Take CSV: spreadsheets open it too."))


@contextlib.contextmanager
def whole(write: Write) -> Iterator[BinaryIO]:
    """The file that `write` writes, at its start; it is closed if the block fails. Raises TooMany.

    Half a list must never look like a whole one, so nothing is sent before it is written. The file has no name:
    it is gone with whoever holds it.
    """
    with contextlib.ExitStack() as on_error:
        file = cast(BinaryIO, on_error.enter_context(tempfile.TemporaryFile(dir=current_app.config["INSTANCE"])))
        _take_turn()
        try:
            write(file)
        finally:
            _turns.release()
        yield file
        on_error.pop_all()


def sent(file: BinaryIO, name: str, media_type: str) -> Response:
    """The answer that sends a file and closes it."""
    size = file.seek(0, 2)
    file.seek(0)
    headers = saved_as(name) | UNSPOOLED
    response = Response(FileWrapper(file, CHUNK), headers=headers, content_type=media_type)
    response.direct_passthrough = True
    response.content_length = size
    return response


def sent_while_written(write: Write, name: str, media_type: str) -> Response:
    """The answer that sends what is being written: only for a ZIP, of which half cannot be opened. Raises TooMany."""
    app = cast(Flask, current_app._get_current_object())  # type: ignore[attr-defined]
    _take_turn()
    headers = saved_as(name) | UNSPOOLED
    response = Response(streamed(app, write), headers=headers, content_type=media_type)
    response.call_on_close(_turns.release)
    return response


def saved_as(name: str) -> dict[str, str]:
    """The header that makes a browser save the answer."""
    return {"Content-Disposition": f'attachment; filename="{name}"'}


def _take_turn() -> None:
    if not _turns.acquire(blocking=False):
        raise TooMany(_("Other lists are being made just now. Please try again in a minute."), retry_after=60)
