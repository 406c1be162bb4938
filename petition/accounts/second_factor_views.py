"""Setting up, renewing and removing the second factor."""

from __future__ import annotations

from importlib import import_module
from urllib.parse import urlsplit

from flask import Blueprint, current_app, redirect, request, url_for
from markupsafe import Markup
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from petition.accounts import notices, pages, second_factor, signed_in
from petition.accounts.forms import CodeForm, refuse_forged
from petition.accounts.models import User
from petition.accounts.notices import Notice
from petition.accounts.signed_in import confirmed_lately
from petition.core import audit
from petition.core.db import db, read_again, writing
from petition.core.errors import TooMany
from petition.core.keyed_hashes import network_hash

bp = Blueprint("second_factor", __name__, url_prefix="/account/second-factor")
QR_CODES = "segno"  # loaded when used


@bp.get("")
def page() -> Response:
    """The second factor as it is: none, being set up, or counting."""
    return _page(confirmed_lately())


def _page(user: User, problem: second_factor.CodeRefused | TooMany | None = None) -> Response:
    secret = second_factor.secret_to_show(user)
    return pages.page(
        "second_factor",
        problem,
        form=CodeForm(formdata=None),
        on=user.has_second_factor,
        secret=secret,
        picture=_picture(secret, user) if secret else None,
        codes_left=second_factor.codes_left(db.session(), user),
    )


def _picture(secret: str, user: User) -> Markup:
    """The QR code as SVG, on white in the dark too: cameras read it only so."""
    site = urlsplit(current_app.config["BASE_URL"]).netloc
    code = import_module(QR_CODES).make(second_factor.address_of(secret, user, site), error="m")
    return Markup(code.svg_inline(omitsize=True, light="#fff", svgclass="qr", lineclass=None))  # noqa: S704 (drawn by us)


@bp.post("/begin")
def begin() -> Response:
    """Makes a secret to set up."""
    user_id = confirmed_lately().id
    refuse_forged()
    with writing() as writer:
        second_factor.begin(writer, writer.get_one(User, user_id))
    return redirect(url_for("second_factor.page"), 303)


@bp.post("")
def confirm() -> Response:
    """Takes the first code: from now on the factor counts."""
    user_id = confirmed_lately().id
    refuse_forged()
    try:
        second_factor.count_try(user_id, network_hash(request.remote_addr))
        with writing() as writer:
            user = writer.get_one(User, user_id)
            codes = second_factor.confirm(writer, user, request.form.get("code", ""))
            _changed(writer, user, "second factor set up", Notice.FACTOR_ON)
    except (second_factor.CodeRefused, TooMany) as error:
        return _page(read_again().get_one(User, user_id), error)
    return pages.page("recovery_codes", codes=codes)


@bp.post("/codes")
def codes() -> Response:
    """Makes new recovery codes in place of the former."""
    user_id = confirmed_lately().id
    refuse_forged()
    with writing() as writer:
        user = writer.get_one(User, user_id)
        if not user.has_second_factor:
            return redirect(url_for("second_factor.page"), 303)
        made = second_factor.new_codes(writer, user)
        _changed(writer, user, "recovery codes made", Notice.NEW_CODES)
    return pages.page("recovery_codes", codes=made)


@bp.post("/remove")
def remove() -> Response:
    """Takes the factor away."""
    user_id = confirmed_lately().id
    refuse_forged()
    with writing() as writer:
        user = writer.get_one(User, user_id)
        counted = user.has_second_factor
        second_factor.remove(writer, user)
        if counted:
            _changed(writer, user, "second factor removed", Notice.FACTOR_OFF)
    return redirect(url_for("account.page", done="saved"), 303)


def _changed(writer: Session, user: User, action: str, notice: Notice) -> None:
    audit.record(writer, str(user.id), action, str(user.id))
    browser = signed_in.browser()
    notices.tell(writer, user, notice, browser.device, browser.language)
