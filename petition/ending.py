"""No process of ours outlives the one that started it."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable

LOOK_EVERY_SECONDS = 0.2


def end_with_parent(end: Callable[[], object]) -> None:
    """Calls `end`, on a thread of its own, as soon as the process that started this one is gone.

    For processes of `multiprocessing`, which know who that was even if it has gone already; others have
    somebody else to look after them. After `kill -9` of a server its processes would keep the port and go
    on serving, with nobody to stop them.
    """
    if multiprocessing.parent_process() is not None:
        threading.Thread(target=_watch, args=(end,), name="parent watch", daemon=True).start()


def _watch(end: Callable[[], object]) -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    # Its pipe tells at once, unless a forked sister holds the other end as well.
    while os.getppid() == parent.pid:
        parent.join(LOOK_EVERY_SECONDS)
    end()
