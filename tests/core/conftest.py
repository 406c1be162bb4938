"""A site with something at every address, and what tests read out of its mails."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from petition.accounts import changing, links, registering
from petition.accounts.service import find_user, hash_password
from petition.core.addresses import parse_address
from petition.core.db import writing
from petition.core.tokens import sign_handle
from petition.deliveries.models import ExportState
from petition.endorsements import service as endorsements
from petition.mail.models import OwedMail
from petition.organisations import invitations
from petition.organisations.models import Role
from petition.organisations.service import add_organisation, find_organisation
from petition.petitions import partners, pictures, support
from petition.petitions import service as petitions
from petition.petitions.models import Petition, State
from petition.signatures.models import Signature
from petition.updates import service as updates
from petition.updates import unsubscribing
from tests.conftest import CODE, LINK, PASSWORD, SLUG, add_petition, signed_in
from tests.deliveries.packages.frozen import freeze
from tests.endorsements.conftest import draft_endorsement
from tests.exports import add_request
from tests.petitions.partnership import accepted, add_lake

OF_ORGANISATIONS = (
    *("audit.of_organisation", "organisations.settings", "organisations.people_page", "organisations.invite"),
    *("organisations.withdraw", "organisations.set_roles", "organisations.remove", "organisations.leave"),
)
POINT = base64.b64decode(  # the smallest PNG there is
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
ADDRESS, NAME = "ana.secret@example.org", "Ana Geheimnis"


def mails(app: Flask) -> list[str]:
    """The bodies of all delivered mails, oldest first."""
    folder = Path(app.config["INSTANCE"]) / "mail" / "new"
    paths = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime_ns) if folder.exists() else []
    return [re.sub(r"=\r?\n", "", path.read_text("utf-8")).replace("=3D", "=") for path in paths]


def account_links(app: Flask) -> tuple[str, str, str]:
    """The tokens in the mails to somebody new, and in those to the owner about a password and an address."""
    with app.app_context(), writing() as session:
        owner, new = find_user(session, "owner@river.example.org"), parse_address("new@river.example.org")
        handles = {
            links.REGISTER: registering.ask(session, new, "New", hash_password(PASSWORD), "en"),
            links.RESET: changing.ask_reset(session, owner.address, "en"),
            links.NEW_ADDRESS: changing.ask_address(session, owner, new, "en"),
        }
        registration, reset, new_address = (sign_handle(sort, handle) for sort, handle in handles.items())
    return registration, reset, new_address


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
    registration, reset, new_address = account_links(app)
    add_petition(app, body="Let it *run*.")
    with app.app_context(), writing() as session:
        found = petitions.find(session, SLUG)
        pictures.store(session, found, pictures.make_anew(POINT))
        shown, support_token = found.plan.picture_name, support.token(found)
    box = Path(app.config["INSTANCE"]) / "mail" / "new"
    values = {
        "slug": SLUG,
        "petitions.organisation.slug": "river-friends",
        "token": pending.rpartition("/")[2],
        "own_page.link.token": own.rpartition("/")[2],
        "own_page.open_page.token": own.rpartition("/")[2],
        "register.finish.token": registration,
        "reset.reset.token": reset,
        "account.new_address.token": new_address,
        "ref": reference[1],
        "format": "csv",
        "key": next(box.iterdir()).name,
        "filename": "petition.css",
        **_of_organisation(app),
        "version": "1",
        "petitions.picture.name": f"{shown}.webp",
        "signatures.support_page.token": support_token,
        "request_id": _wanted_export(app),
        "package_id": str(freeze(app)),
        "import_id": "01a202b5-950a-70eb-a622-61fd2b8309b0",
        **_of_updates(app),
        **_of_endorsements(app),
        **_of_partner(app),
    }
    return Site(app, signed_in(app), signer, values)


def _wanted_export(app: Flask) -> str:
    with app.app_context(), writing() as session:
        owner = find_user(session, "owner@river.example.org")
        return str(add_request(session, petitions.find(session, SLUG), owner, ExportState.WAITING).id)


def _of_updates(app: Flask) -> dict[str, str]:
    """What stands for parts of the addresses about updates: a draft, and the link at the end of a signer's mail."""
    with app.app_context(), writing() as session:
        owner = find_user(session, "owner@river.example.org")
        draft = updates.draft(session, owner, petitions.find(session, SLUG), {"en": updates.Words("News", "Words.")})
        signature = session.query(Signature).filter_by(place=1).one()
        token = unsubscribing.token((signature.bucket, signature.id))
        return {"update_id": str(draft.id), "unsubscribe.page.token": token, "unsubscribe.unsubscribe.token": token}


def _of_endorsements(app: Flask) -> dict[str, str]:
    """What stands for parts of the addresses about endorsements: one whose endorser has been asked, and the link."""
    with app.app_context(), writing() as session:
        owner = find_user(session, "owner@river.example.org")
        entered = draft_endorsement(session, owner, petitions.find(session, SLUG))
        endorsements.ask(session, owner, entered)
        mail = session.query(OwedMail).filter_by(template=endorsements.MAIL).one()
        token = sign_handle(endorsements.PURPOSE, bytes.fromhex((mail.content or {})["handle"]))
        return {
            "endorsement_id": str(entered.id),
            "endorsements.page.token": token,
            "endorsements.answer.token": token,
        }


def _of_partner(app: Flask) -> dict[str, str]:
    """What stands for parts of the addresses about partners: one whose update a signer may get, and one asked."""
    add_lake(app)
    partner = accepted(app)
    with app.app_context(), writing() as session:
        owner, found = find_user(session, "owner@river.example.org"), petitions.find(session, SLUG)
        other = add_organisation(session, "sea-friends", "Sea Friends", owner)
        asked = partners.invite(session, owner, found, other.slug).number
        signature = session.query(Signature).filter_by(place=1).one()
        token = unsubscribing.token((signature.bucket, signature.id), partner.number)
        links = dict.fromkeys(("unsubscribe.partner_page.token", "unsubscribe.from_partner.token"), token)
        return {"code": partner.code, "number": str(asked), "sender": str(partner.number), **links}


def _of_organisation(app: Flask) -> dict[str, str]:
    """What stands for parts of the addresses about organisations: an invitation and who invited."""
    with app.app_context(), writing() as session:
        owner = find_user(session, "owner@river.example.org")
        river = find_organisation(session, "river-friends")
        guest = invitations.invite(session, owner, river, parse_address("guest@example.org"), [Role.EDITOR], "en")
        mail = session.query(OwedMail).filter_by(template=invitations.MAIL).one()
        handle = bytes.fromhex((mail.content or {})["handle"])
        return {
            "user_id": str(owner.id),
            "invitation_id": str(guest.id),
            "invitations.page.token": sign_handle(invitations.PURPOSE, handle),
            "invitations.accept.token": sign_handle(invitations.PURPOSE, handle),
            **{f"{name}.slug": river.slug for name in OF_ORGANISATIONS},
        }


def code_of(mail: str) -> str:
    found = CODE.search(mail)
    assert found
    return found[1]
