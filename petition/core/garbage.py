"""Python's search for garbage that refers to itself, put off where there is none to be found."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def not_searched() -> Iterator[None]:
    """For work on very many small things: up to a third of the time would go to looking through them."""
    searching = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if searching:
            gc.enable()


@contextmanager
def loading() -> Iterator[None]:
    """For loading modules and making the application: what comes of that stays, so it is not searched now (a sixth of
    the time of a start) or later (in the middle of requests)."""
    with not_searched():
        yield
        gc.freeze()
