"""The organiser's desk: my petitions, their figures, their lists."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("organiser", __name__, url_prefix="/organiser")


@bp.get("")
def desk() -> str:
    return ""
