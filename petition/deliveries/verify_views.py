"""The page on which anybody checks a package or a receipt. Its script does that without sending the file anywhere.

Without the script the file is sent here, checked and thrown away.
"""

from __future__ import annotations

import json
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any

from flask import Blueprint, make_response, render_template, request
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from petition import page_words
from petition.core import limits
from petition.core.db import read_again
from petition.core.keyed_hashes import network_hash
from petition.core.web_security import public
from petition.deliveries import verify_words
from petition.deliveries.packages.models import PackageKey
from petition.deliveries.proof import schema
from petition.deliveries.verify_words import Answer

MOST_BYTES = 100_000_000
VERIFY = "petition.deliveries.proof.verify"  # loaded when used: most check without sending anything here
bp = Blueprint("verify", __name__)


@bp.get("/verify")
def page() -> Response:
    """Where a file is chosen."""
    return public(make_response(_page()))


@bp.post("/verify")
def sent() -> tuple[str, int] | str:
    """Checks a file that was sent, for browsers that cannot do it themselves."""
    limits.hit(limits.VERIFY, "verify", network_hash(request.remote_addr).hex())
    request.max_content_length = MOST_BYTES
    uploaded = request.files.get("file")
    typed = request.form.get("key", "").strip()
    if not uploaded or not uploaded.filename:
        return _page(problem=_("Choose a file.")), 422
    verify = import_module(VERIFY)
    try:
        key = verify.fingerprint_of(typed) if typed else None
    except ValueError:
        return _page(problem=verify_words.bad_fingerprint()), 422
    return _page(_checked(uploaded, key))


def _checked(uploaded: FileStorage, key: str | None) -> Answer:
    """The answer about a file, which has no name on the disk and is gone when it is closed."""
    with uploaded.stream as stream:
        stream.rollover()  # type: ignore[attr-defined]
        report = import_module(VERIFY).check(Path(f"/dev/fd/{stream.fileno()}"), key=key)
    known = read_again().get(PackageKey, report.summary["key"]) if report.ok else None
    return verify_words.answer(report, verify_words.maker_of(known, key is not None, page_words.day))


def _page(answer: Answer | None = None, problem: str | None = None) -> str:
    schemas: dict[str, Any] = {name: schema.schema(name) for name in schema.NAMES}
    day = date.fromisoformat(answer.summary["snapshot_on"]) if answer and answer.summary else None
    return render_template(
        "verify/page.html",
        answer=answer,
        day=day,
        problem=problem,
        typed=request.form.get("key", ""),
        words=json.dumps(verify_words.script_words(), ensure_ascii=False),
        schemas=json.dumps(schemas),
        line_words=verify_words.line_words,
    )
