"""Whether the process is up, and whether it can do its work."""

from __future__ import annotations

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from petition.core import migrations

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
