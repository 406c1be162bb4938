"""A package of an instance with a certificate for PDFs and an authority for timestamps, checked by others' tools."""

from __future__ import annotations

import re
import subprocess
import zipfile
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from petition.deliveries.packages import building, files
from petition.deliveries.packages.models import Package
from petition.deliveries.proof import verify
from tests.deliveries.packages.certificates import PASSPHRASE, YEAR, Authority, Timestamps, serving
from tests.deliveries.packages.making import Built, asked, built, now_as
from tests.deliveries.proof.test_instructions import run

pytestmark = pytest.mark.only_on("sqlite", "what seals a package does not depend on the database")
SEAL = {"manifest.json", "manifest.json.sig", "manifest.json.tsr"}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Timestamps:
    return Timestamps(tmp_path_factory.mktemp("timestamps"))


@pytest.fixture(scope="module")
def sealed(house: Flask, authority: Timestamps) -> Built:
    """A package made with both."""
    certificate = Authority().pkcs12(house.config["INSTANCE"] / "it.p12")
    with serving(authority) as url, pytest.MonkeyPatch.context() as patch:
        set_for(house, patch, PDF_CERTIFICATE=certificate, PDF_PASSPHRASE=PASSPHRASE, TIMESTAMP_URL=url)
        return built(house, asked(house))


@pytest.fixture
def unpacked(sealed: Built, tmp_path: Path) -> Path:
    with zipfile.ZipFile(sealed.path) as archive:
        archive.extractall(tmp_path)
    return tmp_path


def set_for(app: Flask, patch: pytest.MonkeyPatch, **settings: Any) -> None:
    for name, value in settings.items():
        patch.setitem(app.config, name, value)


def test_it_is_whole_and_nothing_unsigned_is_left_beside_it(sealed: Built, unpacked: Path) -> None:
    for path in (sealed.path, unpacked):
        report = verify.check(path, key=sealed.manifest["key"], deep=True)
        assert (report.faults, report.authentic) == ([], True)
    assert [path.name for path in sealed.path.parent.iterdir()] == [sealed.path.name]


def test_the_manifest_knows_each_pdf_also_as_it_was_before_it_was_signed(sealed: Built) -> None:
    before = {"bytes_before_signing", "sha256_before_signing"}
    for one in sealed.manifest["files"]:
        content = sealed.entries[one["name"]]
        assert one["sha256"] == sha256(content).hexdigest()
        assert before & one.keys() == (before if one["name"].endswith(".pdf") else set())
        if one["name"].endswith(".pdf"):
            unsigned = content[: one["bytes_before_signing"]]
            assert len(unsigned) < one["bytes"]
            assert unsigned.endswith((b"%%EOF", b"%%EOF\n"))
            assert one["sha256_before_signing"] == sha256(unsigned).hexdigest()


def test_pdfsig_finds_every_pdf_signed_as_a_whole(unpacked: Path) -> None:
    pdfs = sorted(unpacked.glob("*.pdf"))
    assert [path.name for path in pdfs] == ["cover-letter.pdf", "list-001.pdf"]
    for path in pdfs:
        said = subprocess.run(["pdfsig", "-nocert", path], capture_output=True, text=True, check=False).stdout
        assert "Signature Validation: Signature is Valid." in said
        assert "Total document signed" in said
        assert said.count("Signature #") == 1


def test_its_timestamp_is_the_last_entry_and_openssl_takes_it(sealed: Built, authority: Timestamps) -> None:
    *_others, last = sealed.entries
    assert last == "manifest.json.tsr"
    said = authority.verify(sealed.entries["manifest.json"], sealed.entries[last])
    assert "Verification: OK" in said


def test_the_line_of_its_instructions_finds_every_file_whole(sealed: Built, unpacked: Path) -> None:
    [line] = [one for one in (unpacked / "VERIFY.txt").read_text().splitlines() if one.startswith("grep -o")]
    done = run(unpacked, line)
    assert done.returncode == 0, done.stderr
    assert re.findall(r"^(.*): OK$", done.stdout, re.MULTILINE) == [
        name for name in sealed.entries if name not in SEAL
    ]
    path = unpacked / "cover-letter.pdf"
    path.write_bytes(path.read_bytes()[:-1] + b"?")  # behind what was there before it was signed
    assert run(unpacked, line).returncode != 0


def failed(house: Flask, **settings: Any) -> tuple[Package, list[str]]:
    """A package that fails with these settings, and the names of its files."""
    package = asked(house)
    with pytest.MonkeyPatch.context() as patch:
        set_for(house, patch, **settings)
        assert building.work(house)
    found = now_as(house, package)
    assert (found.state, found.built_at, found.manifest, found.zip_sha256) == ("failed", None, None, None)
    with house.app_context():
        return found, [path.name for path in files.folder(found.id).iterdir()]


def test_with_a_bad_certificate_it_fails_in_a_sentence_and_no_unsigned_file_is_made(house: Flask) -> None:
    late = Authority().pkcs12(house.config["INSTANCE"] / "late.p12", age=YEAR)
    found, names = failed(house, PDF_CERTIFICATE=late, PDF_PASSPHRASE=PASSPHRASE)
    assert re.fullmatch(
        r"the certificate of PETITION_PDF_CERTIFICATE is valid from \d{4}-\d\d-\d\d to \d{4}-\d\d-\d\d", found.failure
    )
    assert not [name for name in names if name.endswith((".zip", ".pdf")) or name == "unsigned"]


def test_without_the_authoritys_answer_it_fails_in_a_sentence_and_there_is_no_zip(house: Flask) -> None:
    found, names = failed(house, TIMESTAMP_URL="http://127.0.0.1:9/")
    assert found.failure == "the authority for timestamps cannot be reached: Connection refused"
    assert not [name for name in names if name.endswith(".zip")]
