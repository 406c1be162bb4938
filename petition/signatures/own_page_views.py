"""The signer's own page: asking for the link, using it, and what can be done there."""

from __future__ import annotations

import json

from flask import (
    Blueprint,
    Response,
    current_app,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from werkzeug.wrappers import Response as AnyResponse

from petition.core import i18n, limits, tokens
from petition.core.db import db, read_again, writing
from petition.core.errors import DomainError, TooMany
from petition.core.forms import refuse_forged
from petition.core.keyed_hashes import network_hash
from petition.signatures import own_changes, own_page
from petition.signatures.attempts import Attempt
from petition.signatures.forms import AddressForm, OwnSignatureForm
from petition.signatures.mails import CONFIRM, OWN_PAGE
from petition.signatures.models import SignatureState
from petition.signatures.own_page import COOKIE

bp = Blueprint("own_page", __name__, url_prefix="/my")


def _owner() -> tuple[own_page.Owner, str]:
    """Whose session this is, and its token. Raises Forbidden."""
    return own_page.opened(read_again(), session.get(COOKIE))


@bp.get("")
def page() -> str:
    """The own page, or without a session the question for an address."""
    token = session.get(COOKIE)
    owner = own_page.owner_of_session(read_again(), token)
    if owner is None or token is None:
        return render_template("signatures/ask_link.html", form=AddressForm(formdata=None), problem=None)
    return _own_page(owner, token)


def _confirm_link(own: Attempt) -> str | None:
    """Where an attempt that is not counted yet can be: whoever fills the caps on mail must lock nobody out."""
    handle = own.signature.handle
    if own.signature.state != SignatureState.PENDING or own.ended or handle is None:
        return None
    return url_for("signatures.confirm_page", token=tokens.sign_handle(CONFIRM, handle))


def _own_page(owner: own_page.Owner, token: str, done: str | None = None) -> str:
    reading = read_again()
    own = own_page.own_signatures(reading, owner)
    return render_template(
        "signatures/own_page.html",
        signatures=[
            (one, own_page.reference(token, one), _confirm_link(one), own_page.beside(reading, one)) for one in own
        ],
        done=done or request.args.get("done"),
    )


@bp.post("")
def ask() -> AnyResponse | tuple[str, int] | tuple[str, int, dict[str, str]]:
    """Owes the mail with the link; one answer for all addresses."""
    form = AddressForm()
    if not form.validate():
        return render_template("signatures/ask_link.html", form=form, problem=None), 422
    try:
        limits.hit(limits.ASK_OWN_PAGE, "own page", network_hash(request.remote_addr).hex())
    except TooMany as error:
        page = render_template("signatures/ask_link.html", form=form, problem=error.message)
        return page, error.status, error.headers
    with writing() as writer:
        own_page.ask_link(writer, form.address, i18n.language())
    return redirect(url_for("own_page.asked"), 303)


@bp.get("/check-inbox")
def asked() -> str:
    """The answer to everybody who asked for a link."""
    return render_template("signatures/link_asked.html", local_mailbox=current_app.config["DEVELOPMENT"])


@bp.get("/<token>")
def link(token: str) -> str:
    """What the mailed link shows: one button. Changes nothing."""
    own_page.owner_of_link(read_again(), tokens.read_handle(OWN_PAGE, token))
    return render_template("signatures/open_own_page.html", token=token)


@bp.post("/<token>")
def open_page(token: str) -> AnyResponse:
    """Starts the half hour."""
    with writing() as writer:
        owner = own_page.owner_of_link(writer, tokens.read_handle(OWN_PAGE, token))
        own_token = own_page.start_session(writer, owner)
    session[COOKIE] = own_token
    return redirect(url_for("own_page.page"), 303)


@bp.post("/leave")
def leave() -> AnyResponse:
    """Ends the half hour."""
    refuse_forged()
    with writing() as writer:
        own_page.end_session(writer, session.pop(COOKIE, None))
    return redirect(url_for("own_page.page"), 303)


@bp.route("/signatures/<ref>", methods=["GET", "POST"])
def signature(ref: str) -> AnyResponse | str | tuple[str, int]:
    """One signature: shows it, and takes corrections."""
    owner, token = _owner()
    own = own_page.find_own(read_again(), owner, token, ref)
    if request.method != "POST":
        return _signature_page(own, ref, OwnSignatureForm.showing(own.wish))
    form = OwnSignatureForm()
    if not form.validate():
        return _signature_page(own, ref, form), 422
    try:
        with writing() as writer:
            own = own_page.find_own(writer, owner, token, ref)
            own_changes.correct(writer, own, form.wish(), i18n.language(), form.address)
    except DomainError as error:
        own = own_page.find_own(read_again(), owner, token, ref)
        return _signature_page(own, ref, form, error.message), error.status
    return _done("corrected")


def _signature_page(own: Attempt, ref: str, form: OwnSignatureForm, problem: str | None = None) -> str:
    return render_template(
        "signatures/own_signature.html",
        own=own,
        ref=ref,
        form=form,
        problem=problem,
        address_kept=own.knows_address,
        beside=own_page.beside(db.session(), own),
    )


@bp.post("/signatures/<ref>/withdraw")
def withdraw(ref: str) -> AnyResponse:
    """Takes the signature back."""
    refuse_forged()
    owner, token = _owner()
    with writing() as writer:
        own = own_page.find_own(writer, owner, token, ref)
        own_changes.withdraw(writer, own)
    return _done("withdrawn")


@bp.post("/signatures/<ref>/erase")
def erase(ref: str) -> AnyResponse:
    """Takes the signature back and deletes it."""
    refuse_forged()
    owner, token = _owner()
    with writing() as writer:
        own = own_page.find_own(writer, owner, token, ref)
        own_changes.erase(writer, own)
    return redirect(url_for("own_page.page", done="erased"), 303)


def _done(what: str) -> AnyResponse:
    return redirect(url_for("own_page.page", done=what), 303)


@bp.get("/data.json")
def data() -> Response:
    """Everything kept of this owner's signatures, as a file."""
    owner, _token = _owner()
    reading = read_again()
    content = own_changes.download(reading, own_page.own_signatures(reading, owner))
    response = make_response(json.dumps(content, ensure_ascii=False, indent=2))
    response.headers["Content-Type"] = "application/json"
    response.headers["Content-Disposition"] = 'attachment; filename="my-signatures.json"'
    return response
