"""One table of settings: name, default, parser, meaning. Unknown names and bad values are refused.

Values come from environment variables `PETITION_<NAME>` and, below them, from `settings.toml` in the
instance folder under the same names without the prefix, in lower or upper case.
"""

from __future__ import annotations

import ipaddress
import os
import secrets
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from petition.core.errors import SettingRefused
from petition.mail.transports import check_mail_url, parse_sender

PREFIX = "PETITION_"
ROOT = Path(__file__).resolve().parent.parent
SHORTEST_KEY = 16

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def _one_of(*choices: str) -> Callable[[str], str]:
    def parse(value: str) -> str:
        if value not in choices:
            raise ValueError(f"must be one of: {', '.join(choices)}")
        return value

    return parse


def _folder(value: str) -> Path:
    return Path(value).expanduser().absolute()


def _database_url(value: str) -> str:
    try:
        url = make_url(value)
    except ArgumentError:
        raise ValueError("is not a database URL") from None
    backend = url.get_backend_name()
    if backend == "postgresql":
        return url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    if backend == "sqlite":
        if not url.database or url.database == ":memory:":
            raise ValueError("must name a file: signatures do not belong in memory")
        return value
    raise ValueError("must be a SQLite or PostgreSQL URL")


def _key(value: str) -> str:
    if len(value) < SHORTEST_KEY:
        raise ValueError(f"is too short: use at least {SHORTEST_KEY} characters, better 64 random ones")
    return value


def _keys(value: str) -> list[str]:
    return [_key(part.strip()) for part in value.split(",") if part.strip()]


def _networks(value: str) -> list[Network]:
    return [ipaddress.ip_network(part.strip()) for part in value.split(",") if part.strip()]


def _base_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise ValueError("must look like https://petitions.example.org")
    if parts.query or parts.fragment or parts.path.strip("/"):
        raise ValueError("must have no path, query or fragment")
    return f"{parts.scheme}://{parts.netloc}"


def _mail_url(value: str) -> str:
    check_mail_url(value)
    return value


def _sender(value: str) -> str:
    parse_sender(value)
    return value


@dataclass(frozen=True)
class Setting:
    """One setting. `default` may hold `<instance>`; None means that the value must be found elsewhere."""

    name: str
    default: str | None
    parse: Callable[[str], Any]
    meaning: str
    secret: bool = False


SETTINGS = (
    Setting("INSTANCE", str(ROOT / "instance"), _folder, "folder of all local state"),
    Setting("ENV", "production", _one_of("production", "development"), "development turns on the mailbox page"),
    Setting("DATABASE_URL", "sqlite:///<instance>/petition.db", _database_url, "SQLite file or PostgreSQL", True),
    Setting("SECRET_KEY", None, _key, "signs tokens and sessions", True),
    Setting("SECRET_KEY_FALLBACKS", "", _keys, "former secret keys, newest first, comma-separated", True),
    Setting("ADDRESS_KEY", None, _key, "keys the hashes of addresses; never rotated, never in the database", True),
    Setting("TRUSTED_PROXIES", "", _networks, "networks whose X-Forwarded-For and -Proto count"),
    Setting("BASE_URL", "http://127.0.0.1:8000", _base_url, "the site's address, in mails and links"),
    Setting(
        "MAIL_URL",
        "maildir://<instance>/mail",
        _mail_url,
        "smtp://, smtp+starttls://, smtps://, maildir://",
        True,
    ),
    Setting("MAIL_FROM", "petitions@localhost", _sender, "sender of all mail"),
    Setting("METRICS_FROM", "", _networks, "networks besides loopback that /metrics answers"),
    Setting("LIMITS", "on", _one_of("on", "off"), "off lifts the limits per network and per account"),
)
_BY_NAME = {setting.name: setting for setting in SETTINGS}


@dataclass(frozen=True)
class Settings:
    """The parsed values, by lower-case setting name."""

    instance: Path
    env: str
    database_url: str
    secret_key: str
    secret_key_fallbacks: list[str]
    address_key: str
    trusted_proxies: list[Network]
    base_url: str
    mail_url: str
    mail_from: str
    metrics_from: list[Network]
    limits: str

    @property
    def development(self) -> bool:
        """Whether this is a developer's or demo instance."""
        return self.env == "development"

    @property
    def secure(self) -> bool:
        """Whether the site is reached over HTTPS."""
        return self.base_url.startswith("https:")


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Reads and checks every setting.

    Raises SettingRefused, with one line that names the setting, for an unknown name, a bad value, or a
    key that is missing in production. In development missing keys are made once, with mode 600.
    """
    values = raw_values(os.environ if environ is None else environ)
    parsed: dict[str, Any] = {}
    for setting in SETTINGS:
        value = values.get(setting.name)
        if value is None:
            value = _missing(setting, parsed)
        parsed[setting.name.lower()] = _parse(setting, value.replace("<instance>", str(parsed.get("instance", ""))))
    return Settings(**parsed)


def raw_values(environ: Mapping[str, str]) -> dict[str, str]:
    """What was set, by setting name, from the environment and below it from `settings.toml`."""
    from_environ = {name.removeprefix(PREFIX): value for name, value in environ.items() if name.startswith(PREFIX)}
    for name in from_environ:
        if name not in _BY_NAME:
            raise SettingRefused(f"{PREFIX}{name} is not a setting; `petition settings` lists them")
    instance = _parse(_BY_NAME["INSTANCE"], from_environ.get("INSTANCE", _BY_NAME["INSTANCE"].default or ""))
    return _from_file(instance / "settings.toml") | from_environ


def _from_file(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise SettingRefused(f"{path}: cannot be read as TOML: {error}") from None
    values = {}
    for name, value in content.items():
        if name.upper() not in _BY_NAME or name.upper() == "INSTANCE":
            raise SettingRefused(f"{path}: {name} is not a setting of this file")
        values[name.upper()] = ",".join(map(str, value)) if isinstance(value, list) else str(value)
    return values


def _parse(setting: Setting, value: str) -> Any:
    try:
        return setting.parse(value)
    except ValueError as error:
        raise SettingRefused(f"{PREFIX}{setting.name} {error}") from None


def _missing(setting: Setting, parsed: dict[str, Any]) -> str:
    if setting.default is not None:
        return setting.default
    if parsed["env"] == "production":
        raise SettingRefused(
            f"{PREFIX}{setting.name} is not set; production needs it "
            '(python3 -c "import secrets; print(secrets.token_hex(32))" makes one)'
        )
    return _kept_key(parsed["instance"] / f"{setting.name.lower()}.key")


def _kept_key(path: Path) -> str:
    """A key of this instance, made once; only its owner may read the file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text("ascii").strip()
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(32) + "\n")
    return path.read_text("ascii").strip()
