"""The petition page, signing and confirming."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

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
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response as AnyResponse

from petition.core import i18n, limits, metrics, short_way, switches, tokens
from petition.core.addresses import PROVIDERS, hint
from petition.core.committer import Busy, is_busy, submit
from petition.core.db import db, read_again
from petition.core.errors import DomainError, NotFound, NotOpen, TextChanged, TooMany
from petition.core.keyed_hashes import network_hash
from petition.core.web_security import public
from petition.petitions import service as petitions
from petition.petitions import support
from petition.petitions.markdown import to_html
from petition.petitions.models import PUBLIC_STATES, Petition, State
from petition.petitions.states import SUPPORTERS
from petition.signatures import answers, attempts, confirming, counted_page, own_page, shown, signing
from petition.signatures.attempts import Attempt
from petition.signatures.confirming import Confirmation, Filled, Outcome, Press
from petition.signatures.forms import CodeForm, KnownSignerForm, SignForm
from petition.signatures.mails import CONFIRM
from petition.tallies.service import recent_count

bp = Blueprint("signatures", __name__)
TOP_COUNTRIES = 5
SHARED_STATES = (State.GATHERING, *PUBLIC_STATES)


@bp.get("/petitions/<slug>")
def petition(slug: str) -> Response:
    """A petition: its text, its count, the form."""
    return public(_petition_page(petitions.recent(slug), SignForm(formdata=None)))


@bp.get("/petitions/<slug>/by/<code>")
def by_link(slug: str, code: str) -> AnyResponse:
    """The same, by a partner's share link. A code that no partner has leads to the petition."""
    found = petitions.recent(slug)
    if found.partner_of_link(code) is None:
        return redirect(url_for("signatures.petition", slug=slug), 303)
    return public(_petition_page(found, SignForm(formdata=None)))


def _link_code() -> str:
    """The code of the share link that led here: the form's address carries it on, also when it is shown again."""
    return str((request.view_args or {}).get("code") or request.args.get("by", ""))


def _petition_page(found: Petition, form: SignForm, status: int = 200, problem: str | None = None) -> Response:
    reading = read_again()
    count = recent_count(reading, found.id)
    form.renew_token(found.text.version)
    gathers = found.state == State.GATHERING
    partner = found.partner_of_link(_link_code())
    action = url_for("signatures.sign", slug=found.slug, by=partner.code if partner else None)
    words = found.in_language(i18n.language())
    page = render_template(
        "petitions/petition.html",
        petition=found,
        words=words,
        html=to_html(words.body),
        count=count,
        goal=next_goal(count.total, SUPPORTERS if gathers else found.goal),
        action=support.path(found) if gathers else action,
        top=count.by_country[:TOP_COUNTRIES],
        others=count.by_country[TOP_COUNTRIES:],
        signers=shown.latest(reading, found.id),
        form=form,
        problem=problem,
        takes_signatures=petitions.takes_signatures(found) and found.state != State.REVIEW,
        shown_state=petitions.shown_state(found),
        all_paused=switches.current().signing_paused,
    )
    return make_response(page, status)


def next_goal(total: int, goal: int | None) -> int:
    """What the progress line runs to: the petition's goal, or past it (or without one) the next round number."""
    if goal and total <= goal:
        return goal
    step = 10 ** max(len(str(total)) - 1, 2)
    return next(number for factor in (1, 2, 5, 10) if (number := factor * step) > total)


@bp.post("/petitions/<slug>/sign")
def sign(slug: str) -> AnyResponse:
    """Stores what was filled in; the answer never depends on who has signed before."""
    inbox = partial(url_for, "signatures.check_inbox", slug=slug)
    return _sign(lambda: petitions.recent(slug), inbox)


@bp.route("/petitions/<slug>/support/<token>", methods=["GET", "POST"])
def support_page(slug: str, token: str) -> AnyResponse | str:
    """The petition for its first supporters, by a secret link; later the link leads to the public page."""
    found = support.gathering(slug, token)
    if found.state not in (State.GATHERING, State.REVIEW):
        return redirect(url_for("signatures.petition", slug=slug), 303)
    if request.method != "POST":
        return _check_inbox(found) if "sent" in request.args else _petition_page(found, SignForm(formdata=None))
    if found.state == State.REVIEW:
        return _petition_page(found, SignForm(), NotOpen.status, str(signing.NOT_OPEN))
    return _sign(lambda: found, partial(url_for, "signatures.support_page", slug=slug, token=token, sent="yes"))


def _sign(find: Callable[[], Petition], inbox: Callable[..., str]) -> AnyResponse:
    network = network_hash(request.remote_addr)
    try:
        short_way.result(lambda: limits.hit(limits.SIGN, "sign", network.hex()))
        sent = answers.read_signed(request.form) or _read_slowly(form := SignForm())
        if sent is None:
            metrics.signs.add("not_valid")
            return _petition_page(find(), form, 422)
        page = signing.Page(sent.text_version, i18n.language(), network, _link_code())
        submit(signing.store, signing.sign(find(), sent.address, sent.wish, page))
    except (Busy, SQLAlchemyError) as error:
        metrics.signs.add("busy")
        return _try_again(SignForm(), error)
    except (TooMany, NotOpen, TextChanged) as error:
        metrics.signs.add(error.code)
        answer = _petition_page(find(), SignForm(), error.status, error.message)
        answer.headers.update(error.headers)
        return answer
    metrics.signs.add("accepted")
    return redirect(inbox(hint=hint(sent.address.domain)), 303)


def _try_again(form: SignForm | KnownSignerForm, error: Exception) -> Response:
    """What was filled in, kept on a page that needs no database, to be sent again in a minute."""
    if not is_busy(error):
        raise error
    busy = Busy()
    answer = make_response(render_template("signatures/try_again.html", form=form, problem=busy.message), busy.status)
    answer.headers.update(busy.headers)
    return answer


def _read_slowly(form: SignForm) -> answers.Signed | None:
    """The form read by itself, so that it can say what is wrong."""
    return answers.Signed(form.wish(), form.address, form.text_version) if form.validate() else None


@bp.get("/petitions/<slug>/sign")
def sign_again(slug: str) -> AnyResponse:
    """Where a reload or another language leads after a refused form: back to the petition."""
    if code := _link_code():
        return redirect(url_for("signatures.by_link", slug=slug, code=code, _anchor="sign"), 303)
    return redirect(url_for("signatures.petition", slug=slug, _anchor="sign"), 303)


@bp.get("/petitions/<slug>/check-inbox")
def check_inbox(slug: str) -> str:
    """The same page for every address. A hint about the domain alone may come with it."""
    return _check_inbox(petitions.find_public(read_again(), slug))


def _check_inbox(petition: Petition) -> str:
    hinted = request.args.get("hint", "")
    return render_template(
        "signatures/check_inbox.html",
        petition=petition,
        meant=hinted if hinted in PROVIDERS else None,
        disposable=hinted == "disposable",
        local_mailbox=current_app.config["DEVELOPMENT"],
    )


def _attempt(reading: Any, token: str) -> Attempt:
    return attempts.find(reading, tokens.read_handle(CONFIRM, token))


@bp.get("/confirm/<token>")
def confirm_page(token: str) -> str:
    """Shows this attempt; changes nothing, so that a link scanner confirms nobody."""
    reading = read_again()
    attempt = _attempt(reading, token)
    if settled := confirming.settled(reading, attempt):
        return _outcome(attempt.petition, settled)
    return _confirm_form(attempt, KnownSignerForm.showing(attempt.wish))


def _confirm_form(attempt: Attempt, form: KnownSignerForm, problem: str | None = None) -> str:
    db.session.expunge_all()  # the attempt stays as it was read
    petition = petitions.recent_by_id(attempt.signature.petition_id)  # with its partners, mostly without asking
    text = support.reading_path(petition)
    return render_template(
        "signatures/confirm.html", attempt=attempt, petition=petition, text=text, form=form, problem=problem
    )


def _outcome(petition: Petition, confirmation: Confirmation) -> str:
    """What the button came to. The page for those who are counted differs in the number alone, and is kept."""
    make = partial(_render_outcome, petition, confirmation)
    if confirmation.outcome != Outcome.COUNTED:
        return make()
    query_string = request.query_string.decode("latin-1")
    return counted_page.shown(petition.id, i18n.language(), query_string, confirmation.number, make).decode()


def _render_outcome(petition: Petition, confirmation: Confirmation) -> str:
    text = support.reading_path(petition)
    words = petition.in_language(i18n.language())
    return render_template(
        "signatures/outcome.html",
        petition=petition,
        words=words,
        text=text,
        thanks=to_html(words.thanks or ""),
        outcome=confirmation.outcome,
        names=confirmation.names,
        number=counted_page.NUMBER,
        all_paused=switches.current().signing_paused,
        share_link=current_app.config["BASE_URL"] + text if petition.state in SHARED_STATES else None,
    )


@bp.post("/confirm/<token>")
def confirm(token: str) -> AnyResponse | tuple[str, int]:
    """Counts the signature with the fields as they stand on the page, and opens the own page."""
    handle, filled = tokens.read_handle(CONFIRM, token), None
    if "name" in request.form:
        filled = _filled()
        if filled is None:
            return _wrongly_filled(token)
    try:
        confirmation, own_token = short_way.result(partial(_press, handle, filled))
    except (Busy, SQLAlchemyError) as error:
        metrics.confirmations.add("busy")
        return _try_again(KnownSignerForm(), error)
    except NotFound:
        raise
    except DomainError as error:
        return _confirm_form(_attempt(read_again(), token), KnownSignerForm(), error.message), error.status
    metrics.confirmations.add(confirmation.outcome)
    if confirmation.opens_own_page:
        session[own_page.COOKIE] = own_token
    return make_response(_outcome(petitions.recent_by_id(confirmation.petition_id), confirmation))


def _press(handle: bytes, filled: Filled | None) -> tuple[Confirmation, str]:
    """What the press comes to, and the token of the own page that it opens."""
    own_token = own_page.new_token()
    return submit(confirming.confirm, Press(handle, filled, own_page.hash_of(own_token))), own_token


def _filled() -> Filled | None:
    """The confirm page as it was sent back, or None when a field is wrong."""
    wish, typed = answers.read_wish(request.form), request.form.get("email", "").strip()
    if wish is None:
        return None
    if not typed:
        return Filled(wish, i18n.language())
    form = KnownSignerForm()
    return Filled(wish, i18n.language(), form.address) if form.validate() else None


def _wrongly_filled(token: str) -> AnyResponse | tuple[str, int]:
    """The confirm page with what is wrong, unless that does not matter any more."""
    reading = read_again()
    attempt = _attempt(reading, token)
    if settled := confirming.settled(reading, attempt):
        return make_response(_outcome(attempt.petition, settled))
    form = KnownSignerForm()
    form.validate()
    return _confirm_form(attempt, form), 422


@bp.route("/confirm", methods=["GET", "POST"])
def confirm_code() -> AnyResponse | str | tuple[str, int] | tuple[str, int, dict[str, str]]:
    """Takes the code of the mail, for mail programs that break links; leads to the page the link leads to."""
    form = CodeForm()
    if request.method != "POST":
        return render_template("signatures/code.html", form=form, problem=None)
    if not form.validate():
        return render_template("signatures/code.html", form=form, problem=None), 422
    try:
        network = network_hash(request.remote_addr)
        handle = attempts.find_by_code(read_again(), form.address, form.code.data or "", network)
    except DomainError as error:
        page = render_template("signatures/code.html", form=form, problem=error.message)
        return page, error.status, error.headers
    return redirect(url_for("signatures.confirm_page", token=tokens.sign_handle(CONFIRM, handle)), 303)
