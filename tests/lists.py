"""Bringing lists of signatures that were collected elsewhere, straight to the services."""

from __future__ import annotations

import hashlib
import io
from contextlib import contextmanager
from typing import Any

from flask import Flask, current_app

from petition.core.db import read_again, writing
from petition.petitions import service as petitions
from petition.signatures import import_rows, importing, imports
from petition.signatures.import_checking import CheckedList, check
from petition.signatures.import_file import ListFile
from petition.signatures.importing import Added
from petition.signatures.imports import Undone
from petition.signatures.models import Origin
from tests.conftest import SLUG

PROVEN = {"consent_note": "contract of 2 May"}
WITNESSED = {"origin": Origin.PAPER, "witnessed_by": "Wit Ness"}
MAILED = {"source": "The Bazaar"}


@contextmanager
def looked_at(content: str | bytes, encoding: str | None = None, slug: str = SLUG, **given: Any):
    """A list, every row of it looked at; inside an application."""
    raw = content.encode() if isinstance(content, str) else content
    said = import_rows.provenance(given.pop("origin", Origin.IMPORT), **given)
    file = ListFile(io.BytesIO(raw), encoding)
    import_rows.check_columns(file.header.places, said)
    petition_id = petitions.find(read_again(), slug).id
    checked = CheckedList(petition_id, said, hashlib.sha256(raw).hexdigest(), current_app.config["INSTANCE"])
    with check(import_rows.read(file.records(), said), checked):
        yield checked


def bring(app: Flask, content: str | bytes, skip_refused: bool = False, **given: Any) -> Added:
    """Adds a list."""
    with app.app_context(), looked_at(content, **given) as checked:
        return importing.add(writing, checked, "somebody", skip_refused)


def take_back(app: Flask, added: Added, reason: str = "a wrong list") -> Undone:
    """Undoes an import."""
    with app.app_context(), writing() as session:
        return imports.undo(session, imports.find(session, str(added.import_id)), "somebody", reason)
