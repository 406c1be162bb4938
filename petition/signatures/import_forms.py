"""The shape of adding signatures that were collected elsewhere: a file, or sheets of paper typed in."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import zlib
from collections.abc import Iterator
from typing import Any

from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as __
from wtforms import BooleanField, HiddenField, RadioField, SelectField, StringField

from petition.core.forms import PageForm
from petition.signatures.import_file import ENCODINGS, FileRefused, Record
from petition.signatures.import_rows import Provenance, provenance
from petition.signatures.models import Origin

MOST_BYTES = 5_000_000
SHEET_ROWS = 8
SHEET_COLUMNS = ("name", "country", "city", "email")


class ListForm(PageForm):
    """A list from elsewhere, in a file.

    Nothing of it is kept here between looking and adding: the page that says what would happen holds the file,
    packed, and sends it again.
    """

    origin = RadioField(__("What is it?"), default="import")
    source = StringField(__("Where does it come from?"))
    witnessed_by = StringField(__("Who witnessed the signing? (sheets of paper)"))
    confirmed_by = StringField(__("Where is the proof that these people agreed? (lists)"))
    names_as_in_file = BooleanField(__("Show names as the column list_name says"))
    encoding = SelectField(__("Encoding"), default="")
    skip_refused = BooleanField(__("Leave out rows that cannot be taken"))
    packed = HiddenField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.origin.choices = [("import", _("A list from another platform")), ("paper", _("Sheets of paper"))]
        self.encoding.choices = [("", _("as the file says, else UTF-8")), *((name, name) for name in ENCODINGS)]

    def given(self) -> Provenance:
        """Where the list comes from. Raises ImportRefused."""
        origin = Origin[self.origin.data.upper()]
        paper = origin == Origin.PAPER
        witness = self.witnessed_by.data or "" if paper else ""
        return provenance(
            origin, self.source.data or "", witness, self.confirmed_by.data or "", bool(self.names_as_in_file.data)
        )

    def content(self) -> bytes:
        """The file. Raises FileRefused."""
        uploaded = request.files.get("file")
        if uploaded:
            content = uploaded.read(MOST_BYTES + 1)
            self.packed.data = base64.b64encode(zlib.compress(content)).decode()
        else:
            content = _unpacked(self.packed.data or "")
        if not content:
            raise FileRefused(_("Choose a file."))
        if len(content) > MOST_BYTES:
            raise FileRefused(_("The file is too long for this page: use the command `petition signatures add`."))
        return content


def _unpacked(packed: str) -> bytes:
    try:
        return zlib.decompressobj().decompress(base64.b64decode(packed), MOST_BYTES + 1) if packed else b""
    except (binascii.Error, zlib.error):
        raise FileRefused(_("Choose the file again.")) from None


class SheetForm(PageForm):
    """Sheets of paper, typed in a few rows at a time. An empty row is passed over."""

    witnessed_by = StringField(__("Who witnessed the signing?"))
    source = StringField(__("Where was it?"))

    def rows(self) -> list[dict[str, str]]:
        """The rows as they were typed, or empty ones."""
        columns = [request.form.getlist(f"row-{column}")[:SHEET_ROWS] for column in SHEET_COLUMNS]
        typed = [dict(zip(SHEET_COLUMNS, cells, strict=True)) for cells in zip(*columns, strict=False)]
        return typed + [dict.fromkeys(SHEET_COLUMNS, "")] * (SHEET_ROWS - len(typed))

    def records(self) -> Iterator[Record]:
        """The rows that hold anything, as records of a list, by the number on the page."""
        for number, cells in enumerate(self.rows(), 1):
            if any(map(str.strip, cells.values())):
                yield Record(number, cells)

    def given(self) -> Provenance:
        """Where they come from. Raises ImportRefused."""
        return provenance(Origin.PAPER, self.source.data or "", self.witnessed_by.data or "")

    def sha256(self) -> str:
        """Stands for what was typed, as for a file."""
        return hashlib.sha256(json.dumps(self.rows()).encode()).hexdigest()
