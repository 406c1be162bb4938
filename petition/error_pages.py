"""Errors as pages for people and as JSON for programs."""

from __future__ import annotations

from flask import Flask, Response, jsonify, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from petition.accounts.signed_in import ConfirmAgain, NotSignedIn, way_back
from petition.api.shapes import error as error_shape
from petition.core.db import is_away
from petition.core.errors import DomainError, TooMany
from petition.core.logs import about_request, log

RETRY_SECONDS = 60


def _wants_json() -> bool:
    return request.path.startswith("/api/") or request.path.endswith(".json")


def _answer(status: int, code: str, message: str) -> Response:
    if _wants_json():
        response = make_response(jsonify(error_shape(status, code, message)), status)
        response.headers["Access-Control-Allow-Origin"] = "*"
        return response
    return make_response(render_template("errors/error.html", status=status, message=message), status)


def _words(status: int) -> str:
    return {
        400: _("We could not read what was sent."),
        403: _("You may not do that here."),
        404: _("There is nothing at this address."),
        405: _("That cannot be done here."),
        410: _("This page has been taken down."),
        413: _("That is too much to send at once."),
        429: _("That was too often. Please try again in a few minutes."),
        500: _("Something went wrong here, and we have noted it. Please try again in a minute."),
        503: _("The site cannot reach its database at the moment. Please try again in a minute."),
    }.get(status, _("That did not work."))


def _domain_error(error: DomainError) -> AnyResponse:
    if isinstance(error, NotSignedIn) and not _wants_json():
        return redirect(url_for("accounts.login"), 303)
    if isinstance(error, ConfirmAgain) and not _wants_json():
        return redirect(url_for("account.confirm", next=way_back()), 303)
    message = error.message or _words(error.status)
    response = _answer(error.status, error.code, message)
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _http_error(error: HTTPException) -> AnyResponse:
    status = error.code or 500
    if 300 <= status < 400:
        return error.get_response()
    code = (error.name or "error").lower().replace(" ", "_")
    response = _answer(status, code, _words(status))
    for name, value in error.get_headers(request.environ):
        if name in {"Allow", "Retry-After"}:
            response.headers[name] = value
    return response


def _database_error(error: SQLAlchemyError) -> Response:
    if not is_away(error):
        return _crash(error)
    log.error("database away", extra={"error": type(getattr(error, "orig", error)).__name__} | about_request())
    response = _answer(503, "database_away", _words(503))
    response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response


def _crash(error: Exception) -> Response:
    log.error("crash", exc_info=error, extra=about_request())
    return _answer(500, "internal_error", _words(500))


def init_app(app: Flask) -> None:
    """Answers every error in our own words."""
    app.register_error_handler(DomainError, _domain_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(SQLAlchemyError, _database_error)
    app.register_error_handler(Exception, _crash)
