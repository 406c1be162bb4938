"""Registering."""

from __future__ import annotations

import secrets

from flask import Blueprint, current_app, redirect, request, session, url_for
from werkzeug.wrappers import Response

from petition.accounts import links, pages, registering, service, signed_in
from petition.accounts.forms import FinishForm, RegisterForm
from petition.accounts.models import Registration
from petition.core import i18n, limits, tokens
from petition.core.db import read_again, writing
from petition.core.errors import TooMany
from petition.core.keyed_hashes import network_hash

bp = Blueprint("register", __name__)
ASKED = "registering"


@bp.route("/register", methods=["GET", "POST"])
def ask() -> Response:
    """Takes a name, an address and a password; one answer for all addresses."""
    registering.refuse_when_closed()
    form = RegisterForm()
    if request.method != "POST":
        return pages.page("register", form=form)
    if not form.validate():
        return pages.page("register", form=form, status=422)
    try:
        registering.count_ask(links.REGISTER, form.address, network_hash(request.remote_addr))
    except TooMany as error:
        return pages.page("register", error, form=form)
    hashed = service.hash_password(form.password.data or "")
    with writing() as writer:
        handle = registering.ask(writer, form.address, form.name.data or "", hashed, i18n.language())
    session[ASKED] = links.hash_of(handle).hex()
    return redirect(url_for("register.inbox"), 303)


@bp.get("/register/check-inbox")
def inbox() -> Response:
    """The answer to everybody who asked for a mail about an account."""
    return pages.page("inbox", local_mailbox=current_app.config["DEVELOPMENT"])


@bp.route("/register/<token>", methods=["GET", "POST"])
def finish(token: str) -> Response:
    """What the mailed link shows; its button makes the account. Looking at it changes nothing."""
    registering.refuse_when_closed()
    handle = tokens.read_handle(links.REGISTER, token)
    asked = registering.find(read_again(), handle)
    form, asked_here = FinishForm(), _asked_here(handle)
    if request.method != "POST":
        return pages.page("finish_registration", form=form, asked=asked, asked_here=asked_here)
    try:
        if not asked_here:
            _check_password(asked, form)
        with writing() as writer:
            return pages.enter(writer, registering.finish(writer, handle, signed_in.browser()))
    except (service.SignInRefused, service.AddressTaken, TooMany) as error:
        asked = registering.find(read_again(), handle)
        return pages.page("finish_registration", error, form=form, asked=asked, asked_here=asked_here)


def _asked_here(handle: bytes) -> bool:
    return secrets.compare_digest(str(session.get(ASKED, "")), links.hash_of(handle).hex())


def _check_password(asked: Registration, form: FinishForm) -> None:
    """Lets nobody confirm an account whose password somebody else has chosen. Raises SignInRefused or TooMany."""
    limits.hit_always(limits.SIGN_IN_ACCOUNT, "finish registration", asked.handle_hash.hex())
    if not service.is_password(asked.password_hash, form.password.data or ""):
        raise service.wrong_password()
