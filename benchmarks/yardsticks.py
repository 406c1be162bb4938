"""The bare things that databases and mail are measured beside."""

from __future__ import annotations

import smtplib
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path

import psycopg

from benchmarks.databases import PostgresServer

CLIENTS = 8
ROW = "a text of about the length of a name and an address, so that there is something to write"
TABLE = "CREATE TABLE IF NOT EXISTS yardstick (id {id}, at timestamptz, words text)"


class Commits:
    """Single-row INSERTs, a commit each, by PostgreSQL's own pgbench."""

    def __init__(self, server: PostgresServer, scratch: Path) -> None:
        self._program = server.programs / "pgbench"
        self._dsn = server.create("yardstick")
        with psycopg.connect(self._dsn, autocommit=True) as connection:
            connection.execute(TABLE.format(id="bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY"))
        self._script = scratch / "insert.sql"
        self._script.write_text(f"INSERT INTO yardstick (at, words) VALUES (now(), '{ROW}');\n")

    def rate(self, seconds: float) -> float:
        """Commits a second of 8 clients."""
        options = ["-n", "-M", "prepared", "-c", str(CLIENTS), "-j", "2", "-T", str(max(1, round(seconds)))]
        command = [str(self._program), *options, "-f", str(self._script), self._dsn]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        (line,) = (line for line in done.stdout.splitlines() if line.startswith("tps = "))
        return float(line.split()[2])


def sqlite_commits(file: Path, seconds: float) -> float:
    """Commits a second of single-row INSERTs by one connection with full sync, into a file of its own."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute(TABLE.format(id="INTEGER PRIMARY KEY"))
        began, commits = time.monotonic(), 0
        while time.monotonic() < began + seconds:
            connection.execute("INSERT INTO yardstick (at, words) VALUES (?, ?)", (commits, ROW))
            commits += 1
        return commits / (time.monotonic() - began)


def bare_smtp(port: int, mail: bytes, number: int) -> float:
    """Mails a second over one open connection by smtplib alone."""
    with smtplib.SMTP("127.0.0.1", port, local_hostname="localhost", timeout=30) as server:
        began = time.monotonic()
        for one in range(number):
            server.sendmail("petitions@localhost", [f"bare{one}@mail.test"], mail)
        return number / (time.monotonic() - began)
