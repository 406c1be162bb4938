"""The delivery officer's pages of packages: those there are, asking for some, watching a build, the download."""

from __future__ import annotations

import contextlib
from uuid import UUID

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from petition.accounts.models import User
from petition.accounts.signed_in import actor, confirmed_lately
from petition.core import i18n
from petition.core.db import db, read_again, writing
from petition.core.errors import DomainError, Gone, NotFound
from petition.core.forms import refuse_forged
from petition.deliveries import made_files
from petition.deliveries.export import MEDIA_TYPES
from petition.deliveries.packages import files, keeping, listing, proof_of, service
from petition.deliveries.packages.forms import AskForm
from petition.deliveries.packages.models import Package, PackageState
from petition.organisations.roles import Action
from petition.petitions.models import Petition
from petition.petitions.service import find_for

bp = Blueprint("packages", __name__, url_prefix="/organiser/petitions/<slug>/packages")
Page = AnyResponse | str | tuple[str, int]


@bp.get("")
def page(slug: str) -> str:
    """The packages of a petition."""
    petition = _petition(slug)
    return render_template(
        "packages/list.html",
        petition=petition,
        packages=listing.of_petition(db.session(), petition),
        UNDER_WAY=listing.UNDER_WAY,
    )


@bp.route("/new", methods=["GET", "POST"])
def new(slug: str) -> Page:
    """Asks for packages: what was chosen is shown with its numbers before anything is built."""
    petition = _petition(slug)
    if request.method != "POST":
        return _ask_page(petition, _form(petition, formdata=None, language=_usual_language(petition)))
    refuse_forged()
    form = _form(petition)
    if not form.validate():
        return _ask_page(petition, form), 422
    if request.form.get("do") != "build":
        return _look_page(petition, form)
    who_id = actor().id
    try:
        with writing() as session:
            me = session.get_one(User, who_id)
            about = find_for(session, me, Action.BUILD_PACKAGES, slug)
            fresh = _form(about)
            chosen = {"language": form.language.data, "countries": form.of_countries, **form.period}
            service.ask(session, me, about, fresh.chosen, **chosen)
    except DomainError as refused:
        again = _petition(slug)
        return _ask_page(again, _form(again), refused.message), refused.status
    return redirect(url_for("packages.page", slug=slug), 303)


@bp.get("/<uuid:package_id>")
def one(slug: str, package_id: UUID) -> str:
    """A package: how far its build is, what was frozen, what it was made with, and the download."""
    found = _package(slug, package_id)
    is_ready = found.state == PackageState.READY
    return render_template(
        "packages/one.html",
        petition=found.petition,
        package=found,
        under_way=found.state in listing.UNDER_WAY,
        failure=_(found.failure) if found.failure else "",  # here it is no format: foreign words may be in it
        proof=proof_of.of(found.petition, found) if is_ready else None,
        kept_until=keeping.kept_until(db.session(), found) if is_ready and not found.files_gone_at else None,
    )


@bp.post("/<uuid:package_id>/retry")
def retry(slug: str, package_id: UUID) -> Page:
    """Lets the worker try again what failed."""
    _package(slug, package_id)
    refuse_forged()
    who_id = actor().id
    with writing() as session:
        me = session.get_one(User, who_id)
        service.retry(session, me, service.find_for(session, me, Action.BUILD_PACKAGES, package_id))
    return redirect(url_for("packages.one", slug=slug, package_id=package_id), 303)


@bp.post("/<uuid:package_id>/download")
def download(slug: str, package_id: UUID) -> Response:
    """The ZIP. That it was downloaded stands in the audit log before its first byte leaves."""
    found = _package(slug, package_id)
    refuse_forged()
    who_id = confirmed_lately().id
    path = files.zip_path(found)
    _refuse_gone(found)
    with contextlib.ExitStack() as on_error:
        try:
            file = on_error.enter_context(path.open("rb"))
        except FileNotFoundError:
            raise Gone(_("The files of this package are not on this machine.")) from None
        with writing() as session:
            me = session.get_one(User, who_id, populate_existing=True)
            now_found = service.find_for(session, me, Action.BUILD_PACKAGES, package_id)
            _refuse_gone(now_found)
            service.record(session, me, "package downloaded", now_found)
        on_error.pop_all()
    return made_files.sent(file, path.name, MEDIA_TYPES["zip"])


def _petition(slug: str) -> Petition:
    return find_for(read_again(), actor(), Action.BUILD_PACKAGES, slug)


def _package(slug: str, package_id: UUID) -> Package:
    who = actor()
    found = service.find_for(read_again(), who, Action.BUILD_PACKAGES, package_id)
    if found.petition.slug != slug:
        raise NotFound(_("There is no such package."))
    return found


def _refuse_gone(package: Package) -> None:
    if package.state != PackageState.READY:
        raise service.PackageNotReady(_("This package is not ready yet."))
    if package.files_gone_at:
        raise Gone(_("The files of this package are kept no more."))


def _usual_language(petition: Petition) -> str:
    return petition.locale if petition.locale in service.languages(petition) else i18n.SOURCE


def _form(petition: Petition, **given: object) -> AskForm:
    return AskForm(listing.missions_for(db.session(), petition), service.languages(petition), **given)


def _ask_page(petition: Petition, form: AskForm, problem: str | None = None) -> str:
    return render_template("packages/ask.html", petition=petition, form=form, problem=problem)


def _look_page(petition: Petition, form: AskForm) -> str:
    session = db.session()
    found = listing.would_hold(session, petition.id, form.chosen, form.of_countries, **form.period)
    return render_template("packages/look.html", petition=petition, form=form, found=found)
