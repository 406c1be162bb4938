"""Instances with signatures in them, and the `petition` command run as a process of its own."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from petition.core.addresses import Address
from petition.core.db import writing
from petition.petitions import service as petitions
from petition.petitions.models import Petition
from petition.settings import Settings
from petition.signatures import bulk
from petition.signatures.models import ListName, Signature, SignatureState, Signer
from petition.signatures.signing import Page, Wish, sign, store
from tests.commands import COMMAND, environment, run
from tests.conftest import PASSWORD, add_petition, make_settings, running
from tests.databases import Databases

BEGAN = datetime(2026, 3, 1, tzinfo=UTC)
HOST = "hidden.example.org"


@dataclass(frozen=True)
class Instance:
    """A folder and a database, and the environment of commands that use them."""

    folder: Path
    url: str

    @property
    def settings(self) -> Settings:
        return make_settings(self.folder, self.url)

    @property
    def environment(self) -> dict[str, str]:
        return environment(self.folder, self.url)

    def run(self, *arguments: str | Path, stdin: str = "", **options: Any) -> subprocess.CompletedProcess[str]:
        """Runs `petition …` to its end, from the root folder unless `cwd` says otherwise."""
        return run(options.pop("env", self.environment), *arguments, stdin=stdin, **options)

    def start(self, *arguments: str | Path, **options: Any) -> subprocess.Popen[bytes]:
        """Starts `petition …`."""
        options = {"cwd": "/", "env": self.environment, "stderr": subprocess.PIPE} | options
        return subprocess.Popen([*COMMAND, *arguments], **options)


def one_line(done: subprocess.CompletedProcess[str]) -> str:
    """The one line a refused command says, on standard error alone."""
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("petition: ")
    assert done.stderr.count("\n") == 1
    return done.stderr


@dataclass(frozen=True)
class Person:
    """A signer, and what they chose."""

    name: str
    country: str
    choice: ListName
    city: str | None = None
    comment: str | None = None
    updates: bool = True


PEOPLE = (
    Person("Ana Sichtbar", "US", ListName.FULL, "New York"),
    Person("=SUM(A1)", "US", ListName.FULL, "+1"),
    Person("Boris Initialov Petrowitsch", "US", ListName.INITIALS, "Anfangsstadt"),
    Person("Verborgen Geheimnis", "US", ListName.COUNT, "Geheimstadt", "Geheimwort"),
    Person("김민지", "KR", ListName.FULL, "서울"),
    Person("숨은사람", "KR", ListName.COUNT, "숨은도시"),
    Person("محمد علي حسن", "EG", ListName.FULL, "القاهرة"),
    Person("山田 太郎", "JP", ListName.FULL, "東京", "こんにちは"),
    Person("Anonyma Niemand", "JP", ListName.COUNT, updates=False),
)
SHOWN = ("Ana Sichtbar", "=SUM(A1)", "B I P", "김민지", "محمد علي حسن", "山田 太郎")
WITHHELD = (
    *("Verborgen", "Geheim", "숨은", "nitialov", "etrowitsch", "Anonyma", "こんにちは"),
    *("Wartend", "Ausgetreten", "signer.", HOST),
)


def collected(people: Iterable[Person], step: timedelta = timedelta(hours=1)) -> Iterator[bulk.Collected]:
    """The people in the order of their signing, an hour apart."""
    for number, one in enumerate(people):
        address = f"signer.{number}@{HOST}"
        wish = Wish(one.name, one.country, one.city, one.comment, False, one.choice, one.updates)
        at = BEGAN + number * step
        yield bulk.Collected(wish, Address(address, address, HOST), "en", at, at)


def add_people(app: Flask, petition: Petition, people: Iterable[Person]) -> None:
    """Confirmed signatures of the people; between them one that waits and one that was withdrawn."""
    with app.app_context():
        bulk.add(writing, petition, collected([*people, Person("Ausgetreten Gewesen", "US", ListName.FULL)]))
        with writing() as session:
            _withdraw(session, "Ausgetreten Gewesen")
            address = Address(f"signer.w@{HOST}", f"signer.w@{HOST}", HOST)
            wish = Wish("Wartend Person", "US", list_name=ListName.FULL)
            found = petitions.find(session, petition.slug)
            store(session.connection(), [sign(found, address, wish, Page(1, "en", b"n" * 16))])


def _withdraw(session: Any, name: str) -> None:
    """As the signer's own page does it, without the counters, which lists do not read."""
    of_name = sa.select(Signer.signature_id).where(Signer.name == name)
    session.execute(
        sa.update(Signature)
        .where(Signature.id.in_(of_name))
        .values(state=SignatureState.WITHDRAWN, place=None, person_hash=None)
        .execution_options(synchronize_session=False)
    )


@pytest.fixture(scope="session")
def new_instance(
    tmp_path_factory: pytest.TempPathFactory, databases: Databases
) -> Callable[[Callable[[Flask], None]], Instance]:
    """Makes an instance with an empty migrated database, filled by the function given."""

    def make(fill: Callable[[Flask], None]) -> Instance:
        folder = tmp_path_factory.mktemp("instance")
        made = Instance(folder, databases.migrated(folder))
        with running(made.settings) as app:
            fill(app)
        return made

    return make


@pytest.fixture(scope="session")
def filled(new_instance: Callable[..., Instance]) -> Instance:
    """Petitions in three languages with the PEOPLE, one with nobody, one with 3,000 named people."""

    def fill(app: Flask) -> None:
        add_people(app, add_petition(app), PEOPLE)
        korean = {"title": "강을 풀어 주세요", "addressee": "물관리부 장관", "locale": "ko"}
        add_people(app, add_petition(app, "korean", **korean), PEOPLE)
        arabic = {"title": "حرروا النهر", "addressee": "وزير المياه", "locale": "ar"}
        add_people(app, add_petition(app, "arabic", **arabic), PEOPLE)
        add_petition(app, "nobody")
        many = (Person(f"Person {n:05}", ("KR", "US")[n % 2], ListName.FULL, "Stadt") for n in range(3_000))
        petition = add_petition(app, "many")
        with app.app_context():
            bulk.add(writing, petition, collected(many, timedelta(seconds=1)))

    return new_instance(fill)


@pytest.fixture
def empty(new_instance: Callable[..., Instance]) -> Instance:
    """An instance whose database has only an owner with their organisation and petition."""
    return new_instance(lambda app: add_petition(app) and None)


OWNER = ("owner@river.example.org", PASSWORD)
