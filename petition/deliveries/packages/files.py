"""Where the files of packages are: a folder for each, mode 700, in the instance folder."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path
from uuid import UUID

from flask import current_app

from petition.deliveries.packages.models import Package

FOLDER = "packages"


def folder(package_id: UUID) -> Path:
    """Everything that is kept of a package outside the database."""
    return Path(current_app.config["INSTANCE"]) / FOLDER / str(package_id)


def make_folder(package_id: UUID) -> Path:
    """The same, made where there is none. Raises OSError."""
    made = folder(package_id)
    made.mkdir(mode=0o700, parents=True, exist_ok=True)
    return made


def zip_path(package: Package) -> Path:
    """The package itself: there once its state is `ready`, as long as its files are kept."""
    return folder(package.id) / f"{package.petition.slug}-{package.number}-{package.mission_slug}.zip"


def remove(package_id: UUID) -> None:
    """Removes all personal files of a package; none is no error. Raises OSError."""
    with suppress(FileNotFoundError):
        shutil.rmtree(folder(package_id))
