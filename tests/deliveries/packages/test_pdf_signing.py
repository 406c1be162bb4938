"""PDFs signed with a certificate are checked by poppler's `pdfsig`, which is not ours."""

from __future__ import annotations

import asyncio
import io
import re
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pikepdf
import pytest
import typst
import tzlocal
from asn1crypto import cms
from flask import Flask

from petition.deliveries.packages.pdf_signing import SigningRefused, certificate_of, signed
from petition.deliveries.packages.timestamps import TimestampRefused
from petition.deliveries.pdf_volume import repacked
from petition.doctor import package_signing
from tests.deliveries.packages.certificates import PASSPHRASE, YEAR, Authority, Timestamps, serving


@pytest.fixture(scope="module")
def pdf() -> bytes:
    """A page as those of lists are."""
    page = b'#set document(title: "A list", date: auto)\n#set text(lang: "en")\nAna'
    return repacked(typst.compile(page, format="pdf", pdf_standards=["a-2a", "ua-1"], timestamp=0))


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture
def app(tmp_path: Path, authority: Authority) -> Iterator[Flask]:
    made = Flask("petition")
    made.config.update(
        PDF_CERTIFICATE=authority.pkcs12(tmp_path / "it.p12"), PDF_PASSPHRASE=PASSPHRASE, TIMESTAMP_URL=""
    )
    with made.app_context():
        yield made


@pytest.fixture
def checked(tmp_path: Path):
    """What pdfsig says of a PDF; without asking whether anybody trusts a throwaway root."""

    def check(pdf: bytes) -> str:
        path = tmp_path / "it.pdf"
        path.write_bytes(pdf)
        return subprocess.run(["pdfsig", "-nocert", path], capture_output=True, text=True, check=False).stdout

    return check


def test_pdfsig_finds_the_signature_valid_and_over_the_whole_file(app: Flask, pdf: bytes, checked) -> None:
    said = checked(signed(pdf))
    assert "Signer Certificate Common Name: River Friends" in said
    assert "Signature Type: ETSI.CAdES.detached" in said
    assert "Signature Validation: Signature is Valid." in said
    assert "Total document signed" in said
    assert said.count("Signature #") == 1


def test_where_a_loop_is_running_it_signs_all_the_same(app: Flask, pdf: bytes, checked) -> None:
    async def within() -> bytes | None:
        return signed(pdf)

    assert "Signature is Valid" in checked(asyncio.run(within()))


def test_a_changed_byte_is_found(app: Flask, pdf: bytes, checked) -> None:
    done = bytearray(signed(pdf))
    done[len(pdf) // 2] ^= 1
    assert "Signature is Valid" not in checked(bytes(done))


def test_the_unsigned_file_stays_its_beginning_whenever_it_is_signed(app: Flask, pdf: bytes) -> None:
    first, second = signed(pdf), signed(pdf)
    assert first != second
    assert first.startswith(pdf)
    assert second.startswith(pdf)


def test_it_stays_archival_and_says_no_more_than_before(app: Flask, pdf: bytes) -> None:
    with pikepdf.open(io.BytesIO(signed(pdf))) as document, pikepdf.open(io.BytesIO(pdf)) as before:
        assert document.Root.Metadata.read_bytes() == before.Root.Metadata.read_bytes()
        assert dict(document.docinfo) == dict(before.docinfo)
        assert document.Root.MarkInfo.Marked
        [field] = document.Root.AcroForm.Fields
        assert "/NeedAppearances" not in document.Root.AcroForm
        assert int(field.F) & 0b110111 == 0b100, "printed, and neither hidden nor invisible: PDF/A-2, 6.3.2"
        assert float(field.Rect[0]) < 0, "off the page, where PDF/UA asks for no tag"
        assert document.pages[0].Tabs == "/S"
        assert document.check_pdf_syntax() == []
        assert set(field.V.keys()) == {"/Type", "/Filter", "/SubFilter", "/Contents", "/ByteRange", "/M"}


def test_where_the_machine_stands_is_nobodys_business(
    app: Flask, pdf: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Asia/Pyongyang")
    tzlocal.reload_localzone()
    try:
        done = signed(pdf)
    finally:
        monkeypatch.undo()
        tzlocal.reload_localzone()
    with pikepdf.open(io.BytesIO(done)) as document:
        assert re.fullmatch(r"D:\d{14}(Z|\+00'00')", str(document.Root.AcroForm.Fields[0].V.M))


def test_without_a_certificate_nothing_is_signed(app: Flask, pdf: bytes) -> None:
    app.config["PDF_CERTIFICATE"] = None
    assert signed(pdf) is None


def test_with_an_authority_the_signature_carries_its_timestamp(
    app: Flask, pdf: bytes, checked, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with serving(Timestamps(tmp_path_factory.mktemp("timestamps"))) as url:
        app.config["TIMESTAMP_URL"] = url
        done = signed(pdf)
    assert "Signature is Valid" in checked(done)
    with pikepdf.open(io.BytesIO(done)) as document:
        found = cms.ContentInfo.load(bytes(document.Root.AcroForm.Fields[0].V.Contents))
    [signer] = found["content"]["signer_infos"]
    assert [one["type"].native for one in signer["unsigned_attrs"]] == ["signature_time_stamp_token"]


def test_an_authority_that_does_not_answer_leaves_no_signed_file(app: Flask, pdf: bytes) -> None:
    app.config["TIMESTAMP_URL"] = "http://127.0.0.1:9/"
    with pytest.raises(TimestampRefused, match="cannot be reached"):
        signed(pdf)


def test_what_cannot_sign_is_told_in_one_line(app: Flask, pdf: bytes, tmp_path: Path, authority: Authority) -> None:
    (tmp_path / "no.p12").write_bytes(b"geheim")
    late = authority.pkcs12(tmp_path / "late.p12", age=YEAR)
    early = authority.pkcs12(tmp_path / "early.p12", age=-timedelta(days=9))
    whys = {
        (tmp_path / "none.p12", PASSPHRASE): "cannot be read: No such file",
        (tmp_path / "no.p12", PASSPHRASE): "is no PKCS#12 file",
        (app.config["PDF_CERTIFICATE"], "geheim"): "PETITION_PDF_PASSPHRASE does not open it",
        (app.config["PDF_CERTIFICATE"], ""): "PETITION_PDF_PASSPHRASE does not open it",
        (late, PASSPHRASE): "is valid from",
        (early, PASSPHRASE): "is valid from",
    }
    for (path, passphrase), why in whys.items():
        app.config.update(PDF_CERTIFICATE=path, PDF_PASSPHRASE=passphrase)
        for refuse in (lambda: signed(pdf), lambda: certificate_of(app.config)):
            with pytest.raises(SigningRefused, match=why) as refused:
                refuse()
            assert refused.value.message.isprintable()
            assert "geheim" not in refused.value.message


def test_what_is_no_pdf_is_refused(app: Flask) -> None:
    with pytest.raises(SigningRefused, match="the PDF cannot be signed"):
        signed(b"%PDF-1.7 nonsense")


def test_the_doctor_says_until_when_it_can_sign(app: Flask, tmp_path: Path, authority: Authority) -> None:
    def found() -> list[str]:
        return [str(one) for one in package_signing.look(app.config)]

    [sound] = found()
    assert re.fullmatch(r"ok    PETITION_PDF_CERTIFICATE: valid until \d{4}-\d\d-\d\d", sound)
    app.config["PDF_CERTIFICATE"] = authority.pkcs12(tmp_path / "soon.p12", age=YEAR - timedelta(days=20))
    [soon] = found()
    assert soon.startswith("warn  PETITION_PDF_CERTIFICATE: valid until ")
    app.config["PDF_PASSPHRASE"] = "another"
    [closed] = found()
    assert closed.startswith("wrong PETITION_PDF_CERTIFICATE: PETITION_PDF_CERTIFICATE is no PKCS#12 file, or ")
    app.config["PDF_CERTIFICATE"] = None
    assert found() == []
