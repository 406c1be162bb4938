"""The public page of a package: what proves the list that was handed over, and nobody's name."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, jsonify, make_response, render_template

from petition.core.db import read_again
from petition.core.web_security import public
from petition.deliveries.packages import keys, proof_of

bp = Blueprint("public_packages", __name__, url_prefix="/packages")


@bp.get("/<uuid:package_id>")
def page(package_id: UUID) -> Response:
    """The counts, the hashes, the key, and how many have withdrawn since."""
    proof = proof_of.shown(read_again(), package_id)
    return public(make_response(render_template("packages/public.html", proof=proof, petition=proof.petition)))


@bp.get("/<uuid:package_id>.json")
def as_json(package_id: UUID) -> Response:
    """The same for programs."""
    return public(jsonify(proof_of.shown(read_again(), package_id).as_json()))


@bp.get("/<uuid:package_id>/manifest.json")
def manifest(package_id: UUID) -> Response:
    """The manifest, byte for byte as in the package."""
    return _file(proof_of.shown(read_again(), package_id).manifest, "manifest.json", "application/json")


@bp.get("/<uuid:package_id>/manifest.json.sig")
def signature(package_id: UUID) -> Response:
    """Its signature: 64 bytes."""
    proof = proof_of.shown(read_again(), package_id)
    return _file(proof.signature, "manifest.json.sig", "application/octet-stream")


@bp.get("/<uuid:package_id>/key.pem")
def key(package_id: UUID) -> Response:
    """The public key that it was signed with."""
    reading = read_again()
    pem = keys.public_pem(reading, proof_of.shown(reading, package_id).key)
    return _file(pem, "key.pem", "application/x-pem-file")


def _file(content: bytes, name: str, media_type: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return public(Response(content, headers=headers, content_type=media_type))
