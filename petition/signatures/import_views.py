"""The organiser's page for signatures that were collected elsewhere."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from flask import Blueprint, current_app, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from petition.accounts.forms import EmptyForm
from petition.accounts.models import User
from petition.accounts.signed_in import actor
from petition.core import countries, i18n
from petition.core.db import db, read_again, writing
from petition.core.errors import DomainError
from petition.organisations.roles import Action, reachable
from petition.petitions.models import Petition
from petition.petitions.service import find_for
from petition.signatures import import_rows, importing, imports
from petition.signatures.import_checking import CheckedList, Fate, Note, check
from petition.signatures.import_file import ListFile, Record
from petition.signatures.import_forms import ListForm, SheetForm
from petition.signatures.import_rows import ImportRefused, Provenance
from petition.signatures.origins import signatures_by_origin

MOST_NOTES = 200
FORM_BYTES = 9_000_000  # a file of five million bytes comes back packed, in base64
bp = Blueprint("imports", __name__, url_prefix="/organiser/petitions/<slug>/signatures")


@dataclass(frozen=True)
class Report:
    """What would become of a list: how many rows of each fate, the first notes, and how many more there are."""

    counts: dict[str, int]
    notes: list[Note]
    more: int
    not_read: tuple[str, ...] = ()


def _reached(slug: str) -> tuple[User, Petition]:
    """Who asks, and the petition to which they may add. Raises NotFound: whether there is another is not told."""
    who = actor()
    return who, find_for(db.session(), who, Action.ADD_SIGNATURES, slug)


@bp.get("/add")
def page(slug: str) -> Response:
    """A file, sheets to type in, and what was added before."""
    _who, petition = _reached(slug)
    return _page(petition.id, ListForm(formdata=None), SheetForm(formdata=None))


def _page(
    petition_id: UUID,
    form: ListForm,
    sheet: SheetForm,
    report: Report | None = None,
    problem: str | None = None,
    sheet_problem: str | None = None,
) -> Response:
    session = read_again()
    body = render_template(
        "organiser/add_signatures.html",
        petition=session.get_one(Petition, petition_id),
        imports=imports.of_petition(session, petition_id),
        by_origin=signatures_by_origin(session, petition_id),
        countries=countries.choices(i18n.language()),
        form=form,
        sheet=sheet,
        report=report,
        problem=problem,
        sheet_problem=sheet_problem,
        Fate=Fate,
    )
    return make_response(body, 400 if problem or sheet_problem else 200)


@bp.post("/add")
def add_list(slug: str) -> Response:
    """Says what would become of a file, row by row; or, asked to from there, adds it."""
    who, petition = _reached(slug)
    who_id, petition_id = str(who.id), petition.id
    request.max_content_length = request.max_form_memory_size = FORM_BYTES
    form = ListForm()
    try:
        _refuse_stale(form)
        content, given = form.content(), form.given()
        file = ListFile(io.BytesIO(content), form.encoding.data or None)
        import_rows.check_columns(file.header.places, given)
        with _checked(petition_id, given, hashlib.sha256(content).hexdigest(), file.records()) as checked:
            if request.form.get("act") == "add":
                importing.add(writing, checked, who_id, bool(form.skip_refused.data))
                return redirect(url_for("imports.page", slug=slug), 303)
            return _page(petition_id, form, SheetForm(formdata=None), _report(checked, file.header.not_read))
    except DomainError as error:
        return _page(petition_id, form, SheetForm(formdata=None), problem=error.message)


@bp.post("/sheet")
def add_sheet(slug: str) -> Response:
    """Adds what was typed from sheets of paper: all rows or, when one is wrong, none."""
    who, petition = _reached(slug)
    who_id, petition_id = str(who.id), petition.id
    sheet, report = SheetForm(), None
    try:
        _refuse_stale(sheet)
        given = sheet.given()
        with _checked(petition_id, given, sheet.sha256(), sheet.records()) as checked:
            report = _report(checked)
            importing.add(writing, checked, who_id)
    except DomainError as error:
        return _page(petition_id, ListForm(formdata=None), sheet, report, sheet_problem=error.message)
    return redirect(url_for("imports.page", slug=slug), 303)


@bp.post("/<import_id>/undo")
def undo(slug: str, import_id: str) -> Response:
    """Takes an import back."""
    who, petition = _reached(slug)
    who_id, petition_id = who.id, petition.id
    try:
        _refuse_stale(EmptyForm())
        with writing() as session:
            mine = reachable(session.get_one(User, who_id), Action.ADD_SIGNATURES)
            found = imports.find(session, import_id, mine)
            imports.undo(session, found, str(who_id), request.form.get("reason", ""))
    except ImportRefused as error:
        return _page(petition_id, ListForm(formdata=None), SheetForm(formdata=None), problem=error.message)
    return redirect(url_for("imports.page", slug=slug), 303)


def _refuse_stale(form: ListForm | SheetForm | EmptyForm) -> None:
    if not form.validate():
        raise ImportRefused(_("This page was open for too long. Please press the button again."))


def _checked(petition_id: UUID, given: Provenance, sha256: str, records: Iterable[Record]) -> CheckedList:
    checked = CheckedList(petition_id, given, sha256, current_app.config["INSTANCE"])
    return check(import_rows.read(records, given), checked)


def _report(checked: CheckedList, not_read: tuple[str, ...] = ()) -> Report:
    """Of rows without an address it says which are here already; of an address nobody is told (DESIGN rule 5)."""
    notes = [*checked.notes, *_here_already(checked)]
    shown = sorted(notes, key=lambda note: note.number)[:MOST_NOTES]
    return Report({fate: checked.counts[fate] for fate in Fate}, shown, len(notes) - len(shown), not_read)


def _here_already(checked: CheckedList) -> list[Note]:
    if checked.given.by_mail:
        return []
    there = (entry for entry in checked.already_here(read_again().connection()) if entry.address is None)
    return [Note(entry.number, Fate.DUPLICATE, "", _("is here already, and does not count again")) for entry in there]
