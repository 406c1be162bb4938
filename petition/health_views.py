"""Whether the process is up, whether it can do its work, and in what figures."""

from __future__ import annotations

from flask import Blueprint, Response, abort, current_app, jsonify
from flask.typing import ResponseReturnValue

from petition.core import migrations
from petition.core.web_security import asked_from
from petition.figures import as_text

bp = Blueprint("health", __name__)


@bp.get("/healthz")
def healthz() -> ResponseReturnValue:
    """The process answers."""
    return jsonify({"status": "ok"})


@bp.get("/readyz")
def readyz() -> ResponseReturnValue:
    """The database is there and migrated; otherwise 503 and why."""
    problem = migrations.problem()
    if problem:
        return jsonify({"status": "not ready", "reason": problem}), 503
    return jsonify({"status": "ready"})


@bp.get("/metrics")
def metrics() -> Response:
    """The figures of all processes, for Prometheus. For anybody but loopback and PETITION_METRICS_FROM
    there is nothing here."""
    if not asked_from(current_app.config["METRICS_FROM"]):
        abort(404)
    text, media_type = as_text(current_app.config["INSTANCE"])
    return Response(text, content_type=media_type)
