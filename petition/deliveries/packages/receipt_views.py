"""The receipts on the signer's own page."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, request, session

from petition.core.db import read_again
from petition.deliveries.packages import receipts
from petition.signatures import own_page
from petition.signatures.own_page import COOKIE

bp = Blueprint("receipts", __name__, url_prefix="/my/signatures/<ref>/receipts")


@bp.get("/<uuid:package_id>")
def receipt(ref: str, package_id: UUID) -> Response:
    """The receipt for one package as a file; `?secret=yes` adds what proves that the line is the signer's."""
    reading = read_again()
    owner, token = own_page.opened(reading, session.get(COOKIE))
    own = own_page.find_own(reading, owner, token, ref)
    n, content = receipts.make(reading, own, package_id, request.args.get("secret") == "yes")
    name = f'attachment; filename="receipt-{n}.json"'
    return Response(content, headers={"Content-Disposition": name}, content_type="application/json")
