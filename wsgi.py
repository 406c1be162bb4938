"""The WSGI entry point, for any server: `gunicorn wsgi:app`."""

import sys

from petition.app import create_app
from petition.core import metrics
from petition.core.errors import SettingRefused
from petition.core.logs import start_logging

start_logging()
try:
    app = create_app()
    metrics.start(app.config["INSTANCE"])
except SettingRefused as refused:
    sys.exit(f"petition: {refused.message}")
