"""The organisers' pages of the directory of missions, which belongs to all organisations of the site."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from petition.accounts.models import User
from petition.accounts.signed_in import actor
from petition.core import countries, i18n
from petition.core.clock import now
from petition.core.db import read_again, writing
from petition.core.errors import DomainError, NotFound
from petition.core.forms import refuse_forged
from petition.deliveries.missions import importing, service
from petition.deliveries.missions.facts import COLUMNS, time_zones
from petition.deliveries.missions.forms import MOST_BYTES, FileForm, KnownForm, NewForm
from petition.deliveries.missions.importing import Fate, Row
from petition.deliveries.missions.models import Mission
from petition.deliveries.missions.words import fate_words, kind_words
from petition.organisations.roles import Action

PAGE = 100
MOST_ROWS = 200
FORM_BYTES = 2 * MOST_BYTES  # the text and what stands around it
bp = Blueprint("missions", __name__, url_prefix="/organiser/missions")
Page = Response | str | tuple[str, int]


@dataclass(frozen=True, slots=True)
class Found:
    """One page of the missions that were asked for, its number from 1, and how many pages there are."""

    rows: Sequence[Mission]
    number: int
    pages: int


def _editor() -> User:
    """Who is at work on the directory. Raises NotFound for everybody who may not."""
    who = actor()
    service.acting_for(read_again(), who, Action.EDIT_MISSIONS)
    return who


@bp.get("")
def directory() -> str:
    """All missions, also the closed ones; of a sending state, in a host country."""
    session, who = read_again(), actor()
    service.acting_for(session, who, Action.SEE_FIGURES)
    sending, host = (request.args.get(name, "")[:2] for name in ("sending_state", "host_country"))
    everything = service.all_missions(session, open_only=False)
    rows = [one for one in everything if sending in ("", one.sending_state) and host in ("", one.host_country)]
    pages = max(1, -(-len(rows) // PAGE))
    number = min(max(request.args.get("page", 1, int), 1), pages)
    return render_template(
        "missions/directory.html",
        found=Found(rows[(number - 1) * PAGE : number * PAGE], number, pages),
        sending_states=_named({one.sending_state for one in everything}),
        host_countries=_named({one.host_country for one in everything}),
        chosen={"sending_state": sending, "host_country": host},
        may_edit=_may_edit(who),
        kind_words=kind_words,
        local_time=lambda mission: service.local_time(mission, now()),
    )


def _named(codes: set[str]) -> list[tuple[str, str]]:
    return [(code, name) for code, name in countries.choices(i18n.language()) if code in codes]


def _may_edit(who: User) -> bool:
    try:
        service.acting_for(read_again(), who, Action.EDIT_MISSIONS)
    except NotFound:
        return False
    return True


@bp.route("/new", methods=["GET", "POST"])
def new() -> Page:
    """Enters a mission."""
    who_id = _editor().id
    if request.method != "POST":
        return _form_page(NewForm(formdata=None))
    refuse_forged()
    return _write(NewForm(), who_id)


@bp.route("/<slug>", methods=["GET", "POST"])
def mission(slug: str) -> Page:
    """What is known of a mission; takes what is known by now."""
    who_id = _editor().id
    found = service.find(read_again(), slug)
    if request.method != "POST":
        return _form_page(KnownForm(found, formdata=None), found)
    refuse_forged()
    return _write(KnownForm(found), who_id, found)


def _write(form: KnownForm, who_id: UUID, known: Mission | None = None) -> Page:
    if not form.validate():
        return _form_page(form, known), 422
    slug = form.facts["slug"]
    try:
        with writing() as session:
            who = session.get_one(User, who_id)
            if known:
                service.change(session, who, form.facts)
            else:
                service.add(session, who, form.facts)
    except service.SlugTaken as refused:
        return _form_page(form, known, refused.message), refused.status
    return redirect(url_for("missions.mission", slug=slug), 303)


def _form_page(form: KnownForm, known: Mission | None = None, problem: str | None = None) -> str:
    return render_template(
        "missions/edit.html",
        form=form,
        mission=known,
        problem=problem,
        time_zones=sorted(time_zones()),
        kind_words=kind_words,
        wrong=[field for field in form if field.errors],
    )


@bp.route("/import", methods=["GET", "POST"])
def from_file() -> Page:
    """Says what would become of a file, row by row; or, asked to from there, writes it."""
    who_id = _editor().id
    if request.method != "POST":
        return _file_page(FileForm(formdata=None))
    request.max_content_length = request.max_form_memory_size = FORM_BYTES
    refuse_forged()
    form = FileForm()
    try:
        content = form.content()
        file = importing.read(content)
        form.text.data = content.decode("utf-8-sig")
        rows = importing.compare(read_again(), file)
        if request.form.get("act") == "write":
            with writing() as session:
                rows = importing.compare(session, file)
                if importing.bring(session, session.get_one(User, who_id), rows):
                    return redirect(url_for("missions.directory"), 303)
    except DomainError as refused:
        return _file_page(form, problem=refused.message), refused.status
    return _file_page(form, rows, file.not_read)


def _file_page(
    form: FileForm, rows: list[Row] | None = None, not_read: Sequence[str] = (), problem: str | None = None
) -> str:
    told = [row for row in rows or () if row.fate != Fate.SAME]
    report: dict[str, Any] = {}
    if rows is not None:
        report = {"counts": importing.counts(rows), "rows": told[:MOST_ROWS], "more": len(told[MOST_ROWS:])}
    return render_template(
        "missions/import.html",
        form=form,
        report=report,
        not_read=not_read,
        problem=problem,
        fate_words=fate_words,
        Fate=Fate,
        columns=COLUMNS,
    )
