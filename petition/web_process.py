"""One web process under `petition serve`."""

from __future__ import annotations

import os

from flask import Flask

from petition.app import create_app
from petition.core import metrics
from petition.core.garbage import loading
from petition.core.logs import log, start_logging
from petition.ending import end_with_parent, hear_signals


def create() -> Flask:
    """The application for one process. A request cut off with its server was not answered yet; what was
    answered is on disk."""
    start_logging()
    hear_signals()
    end_with_parent(lambda: os._exit(1))
    with loading():
        app = create_app()
    metrics.start(app.config["INSTANCE"])
    log.info("web process started")
    return app
