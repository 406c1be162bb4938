"""The part of the way that leads past the page that checks packages and receipts."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from petition.core.clock import now
from petition.core.db import writing
from petition.deliveries.packages.models import PackageKey
from petition.deliveries.proof import keys
from tests.deliveries.proof.packages import KEY, package

if TYPE_CHECKING:
    from tests.core.walk import Walk

GEORGIAN = {
    "petition": {"slug": "river", "title": "მდინარე", "addressee": "წყლის მინისტრი"},
    "mission": {"id": "kr-ge-tbilisi-embassy", "name": "საელჩო", "city": "თბილისი", "host_country": "GE"},
}


def through_verify(walk: Walk) -> None:
    """Sends a package and a receipt, right and wrong, as somebody without scripts."""
    made = package((("KR", "full", "ანა", "თბილისი"), ("KR", "count", "", None)), **GEORGIAN)
    walk.get("verify", "/verify")
    walk.post("verify: nothing", "/verify", 422)
    _send(walk, "verify: no fingerprint", made.zip(), 422, key="x")
    _send(walk, "verify: unknown maker", made.zip())
    with walk.app.app_context(), writing() as session:
        public = KEY.public_key()
        session.add(PackageKey(fingerprint=made.fingerprint, der=keys.der(public), first_used_at=now()))
    _send(walk, "verify: ours", made.zip())
    _send(walk, "verify: the key that was named", made.zip(), key=made.fingerprint)
    _send(walk, "verify: receipt", made.receipt(0))
    _send(walk, "verify: receipt without secret", made.receipt(0, with_secret=False))
    made.files["list.csv"] = b""
    _send(walk, "verify: changed", made.zip())
    _send(walk, "verify: broken list", made.sign_as_it_is(b"{}").zip())
    with walk.app.app_context(), writing() as session:
        session.query(PackageKey).delete()


def _send(walk: Walk, name: str, content: bytes, status: int = 200, **fields: str) -> None:
    walk.post(name, "/verify", status, file=(io.BytesIO(content), "file"), **fields)
