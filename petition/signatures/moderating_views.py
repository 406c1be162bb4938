"""The organiser's page on which signatures are searched, struck out and put back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from petition.accounts.forms import EmptyForm
from petition.accounts.models import User
from petition.accounts.signed_in import actor
from petition.core import countries, i18n
from petition.core.addresses import AddressRefused, parse_address
from petition.core.db import read_again, writing
from petition.core.errors import DomainError, Forbidden
from petition.organisations.roles import Action, may
from petition.petitions.models import Petition
from petition.petitions.service import find_for
from petition.signatures import moderating
from petition.signatures.models import SignatureState
from petition.signatures.moderating import Search
from petition.signatures.references import Key, key_of, reference

bp = Blueprint("moderating", __name__, url_prefix="/organiser/petitions/<slug>/signatures")
PURPOSE = "signature on the desk"
MOST_PAGES = 10_000
Act = Callable[[Session, User, Petition, Key, str], None]


@bp.get("")
def page(slug: str) -> Response | str:
    """What to search for. Nobody is shown yet, so nothing is written down."""
    who = actor()
    found = find_for(read_again(), who, Action.SEE_SIGNATURES, slug)
    return _page(who, found, done=request.args.get("done", ""))


@bp.post("")
def search(slug: str) -> tuple[str, int] | str:
    """Shows whom the search finds, and writes down that somebody looked.

    By POST: what is typed of a person belongs in no address line and no log of a proxy.
    """
    who = actor()
    found = find_for(read_again(), who, Action.SEE_SIGNATURES, slug)
    try:
        _refuse_stale()
        wanted, number = _search(), _number()
    except DomainError as refused:
        return _page(who, found, refused), 422
    who_id = who.id
    with writing() as session:
        me = session.get_one(User, who_id)
        there = find_for(session, me, Action.SEE_SIGNATURES, slug)
        rows, more = moderating.look(session, me, there, wanted, number)
    who = actor()
    found = find_for(read_again(), who, Action.SEE_SIGNATURES, slug)
    return _page(who, found, rows=rows, number=number, more=more)


@bp.post("/invalidate")
def invalidate(slug: str) -> Response | tuple[str, int]:
    """Strikes one out, with a reason."""
    return _change(slug, moderating.invalidate, "struck out")


@bp.post("/restore")
def restore(slug: str) -> Response | tuple[str, int]:
    """Puts one back that was struck out, with a reason."""
    return _change(slug, moderating.restore, "put back")


def _change(slug: str, act: Act, done: str) -> Response | tuple[str, int]:
    who = actor()
    find_for(read_again(), who, Action.INVALIDATE, slug)
    who_id = who.id
    try:
        _refuse_stale()
        key = key_of(PURPOSE, request.form.get("ref", ""))
        with writing() as session:
            me = session.get_one(User, who_id)
            found = find_for(session, me, Action.INVALIDATE, slug)
            act(session, me, found, key, request.form.get("reason", ""))
    except DomainError as refused:
        if refused.status == 404:
            raise
        me = actor()
        found = find_for(read_again(), me, Action.INVALIDATE, slug)
        return _page(me, found, refused), 422
    return redirect(url_for("moderating.page", slug=slug, done=done), 303)


def _refuse_stale() -> None:
    if not EmptyForm().validate():
        raise Forbidden(_("This page was open for too long. Please press the button again."))


def _search() -> Search:
    typed = {name: request.form.get(name, "").strip() for name in ("name", "country", "day", "address")}
    try:
        return Search(
            typed["name"],
            typed["country"] if typed["country"] in countries.CODES else "",
            date.fromisoformat(typed["day"]) if typed["day"] else None,
            parse_address(typed["address"]) if typed["address"] else None,
        )
    except AddressRefused:
        raise DomainError(_("Enter an address like name@example.org")) from None
    except ValueError:
        raise DomainError(_("Enter a day like 2012-02-12.")) from None


def _number() -> int:
    return min(max(request.form.get("page", 1, int), 1), MOST_PAGES)


def _page(
    who: User,
    petition: Petition,
    problem: DomainError | None = None,
    rows: Sequence[Any] | None = None,
    number: int = 1,
    more: bool = False,
    done: str = "",
) -> str:
    return render_template(
        "organiser/signatures.html",
        petition=petition,
        countries=countries.choices(i18n.language()),
        typed=request.form,
        problem=problem,
        rows=rows,
        reference=lambda row: reference(PURPOSE, (row.bucket, row.id)),
        number=number,
        more=more,
        done=done,
        may_invalidate=may(who, Action.INVALIDATE, petition),
        SignatureState=SignatureState,
    )
