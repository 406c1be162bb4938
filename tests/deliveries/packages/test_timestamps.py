"""An authority's word for when a file was there: a real one (`openssl ts`) is asked, and not every answer taken."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator

import pytest
import trustme
from asn1crypto import tsp
from flask import Flask

from petition.deliveries.packages import timestamps
from petition.deliveries.packages.timestamps import TimestampRefused, answer_for
from tests.deliveries.packages.certificates import Timestamps, serving

MANIFEST = b'{"format":"petition-package/1"}'


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Timestamps:
    return Timestamps(tmp_path_factory.mktemp("timestamps"))


@pytest.fixture
def app() -> Iterator[Flask]:
    made = Flask("petition")
    made.config["TIMESTAMP_URL"] = ""
    with made.app_context():
        yield made


def asking(app: Flask, url: str) -> bytes | None:
    app.config["TIMESTAMP_URL"] = url
    return answer_for(MANIFEST)


def test_without_an_authority_nothing_is_asked(app: Flask) -> None:
    assert answer_for(MANIFEST) is None


def test_openssl_takes_the_answer_for_the_manifest_and_for_nothing_else(app: Flask, authority: Timestamps) -> None:
    with serving(authority) as url:
        answer = asking(app, url)
    assert answer
    assert "Verification: OK" in authority.verify(MANIFEST, answer)
    with pytest.raises(Exception, match="returned non-zero"):
        authority.verify(MANIFEST + b" ", answer)


def about_something_else(question: bytes) -> bytes:
    changed = tsp.TimeStampReq.load(question)
    changed["message_imprint"]["hashed_message"] = b"x" * 32
    return changed.dump(force=True)


def with_another_nonce(question: bytes) -> bytes:
    changed = tsp.TimeStampReq.load(question)
    changed["nonce"] = 7
    return changed.dump(force=True)


def without_nonce(question: bytes) -> bytes:
    changed = tsp.TimeStampReq.load(question)
    del changed["nonce"]
    return changed.dump(force=True)


def without_certificate(question: bytes) -> bytes:
    changed = tsp.TimeStampReq.load(question)
    changed["cert_req"] = False
    return changed.dump(force=True)


def by_an_unknown_hash(question: bytes) -> bytes:
    changed = tsp.TimeStampReq.load(question)
    changed["message_imprint"] = {"hash_algorithm": {"algorithm": "sha1"}, "hashed_message": b"x" * 20}
    return changed.dump(force=True)


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (about_something_else, "about something else"),
        (with_another_nonce, "nonce is not ours"),
        (without_nonce, "nonce is not ours"),
        (without_certificate, "lacks the certificate"),
        (by_an_unknown_hash, "gives no timestamp: rejection"),
    ],
)
def test_an_answer_to_another_question_is_refused(app: Flask, authority: Timestamps, asked, why: str) -> None:
    with (
        serving(authority, lambda question, answer: (200, answer(asked(question)))) as url,
        pytest.raises(TimestampRefused, match=why),
    ):
        asking(app, url)


@pytest.mark.parametrize(
    ("status", "body", "why"),
    [
        (302, b"", "HTTP status 302"),
        (500, b"", "HTTP status 500"),
        (200, b"", "no RFC 3161 answer"),
        (200, b"<html>", "no RFC 3161 answer"),
        (200, b"0" * (timestamps.LONGEST_ANSWER + 1), "too long"),
    ],
)
def test_what_is_no_answer_is_refused_in_one_line(
    app: Flask, authority: Timestamps, status: int, body: bytes, why: str
) -> None:
    with (
        serving(authority, lambda question, answer: (status, body)) as url,
        pytest.raises(TimestampRefused, match=why) as refused,
    ):
        asking(app, url)
    assert refused.value.message.isprintable()


def test_an_answer_with_something_behind_it_is_refused(app: Flask, authority: Timestamps) -> None:
    with (
        serving(authority, lambda question, answer: (200, answer(question) + b"\0")) as url,
        pytest.raises(TimestampRefused, match="no RFC 3161 answer"),
    ):
        asking(app, url)


def test_an_authority_that_cannot_be_reached_is_told_in_one_line(app: Flask) -> None:
    with pytest.raises(TimestampRefused, match="cannot be reached: Connection refused"):
        asking(app, "http://127.0.0.1:9/")


def test_an_authority_that_says_nothing_is_given_up(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timestamps, "ANSWER_SECONDS", 0.2)
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        pytest.raises(TimestampRefused, match="cannot be reached"),
    ):
        asking(app, f"http://127.0.0.1:{silent.getsockname()[1]}/")


def test_an_authority_is_believed_to_be_who_its_address_says_only_with_a_certificate(
    app: Flask, authority: Timestamps, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    root.issue_cert("127.0.0.1").configure_cert(context)
    with serving(authority, tls=context) as url:
        with pytest.raises(TimestampRefused, match="certificate verify failed") as refused:
            asking(app, url)
        assert refused.value.message.isprintable()
        with root.cert_pem.tempfile() as path:
            monkeypatch.setenv("SSL_CERT_FILE", path)
            answer = asking(app, url)
    assert answer
    assert "Verification: OK" in authority.verify(MANIFEST, answer)
