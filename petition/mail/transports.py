"""The ways a mail leaves: over SMTP, or into a maildir folder. One transport is used by one thread."""

import errno
import os
import re
import secrets
import smtplib
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.parser import BytesHeaderParser
from email.policy import SMTP
from pathlib import Path
from socket import gaierror
from typing import Protocol
from urllib.parse import quote, unquote

from petition.mail.mail_url import SmtpPlace, parse_mail_url
from petition.mail.mail_url import check_mail_url as check_mail_url
from petition.mail.senders import fits_envelope, parse_sender

TIMEOUT = 10.0
"""Seconds that one step (connecting, TLS, a command with its answer) may take; a send has at most twenty."""

# Answers about our session or login (RFC 5321, 4.2.2; RFC 4954, 6), not about a recipient or a message.
_ABOUT_US = (503, 530, 534, 535, 538)
_CLOSING = 421

_MAILDIR_NAME = re.compile(r"\d+\.(?P<local>.+)\.[0-9a-f]{16}(?::.*)?")


class TemporaryFailure(Exception):
    """The mail did not go but may later: no connection, a time-out, TLS or login failed, a 4xx answer.

    The text is our own words with the SMTP codes: no address and nothing of the mail, for it is kept.
    """


class PermanentFailure(Exception):
    """The mail will never go: a 5xx answer to this recipient or this message. Its text is as harmless.

    `status` is the enhanced code (RFC 3463) with which the recipient was refused, if it was and there is one.
    """

    def __init__(self, text: str, status: str = "") -> None:
        super().__init__(text)
        self.status = status


class Transport(Protocol):
    """Where finished mails are handed over."""

    def send(self, message: bytes, recipient: str, sender: str | None = None) -> None:
        """Hands over one mail for one exact address; when it returns, the other side has it.

        `sender` is the address to which reports come back, if it is not that of all mail. `message` is finished:
        its lines end in CRLF, and are ASCII but for the header of mail to an address beyond ASCII.
        Raises TemporaryFailure or PermanentFailure.
        """

    def close(self) -> None:
        """Lets go of connections. The transport may be used again."""


def open_transport(url: str, sender: str, timeout: float = TIMEOUT) -> Transport:
    """Returns the transport that PETITION_MAIL_URL names; it connects when the first mail is sent.

    `sender` is PETITION_MAIL_FROM and becomes the envelope's sender; `timeout` is in seconds a step.
    Raises ValueError with one plain line for a URL or a sender that cannot work.
    """
    place = parse_mail_url(url)
    if isinstance(place, Path):
        return MaildirTransport(place)
    return SmtpTransport(place, parse_sender(sender)[1], timeout)


class SmtpTransport:
    """Mails over one SMTP connection that is kept open; certificates are checked by the system's list."""

    def __init__(self, place: SmtpPlace, sender: str, timeout: float = TIMEOUT) -> None:
        self._place = place
        self._sender = sender
        self._timeout = timeout
        self._context = None if place.scheme == "smtp" else ssl.create_default_context()
        self._server: smtplib.SMTP | None = None
        self._unfinished = False

    def send(self, message: bytes, recipient: str, sender: str | None = None) -> None:
        """Hands the mail to the mail server; returns once it has answered DATA with 250.

        Raises TemporaryFailure, PermanentFailure. A connection lost before that answer is temporary, though
        the server may have the mail: the next attempt then sends it twice, with the same Message-ID.
        """
        if not fits_envelope(recipient):
            raise PermanentFailure("the recipient is no mail address")
        international = not recipient.isascii()
        with self._dropping_when_broken():
            server = self._begun(sender or self._sender, international)
            # Not by the library's own way, which looks at an address for longer than all else of a mail takes.
            self._require(server.docmd("RCPT", f"TO:<{recipient}>"), "the recipient", of_address=True)
            self._require(_answer_to_data(server, message), "the message")
            self._unfinished = False

    def close(self) -> None:
        """Says goodbye to the server and disconnects."""
        if self._server is not None:
            with suppress(smtplib.SMTPException, OSError):
                self._server.docmd("QUIT")
            self._drop()

    def _begun(self, sender: str, international: bool) -> smtplib.SMTP:
        """Returns a server that has accepted MAIL FROM; calls again one that closed the idle connection."""
        if self._server is not None:
            with suppress(smtplib.SMTPServerDisconnected):
                # A mail it has taken it has forgotten too; any other it must be told to forget.
                ready = not self._unfinished or self._server.rset()[0] == 250
                if ready and self._mail_from(self._server, sender, international):
                    return self._server
            self._drop()
        self._server = self._connect()
        if not self._mail_from(self._server, sender, international):
            raise smtplib.SMTPServerDisconnected
        return self._server

    def _mail_from(self, server: smtplib.SMTP, sender: str, international: bool) -> bool:
        """Tells whether the server accepts the sender; False: it is closing the connection."""
        self._unfinished = True
        if international and not server.has_extn("smtputf8"):
            raise PermanentFailure("the mail server takes no addresses beyond ASCII (it offers no SMTPUTF8)")
        if international:
            code, answer = server.mail(sender, ["SMTPUTF8"])
        else:
            code, answer = server.docmd("MAIL", f"FROM:<{sender}>")
        if code == _CLOSING:
            return False
        # A sender it does not like is our setting's fault, not the mail's, and can be mended.
        self._require((code, answer), "the sender", permanent=False)
        return True

    def _connect(self) -> smtplib.SMTP:
        # Greeted with the sender's domain: looking up this machine's own name has no time-out.
        place = self._place
        where = (place.host, place.port, self._sender.rpartition("@")[2])
        if place.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(*where, timeout=self._timeout, context=self._context)
        else:
            server = smtplib.SMTP(*where, timeout=self._timeout)
        try:
            if place.scheme == "smtp+starttls":
                server.starttls(context=self._context)
            server.ehlo_or_helo_if_needed()
            if place.user:
                server.login(place.user, place.password)
        except BaseException:
            server.close()
            raise
        return server

    def _require(
        self, answer: tuple[int, bytes], what: str, *, permanent: bool = True, of_address: bool = False
    ) -> None:
        code = answer[0]
        if 200 <= code < 300:
            return
        if not 400 <= code < 600:
            # No answer of SMTP: whatever comes next belongs to nothing.
            self._drop()
        text = f"the mail server refused {what}: {_status(*answer)}"
        if 500 <= code < 600 and permanent and code not in _ABOUT_US:
            raise PermanentFailure(text, _enhanced(answer[1]) if of_address else "")
        raise TemporaryFailure(text)

    @contextmanager
    def _dropping_when_broken(self) -> Iterator[None]:
        try:
            yield
        except (smtplib.SMTPException, OSError, ValueError) as fault:
            self._drop()
            # Without its cause: what the library and the server say may hold addresses.
            raise TemporaryFailure(_words(fault)) from None

    def _drop(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None


def _answer_to_data(server: smtplib.SMTP, data: bytes) -> tuple[int, bytes]:
    try:
        return server.data(data)
    except smtplib.SMTPDataError as refusal:
        return refusal.smtp_code, _bytes(refusal.smtp_error)


def _words(fault: Exception) -> str:
    """Says in our own words why a mail server could not be used."""
    match fault:
        case smtplib.SMTPAuthenticationError():
            return f"the mail server refused the login: {_status(fault.smtp_code, _bytes(fault.smtp_error))}"
        case smtplib.SMTPResponseException():
            return f"the mail server refused to talk: {_status(fault.smtp_code, _bytes(fault.smtp_error))}"
        case smtplib.SMTPNotSupportedError():
            return "the mail server does not offer the STARTTLS or login that PETITION_MAIL_URL asks for"
        case _ if isinstance(fault, TimeoutError) or isinstance(fault.__context__, TimeoutError):
            return "the mail server took too long"
        case smtplib.SMTPServerDisconnected():
            return "the mail server closed the connection"
        case smtplib.SMTPException():
            return "the mail server offers no login that can be used"
        case ssl.SSLCertVerificationError():
            return f"the mail server's certificate is not to be trusted (X.509 error {fault.verify_code})"
        case ssl.SSLError():
            return "TLS with the mail server failed"
        case gaierror():
            return "the mail server's name was not found"
        case OSError():
            return f"the mail server cannot be reached ({_errno(fault)})"
        case _:
            return "the mail server does not talk SMTP as it should"


def _status(code: int, answer: bytes) -> str:
    """Returns the reply code and the enhanced code (RFC 3463), nothing else of the answer."""
    return f"{code} {_enhanced(answer)}".strip()


def _enhanced(answer: bytes) -> str:
    found = re.match(rb"[245]\.\d{1,3}\.\d{1,3}(?!\S)", answer)
    return found[0].decode() if found else ""


def _bytes(answer: bytes | str) -> bytes:
    return answer.encode() if isinstance(answer, str) else answer


def _errno(fault: OSError) -> str:
    return errno.errorcode.get(fault.errno or 0, "no number")


class MaildirTransport:
    """Mails as files in a maildir, readable by any mail program and by Python's `mailbox.Maildir`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, message: bytes, recipient: str, sender: str | None = None) -> None:
        """Writes the mail into new/; when it returns, the file survives a crash.

        Raises TemporaryFailure when the folder cannot be written, PermanentFailure without a Message-ID.
        """
        header = BytesHeaderParser(policy=SMTP).parsebytes(message)
        local = str(header["Message-ID"] or "").strip("<> ").rpartition("@")[0]
        if not local:
            raise PermanentFailure("the message has no Message-ID")
        name = f"{int(time.time())}.{quote(local, safe='')}.{secrets.token_hex(8)}"
        try:
            self._make_folders()
            self._write(name, message.replace(b"\r\n", b"\n"))
        except OSError as fault:
            # Without its cause, for it quotes the path.
            raise TemporaryFailure(f"the mail folder cannot be written ({_errno(fault)})") from None

    def close(self) -> None:
        """Does nothing: no file stays open between mails."""

    def _make_folders(self) -> None:
        for folder in ("tmp", "new", "cur"):
            wanted = self._folder / folder
            if not wanted.is_dir():
                for missing in (*reversed(wanted.parents), wanted):
                    missing.mkdir(mode=0o700, exist_ok=True)

    def _write(self, name: str, data: bytes) -> None:
        draft = self._folder / "tmp" / name
        try:
            handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with open(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(handle)
            draft.rename(self._folder / "new" / name)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
        _sync_folder(self._folder / "new")


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def maildir_message_id(filename: str) -> str | None:
    """Returns what stands before the @ of the Message-ID of a mail that MaildirTransport wrote.

    `filename` is the name in tmp/, new/ or cur/, with or without flags. None: a file of somebody else.
    """
    found = _MAILDIR_NAME.fullmatch(filename)
    return unquote(found["local"]) if found else None
