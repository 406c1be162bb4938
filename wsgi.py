"""The WSGI entry point, for any server: `gunicorn wsgi:app`."""

import sys

from petition.app import create_app
from petition.core.errors import SettingRefused
from petition.core.logs import start_logging

start_logging()
try:
    app = create_app()
except SettingRefused as refused:
    sys.exit(f"petition: {refused.message}")
