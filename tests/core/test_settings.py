"""Settings: where values come from, what is refused and in which words, what may be shown."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from petition.app import create_app
from petition.core.errors import SettingRefused
from petition.settings import ROOT, SETTINGS, read_settings
from tests import commands
from tests.conftest import KEYS

SECRETS = ("geheim", *KEYS.values())


def environ(instance: Path, /, **changes: str) -> dict[str, str]:
    """The environment of a production instance with both keys; `limits="off"` stands for PETITION_LIMITS."""
    named = {f"PETITION_{name.upper()}": value for name, value in changes.items()}
    return {"PETITION_INSTANCE": str(instance), **KEYS, **named}


def refusal(found: dict[str, str]) -> str:
    with pytest.raises(SettingRefused) as caught:
        read_settings(found)
    assert caught.value.message.isprintable(), "the refusal is one line"
    assert not [secret for secret in SECRETS if secret in caught.value.message]
    return caught.value.message


def run(*arguments: str, **found: str) -> subprocess.CompletedProcess[str]:
    """Runs `petition` with nothing of this process's environment but the path."""
    return commands.run({"PATH": os.environ["PATH"], **found}, *arguments)


def test_a_setting_comes_from_the_environment_then_the_file_then_the_default(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text('base_url = "https://file.example"\nMAIL_FROM = "file@example.org"\n')
    found = read_settings(environ(tmp_path, base_url="https://environ.example"))
    assert (found.base_url, found.mail_from, found.limits) == ("https://environ.example", "file@example.org", "on")


def test_lists_in_the_file_are_lists(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text('trusted_proxies = ["10.0.0.0/8", "fd00::/8"]\n')
    assert list(map(str, read_settings(environ(tmp_path)).trusted_proxies)) == ["10.0.0.0/8", "fd00::/8"]


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b'nonsense = "1"', "nonsense"),
        (b'petition_limits = "off"', "petition_limits"),
        (b'instance = "/elsewhere"', "instance"),
        (b"limits = off", "settings.toml"),
        (b"limits = true", "limits"),
        (b'limits = "maybe"', "PETITION_LIMITS"),
        (b'"a\\nb" = "1"', "a\\nb"),
        (b'mail_from = "\xff"', "settings.toml"),
        (b'[trusted_proxies]\nfirst = "10.0.0.0/8"', "trusted_proxies"),
    ],
)
def test_a_bad_settings_file_is_refused_in_one_line(tmp_path: Path, content: bytes, named: str) -> None:
    (tmp_path / "settings.toml").write_bytes(content)
    assert named in refusal(environ(tmp_path))


def test_a_settings_file_that_is_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").mkdir()
    assert "settings.toml" in refusal(environ(tmp_path))


@pytest.mark.parametrize("name", ["PETITION_SEKRET_KEY", "PETITION_", "PETITION_limits", "PETITION_A\nB"])
def test_an_unknown_variable_is_refused_by_its_name(tmp_path: Path, name: str) -> None:
    assert refusal(environ(tmp_path) | {name: "geheim"}).startswith(name.replace("\n", "\\n") + " is not a setting")


BAD = [
    ("instance", ""),
    ("instance", "a\nb"),
    ("env", "prod"),
    ("env", ""),
    ("database_url", ""),
    ("database_url", "geheim"),
    ("database_url", "mysql://me:geheim@host/db"),
    ("database_url", "postgresql://me:geheim@host:geheim/db"),
    ("database_url", "postgresql://me:geheim/1@host:x/db"),
    ("database_url", "postgresql://me:geheim@a:x,b:5432/db"),
    ("database_url", "postgresql://me@/db?host=a:x&host=b&password=geheim"),
    ("database_url", "sqlite://"),
    ("database_url", "sqlite:///:memory:"),
    ("database_url", "sqlite:///file::memory:?cache=shared&uri=true"),
    ("database_url", "sqlite:///file:x?mode=memory&uri=true"),
    ("secret_key", ""),
    ("secret_key", "only 15 letters"),
    ("address_key", "only 15 letters"),
    ("secret_key_fallbacks", "a good former key 1234, short"),
    ("trusted_proxies", "everywhere"),
    ("trusted_proxies", "10.0.0.1/8"),
    ("trusted_proxies", "10.0.0.0/8 ::1"),
    ("base_url", "petitions.example.org"),
    ("base_url", "ftp://example.org"),
    ("base_url", "https://example.org/petitions"),
    ("base_url", "https://example.org?x"),
    ("base_url", "https://me:geheim@example.org"),
    ("base_url", "https://exa mple.org"),
    ("base_url", "https://example.org:port"),
    ("base_url", "https://example.org:99999"),
    ("base_url", "https://[::1"),
    ("base_url", "https://"),
    ("mail_url", "smtp://me:geheim@host:port"),
    ("mail_url", "http://host"),
    ("mail_from", ""),
    ("mail_from", "nobody"),
    ("mail_from", "a@example.org\nBcc: b@example.org"),
    ("bounce_address", "nobody"),
    ("bounce_address", "Bounces <bounces@example.org>"),
    ("bounce_address", f"{'b' * 24}@example.org"),
    ("metrics_from", "1.2.3"),
    ("package_days", "-1"),
    ("package_days", "a month"),
    ("package_key", "geheim"),
    ("package_key", "Z2VoZWlt"),
    ("package_key", "-----BEGIN PRIVATE KEY-----\nZ2VoZWlt\n-----END PRIVATE KEY-----"),
    ("pdf_certificate", "a\nb"),
    ("pdf_passphrase", "geheim\n"),
    ("timestamp_url", "timestamps.example.org"),
    ("timestamp_url", "file:///etc/passwd"),
    ("timestamp_url", "https://me:geheim@example.org/tsr"),
    ("timestamp_url", "https://example.org/a b\n"),
    ("timestamp_url", "https://example.org:0/"),
    ("limits", "OFF"),
]


@pytest.mark.parametrize(("name", "value"), BAD)
def test_a_bad_value_is_refused_by_the_settings_name(tmp_path: Path, name: str, value: str) -> None:
    assert refusal(environ(tmp_path, **{name: value})).startswith(f"PETITION_{name.upper()} ")


def test_every_setting_with_a_parser_has_a_bad_value_among_the_tests() -> None:
    assert {setting.name.lower() for setting in SETTINGS} == {name for name, _value in BAD}


@pytest.mark.parametrize("name", ["PETITION_SECRET_KEY", "PETITION_ADDRESS_KEY"])
def test_production_refuses_to_start_without_a_key_and_makes_none(tmp_path: Path, name: str) -> None:
    found = environ(tmp_path)
    del found[name]
    assert refusal(found).startswith(f"{name} is not set")
    assert not list(tmp_path.iterdir())


def test_development_makes_its_keys_once_for_its_owner_alone(tmp_path: Path) -> None:
    instance = tmp_path / "a" / "new one"
    found = {"PETITION_INSTANCE": str(instance), "PETITION_ENV": "development"}
    first, second = read_settings(found), read_settings(found)
    assert first == second
    assert first.secret_key != first.address_key
    assert len(first.secret_key) == 64
    assert {stat.S_IMODE(path.stat().st_mode) for path in instance.iterdir()} == {0o600}
    assert stat.S_IMODE(instance.stat().st_mode) == 0o700


def test_processes_that_start_together_agree_on_the_keys(tmp_path: Path) -> None:
    found = {"PETITION_INSTANCE": str(tmp_path / "new"), "PETITION_ENV": "development"}
    with ThreadPoolExecutor(16) as pool:
        keys = {one.secret_key for one in pool.map(read_settings, [found] * 64)}
    assert len(keys) == 1
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["address_key.key", "secret_key.key"]


def test_an_instance_that_cannot_be_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for instance in (tmp_path / "file", tmp_path / "file" / "below"):
        found = {"PETITION_INSTANCE": str(instance), "PETITION_ENV": "development"}
        assert "PETITION_SECRET_KEY cannot be kept in" in refusal(found)
        with pytest.raises(SettingRefused, match="PETITION_INSTANCE"):
            create_app(read_settings(environ(instance)))


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("sqlite:////tmp/here.db", "sqlite:////tmp/here.db"),
        ("sqlite+pysqlite:////tmp/here.db", "sqlite:////tmp/here.db"),
        ("sqlite:///here.db", f"sqlite:///{Path.cwd() / 'here.db'}"),
        ("sqlite:///<instance>/other.db", "sqlite:///{instance}/other.db"),
        ("postgresql://me:p%40ss@db/petitions", "postgresql+psycopg://me:p%40ss@db/petitions"),
        ("postgres://me@db/petitions", "postgresql+psycopg://me@db/petitions"),
        ("postgresql+psycopg2://me@db/petitions", "postgresql+psycopg://me@db/petitions"),
        (
            "postgresql://me@/petitions?host=a%3A5432&host=b%3A5432&target_session_attrs=read-write",
            "postgresql+psycopg://me@/petitions?host=a%3A5432&host=b%3A5432&target_session_attrs=read-write",
        ),
        (
            "postgresql://me:p%40ss@a:5432,b.example.org:5433/petitions?target_session_attrs=read-write",
            "postgresql+psycopg://me:p%40ss@/petitions?host=a%3A5432&host=b.example.org%3A5433"
            "&target_session_attrs=read-write",
        ),
        ("postgresql://me@a,b/petitions", "postgresql+psycopg://me@/petitions?host=a&host=b"),
    ],
)
def test_the_database_may_be_written_in_each_form_of_its_url(tmp_path: Path, given: str, used: str) -> None:
    assert read_settings(environ(tmp_path, database_url=given)).database_url == used.format(instance=tmp_path)


def test_an_instance_folder_may_have_any_name(tmp_path: Path) -> None:
    instance = tmp_path / "100%41 ? of #them"
    app = create_app(read_settings(environ(instance, env="development")))
    with app.app_context():
        database = app.extensions["sqlalchemy"].engine.url.database
    assert database == str(instance / "petition.db")


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("https://Petitions.Example.org/", "https://petitions.example.org"),
        ("https://example.org:443", "https://example.org"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_the_sites_address_is_kept_as_browsers_write_it(tmp_path: Path, given: str, used: str) -> None:
    assert read_settings(environ(tmp_path, base_url=given)).base_url == used


SHOWN = {
    "PETITION_DATABASE_URL": "postgresql://me:geheim@db/petitions?sslpassword=geheim&sslmode=require",
    "PETITION_MAIL_URL": "smtps://me:geheim@mail.example.org:465",
    "PETITION_SECRET_KEY": "my own geheim 1 " * 4,
    "PETITION_SECRET_KEY_FALLBACKS": "an older geheim 123,the oldest geheim 123",
    "PETITION_ADDRESS_KEY": "another geheim " * 5,
    "PETITION_PACKAGE_KEY": f"geheim{'A' * 37}=",
    "PETITION_PDF_PASSPHRASE": "geheim too",
}


def test_petition_settings_shows_everything_but_secrets(tmp_path: Path) -> None:
    plain = run("settings", PETITION_INSTANCE=str(tmp_path), **SHOWN)
    assert (plain.returncode, plain.stderr) == (0, "")
    answer = run("settings", "--json", PETITION_INSTANCE=str(tmp_path), **SHOWN)
    rows = {row["name"]: row for row in json.loads(answer.stdout)}
    assert list(rows) == [f"PETITION_{setting.name}" for setting in SETTINGS]
    assert all(row["meaning"] and set(row) == {"name", "value", "default", "meaning"} for row in rows.values())
    assert "geheim" not in plain.stdout + answer.stdout
    assert rows["PETITION_MAIL_URL"]["value"] == "smtps://me:***@mail.example.org:465"
    assert "me:***@db/petitions" in rows["PETITION_DATABASE_URL"]["value"]
    assert rows["PETITION_INSTANCE"]["value"] == str(tmp_path)
    for name, row in rows.items():
        assert name in plain.stdout
        assert row["meaning"] in plain.stdout


def test_petition_settings_works_in_a_broken_environment_and_names_what_is_wrong(tmp_path: Path) -> None:
    broken = {
        "PETITION_INSTANCE": str(tmp_path),
        "PETITION_LIMITS": "maybe",
        "PETITION_NONSENSE": "geheim",
        "PETITION_MAIL_URL": "smtp://me:geheim@host:port",
    }
    (tmp_path / "settings.toml").write_text("= broken")
    answer = run("settings", "--json", **broken)
    assert answer.returncode == 1
    assert len(json.loads(answer.stdout)) == len(SETTINGS)
    assert "geheim" not in answer.stdout + answer.stderr
    for wrong in ("PETITION_NONSENSE", "settings.toml", "PETITION_LIMITS", "PETITION_MAIL_URL"):
        assert sum(wrong in line for line in answer.stderr.splitlines()) == 1


def test_petition_settings_makes_no_keys(tmp_path: Path) -> None:
    answer = run("settings", PETITION_INSTANCE=str(tmp_path / "new"), PETITION_ENV="development")
    assert answer.returncode == 0
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("command", [["worker", "--once"], ["db", "current"], ["serve", "--port", "8219"]])
def test_a_bad_setting_stops_every_command_with_one_line(tmp_path: Path, command: list[str]) -> None:
    answer = run(*command, **environ(tmp_path, limits="maybe"))
    assert (answer.returncode, answer.stdout) == (1, "")
    assert answer.stderr == "petition: PETITION_LIMITS must be one of: on, off\n"


def test_any_wsgi_server_is_stopped_with_the_same_line(tmp_path: Path) -> None:
    answer = subprocess.run(
        [sys.executable, "-c", "import wsgi"],
        env={"PATH": os.environ["PATH"], **environ(tmp_path, limits="maybe")},
        capture_output=True,
        text=True,
        timeout=60,
        cwd=ROOT,
    )
    assert (answer.returncode, answer.stderr) == (1, "petition: PETITION_LIMITS must be one of: on, off\n")
