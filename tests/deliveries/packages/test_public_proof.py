"""The public page of a package proves the list, and names nobody."""

from __future__ import annotations

import hashlib
import json
import subprocess
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask

from petition.core.db import read_again, writing
from petition.core.errors import NotFound
from petition.core.ids import new_id
from petition.deliveries.packages import proof_of
from petition.deliveries.packages.models import Package
from petition.petitions.models import Petition, State
from petition.signatures.models import ListName
from tests.deliveries.packages.frozen import freeze
from tests.deliveries.packages.making import add_people, asked, now_as

NAMES = ("Zaphrentis", "Quisenberry", "Winnemucca", "W Q")


@pytest.fixture
def package_id(app: Flask, petition: Petition) -> UUID:
    """A package of four people in two countries."""
    people = [
        ("GB", "Ana Zaphrentis", "Winnemucca", ListName.FULL),
        ("GB", "Wilhelmina Quisenberry", None, ListName.INITIALS),
        ("FR", "Somebody Quisenberry", None, ListName.COUNT),
        ("GB", "Somebody Zaphrentis", None, ListName.COUNT),
    ]
    add_people(app, people)
    return freeze(app)


def files_of(app: Flask, package_id: UUID) -> dict[str, bytes]:
    """What the page offers to download."""
    names = ("manifest.json", "manifest.json.sig", "key.pem")
    answers = {name: app.test_client().get(f"/packages/{package_id}/{name}") for name in names}
    assert {answer.status_code for answer in answers.values()} == {200}
    return {name: answer.data for name, answer in answers.items()}


def test_the_page_shows_counts_hashes_and_the_key_and_names_nobody(app: Flask, package_id: UUID) -> None:
    page = app.test_client().get(f"/packages/{package_id}").text
    manifest = files_of(app, package_id)["manifest.json"]
    package = now_as(app, Package(id=package_id))
    root = json.loads(manifest)["tree"]["root"]
    for shown in (root, hashlib.sha256(manifest).hexdigest(), package.zip_sha256, package.key):
        assert str(shown) in page
    assert '<dt>typst</dt><dd><code dir="ltr">0.15</code>' in page
    assert "United Kingdom of Great Britain and Northern Ireland" in page
    assert 'href="/verify"' in page
    everything = page + app.test_client().get(f"/packages/{package_id}.json").text + manifest.decode()
    assert not [name for name in NAMES if name in everything]


def test_programs_get_the_same(app: Flask, package_id: UUID) -> None:
    answer = app.test_client().get(f"/packages/{package_id}.json")
    found = answer.json
    assert answer.headers["Cache-Control"].startswith("public")
    assert (found["id"], found["number"], found["signature_count"]) == (str(package_id), 1, 4)
    assert found["shown"] == {"full": 1, "initials": 1, "count": 2}
    assert found["signatures_by_country"] == [
        {"code": "FR", "signature_count": 1},
        {"code": "GB", "signature_count": 3},
    ]
    assert found["mission"]["id"] == "cn-gb-london-embassy"
    assert found["tools"] == {"typst": "0.15"}
    assert found["withdrawn_since"] is None


def test_the_files_it_offers_are_checked_by_openssl(app: Flask, package_id: UUID, tmp_path: Path) -> None:
    for name, content in files_of(app, package_id).items():
        (tmp_path / name).write_bytes(content)
    command = "openssl pkeyutl -verify -pubin -inkey key.pem -rawin -in manifest.json -sigfile manifest.json.sig"
    done = subprocess.run(command.split(), cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "Signature Verified Successfully"


def test_it_says_roughly_how_many_have_withdrawn_since(app: Flask, package_id: UUID) -> None:
    for number, said in ((None, "Fewer than 10"), (0, "Fewer than 10"), (20, "20 or a few more")):
        with app.app_context(), writing() as session:
            session.execute(sa.update(Package).values(withdrawn_since=number))
        assert f"{said} of its signers have withdrawn since" in app.test_client().get(f"/packages/{package_id}").text


def test_it_stays_when_the_files_are_gone(app: Flask, package_id: UUID) -> None:
    with app.app_context(), writing() as session:
        gone = {"files_gone_at": sa.func.current_timestamp(), "files_gone_why": "erasure"}
        session.execute(sa.update(Package).values(gone))
    page = app.test_client().get(f"/packages/{package_id}").text
    assert "erase" not in page
    assert files_of(app, package_id)


def test_only_packages_that_are_ready_of_petitions_that_are_public_have_one(app: Flask, package_id: UUID) -> None:
    client, endings = app.test_client(), ("", ".json", "/manifest.json", "/manifest.json.sig", "/key.pem")

    def answers(of: UUID) -> set[int]:
        return {client.get(f"/packages/{of}{ending}").status_code for ending in endings}

    assert [answers(other) for other in (asked(app).id, new_id())] == [{404}, {404}]
    for state, status in ((State.PAUSED, 200), (State.HIDDEN, 404), (State.TAKEN_DOWN, 410), (State.CLOSED, 200)):
        with app.app_context(), writing() as session:
            session.query(Petition).one().state = state
        assert answers(package_id) == {status}


def test_the_proof_can_be_had_by_whatever_shows_it(app: Flask, package_id: UUID) -> None:
    with app.app_context():
        found = proof_of.shown(read_again(), package_id)
        assert (found.total, found.shown["count"], found.mission["city"]) == (4, 2, "London")
        with pytest.raises(NotFound):
            proof_of.shown(read_again(), new_id())
