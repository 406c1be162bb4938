"""A process ends when it is told to, and does not outlive the one that started it."""

from __future__ import annotations

import multiprocessing
import os
import signal
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


def hear_signals() -> None:
    """Wakes the main thread for every signal; to be called in it. SIGUSR1 is used up by this.

    Python runs its handlers in the main thread, but the kernel may give a signal to any thread, and a main
    thread that waits for a lock then sleeps on: under load, a web process did not hear SIGTERM about once in
    ten times, went on taking requests, and was killed with them.
    """
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    signal.signal(signal.SIGUSR1, lambda *_: None)  # with a handler it interrupts the wait; ignored it would not
    main = threading.get_ident()
    threading.Thread(target=_pass_on, args=(reading, main), name="signals", daemon=True).start()


def _pass_on(reading: int, main: int) -> None:
    while number := os.read(reading, 1):
        if number[0] != signal.SIGUSR1:
            signal.pthread_kill(main, signal.SIGUSR1)
