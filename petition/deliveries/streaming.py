"""Sending a file while it is being written: the writer works in a thread, the web server takes what is there."""

from __future__ import annotations

import io
import queue
import threading
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, cast

from flask import Flask

from petition.core.db import db

CHUNK = 64 * 1024
WAITING = 32


class _Abandoned(Exception):
    """Nobody reads any more."""


class _Pipe(io.RawIOBase):
    """What the writer sees: a stream that cannot seek and waits when the reader is slow."""

    def __init__(self) -> None:
        super().__init__()
        self.chunks: queue.Queue[bytes | BaseException | None] = queue.Queue(WAITING)
        self.abandoned = threading.Event()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.put(bytes(data))
        return len(data)

    def put(self, item: bytes | BaseException | None) -> None:
        while not self.abandoned.is_set():
            try:
                self.chunks.put(item, timeout=0.5)
                return
            except queue.Full:
                continue
        raise _Abandoned


def streamed(app: Flask, write: Callable[[BinaryIO], object]) -> Iterator[bytes]:
    """The bytes that `write` writes, as they come; a reader who leaves stops it.

    An error cuts the answer short, but a server may end it as if it were whole: only for formats of which
    half cannot be opened (ZIP).
    """
    pipe = _Pipe()

    def work() -> None:
        end: BaseException | None = None
        try:
            with app.app_context():
                buffered = io.BufferedWriter(pipe, CHUNK)
                write(cast(BinaryIO, buffered))
                buffered.flush()
                buffered.detach()
                db.session.remove()
        except BaseException as error:
            end = error
        if not isinstance(end, _Abandoned) and not pipe.abandoned.is_set():
            pipe.put(end)

    threading.Thread(target=work, name="list writer", daemon=True).start()
    try:
        while (item := pipe.chunks.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        pipe.abandoned.set()
