"""Templates are compiled once an instance, not by each thread of each process that begins."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from flask import Flask
from jinja2 import FileSystemBytecodeCache
from jinja2.bccache import Bucket

FOLDER = "templates"


class CompiledTemplates(FileSystemBytecodeCache):
    """Files in a folder of the instance, each valid for one text of its template and one version of Python.

    They can be deleted at any time. Where none can be read or written, as on a full disk, every process compiles for
    itself.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(str(folder))
        self._folder = folder

    def load_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError):
            super().load_bytecode(bucket)

    def dump_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError):
            self._folder.mkdir(mode=0o700, exist_ok=True)
            super().dump_bytecode(bucket)


def init_app(app: Flask) -> None:
    """Keeps them in the instance's folder."""
    app.jinja_env.bytecode_cache = CompiledTemplates(app.config["INSTANCE"] / FOLDER)
