"""The public keys that packages are checked with, where anybody can find them."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from petition.core import ed25519
from petition.core.db import read_again
from petition.core.web_security import public
from petition.deliveries.packages import keys

bp = Blueprint("keys", __name__)

SECONDS = 60


@bp.get("/.well-known/petition-keys.json")
def published() -> Response:
    """Every key that signs or has signed packages, newest first."""
    found = [
        {
            "fingerprint": one.fingerprint,
            "pem": ed25519.public_pem(one.der).decode(),
            "first_used_at": one.first_used_at.isoformat(timespec="seconds"),
            "retired_at": one.retired_at.isoformat(timespec="seconds") if one.retired_at else None,
        }
        for one in keys.published(read_again())
    ]
    response = jsonify({"keys": found})
    response.headers["Access-Control-Allow-Origin"] = "*"
    return public(response, SECONDS)
