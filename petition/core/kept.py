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
    """What was made, when, when somebody went to make it anew, and the lock of whoever does."""

    made: float
    value: V
    promised: float = 0.0
    making: threading.Lock = field(default_factory=threading.Lock)


class Kept(Generic[V]):
    """At most `MOST` things, each for `seconds` (0: none); the one that was made first is dropped first.

    While one thread makes a thing anew, which takes long when the database hangs, the others get the old one, or
    wait for the new one where there is none: in the first moment of a rush all would make the same.
    Time is the monotonic clock's: setting the clock back keeps nothing for ever.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._things: OrderedDict[Hashable, _Thing[V]] = OrderedDict()
        self._first: dict[Hashable, threading.Event] = {}

    def get(self, key: Hashable, make: Callable[[], V]) -> V:
        """The thing kept under this key, made anew when it is older than `seconds`."""
        if not self.seconds:
            return make()
        kept = self._things.get(key)
        if kept is None:
            return self._made_once(key, make)
        age = time.monotonic() - kept.made
        if age < self.seconds:
            return kept.value
        if kept.making.acquire(blocking=age > self.seconds * STALE):
            try:
                newer = self._things.get(key, kept)
                return self._made(key, make) if newer is kept else newer.value
            finally:
                kept.making.release()
        return kept.value

    def at_hand(self, key: Hashable) -> V | None:
        """What is kept, without making anything; None for the one who shall have it made, by `get`.

        The others get the old one until it is there, or until the first has had a while.
        """
        kept = self._things.get(key)
        if kept is None:
            return None
        at = time.monotonic()
        if at - kept.made < self.seconds:
            return kept.value
        if at - kept.made > self.seconds * STALE or at - kept.promised > self.seconds:
            kept.promised = at
            return None
        return kept.value

    def _made_once(self, key: Hashable, make: Callable[[], V]) -> V:
        """What the first one makes who asks; where that one fails, the others try for themselves."""
        mine = threading.Event()
        first = self._first.setdefault(key, mine)
        if first is not mine:
            first.wait()
            kept = self._things.get(key)
            return self._made(key, make) if kept is None else kept.value
        try:
            return self._made(key, make)
        finally:
            del self._first[key]
            mine.set()

    def _made(self, key: Hashable, make: Callable[[], V]) -> V:
        made = self._things[key] = _Thing(time.monotonic(), make())
        while len(self._things) > MOST:
            self._things.popitem(last=False)
        return made.value


def kept(what: str, times: int = 1) -> Kept[Any]:
    """The application's things of one sort, kept so many times as long as others."""
    sorts: dict[str, Kept[Any]] = current_app.extensions["petition.kept"]
    found = sorts.get(what)
    return found or sorts.setdefault(what, Kept(current_app.config["KEEP_SECONDS"] * times))


def init_app(app: Flask) -> None:
    """Nothing is kept at first."""
    app.config.setdefault("KEEP_SECONDS", SECONDS)
    app.extensions["petition.kept"] = {}
