"""What the link of an invitation leads to. Looking changes nothing; a button accepts."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, session, url_for
from werkzeug.wrappers import Response

from petition.accounts.models import User
from petition.accounts.service import start_session, user_of
from petition.accounts.signed_in import COOKIE
from petition.core import tokens
from petition.core.db import read_again, writing
from petition.core.errors import DomainError, NotFound
from petition.core.forms import refuse_forged
from petition.organisations import invitations, words
from petition.organisations.forms import JoinForm

bp = Blueprint("invitations", __name__, url_prefix="/invitations")


@bp.get("/<token>")
def page(token: str) -> str:
    """Who invites to what, and how to accept."""
    return _page(token, JoinForm(formdata=None))


def _page(token: str, form: JoinForm, problem: str | None = None) -> str:
    reading = read_again()
    invitation = invitations.find(reading, tokens.read_handle(invitations.PURPOSE, token))
    who = user_of(reading, session.get(COOKIE))
    return render_template(
        "organisations/invitation.html",
        token=token,
        invitation=invitation,
        roles=[words.ROLES[role] for role in words.ROLES if role in invitation.roles],
        actor=who,
        is_theirs=who is not None and who.email == invitation.canonical,
        has_account=invitations.account_of(reading, invitation) is not None,
        form=form,
        problem=problem,
    )


@bp.post("/<token>")
def accept(token: str) -> Response | tuple[str, int]:
    """Joins: with the account one is signed in with, or with a new one for the invited address."""
    handle = tokens.read_handle(invitations.PURPOSE, token)
    who = user_of(read_again(), session.get(COOKIE))
    if who is None:
        return _join_as_new(token, handle)
    invitations.find(read_again(), handle)
    refuse_forged()
    with writing() as writer:
        invitations.accept(writer, who, handle)
    return redirect(url_for("organisations.mine"), 303)


def _join_as_new(token: str, handle: bytes) -> Response | tuple[str, int]:
    form = JoinForm()
    invitations.find(read_again(), handle)
    if not form.validate():
        return _page(token, form), 422
    try:
        with writing() as writer:
            user: User = invitations.accept_as_new(writer, handle, form.name.data or "", form.password.data or "")
            own = start_session(writer, user.id)
    except NotFound:
        raise
    except DomainError as error:
        return _page(token, form, error.message), 422
    session.clear()
    session[COOKIE] = own
    return redirect(url_for("organisations.mine"), 303)
