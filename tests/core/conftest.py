"""A site with something at every address, and what tests read out of its mails."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from petition.petitions.models import Petition, State
from tests.conftest import CODE, LINK, SLUG, add_petition, signed_in

ADDRESS, NAME = "ana.secret@example.org", "Ana Geheimnis"


def mails(app: Flask) -> list[str]:
    """The bodies of all delivered mails, oldest first."""
    folder = Path(app.config["INSTANCE"]) / "mail" / "new"
    paths = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime_ns) if folder.exists() else []
    return [re.sub(r"=\r?\n", "", path.read_text("utf-8")).replace("=3D", "=") for path in paths]


@dataclass(frozen=True)
class Site:
    """An application with a pending and a confirmed signature, an own page, and an organiser at work."""

    app: Flask
    organiser: FlaskClient
    signer: FlaskClient
    values: dict[str, str]

    def urls(self, method: str = "GET") -> dict[str, str]:
        """An address for every route that takes the method."""
        rules = [rule for rule in self.app.url_map.iter_rules() if method in (rule.methods or set())]
        built = {rule.endpoint + rule.rule: rule.build(self._arguments(rule)) for rule in rules}
        return {name: found[1] for name, found in built.items() if found}

    def _arguments(self, rule: Any) -> dict[str, str]:
        return {name: self.values.get(f"{rule.endpoint}.{name}") or self.values[name] for name in rule.arguments}


@pytest.fixture
def site(app: Flask, petition: Petition, sign: Callable[..., Any], send_mail: Callable[[], int]) -> Site:
    signer = app.test_client()
    for address, name in ((ADDRESS, NAME), ("pending@example.org", "Pen Ding")):
        assert sign(address, name=name, show_name="yes", updates="yes", comment="Because.").status_code == 303
    signer.post("/my", data={"email": ADDRESS})
    send_mail()
    links = [urlsplit(match[1]).path for mail in mails(app) if (match := LINK.search(mail))]
    confirmed, pending = sorted(
        (link for link in links if "/confirm/" in link), key=lambda link: NAME not in signer.get(link).text
    )
    own = next(link for link in links if "/my/" in link)
    assert signer.post(confirmed).status_code == 200
    reference = re.search(r"/my/signatures/([^\"?]+)", signer.get("/my").text)
    assert reference
    add_petition(app, "gone", state=State.TAKEN_DOWN)
    box = Path(app.config["INSTANCE"]) / "mail" / "new"
    values = {
        "slug": SLUG,
        "petitions.organisation.slug": "river-friends",
        "token": pending.rpartition("/")[2],
        "own_page.link.token": own.rpartition("/")[2],
        "own_page.open_page.token": own.rpartition("/")[2],
        "ref": reference[1],
        "format": "csv",
        "key": next(box.iterdir()).name,
        "filename": "petition.css",
        "import_id": "01a202b5-950a-70eb-a622-61fd2b8309b0",
    }
    return Site(app, signed_in(app), signer, values)


def code_of(mail: str) -> str:
    found = CODE.search(mail)
    assert found
    return found[1]
