"""What was read for one visitor serves all for a moment: a hot page asks the database once a second."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from flask import Flask, current_app

MOST = 1000
SECONDS = 1.0
STALE = 30  # so many times as long a thing may be used while it is made anew
V = TypeVar("V")


@dataclass(slots=True)
class _Thing(Generic[V]):
    """What was made, when, and the lock of whoever makes it anew."""

    made: float
    value: V
    making: threading.Lock = field(default_factory=threading.Lock)


class Kept(Generic[V]):
    """At most `MOST` things, each for `seconds`; the one that was made first is dropped first.

    While one thread makes a thing anew, which takes long when the database hangs, the others get the old one.
    Time is the monotonic clock's: setting the clock back keeps nothing for ever.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._things: OrderedDict[Hashable, _Thing[V]] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], V]) -> V:
        """The thing kept under this key, made anew when it is older than `seconds`."""
        kept = self._things.get(key)
        if kept is None:
            return self._made(key, make)
        age = time.monotonic() - kept.made
        if age < self.seconds:
            return kept.value
        if kept.making.acquire(blocking=age > self.seconds * STALE):
            try:
                return self._made(key, make)
            finally:
                kept.making.release()
        return kept.value

    def _made(self, key: Hashable, make: Callable[[], V]) -> V:
        made = self._things[key] = _Thing(time.monotonic(), make())
        while len(self._things) > MOST:
            self._things.popitem(last=False)
        return made.value


def kept(what: str) -> Kept[Any]:
    """The application's things of one sort."""
    sorts: dict[str, Kept[Any]] = current_app.extensions["petition.kept"]
    return sorts.setdefault(what, Kept(current_app.config["KEEP_SECONDS"]))


def init_app(app: Flask) -> None:
    """Nothing is kept at first."""
    app.config.setdefault("KEEP_SECONDS", SECONDS)
    app.extensions["petition.kept"] = {}
