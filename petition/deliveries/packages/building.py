"""Building packages: claimed by one worker at a time, in steps that a kill at any moment does not spoil.

First the list is frozen in the database, once. Then each file is made from what is frozen, under its own name only
when it is whole; a file that is there is not made again. Only then is the package ready.
"""

from __future__ import annotations

import errno
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from typing import Any
from uuid import UUID

from flask import Flask, current_app
from flask_babel import lazy_gettext as __
from sqlalchemy.exc import SQLAlchemyError

from petition.core import audit, metrics
from petition.core.clock import now
from petition.core.db import db, is_away, read_again
from petition.core.errors import DomainError
from petition.core.logs import log
from petition.deliveries.packages import files, keys, service, snapshot
from petition.deliveries.packages.cover_letter import letter_of, write_cover_letter
from petition.deliveries.packages.holding import Hold, Lost, Spoiled, Stopped, claim, renewed, waiting_package
from petition.deliveries.packages.keeping import forget_missed
from petition.deliveries.packages.models import Package, PackageState
from petition.deliveries.packages.parts import Parts
from petition.deliveries.packages.sealing import Sealed, seal

NO_ROOM = __("There is no room left on the disk. When there is, try again.")
NOT_WRITTEN = __("A file could not be written on the server. The log says more.")
OUR_FAULT = __("The program made a mistake. The log says more.")
NO_ROOM_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
LONGEST_FAILURE = 300
TOOLS = ("petition", "typst", "pikepdf", "manimgx-fonts", "manimgx-fonts-cjk", "xlsxwriter", "pyhanko")
STEPS_BESIDE = 4  # the snapshot, the tables, the manifest, the ZIP
WAIT_SECONDS = 0.5
TURNS = 3
"""So often a package is begun anew at once when somebody in it is erased meanwhile; then others have their turn."""


def work(app: Flask, stopping: Callable[[], bool] = lambda: False) -> bool:
    """Builds one package that waits, if there is one and nobody else takes it; says whether that is settled.

    When `stopping` says so it gives the package back, for another to go on with.
    """
    with app.app_context():
        try:
            package_id = waiting_package()
            hold = claim(package_id, stopping) if package_id else None
            return hold is not None and _said(hold, _built(app, hold))
        except SQLAlchemyError as error:  # the lease runs out, and it is tried again
            log.error("package not built", exc_info=error)
            return False
        finally:
            db.session.remove()


def build_now(package_id: UUID) -> Package:
    """Builds a package in this process, or waits until the worker that took it before has. Raises PackageNotReady."""
    app: Any = current_app._get_current_object()  # type: ignore[attr-defined]
    while True:
        hold = claim(package_id, lambda: False)
        error = hold and _built(app, hold)
        if hold and error and _failure(error) == str(OUR_FAULT):
            _said(hold, error)
        package = read_again().get_one(Package, package_id, populate_existing=True)
        if package.state == PackageState.READY:
            return package
        if package.state == PackageState.FAILED:
            raise service.PackageNotReady(package.failure or str(OUR_FAULT))
        time.sleep(WAIT_SECONDS)


def _said(hold: Hold, error: Exception | None) -> bool:
    """Says in the log what became of a package, naming nobody; and returns whether it is settled."""
    about = {"package": str(hold.package_id)}
    if isinstance(error, Stopped | Lost):
        log.info("package left to another worker", extra=about)
        return False
    metrics.packages.add("failed" if error else "ready")
    if error:
        # A refusal of ours has said all it knows, in the package's row; of a fault the log needs to know where.
        log.error("package failed", extra=about, exc_info=None if isinstance(error, DomainError) else error)
    else:
        log.info("package built", extra=about)
    return True


def _built(app: Flask, hold: Hold) -> Exception | None:
    """Builds the package as far as it goes, and writes down what became of it; returns what kept it from being ready.

    Raises SQLAlchemyError while the database is away: then nothing can be written down.
    """
    try:
        with renewed(app, hold):
            for turn in range(TURNS):
                if _is_built(hold, anew=turn > 0):
                    return None
        hold.give_back(state=PackageState.WAITING, asked_at=now(), files_gone_at=now())  # next time it begins anew
        return Stopped()
    except Stopped as error:
        hold.give_back(state=PackageState.WAITING)
        return error
    except Lost as error:
        return error
    except Exception as error:
        if is_away(error):
            raise
        hold.give_back(state=PackageState.FAILED, failure=_failure(error)[:LONGEST_FAILURE])
        return error


def _failure(error: Exception) -> str:
    """Why it failed, in an English sentence that pages translate; nothing of a signer may be in it."""
    if isinstance(error, DomainError):
        return error.message
    if isinstance(error, OSError):
        return str(NO_ROOM if error.errno in NO_ROOM_ERRORS else NOT_WRITTEN)
    return str(OUR_FAULT)


def _is_built(hold: Hold, anew: bool) -> bool:
    """Does what is left to do, or all of it anew. False where somebody in the snapshot has been erased meanwhile."""
    try:
        package = _package(hold)
        if anew or package.files_gone_at is not None:  # it was not ready, so nobody has it
            files.remove(hold.package_id)
            hold.start_over()
        if _package(hold).snapshot_at is None:
            snapshot.take(hold)
        _make(hold)
    except Spoiled:
        return False
    except OSError:  # whoever is erased takes the files along at once
        if _package(hold).files_gone_at is None:
            raise
        return False
    return True


def _package(hold: Hold) -> Package:
    return read_again().get_one(Package, hold.package_id, populate_existing=True)


def _make(hold: Hold) -> None:
    """Makes the files from the snapshot, and says that the package is ready."""
    package, folder, key = _package(hold), files.make_folder(hold.package_id), keys.current()
    zip_path = files.zip_path(package)
    _throw_away_older(hold, package, folder, key.fingerprint)
    parts, progress = _parts(hold, package, folder, key.fingerprint)
    parts.make(hold.package_id)
    sealed = seal(parts, key, zip_path)
    if forget_missed(hold.package_id):
        raise Spoiled
    _say_ready(hold, sealed, progress.steps)
    with suppress(OSError):  # what is left goes with the folder
        _keep_only(folder, zip_path)


def _parts(hold: Hold, package: Package, folder: Path, key: str) -> tuple[Parts, _Progress]:
    letter, progress = letter_of(db.session(), package, key), _Progress(hold)
    making = lambda: write_cover_letter(letter, hold.check), hold.check, progress.step
    parts = Parts(folder, package.facts or {}, letter.language, letter.title, *making)
    there = sum((folder / name).exists() for name in parts.volumes)
    progress.begin(STEPS_BESIDE + 1 + len(parts.volumes), 1 + there)
    return parts, progress


def _throw_away_older(hold: Hold, package: Package, folder: Path, key: str) -> None:
    """Throws away what other versions of the tools have made of the same snapshot, or for another key."""
    tools = tool_versions()
    if (package.tools, package.key) != (tools, key):
        for path in folder.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        with hold.writing(tools=tools, key=key):
            pass


def tool_versions() -> dict[str, str]:
    """The versions of whatever the bytes of the files depend on."""
    return {name: found.version for name in TOOLS for found in metadata.distributions(name=name)}


class _Progress:
    """How far the build is, for the page that shows it."""

    def __init__(self, hold: Hold) -> None:
        self._hold = hold
        self._done = self.steps = 0

    def begin(self, steps: int, done: int) -> None:
        """So many steps in all, some of them done already."""
        self.steps, self._done = steps, done - 1
        self.step()

    def step(self) -> None:
        """One more step is done."""
        self._done += 1
        with self._hold.writing(done=min(self._done, self.steps), steps=self.steps):
            pass


def _say_ready(hold: Hold, sealed: Sealed, steps: int) -> None:
    made = {
        "state": PackageState.READY,
        "built_at": now(),
        "done": steps,
        "lease": None,
        "claimed_until": None,
        "manifest": sealed.manifest,
        "signature": sealed.signature,
        "key": sealed.key,
        "zip_sha256": sealed.zip_sha256,
        "zip_bytes": sealed.zip_bytes,
    }
    with hold.writing(**made) as session:
        package = session.get_one(Package, hold.package_id)
        audit.record(
            session,
            audit.PROGRAM,
            "package built",
            package.petition.slug,
            organisation_id=package.petition.organisation_id,
            package=str(package.id),
            number=package.number,
            mission=package.mission_slug,
            zip_sha256=sealed.zip_sha256,
        )


def _keep_only(folder: Path, zip_path: Path) -> None:
    """Removes what is in the ZIP as well."""
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path != zip_path:
            path.unlink()
