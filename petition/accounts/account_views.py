"""My account: what I can see and change of it."""

from __future__ import annotations

from flask import Blueprint, redirect, request, session, url_for
from werkzeug.wrappers import Response

from petition.accounts import changing, links, pages, registering, second_factor, service, sessions, signed_in
from petition.accounts.forms import AddressForm, ConfirmForm, NameForm, PasswordForm, refuse_forged
from petition.accounts.models import User
from petition.accounts.signed_in import actor, confirmed_lately
from petition.core import i18n, tokens
from petition.core.db import db, read_again, writing
from petition.core.errors import TooMany
from petition.core.keyed_hashes import network_hash

bp = Blueprint("account", __name__, url_prefix="/account")


@bp.get("")
def page() -> Response:
    """Everything about the account, and the ways to change it."""
    user = actor()
    return _account(user, NameForm(formdata=None, data={"name": user.name}))


def _account(user: User, form: NameForm, status: int = 200) -> Response:
    here = service.hash_of(signed_in.token() or "")
    open_ones = sessions.of_user(db.session(), user.id)
    return pages.page(
        "account",
        status=status,
        user=user,
        form=form,
        sessions=[(one, sessions.reference(one), one.token_hash == here) for one in open_ones],
        codes_left=second_factor.codes_left(db.session(), user) if user.has_second_factor else 0,
    )


def _done(what: str) -> Response:
    return redirect(url_for("account.page", done=what), 303)


@bp.post("/name")
def name() -> Response:
    """Gives the account another name."""
    user, form = actor(), NameForm()
    if not form.validate():
        return _account(user, form, 422)
    user_id = user.id
    with writing() as writer:
        changing.rename(writer, writer.get_one(User, user_id), form.name.data or "")
    return _done("saved")


@bp.route("/password", methods=["GET", "POST"])
def password() -> Response:
    """Sets another password; all other sessions end."""
    user_id, form = confirmed_lately().id, PasswordForm()
    if request.method != "POST":
        return pages.page("password", form=form)
    if not form.validate():
        return pages.page("password", form=form, status=422)
    hashed = service.hash_password(form.password.data or "")
    with writing() as writer:
        user = writer.get_one(User, user_id)
        changing.change_password(writer, user, hashed, signed_in.browser(), signed_in.token())
    return _done("saved")


@bp.route("/address", methods=["GET", "POST"])
def address() -> Response:
    """Asks for another address; it counts when its link is used."""
    user_id, form = confirmed_lately().id, AddressForm()
    if request.method != "POST":
        return pages.page("address", form=form)
    if not form.validate():
        return pages.page("address", form=form, status=422)
    try:
        registering.count_ask(links.NEW_ADDRESS, form.address, network_hash(request.remote_addr))
    except TooMany as error:
        return pages.page("address", error, form=form)
    with writing() as writer:
        changing.ask_address(writer, writer.get_one(User, user_id), form.address, i18n.language())
    return redirect(url_for("register.inbox"), 303)


@bp.route("/address/<token>", methods=["GET", "POST"])
def new_address(token: str) -> Response:
    """What the link at the new address shows to who asked for it; its button moves the account."""
    handle = tokens.read_handle(links.NEW_ADDRESS, token)
    try:
        user = actor()
    except signed_in.NotSignedIn:
        return redirect(url_for("accounts.login", next=signed_in.way_back()), 303)
    new, user_id = changing.find_address(db.session(), user, handle).address, user.id
    if request.method != "POST":
        return pages.page("new_address", address=new)
    refuse_forged()
    try:
        with writing() as writer:
            changing.change_address(writer, writer.get_one(User, user_id), handle, signed_in.browser())
    except service.AddressTaken as error:
        return pages.page("new_address", error, address=new)
    return _done("saved")


@bp.post("/sessions/<ref>/end")
def end_session(ref: str) -> Response:
    """Ends one session."""
    user_id = actor().id
    refuse_forged()
    with writing() as writer:
        sessions.end_one(writer, user_id, ref)
    return _done("ended")


@bp.post("/sessions/end")
def end_all() -> Response:
    """Signs out everywhere, here too."""
    user_id = actor().id
    refuse_forged()
    with writing() as writer:
        sessions.end_all(writer, user_id)
    session.clear()
    return redirect(url_for("accounts.login"), 303)


@bp.route("/confirm", methods=["GET", "POST"])
def confirm() -> Response:
    """Asks who is signed in to prove it again, and leads back to what they wanted to do."""
    user = actor()
    form = ConfirmForm(with_code=user.has_second_factor)
    if request.method != "POST":
        return pages.page("confirm", form=form)
    try:
        _prove(user, form)
    except (service.SignInRefused, second_factor.CodeRefused, TooMany) as error:
        read_again()
        return pages.page("confirm", error, form=form)
    return redirect(signed_in.local_path(request.args.get("next")) or url_for("account.page"), 303)


def _prove(user: User, form: ConfirmForm) -> None:
    """Raises SignInRefused, CodeRefused or TooMany unless the form proves that the user filled it in."""
    refuse_forged()
    network, user_id, token = network_hash(request.remote_addr), user.id, signed_in.token() or ""
    with_code = user.has_second_factor
    if with_code:
        second_factor.count_try(user_id, network)
    else:
        service.check_password(db.session(), user.email, form.password.data or "", network)
    with writing() as writer:
        if with_code:
            pages.take_code(writer, writer.get_one(User, user_id), form.code.data or "")
        sessions.confirm(writer, token)
