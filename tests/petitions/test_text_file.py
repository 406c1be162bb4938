"""Petitions as files: loaded, dumped, loaded again; refused in one line when something is wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
import sqlalchemy as sa
from babel import Locale
from flask import Flask
from hypothesis import HealthCheck, given, reject
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from petition.core.countries import CODES
from petition.core.db import Base, read_again, writing
from petition.core.errors import DomainError
from petition.organisations.models import Organisation
from petition.petitions import service, text_file
from petition.petitions.models import Petition, State
from petition.petitions.service import TextRefused
from petition.settings import Settings
from tests.conftest import add_petition
from tests.databases import raw_engine
from tests.petitions.conftest import Run

FILE = """+++
slug = "free-the-lake"
organisation = "river-friends"
title = "Free the \\"lake\\" \\\\ 호수"
addressee = "the Minister of Waters"
addressee_country = "KR"
goal = 5000
locale = "pt-BR"
closes = 2030-01-31T12:00:00Z
state = "open"
+++
Let it *flow*.

+++

Freely.
"""
NAMED = {"slug", "organisation", "title", "addressee"}


def front(**changes: str | None) -> str:
    """A small file; None leaves a key out, other values are TOML."""
    values = {
        "slug": '"free-the-lake"',
        "organisation": '"river-friends"',
        "title": '"Free the lake"',
        "addressee": '"the Minister"',
    }
    lines = [f"{key} = {value}" for key, value in (values | changes).items() if value is not None]
    return "\n".join(["+++", *lines, "+++", "Let it flow.\n"])


@pytest.fixture
def lake(inside: Flask) -> Flask:
    """An application that knows the organisation of the file."""
    add_petition(inside)
    return inside


def stored(content: str) -> Petition:
    with writing() as session:
        slug = service.store(session, text_file.read(session, content)).slug
    return service.find(read_again(), slug)


def test_a_file_written_by_dump_is_kept_byte_for_byte(lake: Flask) -> None:
    assert text_file.write(stored(FILE)) == FILE


def test_everything_in_the_file_is_in_the_petition(lake: Flask) -> None:
    petition = stored(FILE)
    assert petition.title == 'Free the "lake" \\ 호수'
    assert (petition.organisation.slug, petition.addressee) == ("river-friends", "the Minister of Waters")
    assert (petition.addressee_country, petition.goal, petition.locale) == ("KR", 5000, "pt-BR")
    assert petition.closes_at == datetime(2030, 1, 31, 12, tzinfo=UTC)
    assert petition.state == State.OPEN
    assert petition.text.body == "Let it *flow*.\n\n+++\n\nFreely.\n"


def test_what_is_not_named_has_its_default(lake: Flask) -> None:
    petition = stored(front())
    assert (petition.state, petition.locale) == (State.DRAFT, "en")
    assert (petition.goal, petition.addressee_country, petition.closes_at) == (None, None, None)


visible = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=40)
moments = st.datetimes(timezones=st.just(UTC))
bodies = st.text(st.characters(exclude_categories=("Cs", "Cc"), include_characters="\n\t"), min_size=1, max_size=200)


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(
    title=visible,
    addressee=visible,
    body=bodies,
    goal=st.none() | st.integers(1, 2_000_000_000),
    country=st.none() | st.sampled_from(sorted(CODES)),
    closes=st.none() | moments,
    locale=st.sampled_from(["en", "ko", "ar", "pt-BR", "zh-Hant", "zh-Hant-TW"]),
    state=st.sampled_from(State),
)
def test_dumped_and_loaded_again_it_is_the_same_byte_for_byte(
    lake: Flask,
    title: str,
    addressee: str,
    body: str,
    goal: int | None,
    country: str | None,
    closes: datetime | None,
    locale: str,
    state: State,
) -> None:
    written = Petition(
        slug="property",
        organisation=Organisation(slug="river-friends"),
        texts=[service.PetitionText(title=title, body=body)],
        addressee=addressee,
        addressee_country=country,
        goal=goal,
        locale=locale,
        closes_at=closes,
        state=state,
    )
    try:
        petition = stored(text_file.write(written))
    except TextRefused:  # a title that shows nothing, say
        reject()
    dumped = text_file.write(petition)
    assert petition.text.body == body
    assert (petition.goal, petition.addressee_country, petition.closes_at) == (goal, country, closes)
    assert (petition.locale, petition.state) == (locale, state)
    assert text_file.write(stored(dumped)) == dumped


BAD = [
    ("", "the file must begin with its front matter"),
    ("Let it flow.", "the file must begin with its front matter"),
    ("+++\nslug = 1\n", "the file must begin with its front matter"),
    ("+++\nslug = \n+++\nx", "the front matter is not TOML"),
    ('+++\nslug = "a"\nslug = "b"\n+++\nx', "the front matter is not TOML"),
    (front().removesuffix("Let it flow.\n"), "the petition has no text"),
    (front().replace("Let it flow.", " \n\t"), "the petition has no text"),
    (front().replace("flow", "fl\x00ow"), "the text holds the control character '\\x00'"),
    (front().replace("flow", "\x1b[31m"), "the text holds the control character '\\x1b'"),
    (front().replace("flow", "flow " * 50_000), "the text is longer than"),
    (front(colour='"red"'), "colour is not a key"),
    (front(**{'"a\\nb"': "1"}), "'a\\nb' is not a key"),
    *((front(**{key: None}), f"{key} is missing") for key in sorted(NAMED)),
    (front(slug='"Free the Lake"'), "slug: "),
    (front(slug='"free--lake"'), "slug: "),
    (front(slug=f'"{"a" * 81}"'), "slug: "),
    (front(slug="5"), "slug: "),
    (front(organisation='"nobody"'), "there is no organisation 'nobody'"),
    (front(organisation='"a\\nb"'), "organisation: "),
    (front(organisation='["river-friends"]'), "organisation: "),
    (front(title='""'), "title: "),
    (front(title='" \\u200b "'), "title: "),
    (front(title=f'"{"a" * 301}"'), "title: "),
    (front(title='"two\\nlines"'), "title: "),
    (front(title='"\\u202Eturned"'), "title: "),
    (front(addressee="true"), "addressee: "),
    (front(addressee_country='"UK"'), "addressee_country: "),
    (front(addressee_country='["KR"]'), "addressee_country: "),
    (front(goal="0"), "goal: "),
    (front(goal="true"), "goal: "),
    (front(goal="1.5"), "goal: "),
    (front(goal='"100"'), "goal: "),
    (front(goal="9999999999"), "goal: "),
    (front(locale='"english"'), "locale: "),
    (front(locale='"en_US"'), "locale: "),
    (front(locale='"xx"'), "locale: "),
    (front(locale='"en-US.UTF-8"'), "locale: "),
    (front(locale='""'), "locale: "),
    (front(locale="5"), "locale: "),
    (front(closes='"tomorrow"'), "closes: "),
    (front(closes="12:00:00"), "closes: "),
    (front(closes="0001-01-01T00:00:00+14:00"), "closes: "),
    (front(state='"published"'), "state: "),
    (front(state='""'), "state: "),
    (front(state="1"), "state: "),
]


@pytest.mark.parametrize(("content", "words"), BAD)
def test_a_bad_file_is_refused_in_one_line(lake: Flask, content: str, words: str) -> None:
    with pytest.raises(DomainError) as caught:
        stored(content)
    assert caught.value.message.startswith(words)
    assert caught.value.message.isprintable()


def contents(settings: Settings) -> list[str]:
    with raw_engine(settings.database_url) as engine, engine.connect() as connection:
        tables = sorted(Base.metadata.tables)
        return [str(row) for table in tables for row in connection.execute(sa.text(f'SELECT * FROM "{table}"'))]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (front(goal="0").encode(), "petition: goal: must be a whole number from 1 to 2000000000\n"),
        (front(slug='"free-the-river"', state='"nonsense"').encode(), "petition: state: "),
        (b"\xff\xfe", "is not UTF-8\n"),
        (b"", "petition: the file must begin"),
    ],
)
def test_a_bad_file_ends_the_command_with_one_line_and_changes_nothing(
    app: Flask, settings: Settings, run: Run, tmp_path: Path, content: bytes, words: str
) -> None:
    add_petition(app)
    before = contents(settings)
    (tmp_path / "petition.md").write_bytes(content)
    answer = run("load", str(tmp_path / "petition.md"), "--publish")
    assert (answer.returncode, answer.stdout) == (1, "")
    assert words in answer.stderr
    assert answer.stderr.count("\n") == 1
    assert contents(settings) == before


def test_a_file_that_is_not_there_is_wrong_usage(run: Run, tmp_path: Path) -> None:
    assert run("load", str(tmp_path / "none.md")).returncode == 2


def test_load_and_dump_bring_back_the_files_bytes(app: Flask, run: Run, tmp_path: Path) -> None:
    add_petition(app)
    (tmp_path / "lake.md").write_text(FILE, "utf-8")
    loaded = run("load", str(tmp_path / "lake.md"))
    assert (loaded.returncode, loaded.stderr) == (0, "")
    assert loaded.stdout == "free-the-lake: open, text version 1\n"
    for environ in ({}, {"LC_ALL": "C", "PYTHONIOENCODING": "ascii"}):
        dumped = run("dump", "free-the-lake", **environ)
        assert (dumped.returncode, dumped.stdout, dumped.stderr) == (0, FILE, "")
    assert run("dump", "no-lake").returncode == 1


@pytest.mark.parametrize("ending", ["\r\n", "\n"])
def test_files_from_other_systems_load_the_same(app: Flask, run: Run, tmp_path: Path, ending: str) -> None:
    add_petition(app)
    (tmp_path / "lake.md").write_bytes(b"\xef\xbb\xbf" + FILE.replace("\n", ending).encode())
    assert run("load", str(tmp_path / "lake.md")).returncode == 0
    assert run("dump", "free-the-lake").stdout == FILE


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2030-01-31", datetime(2030, 1, 31, tzinfo=UTC)),
        ("2030-01-31T12:00:00", datetime(2030, 1, 31, 12, tzinfo=UTC)),
        ("2030-01-31T12:00:00+09:00", datetime(2030, 1, 31, 12, tzinfo=timezone(timedelta(hours=9)))),
        ("2030-01-31 12:00:00.5Z", datetime(2030, 1, 31, 12, 0, 0, 500000, UTC)),
    ],
)
def test_the_end_may_be_a_day_or_a_moment(lake: Flask, written: str, meant: datetime) -> None:
    petition = stored(front(closes=written))
    assert petition.closes_at == meant
    dumped = text_file.write(petition)
    assert text_file.write(stored(dumped)) == dumped


def test_every_language_of_the_library_is_taken(lake: Flask) -> None:
    for tag in ("ko", "ar", "zh-Hant", "fa", "my", "sr-Latn"):
        assert Locale.parse(tag, sep="-")
        assert stored(front(locale=f'"{tag}"')).locale == tag
