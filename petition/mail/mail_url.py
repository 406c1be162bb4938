"""PETITION_MAIL_URL: which mail server or which folder takes the mails."""

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
_SCHEMES = "must begin with smtp://, smtp+starttls://, smtps:// or maildir:///"
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def check_mail_url(url: str) -> str:
    """Returns the URL as it is. Raises ValueError with one plain line that does not repeat the URL."""
    parse_mail_url(url)
    return url


@dataclass(frozen=True, slots=True)
class SmtpPlace:
    """A mail server as PETITION_MAIL_URL gives it; no user: no login."""

    scheme: str
    host: str
    port: int
    user: str
    password: str = field(repr=False)


def parse_mail_url(url: str) -> SmtpPlace | Path:
    """Returns the mail server, or the folder of the maildir. Raises ValueError like check_mail_url."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        # Its text quotes the URL, where there may be a password.
        raise ValueError("is no URL (in a password write / ? # @ : % as %2F %3F %23 %40 %3A %25)") from None
    if not url.isprintable() or " " in parts.netloc:
        raise ValueError("holds white space or control characters")
    if parts.query or parts.fragment:
        raise ValueError("may hold no ? and no # (in a password or folder write %3F and %23)")
    if parts.scheme == "maildir":
        return _maildir_folder(parts)
    if parts.scheme not in _PORTS:
        raise ValueError(_SCHEMES)
    return _smtp_place(parts, port)


def _maildir_folder(parts: SplitResult) -> Path:
    folder = unquote(parts.path)
    if parts.netloc or not folder.strip("/") or "\0" in folder:
        raise ValueError("needs an absolute folder after maildir://, like maildir:///var/mail/petition")
    return Path(folder)


def _smtp_place(parts: SplitResult, port: int | None) -> SmtpPlace:
    if not parts.hostname or port == 0:
        raise ValueError(f"needs a host and may name a port, like {parts.scheme}://mail.example.org:587")
    if parts.path not in ("", "/"):
        raise ValueError("may hold nothing after host and port")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if "@" in parts.netloc and not (user and password):
        raise ValueError("needs both user and password before the @, or neither")
    if not (user + password).isascii() or not (user + password).isprintable():
        raise ValueError("may hold only ASCII characters in user and password")
    if user and parts.scheme == "smtp" and parts.hostname not in _LOOPBACK:
        raise ValueError("would send the password unprotected: use smtp+starttls:// or smtps://")
    return SmtpPlace(parts.scheme, parts.hostname, port or _PORTS[parts.scheme], user, password)
