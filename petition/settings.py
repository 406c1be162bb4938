"""One table of settings: name, default, parser, meaning. Unknown names and bad values are refused.

Values come from environment variables `PETITION_<NAME>` and, below them, from `settings.toml` in the
instance folder under the same names without the prefix, in lower or upper case.
"""

from __future__ import annotations

import os
import secrets
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from petition import setting_values as values
from petition.core.errors import SettingRefused
from petition.core.secret_files import kept_once

PREFIX = "PETITION_"
ROOT = Path(__file__).resolve().parent.parent
HERE = "<instance>"


@dataclass(frozen=True)
class Setting:
    """One setting. `default` may hold `<instance>`; None means that the value must be found elsewhere."""

    name: str
    default: str | None
    parse: Callable[[str], Any]
    meaning: str
    show: Callable[[str], str] = str


SETTINGS = (
    Setting("INSTANCE", str(ROOT / "instance"), values.folder, "folder of all local state"),
    Setting("ENV", "production", values.one_of("production", "development"), "development turns on the mailbox page"),
    Setting(
        "DATABASE_URL",
        "sqlite:///<instance>/petition.db",
        values.database_url,
        "SQLite file or PostgreSQL",
        values.url_without_password,
    ),
    Setting("SECRET_KEY", None, values.key, "signs tokens and sessions", values.hidden),
    Setting(
        "SECRET_KEY_FALLBACKS", "", values.keys, "former secret keys, newest first, comma-separated", values.hidden
    ),
    Setting(
        "ADDRESS_KEY",
        None,
        values.key,
        "keys the hashes of addresses; never rotated, never in the database",
        values.hidden,
    ),
    Setting("TRUSTED_PROXIES", "", values.networks, "networks whose X-Forwarded-For and -Proto count"),
    Setting("BASE_URL", "http://127.0.0.1:8000", values.base_url, "the site's address, in mails and links"),
    Setting(
        "MAIL_URL",
        "maildir://<instance>/mail",
        values.mail_url,
        "smtp://, smtp+starttls://, smtps://, maildir://",
        values.url_without_password,
    ),
    Setting("MAIL_FROM", "petitions@localhost", values.mail_address, "sender of all mail"),
    Setting(
        "BOUNCE_ADDRESS",
        "",
        values.bounce_address,
        "where reports of undeliverable mail go, each mail with its own +detail; none: MAIL_FROM",
    ),
    Setting("METRICS_FROM", "", values.networks, "networks besides loopback that /metrics answers"),
    Setting(
        "PACKAGE_DAYS",
        "30",
        values.whole_number(0, 3650),
        "days that the files of a package are kept after its delivery is done",
    ),
    Setting(
        "PACKAGE_KEY",
        "",
        values.package_key,
        "Ed25519 key that signs packages, for the worker alone; none: a file in the instance folder",
        values.hidden,
    ),
    Setting("PDF_CERTIFICATE", "", values.file, "PKCS#12 file whose certificate signs the PDFs of packages"),
    Setting("PDF_PASSPHRASE", "", values.passphrase, "opens PDF_CERTIFICATE", values.hidden),
    Setting("TIMESTAMP_URL", "", values.timestamp_url, "authority (RFC 3161) that says when a package was made"),
    Setting("LIMITS", "on", values.one_of("on", "off"), "off lifts the limits per network and per account"),
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
    trusted_proxies: list[values.Network]
    base_url: str
    mail_url: str
    mail_from: str
    bounce_address: str
    metrics_from: list[values.Network]
    package_days: int
    package_key: str
    pdf_certificate: Path | None
    pdf_passphrase: str
    timestamp_url: str
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
    given, problems = found_values(os.environ if environ is None else environ)
    if problems:
        raise SettingRefused(problems[0])
    parsed: dict[str, Any] = {}
    for setting in SETTINGS:
        value = given.get(setting.name)
        if value is None:
            value = _missing(setting, parsed)
        parsed[setting.name.lower()] = _parse(setting, _filled_in(setting, value, parsed.get("instance")))
    return Settings(**parsed)


def found_values(environ: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """What was set, by setting name, from the environment and below it from `settings.toml`.

    With it comes a line for everything that keeps a value from being known: an unknown name, an unreadable file.
    """
    from_environ = {name.removeprefix(PREFIX): value for name, value in environ.items() if name.startswith(PREFIX)}
    problems = [
        f"{_on_one_line(PREFIX + name)} is not a setting; `petition settings` lists them"
        for name in from_environ
        if name not in _BY_NAME
    ]
    given = {name: value for name, value in from_environ.items() if name in _BY_NAME}
    try:
        instance = _parse(_BY_NAME["INSTANCE"], given.get("INSTANCE", _BY_NAME["INSTANCE"].default or ""))
        return _from_file(instance / "settings.toml") | given, problems
    except SettingRefused as error:
        return given, [*problems, error.message]


def table(environ: Mapping[str, str] | None = None) -> tuple[list[dict[str, str | None]], list[str]]:
    """Every setting with its value (secrets hidden), default and meaning, and a line for everything wrong.

    Works with any environment, and makes no keys.
    """
    given, problems = found_values(os.environ if environ is None else environ)
    instance = values.folder(_BY_NAME["INSTANCE"].default or "")
    rows: list[dict[str, str | None]] = []
    for setting in SETTINGS:
        value = given.get(setting.name, setting.default)
        try:
            if value is not None:
                value = _filled_in(setting, value, instance)
                parsed = _parse(setting, value)
                instance = parsed if setting.name == "INSTANCE" else instance
                value = setting.show(value)
        except SettingRefused as error:
            problems += [error.message] if error.message not in problems else []
            value = value if setting.show is str else values.HIDDEN
        name, meaning = PREFIX + setting.name, setting.meaning
        rows.append({"name": name, "value": value, "default": setting.default, "meaning": meaning})
    return rows, problems


def _from_file(path: Path) -> dict[str, str]:
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except UnicodeDecodeError:
        raise SettingRefused(f"{path}: is not UTF-8") from None
    except (tomllib.TOMLDecodeError, OSError) as error:
        raise SettingRefused(f"{path}: cannot be read as TOML: {_on_one_line(str(error))}") from None
    return {name.upper(): _from_toml(path, name, value) for name, value in content.items()}


def _from_toml(path: Path, name: str, value: Any) -> str:
    if name.upper() not in _BY_NAME or name.upper() == "INSTANCE":
        raise SettingRefused(f"{path}: {_on_one_line(name)} is not a setting of this file")
    parts = value if isinstance(value, list) else [value]
    if not all(isinstance(part, str) for part in parts):
        raise SettingRefused(f"{path}: {name} must be a text in quotes, or a list of texts")
    return ",".join(parts)


def _on_one_line(text: str) -> str:
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)


def _filled_in(setting: Setting, value: str, instance: Path | None) -> str:
    """The value with the instance folder in it, written as URLs write it."""
    return value.replace(HERE, quote(str(instance))) if setting.name.endswith("_URL") else value


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
    path = parsed["instance"] / f"{setting.name.lower()}.key"
    try:
        return _kept_key(path)
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not ASCII"
        raise SettingRefused(f"{PREFIX}{setting.name} cannot be kept in {path}: {why}") from None


def _kept_key(path: Path) -> str:
    """A key of this instance, made once; only its owner may read the file."""
    return kept_once(path, lambda: f"{secrets.token_hex(32)}\n".encode()).decode("ascii").strip()
