"""The JSON Schemas, for programs that read packages and receipts."""

from __future__ import annotations

from flask import Blueprint, Response, abort, request

from petition.deliveries.proof import schema

SECONDS = 3600
bp = Blueprint("schemas", __name__, url_prefix="/schemas")


@bp.get("/<name>.json")
def one(name: str) -> Response:
    """A schema, the same for everybody, on any site."""
    if name not in schema.NAMES:
        abort(404)
    response = Response(schema.source(name), content_type="application/schema+json")
    response.headers["Cache-Control"] = f"public, max-age={SECONDS}"
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.add_etag()
    response.make_conditional(request)
    return response
