"""One web process under the server: it must not outlive the server that started it."""

from __future__ import annotations

import os
import threading
import time

from flask import Flask

from petition.app import create_app
from petition.core.logs import start_logging

LOOK_EVERY_SECONDS = 0.2


def create() -> Flask:
    """The application for one process of `petition serve`."""
    start_logging()
    threading.Thread(target=_end_with, args=(os.getppid(),), name="parent watch", daemon=True).start()
    return create_app()


def _end_with(parent: int) -> None:
    """Ends this process soon after its parent is gone, however it went.

    After `kill -9` of the parent its children would keep the port and go on serving with nobody to stop
    them. A request cut off here was not answered; what was answered is on disk.
    """
    while os.getppid() == parent:
        time.sleep(LOOK_EVERY_SECONDS)
    os._exit(1)
