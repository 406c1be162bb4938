"""One web process under `petition serve`."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from flask import Flask

from petition.core import metrics
from petition.core.logs import log, start_logging
from petition.ending import end_with_parent, hear_signals

NICENESS = 2
AUTOGROUP = Path("/proc/self/autogroup")


def begin(app: Flask) -> Flask:
    """Makes this process, a fork of the server, serve the application that the server has made. A request cut off
    with its server was not answered yet; what was answered is on disk."""
    start_logging()
    _let_the_mail_pass()
    hear_signals()
    end_with_parent(lambda: os._exit(1))
    metrics.start(app.config["INSTANCE"])
    log.info("web process started")
    return app


def _let_the_mail_pass() -> None:
    """Takes less of a busy processor than a worker on the same machine: readers must not hold up the mails by which
    signatures are confirmed. Where Linux shares it out by sessions, the session has its own number (sched(7)), which
    is left alone in a session that is not the server's own: a person's terminal, say, keeps it afterwards.
    """
    os.nice(NICENESS)
    if os.getsid(0) == os.getppid():
        with contextlib.suppress(OSError):
            AUTOGROUP.write_text(str(NICENESS))
