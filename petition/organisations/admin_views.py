"""For administrators of the site: its switches, its organisations and accounts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from petition.accounts import blocking
from petition.accounts.models import User
from petition.accounts.signed_in import actor
from petition.core import audit, switches
from petition.core.db import db, read_again, writing
from petition.core.errors import DomainError, NotFound
from petition.core.forms import refuse_forged
from petition.organisations.forms import ReasonForm, SwitchesForm
from petition.organisations.models import Organisation
from petition.organisations.roles import Action, may

PAGE = 50
bp = Blueprint("site", __name__, url_prefix="/admin")


@dataclass(frozen=True, slots=True)
class Found:
    """One page of what was searched for, its number from 1, and how many pages there are."""

    rows: Any
    number: int
    pages: int


def _administrator() -> User:
    """Who is at work. Raises NotFound for everybody who does not administer the site."""
    who = actor()
    if not may(who, Action.MODERATE_SITE):
        raise NotFound
    return who


@bp.get("")
def index() -> str:
    """The switches as they stand, and the way to everything else."""
    _administrator()
    return render_template("site/index.html", form=SwitchesForm.showing(switches.read(read_again())))


@bp.post("/switches")
def turn() -> Response | tuple[str, int]:
    """Turns the switches."""
    who, form = _administrator(), SwitchesForm()
    refuse_forged()
    if not form.validate():
        return render_template("site/index.html", form=form), 422
    wanted = form.wanted
    with writing() as session:
        switches.turn(session, wanted)
        audit.record(
            session,
            str(who.id),
            "switches turned",
            "site",
            personal={"reason": form.reason.data},
            signing_paused=wanted.signing_paused,
            registration_closed=wanted.registration_closed,
            banners=wanted.banners,
        )
    return redirect(url_for("site.index"), 303)


@bp.get("/organisations")
def organisations() -> str:
    """All organisations, searched by name."""
    _administrator()
    query = sa.select(Organisation).order_by(Organisation.name, Organisation.id)
    words, found = _search(query, Organisation.name, Organisation.slug)
    return render_template("site/organisations.html", found=found, words=words)


@bp.get("/accounts")
def accounts() -> str:
    """All accounts, searched by name or address."""
    return _accounts_page(ReasonForm(formdata=None))


def _accounts_page(form: ReasonForm, problem: str | None = None) -> str:
    who = _administrator()
    words, found = _search(sa.select(User).order_by(User.email), User.name, User.email)
    return render_template("site/accounts.html", actor=who, found=found, words=words, form=form, problem=problem)


@bp.post("/accounts/<uuid:user_id>/block")
def block(user_id: UUID) -> Response | tuple[str, int]:
    """Closes an account, for a reason."""
    return _change(blocking.block, user_id)


@bp.post("/accounts/<uuid:user_id>/unblock")
def unblock(user_id: UUID) -> Response | tuple[str, int]:
    """Opens an account again, for a reason."""
    return _change(blocking.unblock, user_id)


def _change(change: Any, user_id: UUID) -> Response | tuple[str, int]:
    who, form = _administrator(), ReasonForm()
    refuse_forged()
    if not form.validate():
        return _accounts_page(form), 422
    try:
        with writing() as session:
            change(session, who, user_id, form.reason.data)
    except NotFound:
        raise
    except DomainError as error:
        return _accounts_page(form, error.message), error.status
    return redirect(url_for("site.accounts", q=request.args.get("q")), 303)


def _search(query: sa.Select[Any], *columns: Any) -> tuple[str, Found]:
    """What was searched for, and a page of the rows of which some column holds it."""
    words = request.args.get("q", "").replace("\x00", "").strip()[:100]
    if words:
        holds = [sa.func.lower(column).contains(words.lower(), autoescape=True) for column in columns]
        query = query.where(sa.or_(*holds))
    total = db.session.scalar(sa.select(sa.func.count()).select_from(query.order_by(None).subquery())) or 0
    pages = max(1, -(-total // PAGE))
    number = min(max(request.args.get("page", 1, int), 1), pages)
    return words, Found(db.session.scalars(query.limit(PAGE).offset((number - 1) * PAGE)).all(), number, pages)
