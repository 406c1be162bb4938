"""Signing in and out."""

from __future__ import annotations

from flask import Blueprint, make_response, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from petition.accounts import service
from petition.accounts.forms import EmptyForm, SignInForm
from petition.accounts.signed_in import COOKIE
from petition.core.addresses import AddressRefused, parse_address
from petition.core.db import read_again, writing
from petition.core.errors import DomainError, TooMany
from petition.core.keyed_hashes import network_hash

bp = Blueprint("accounts", __name__)


@bp.route("/login", methods=["GET", "POST"])
def login() -> Response:
    """Signs an organiser in."""
    form = SignInForm()
    if request.method != "POST":
        return _page(form, None)
    try:
        canonical = parse_address(form.email.data or "").canonical
    except AddressRefused:
        canonical = ""
    try:
        if not form.validate():
            raise service.SignInRefused
        user = service.check_password(
            read_again(), canonical, form.password.data or "", network_hash(request.remote_addr)
        )
    except (service.SignInRefused, TooMany) as error:
        return _page(form, error)
    user_id = user.id
    with writing() as writer:
        service.end_session(writer, session.get(COOKIE))
        token = service.start_session(writer, user_id)
    session.clear()
    session[COOKIE] = token
    return redirect(url_for("organiser.desk"), 303)


def _page(form: SignInForm, problem: DomainError | None) -> Response:
    page = make_response(render_template("accounts/login.html", form=form, problem=problem))
    if problem:
        page.status_code = problem.status
    if isinstance(problem, TooMany):
        page.headers["Retry-After"] = str(problem.retry_after)
    return page


@bp.post("/logout")
def logout() -> Response:
    """Ends the session here and on the server."""
    if EmptyForm().validate():
        with writing() as writer:
            service.end_session(writer, session.get(COOKIE))
        session.clear()
    return redirect(url_for("accounts.login"), 303)
