"""The page that checks packages and receipts, for whoever has to send the file: checked here and thrown away."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from petition.core import limits
from petition.core.db import writing
from petition.deliveries import verify_views
from petition.deliveries.packages.models import PackageKey
from petition.deliveries.proof import keys, verify
from petition.deliveries.proof.sentences import NOTES, SENTENCES
from petition.deliveries.verify_words import notes
from tests.deliveries.proof.packages import KEY, package


def send(app: Flask, content: bytes, **fields: str) -> Any:
    file = io.BytesIO(content), "file"
    return app.test_client().post("/verify", data=fields | {"file": file}, content_type="multipart/form-data")


def slot(page: str, name: str) -> str:
    """What stands in a place of the answer; the template for the script comes after it."""
    found = re.search(rf'data-slot="{name}"[^>]*>(.*?)</(?:h2|ul|p|td|code)>', page, re.DOTALL)
    assert found
    return re.sub(r"<[^>]+>", "|", found[1]).strip()


def test_a_whole_package_is_said_to_be_whole_and_who_made_it_as_far_as_that_is_known(app: Flask) -> None:
    made = package()
    page = send(app, made.zip())
    assert page.status_code == 200
    assert slot(page.text, "verdict") == "Nothing in this package was changed since it was signed."
    assert "Its key is none of this site" in slot(page.text, "maker")
    assert slot(page.text, "day") == "29 February 2012"
    assert slot(page.text, "fingerprint").replace(" ", "") == made.fingerprint
    assert (slot(page.text, "total"), slot(page.text, "full"), slot(page.text, "count")) == ("12", "9", "2")
    assert "with the key that you named" in slot(send(app, made.zip(), key=made.fingerprint).text, "maker")
    used = datetime(2026, 2, 12, tzinfo=UTC)
    with app.app_context(), writing() as session:
        der = keys.der(KEY.public_key())
        session.add(PackageKey(fingerprint=made.fingerprint, der=der, first_used_at=used))
    assert "a key of this site, in use since 12 February 2026." in slot(send(app, made.zip()).text, "maker")
    with app.app_context(), writing() as session:
        session.get_one(PackageKey, made.fingerprint).retired_at = used
    assert "that was in use from 12 February 2026 to 12 February 2026." in slot(send(app, made.zip()).text, "maker")


def test_what_is_wrong_is_said_and_then_nobody_is_named_as_its_maker(app: Flask) -> None:
    page = send(app, package().zip().replace(b"the letter", b"The letter")).text
    assert slot(page, "verdict") == "Something is wrong here."
    assert "cover-letter.pdf has been changed" in slot(page, "faults")
    assert slot(page, "maker") == slot(page, "notes") == ""
    other = send(app, package().zip(), key="0" * 64).text
    assert "It was made with another key than the one you named" in slot(other, "faults")
    assert "neither a package" in slot(send(app, b"hello").text, "faults")


def test_a_receipt_says_which_line_it_is_about(app: Flask) -> None:
    page = send(app, package().receipt(0)).text
    assert slot(page, "verdict") == "The receipt holds: its line is in the package."
    assert slot(page, "line") == "1. Zoë “Zo” O’Neill, Köln, Germany"
    assert "whoever has the receipt" in slot(page, "notes")


def test_nothing_or_no_fingerprint_is_refused(app: Flask) -> None:
    assert app.test_client().post("/verify").status_code == 422
    answer = send(app, package().zip(), key="12 34")
    assert answer.status_code == 422
    assert "A fingerprint has 64 digits" in answer.text


def test_a_file_that_is_too_large_is_refused_and_others_may_be_larger_than_forms(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = package()
    made.files["cover-letter.pdf"] = b"%PDF" + bytes(400_000)
    content = made.sign().zip()
    assert len(content) > app.config["MAX_CONTENT_LENGTH"]
    assert "Nothing in this package was changed" in send(app, content).text
    monkeypatch.setattr(verify_views, "MOST_BYTES", 300_000)
    answer = send(app, content)
    assert (answer.status_code, "That is too much to send at once." in answer.text) == (413, True)


def test_what_was_sent_has_a_name_on_no_disk(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    temporary, checked, seen = tmp_path / "temporary", verify.check, []
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))

    def watched(path: Path, **options: Any) -> verify.Report:
        seen.append([*temporary.iterdir(), *Path(app.config["INSTANCE"]).glob("[!p]*")])
        return checked(path, **options)

    monkeypatch.setattr(verify, "check", watched)
    assert send(app, package().zip()).status_code == 200
    assert seen == [[]]


def test_nobody_keeps_us_busy_with_files(app: Flask) -> None:
    for _time in range(limits.VERIFY.amount):
        assert app.test_client().post("/verify").status_code == 422
    assert app.test_client().post("/verify").status_code == 429


def test_the_page_has_a_sentence_for_every_fault_and_note(app: Flask) -> None:
    page = app.test_client().get("/verify?lang=en").text
    for code in SENTENCES:
        assert f"&#34;{code}&#34;: &#34;" in page
    with app.test_request_context():
        assert set(NOTES) - {"maker_not_checked"} <= set(notes())
