"""Throwaway certificates, and an authority for timestamps made of `openssl ts`."""

from __future__ import annotations

import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from petition.core.clock import now

PASSPHRASE = "open sesame"
YEAR = timedelta(days=365)
Answering = Callable[[bytes, Callable[[bytes], bytes]], tuple[int, bytes]]


class Authority:
    """A root certificate, and what it signs."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = _named("Throwaway Root")
        basic = x509.BasicConstraints(ca=True, path_length=None)
        self.root = self._signed(self.name, self.key.public_key(), (basic, True))

    def certificate(
        self, name: str, key: ec.EllipticCurvePrivateKey, usage: x509.ObjectIdentifier | None = None, age=timedelta()
    ) -> x509.Certificate:
        """A certificate for a key, of that age."""
        more = [(x509.ExtendedKeyUsage([usage]), True)] if usage else [(_KEY_USAGE, True)]
        return self._signed(_named(name), key.public_key(), *more, age=age)

    def _signed(self, name, public, *extensions, age=timedelta()) -> x509.Certificate:
        begins = now() - timedelta(days=1) - age
        made = x509.CertificateBuilder(self.name, name, public, x509.random_serial_number(), begins, begins + YEAR)
        for extension, critical in extensions:
            made = made.add_extension(extension, critical)
        return made.sign(self.key, hashes.SHA256())

    def pkcs12(self, path: Path, passphrase: str = PASSPHRASE, age: timedelta = timedelta()) -> Path:
        """A file with a certificate of that age, its key and the root."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self.certificate("River Friends", key, age=age)
        content = pkcs12.serialize_key_and_certificates(
            b"it", key, certificate, [self.root], BestAvailableEncryption(passphrase.encode())
        )
        path.write_bytes(content)
        return path


_KEY_USAGE = x509.KeyUsage(
    digital_signature=True,
    content_commitment=True,
    **dict.fromkeys(("key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign", "crl_sign"), False),
    encipher_only=False,
    decipher_only=False,
)


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


CONFIGURATION = """
[tsa]
default_tsa = it
[it]
dir = {folder}
serial = $dir/serial
signer_cert = $dir/tsa.pem
signer_key = $dir/tsa.key
certs = $dir/root.pem
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
"""


class Timestamps:
    """`openssl ts` in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        authority, key = Authority(), ec.generate_private_key(ec.SECP256R1())
        certificate = authority.certificate("Throwaway Time", key, ExtendedKeyUsageOID.TIME_STAMPING)
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        for name, content in {
            "root.pem": authority.root.public_bytes(Encoding.PEM),
            "tsa.pem": certificate.public_bytes(Encoding.PEM),
            "tsa.key": pem,
            "serial": b"01\n",
            "ts.cnf": CONFIGURATION.format(folder=folder).encode(),
        }.items():
            (folder / name).write_bytes(content)

    def answer(self, question: bytes) -> bytes:
        """The answer to a question."""
        (self.folder / "question").write_bytes(question)
        self._openssl("-reply", "-config", "ts.cnf", "-queryfile", "question", "-out", "answer")
        return (self.folder / "answer").read_bytes()

    def verify(self, content: bytes, answer: bytes) -> str:
        """What openssl says of an answer over some content."""
        (self.folder / "content").write_bytes(content)
        (self.folder / "content.tsr").write_bytes(answer)
        return self._openssl("-verify", "-data", "content", "-in", "content.tsr", "-CAfile", "root.pem")

    def _openssl(self, *arguments: str) -> str:
        done = subprocess.run(["openssl", "ts", *arguments], cwd=self.folder, capture_output=True, check=True)
        return done.stdout.decode() + done.stderr.decode()


@contextmanager
def serving(
    timestamps: Timestamps, answering: Answering | None = None, tls: ssl.SSLContext | None = None
) -> Iterator[str]:
    """The address of a server that gives the answers of `timestamps`, or what `answering` makes of the question."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            question = self.rfile.read(int(self.headers["Content-Length"]))
            right = self.headers["Content-Type"] == "application/timestamp-query"
            status, body = 200, b""
            if answering:
                status, body = answering(question, timestamps.answer)
            elif right:
                body = timestamps.answer(question)
            self.send_response(status)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Location", "/elsewhere")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *words: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http{'s' if tls else ''}://127.0.0.1:{server.server_port}/tsr"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
