"""What the pages about accounts share: how they answer, how somebody comes in, how a code is taken."""

from __future__ import annotations

from typing import Any

from flask import make_response, redirect, render_template, request, session, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from petition.accounts import notices, second_factor, service, sessions, signed_in
from petition.accounts.models import User
from petition.core.errors import DomainError


def page(template: str, problem: DomainError | None = None, status: int = 200, **values: Any) -> Response:
    """The page, with the status of what went wrong, if anything did."""
    response = make_response(render_template(f"accounts/{template}.html", problem=problem, **values), status)
    if problem:
        response.status_code = problem.status
        response.headers.update(problem.headers)
    return response


def enter(writer: Session, user: User) -> Response:
    """Opens a session in place of this browser's former one, and leads to where somebody wanted to go."""
    service.end_session(writer, signed_in.token())
    token = sessions.enter(writer, user, signed_in.browser())
    session.clear()
    session[signed_in.COOKIE] = token
    return redirect(signed_in.local_path(request.args.get("next")) or url_for("organiser.desk"), 303)


def take_code(writer: Session, user: User, code: str) -> None:
    """Takes a code of the second factor; of a recovery code the owner is told. Raises CodeRefused."""
    if second_factor.take(writer, user, code):
        browser = signed_in.browser()
        notices.tell(writer, user, notices.Notice.CODE_USED, browser.device, browser.language)
