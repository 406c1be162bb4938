"""The instance's files: who may read them, and whether there is room for more."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from petition.doctor.finding import Finding, graded, ok, wrong

OTHERS = 0o077
SECRETS = ("settings.toml", "*.key", "package_key.pem")
MEGABYTE = 1024**2
SMALL_BYTES, TOO_SMALL_BYTES = 1024 * MEGABYTE, 200 * MEGABYTE
SMALL_INODES, TOO_SMALL_INODES = 20_000, 1_000


def look(instance: Path, database: Path | None) -> Iterator[Finding]:
    """Modes of the folder, of the files with secrets and of the SQLite database; room on their disks."""
    yield _private("instance folder", [instance], "700")
    secrets = [path for pattern in SECRETS for path in sorted(instance.glob(pattern))]
    yield _private("keys and settings", secrets, "600")
    if database:
        yield _private("database files", sorted(database.parent.glob(f"{database.name}*")), "600")
    disks: dict[int, Path] = {}
    for folder in (instance, *([database.parent] if database else [])):
        if folder.exists():
            disks.setdefault(folder.stat().st_dev, folder)
    for folder in disks.values():
        yield from _room(folder)


def _private(about: str, paths: list[Path], mode: str) -> Finding:
    open_to_others = [path for path in paths if path.exists() and path.stat().st_mode & OTHERS]
    if open_to_others:
        named = " ".join(str(path) for path in open_to_others)
        return wrong(about, f"other users of this machine may open {named}", f"chmod {mode} {named}")
    return ok(about, "for this user alone" if paths else "none kept in the instance folder")


def _room(folder: Path) -> Iterator[Finding]:
    found = os.statvfs(folder)
    free = found.f_bavail * found.f_frsize
    advice = "make room: on a full disk nobody can sign"
    yield graded(
        "disk space",
        f"{free // MEGABYTE:,} MB free at {folder}",
        advice,
        is_wrong=free < TOO_SMALL_BYTES,
        is_odd=free < SMALL_BYTES,
    )
    if found.f_files:  # some file systems have no fixed number
        yield graded(
            "inodes",
            f"{found.f_favail:,} free at {folder}",
            advice,
            is_wrong=found.f_favail < TOO_SMALL_INODES,
            is_odd=found.f_favail < SMALL_INODES,
        )
