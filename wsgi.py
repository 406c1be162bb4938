"""The WSGI entry point, for any server: `gunicorn wsgi:app`."""

from petition.app import create_app
from petition.core.logs import start_logging

start_logging()
app = create_app()
