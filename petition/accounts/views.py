"""Signing in and out."""

from __future__ import annotations

from flask import Blueprint, redirect, request, session, url_for
from werkzeug.wrappers import Response

from petition.accounts import pages, second_factor, service, sessions, signed_in
from petition.accounts.forms import CodeForm, EmptyForm, SignInForm
from petition.accounts.models import User
from petition.accounts.signed_in import COOKIE
from petition.core.addresses import AddressRefused, parse_address
from petition.core.db import read_again, writing
from petition.core.errors import TooMany
from petition.core.keyed_hashes import network_hash

bp = Blueprint("accounts", __name__)
BEGUN = "begun_sign_in"


@bp.route("/login", methods=["GET", "POST"])
def login() -> Response:
    """Signs an organiser in, or leads on to the second factor."""
    form = SignInForm()
    if request.method != "POST":
        return _page(form)
    try:
        user = _with_password(form)
    except (service.SignInRefused, TooMany) as error:
        return _page(form, error)
    user_id, wants_code = user.id, user.has_second_factor
    with writing() as writer:
        if not wants_code:
            return pages.enter(writer, writer.get_one(User, user_id))
        session[BEGUN] = sessions.begin(writer, user_id)
    return redirect(url_for("accounts.login_code", next=signed_in.local_path(request.args.get("next"))), 303)


def _page(form: SignInForm, problem: service.SignInRefused | TooMany | None = None) -> Response:
    return pages.page("login", problem, form=form, registration_open=service.registration_open())


def _with_password(form: SignInForm) -> User:
    """Whose address and password were filled in. Raises SignInRefused or TooMany."""
    if not form.validate():
        raise service.SignInRefused
    try:
        canonical = parse_address(form.email.data or "").canonical
    except AddressRefused:
        canonical = ""
    network = network_hash(request.remote_addr)
    return service.check_password(read_again(), canonical, form.password.data or "", network)


@bp.route("/login/code", methods=["GET", "POST"])
def login_code() -> Response:
    """The second factor, after the password."""
    form = CodeForm()
    user = sessions.begun_by(read_again(), session.get(BEGUN))
    if user is None:
        return redirect(url_for("accounts.login"), 303)
    if request.method != "POST":
        return pages.page("login_code", form=form)
    try:
        return _with_code(form, user)
    except (second_factor.CodeRefused, TooMany) as error:
        return pages.page("login_code", error, form=form)


def _with_code(form: CodeForm, user: User) -> Response:
    if not form.validate():
        raise second_factor.CodeRefused
    second_factor.count_try(user.id, network_hash(request.remote_addr))
    with writing() as writer:
        begun_by = sessions.begun_by(writer, session.get(BEGUN))
        if begun_by is None:
            return redirect(url_for("accounts.login"), 303)
        pages.take_code(writer, begun_by, form.code.data or "")
        sessions.end_begun(writer, session.get(BEGUN))
        return pages.enter(writer, begun_by)


@bp.post("/logout")
def logout() -> Response:
    """Ends the session here and on the server."""
    if EmptyForm().validate():
        with writing() as writer:
            service.end_session(writer, session.get(COOKIE))
        session.clear()
    return redirect(url_for("accounts.login"), 303)
