"""The web never reads the key that signs packages: with a broken one, or none, every page answers all the same."""

from __future__ import annotations

import io
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from petition.deliveries.packages import keys
from petition.organisations.models import Role
from petition.petitions.models import Petition
from tests.conftest import SLUG, signed_in
from tests.deliveries.packages.frozen import ZIP, freeze
from tests.deliveries.packages.test_package_pages import LONDON, PACKAGES, ask, download, ids, token
from tests.deliveries.packages.test_receipts import address_of
from tests.petitions.writing import member
from tests.site_visits import Visits

BLUEPRINTS = {"packages", "public_packages", "receipts", "keys", "verify"}


@pytest.fixture
def signer(app: Flask, petition: Petition) -> FlaskClient:
    """A signer's browser, with the own page open."""
    return Visits(app).counted("ana@example.org", name="Ana Test", list_name="full")


@pytest.fixture
def package_id(app: Flask, signer: FlaskClient) -> UUID:
    return freeze(app)


@pytest.fixture
def officer(app: Flask, package_id: UUID) -> FlaskClient:
    with app.app_context():
        member(app, Role.DELIVERY_OFFICER)
    return signed_in(app, "delivery-officer@river-friends.example.org")


@pytest.fixture(params=["broken", "gone"])
def path(request: pytest.FixtureRequest, app: Flask, package_id: UUID) -> Path:
    """Where the key was until it broke, or was taken away."""
    found = app.config["INSTANCE"] / keys.FILE
    found.unlink()
    if request.param == "broken":
        found.write_bytes(b"no key")
        with app.app_context(), pytest.raises(keys.KeyRefused):
            keys.current()
    return found


def content(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


def pages(app: Flask, package_id: UUID, ref: str) -> list[tuple[str, str]]:
    """Every page there is of packages, receipts, keys and verifying: its blueprint and its address."""
    values, found = {"slug": SLUG, "package_id": package_id, "ref": ref}, []
    addresses = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        blueprint = rule.endpoint.partition(".")[0]
        if blueprint in BLUEPRINTS and "GET" in (rule.methods or ()):
            address = addresses.build(rule.endpoint, {name: values[name] for name in rule.arguments})
            found.append((blueprint, address))
    assert {blueprint for blueprint, _address in found} == BLUEPRINTS
    return found


def test_every_page_answers(
    app: Flask, path: Path, package_id: UUID, signer: FlaskClient, officer: FlaskClient
) -> None:
    visits, before = Visits(app), content(path)
    (ref,) = visits.refs(signer)
    for blueprint, address in pages(app, package_id, ref):
        browser = signer if blueprint == "receipts" else officer
        assert browser.get(address).status_code == 200, address
    assert "Receipt with the secret" in signer.get(f"/my/signatures/{ref}").text
    [published] = app.test_client().get("/.well-known/petition-keys.json").json["keys"]
    assert published["retired_at"] is None
    assert ask(officer, missions=[LONDON]).status_code == 200
    assert ask(officer, missions=[LONDON], do="build").status_code == 303
    visits.rows("UPDATE package SET state = 'failed' WHERE number = 2")
    form = {"csrf_token": token(officer, f"{PACKAGES}/new")}
    assert officer.post(f"{PACKAGES}/{ids(app)[1]}/retry", data=form).status_code == 303
    assert download(officer, package_id).data == ZIP
    receipt = signer.get(address_of(visits, signer, package_id), query_string={"secret": "yes"}).data
    sent = {"file": (io.BytesIO(receipt), "receipt.json")}
    answer = app.test_client().post("/verify", data=sent, content_type="multipart/form-data")
    assert "The receipt holds" in answer.text
    assert content(path) == before
