"""What was read for one visitor serves all for a moment: a hot page asks the database once a second."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar

from flask import Flask, current_app

MOST = 1000
SECONDS = 1.0
V = TypeVar("V")


class Kept(Generic[V]):
    """At most `MOST` things, each for `seconds`; the one that was made first is dropped first.

    Time is the monotonic clock's: setting the clock back keeps nothing for ever.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._things: OrderedDict[Hashable, tuple[float, V]] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], V]) -> V:
        """The thing kept under this key, made anew when it is older than `seconds`."""
        kept = self._things.get(key)
        if kept is not None and time.monotonic() - kept[0] < self.seconds:
            return kept[1]
        made = make()
        self._things[key] = time.monotonic(), made
        while len(self._things) > MOST:
            self._things.popitem(last=False)
        return made


def kept(what: str) -> Kept[Any]:
    """The application's things of one sort."""
    sorts: dict[str, Kept[Any]] = current_app.extensions["petition.kept"]
    return sorts.setdefault(what, Kept(current_app.config["KEEP_SECONDS"]))


def init_app(app: Flask) -> None:
    """Nothing is kept at first."""
    app.config.setdefault("KEEP_SECONDS", SECONDS)
    app.extensions["petition.kept"] = {}
