"""One web process under `petition serve`."""

from __future__ import annotations

import os

from flask import Flask

from petition.core import metrics
from petition.core.logs import log, start_logging
from petition.ending import end_with_parent, hear_signals


def begin(app: Flask) -> Flask:
    """Makes this process, a fork of the server, serve the application that the server has made. A request cut off
    with its server was not answered yet; what was answered is on disk."""
    start_logging()
    hear_signals()
    end_with_parent(lambda: os._exit(1))
    metrics.start(app.config["INSTANCE"])
    log.info("web process started")
    return app
