"""What may stand in a setting, and how much of it may be shown.

A parser raises ValueError with words that follow the setting's name on one line, and never repeats a secret.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from urllib.parse import quote, urlsplit

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from petition.mail.mail_url import check_mail_url
from petition.mail.senders import parse_sender

LONGEST_LOCAL_PART = 64 - 41  # RFC 5321, 4.5.3.1.1, less the detail of a return path

SHORTEST_KEY = 16
ED25519 = "petition.core.ed25519"  # loaded when used: few commands need cryptography
HIDDEN = "(hidden)"
NOT_A_DATABASE = "is not a database URL (in a password write @ : / ? # % as %40 %3A %2F %3F %23 %25)"
HOST = re.compile(r"[A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\]")
USUAL_PORTS = {"http": 80, "https": 443}

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def one_of(*choices: str) -> Callable[[str], str]:
    """Makes a parser that takes these words only."""

    def parse(value: str) -> str:
        if value not in choices:
            raise ValueError(f"must be one of: {', '.join(choices)}")
        return value

    return parse


def whole_number(least: int, most: int) -> Callable[[str], int]:
    """Makes a parser of whole numbers from one to another."""

    def parse(value: str) -> int:
        if not re.fullmatch("[0-9]{1,9}", value) or not least <= int(value) <= most:
            raise ValueError(f"must be a whole number from {least} to {most}")
        return int(value)

    return parse


def folder(value: str) -> Path:
    """A folder; one that is named relatively lies in the working directory."""
    if not value.strip() or not value.isprintable():
        raise ValueError("must name a folder, without control characters")
    return Path(value).expanduser().absolute()


def database_url(value: str) -> str:
    """A SQLite file or a PostgreSQL database, on one host or several, with the driver this program uses."""
    try:
        url = make_url(_each_host_apart(value))
        backend = url.get_backend_name()
        if backend in {"postgresql", "postgres"}:
            url = url.set(drivername="postgresql+psycopg")
            url.get_dialect()().create_connect_args(url)  # knows what a host may look like
            return url.render_as_string(hide_password=False)
    except (ArgumentError, ValueError):
        raise ValueError(NOT_A_DATABASE) from None
    if backend == "sqlite":
        return _sqlite_file(url)
    raise ValueError("must be a SQLite or PostgreSQL URL")


def _each_host_apart(value: str) -> str:
    """`user@a:5432,b:5432/db`, as libpq writes it, in SQLAlchemy's form: `user@/db?host=a:5432&host=b:5432`."""
    scheme, colon, rest = value.partition("://")
    place, slash, tail = rest.partition("/")
    login, at, hosts = place.rpartition("@")
    if "," not in hosts or "?" in hosts:
        return value
    name, _mark, query = tail.partition("?")
    asked = "&".join([*(f"host={quote(host)}" for host in hosts.split(",")), *([query] if query else [])])
    return f"{scheme}{colon}{login}{at}{slash or '/'}{name}?{asked}"


def _sqlite_file(url: URL) -> str:
    """The absolute form: parts of the program would look for a relative file in different folders."""
    name = url.database or ""
    if not name or ":memory:" in name or url.query.get("mode") == "memory":
        raise ValueError("must name a file: signatures do not belong in memory")
    if not name.startswith("file:"):
        name = str(Path(name).expanduser().absolute())
    return url.set(drivername="sqlite", database=name).render_as_string(hide_password=False)


def key(value: str) -> str:
    """A key too long to be guessed."""
    if len(value) < SHORTEST_KEY:
        raise ValueError(f"is too weak: use at least {SHORTEST_KEY} characters, better 64 random ones")
    return value


def keys(value: str) -> list[str]:
    """Keys, separated by commas."""
    return [key(part.strip()) for part in value.split(",") if part.strip()]


def networks(value: str) -> list[Network]:
    """Networks or single addresses, separated by commas."""
    return [ipaddress.ip_network(part.strip()) for part in value.split(",") if part.strip()]


def base_url(value: str) -> str:
    """Scheme and host as browsers write them in `Origin`: lower case, no usual port."""
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    host = parts.netloc.rpartition(":")[0] if parts.netloc.endswith(f":{port}") else parts.netloc
    if parts.scheme not in USUAL_PORTS or not HOST.fullmatch(host) or port == 0:
        raise ValueError("must look like https://petitions.example.org")
    if parts.query or parts.fragment or parts.path.strip("/"):
        raise ValueError("must have no path, query or fragment")
    ending = "" if port in {None, USUAL_PORTS[parts.scheme]} else f":{port}"
    return f"{parts.scheme}://{host.lower()}{ending}"


def mail_url(value: str) -> str:
    """Where mail goes out."""
    return check_mail_url(value)


def mail_address(value: str) -> str:
    """A sender: an address, or a name and an address in angle brackets."""
    parse_sender(value)
    return value


def bounce_address(value: str) -> str:
    """None, or a bare address with room for a detail of 41 letters before its @."""
    if value and (parse_sender(value) != ("", value) or len(value.rpartition("@")[0]) > LONGEST_LOCAL_PART):
        raise ValueError(f"must be a mail address of at most {LONGEST_LOCAL_PART} letters before the @")
    return value


def package_key(value: str) -> str:
    """None, or an Ed25519 private key."""
    if value:
        import_module(ED25519).private_key(value)
    return value


def file(value: str) -> Path | None:
    """None, or a file; one that is named relatively lies in the working directory."""
    if not value.isprintable():
        raise ValueError("must name a file, without control characters")
    return Path(value).expanduser().absolute() if value else None


def passphrase(value: str) -> str:
    """Text on one line."""
    if not value.isprintable():
        raise ValueError("must be on one line, without control characters")
    return value


def timestamp_url(value: str) -> str:
    """None, or the address of an authority."""
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        parts, port = urlsplit("x:"), None
    known = parts.scheme in USUAL_PORTS and HOST.fullmatch(parts.netloc.removesuffix(f":{port}")) and port != 0
    if value and not (known and value.isprintable()):
        raise ValueError("must look like https://timestamps.example.org/tsr, without a password")
    return value


def hidden(value: str) -> str:
    """Nothing of the value."""
    return HIDDEN if value else ""


def url_without_password(value: str) -> str:
    """A URL that its parser took, with its password hidden, also one among the parameters."""
    url = make_url(value)
    passwords = {name: "hidden" for name in url.query if "pass" in name.lower()}
    return url.update_query_dict(passwords).render_as_string(hide_password=True)
