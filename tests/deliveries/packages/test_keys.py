"""The key that signs packages: made once, kept from the web, followed by others, and its public half never lost."""

from __future__ import annotations

import base64
import hashlib
import os
import stat
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Flask

from petition.core import ed25519
from petition.core.audit import AuditEntry
from petition.core.db import read_again, writing
from petition.core.errors import NotFound
from petition.deliveries.packages import keys
from petition.doctor import files

MANIFEST = b'{"format":"petition-package/1"}'
PUBLISHED = "/.well-known/petition-keys.json"


@pytest.fixture
def path(inside: Flask) -> Path:
    return inside.config["INSTANCE"] / keys.FILE


def fingerprints() -> list[str]:
    return [one.fingerprint for one in keys.published(read_again())]


def openssl(folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, check=False)


def test_openssl_takes_what_was_signed_and_nothing_else(inside: Flask, tmp_path: Path) -> None:
    signed = keys.sign(MANIFEST)
    for name, content in {"m": MANIFEST, "m.sig": signed.signature, "key.pem": signed.pem}.items():
        (tmp_path / name).write_bytes(content)
    check = *("pkeyutl", "-verify", "-rawin", "-in", "m", "-sigfile", "m.sig"), "-pubin", "-inkey", "key.pem"
    assert b"Signature Verified Successfully" in openssl(tmp_path, *check).stdout
    (tmp_path / "m").write_bytes(MANIFEST + b"\n")
    assert openssl(tmp_path, *check).returncode == 1
    der = openssl(tmp_path, "pkey", "-pubin", "-in", "key.pem", "-outform", "DER").stdout
    assert (signed.der, signed.fingerprint) == (der, hashlib.sha256(der).hexdigest())
    assert keys.public_pem(read_again(), signed.fingerprint) == signed.pem


@pytest.fixture
def careless_shell() -> Iterator[None]:
    """Files are for everybody, unless whoever makes them says otherwise."""
    before = os.umask(0)
    yield
    os.umask(before)


def test_it_is_made_on_first_use_for_its_owner_alone_and_stays(path: Path, careless_shell: None) -> None:
    assert not path.exists()
    first = keys.current()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert keys.sign(MANIFEST).fingerprint == first.fingerprint
    assert fingerprints() == [first.fingerprint]
    assert [one.name for one in path.parent.iterdir() if "package_key" in one.name] == [keys.FILE]


def test_two_that_start_together_have_one_key(inside: Flask) -> None:
    def public(_number: int) -> bytes:
        return ed25519.public_der(keys.signing_key(inside.config))

    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(public, range(8)))) == 1


def test_the_key_of_the_setting_comes_before_that_of_the_file(path: Path, inside: Flask) -> None:
    raw = bytes(range(32))
    inside.config["PACKAGE_KEY"] = base64.b64encode(raw).decode()
    public = ed25519.public_der(Ed25519PrivateKey.from_private_bytes(raw))
    assert keys.sign(MANIFEST).der == public
    assert not path.exists()
    pem = ed25519.new_private_pem().decode()
    inside.config["PACKAGE_KEY"] = pem
    assert keys.sign(MANIFEST).der == ed25519.public_der(ed25519.private_key(pem)) != public


def test_rotating_keeps_the_former_public_key_and_nothing_of_the_private_one(
    path: Path, careless_shell: None
) -> None:
    signed, private = keys.sign(MANIFEST), path.read_bytes()
    with writing() as session:
        former, new = keys.rotate(session)
        assert former
        assert (former.fingerprint, former.retired_at is None) == (signed.fingerprint, False)
        assert new.retired_at is None
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    left = [file.read_bytes() for file in path.parent.iterdir() if file.is_file()]
    assert not [content for content in left if private in content]
    assert keys.sign(MANIFEST).fingerprint == new.fingerprint != signed.fingerprint
    assert set(fingerprints()) == {new.fingerprint, signed.fingerprint}
    assert keys.public_pem(read_again(), signed.fingerprint) == signed.pem
    acts = read_again().execute(sa.select(AuditEntry.action, AuditEntry.object)).all()
    assert acts == [("package key made", new.fingerprint[:16])]


def test_a_package_begun_with_another_key_is_not_signed(path: Path) -> None:
    begun = keys.current().fingerprint
    assert keys.sign(MANIFEST, begun).fingerprint == begun
    with writing() as session:
        keys.rotate(session)
    with pytest.raises(keys.KeyRefused, match="changed since the package was begun"):
        keys.sign(MANIFEST, begun)


def test_a_key_of_the_setting_is_followed_by_setting_another(path: Path, inside: Flask) -> None:
    inside.config["PACKAGE_KEY"] = ed25519.new_private_pem().decode()
    first = keys.current().fingerprint
    with writing() as session, pytest.raises(keys.KeyRefused, match="set that to a new one"):
        keys.rotate(session)
    with writing() as session, pytest.raises(keys.KeyRefused, match="the one that signs here"):
        keys.retire(session, first)
    inside.config["PACKAGE_KEY"], former = ed25519.new_private_pem().decode(), inside.config["PACKAGE_KEY"]
    second = keys.current().fingerprint
    with writing() as session:
        assert keys.retire(session, first).retired_at
    with writing() as session, pytest.raises(keys.KeyRefused, match="retired before"):
        keys.retire(session, first)
    with writing() as session, pytest.raises(NotFound):
        keys.retire(session, "0" * 64)
    assert keys.sign(MANIFEST).fingerprint == second
    inside.config["PACKAGE_KEY"] = former
    with pytest.raises(keys.KeyRefused, match="was retired on"):
        keys.sign(MANIFEST)
    assert fingerprints() == [second, first]


@pytest.mark.parametrize("content", [b"geheim", b"\xff", b"-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEI", b""])
def test_a_damaged_file_is_told_in_one_line_and_left_alone(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(keys.KeyRefused, match="holds no Ed25519 key") as refused:
        keys.sign(MANIFEST)
    assert "geheim" not in refused.value.message
    assert path.read_bytes() == content
    assert fingerprints() == []


def test_a_file_that_cannot_be_read_is_told_in_one_line(path: Path) -> None:
    path.mkdir()  # not even root can read it
    with pytest.raises(keys.KeyRefused, match="cannot be read: Is a directory"):
        keys.sign(MANIFEST)


def test_anybody_finds_all_public_keys_newest_first(inside: Flask, path: Path) -> None:
    client = inside.test_client()
    assert client.get(PUBLISHED).json == {"keys": []}
    first = keys.sign(MANIFEST)
    with writing() as session:
        _former, new = keys.rotate(session)
        second = new.fingerprint
    answer = client.get(PUBLISHED)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Cache-Control"].startswith("public, max-age=60")
    newest, former = answer.json["keys"]
    assert (newest["fingerprint"], newest["retired_at"]) == (second, None)
    assert (former["fingerprint"], former["pem"]) == (first.fingerprint, first.pem.decode())
    assert former["first_used_at"] <= former["retired_at"]
    assert "PRIVATE" not in answer.text


def test_the_doctor_finds_a_key_that_others_may_read(inside: Flask, path: Path) -> None:
    keys.current()
    path.chmod(0o644)
    found = [str(one) for one in files.look(path.parent, None) if one.about == "keys and settings"]
    assert found == [
        f"wrong keys and settings: other users of this machine may open {path}: chmod 600 {path}",
    ]
