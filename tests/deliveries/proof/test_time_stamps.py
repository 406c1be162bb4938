"""`manifest.json.tsr`, made by a real authority: `openssl ts`."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from petition.deliveries.proof import manifest
from petition.deliveries.proof.report import Report
from tests.deliveries.proof.packages import Made, package

Check = Callable[..., Report]
Stamped = tuple[Made, Path]
CONFIGURATION = """
[tsa]
default_tsa = authority
[authority]
serial = serial
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256, sha512
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""
KINDS = {"RSA": ["rsa:2048"], "ECDSA": ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]}
pytestmark = pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl")


def openssl(folder: Path, *arguments: str) -> int:
    return subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, timeout=60).returncode


@pytest.fixture(scope="module", params=KINDS)
def stamped(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Stamped:
    """A package with a time stamp, and the folder of the authority."""
    folder = tmp_path_factory.mktemp("authority")
    (folder / "tsa.cnf").write_text(CONFIGURATION)
    (folder / "serial").write_text("01")
    new = ["-keyout", "key.pem", "-out", "cert.pem", "-subj", "/CN=authority", "-days", "3", "-nodes"]
    uses = ["-addext", "extendedKeyUsage=critical,timeStamping"]
    assert openssl(folder, "req", "-x509", "-newkey", *KINDS[request.param], *new, *uses) == 0
    made = package()
    made.files[manifest.STAMP] = answer(folder, made.files[manifest.MANIFEST])
    return made, folder


def answer(folder: Path, content: bytes, sha: str = "-sha256") -> bytes:
    (folder / "asked").write_bytes(content)
    assert openssl(folder, "ts", "-query", "-data", "asked", sha, "-cert", "-out", "query") == 0
    using = ["-config", "tsa.cnf", "-inkey", "key.pem", "-signer", "cert.pem"]
    assert openssl(folder, "ts", "-reply", "-queryfile", "query", "-out", "answer", *using) == 0
    return (folder / "answer").read_bytes()


def with_stamp(stamp: bytes) -> Made:
    made = package()
    made.files[manifest.STAMP] = stamp
    return made


def codes(report: Report) -> list[str]:
    return [fault.code for fault in report.faults]


def test_a_stamped_package_passes(checked: Check, stamped: Stamped) -> None:
    report = checked(stamped[0].zip())
    assert (report.faults, "stamp_maker" in report.notes) == ([], True)


def test_the_command_of_the_instructions_checks_it_too(stamped: Stamped, tmp_path: Path) -> None:
    made, authority = stamped
    folder = made.unpack(tmp_path / "package")
    (line,) = [one for one in made.files["VERIFY.txt"].decode().splitlines() if one.startswith("openssl ts -verify")]
    words = line.replace("CERTIFICATE_OF_THE_AUTHORITY.pem", str(authority / "cert.pem")).split()
    assert openssl(folder, *words[1:]) == 0
    (folder / "manifest.json").write_bytes(b"{}")
    assert openssl(folder, *words[1:]) != 0


def test_a_stamp_of_something_else_is_refused(checked: Check, stamped: Stamped) -> None:
    folder = stamped[1]
    manifest_bytes = stamped[0].files[manifest.MANIFEST]
    assert codes(checked(with_stamp(answer(folder, b"another manifest")).zip())) == ["stamp_of_another"]
    assert codes(checked(with_stamp(answer(folder, manifest_bytes, "-sha512")).zip())) == ["stamp_of_another"]


def test_what_is_no_stamp_is_refused(checked: Check, stamped: Stamped) -> None:
    whole = stamped[0].files[manifest.STAMP]
    refused = bytes.fromhex("30053003020102")  # a status alone
    for stamp in (b"", b"0", b"\x30\x80\0\0", whole[:-1], whole + b"\0", whole[:100], refused, b"\x1f\x01\0"):
        assert codes(checked(with_stamp(stamp).zip())) == ["stamp_broken"]
    assert codes(checked(with_stamp(bytes(2 << 20)).zip())) == ["oversized"]


def test_a_changed_stamp_is_refused(checked: Check, stamped: Stamped) -> None:
    """In whatever says what was stamped, when and by whom; not in what no signature covers."""
    whole = stamped[0].files[manifest.STAMP]
    signature = len(whole) - 5
    signed_time = whole.index(b"\x18\x0f20") + 4
    certificate = whole.index(b"authority")
    for place in (signature, signed_time, certificate):
        content = bytearray(whole)
        content[place] ^= 1
        assert codes(checked(with_stamp(bytes(content)).zip())) == ["stamp_signature"]
