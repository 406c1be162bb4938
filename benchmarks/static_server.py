"""The yardstick of all pages: a Flask view that returns a string. Arguments: port, number of processes."""

from __future__ import annotations

import sys

from flask import Flask
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from petition.cli.running import THREADS

app = Flask(__name__)


@app.get("/")
def static_page() -> str:
    """Nothing is looked up, nothing is made."""
    return "<!doctype html><title>A page</title><p>The same for everybody."


if __name__ == "__main__":
    Granian(
        "benchmarks.static_server:app",
        address="127.0.0.1",
        port=int(sys.argv[1]),
        interface=Interfaces.WSGI,
        workers=int(sys.argv[2]),
        blocking_threads=THREADS,
        backpressure=THREADS * 32,
        websockets=False,
        log_level=LogLevels.error,
    ).serve()
