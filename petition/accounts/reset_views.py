"""The way back to a forgotten password."""

from __future__ import annotations

from flask import Blueprint, redirect, request, session, url_for
from werkzeug.wrappers import Response

from petition.accounts import changing, links, pages, registering, service, signed_in
from petition.accounts.forms import AskResetForm, ResetForm
from petition.core import i18n, tokens
from petition.core.db import read_again, writing
from petition.core.errors import TooMany
from petition.core.keyed_hashes import network_hash

bp = Blueprint("reset", __name__, url_prefix="/reset")


@bp.route("", methods=["GET", "POST"])
def ask() -> Response:
    """Takes an address; one answer for all."""
    form = AskResetForm()
    if request.method != "POST":
        return pages.page("ask_reset", form=form)
    if not form.validate():
        return pages.page("ask_reset", form=form, status=422)
    try:
        registering.count_ask(links.RESET, form.address, network_hash(request.remote_addr))
    except TooMany as error:
        return pages.page("ask_reset", error, form=form)
    with writing() as writer:
        changing.ask_reset(writer, form.address, i18n.language())
    return redirect(url_for("register.inbox"), 303)


@bp.route("/<token>", methods=["GET", "POST"])
def reset(token: str) -> Response:
    """Takes the new password. It signs nobody in."""
    handle = tokens.read_handle(links.RESET, token)
    changing.find_reset(read_again(), handle)
    form = ResetForm()
    if request.method != "POST":
        return pages.page("reset", form=form)
    if not form.validate():
        return pages.page("reset", form=form, status=422)
    hashed = service.hash_password(form.password.data or "")
    with writing() as writer:
        changing.reset_password(writer, handle, hashed, signed_in.browser())
    session.clear()
    return redirect(url_for("accounts.login"), 303)
