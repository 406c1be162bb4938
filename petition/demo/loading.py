"""Loading the demo: accounts, organisations, petitions and their signatures. Doing it again adds nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import islice

import sqlalchemy as sa

from petition.accounts.models import User
from petition.accounts.service import add_user
from petition.core.addresses import Address
from petition.core.db import read_again, writing
from petition.demo.campaigns import CAMPAIGNS, Campaign
from petition.demo.generator import DemoSignature
from petition.organisations.models import Organisation
from petition.organisations.service import add_organisation
from petition.petitions import service as petitions
from petition.petitions import text_file
from petition.petitions.models import Petition
from petition.signatures import bulk
from petition.signatures.models import ListName, Signature
from petition.signatures.signing import Wish

PASSWORD = "a demo password"  # noqa: S105 (printed on the screen; the demo is for this machine only)
ORGANISER, ADMINISTRATOR = "organiser@example.org", "admin@example.org"
DAYS = timedelta(days=60)


def load(asked: int, progress: Callable[[Campaign, int, int], Callable[[int], None]]) -> None:
    """Loads every campaign, the main one with `asked` signatures.

    `progress(campaign, wanted, present)` returns what is called with the size of each stored batch.
    """
    _add_accounts()
    for campaign in CAMPAIGNS:
        _add_petition(campaign)
        petition = _petition(campaign)
        wanted = asked if campaign.share is None else campaign.share
        present = _present(petition, campaign)
        if present < wanted:
            collected = islice((_collected(one) for one in campaign.signatures(asked)), present, None)
            bulk.add(writing, petition, collected, progress(campaign, wanted, present))


def _add_accounts() -> None:
    for email, name, admin in ((ORGANISER, "Demo organiser", False), (ADMINISTRATOR, "Demo administrator", True)):
        if read_again().scalar(sa.select(User.id).where(User.email == email)) is None:
            with writing() as session:
                add_user(session, email, name, PASSWORD, admin)


def _slug(campaign: Campaign) -> str:
    return campaign.path.stem


def _petition(campaign: Campaign) -> Petition:
    return petitions.find(read_again(), _slug(campaign))


def _add_petition(campaign: Campaign) -> None:
    with writing() as session:
        if session.scalar(sa.select(Petition.id).where(Petition.slug == _slug(campaign))):
            return
        if session.scalar(sa.select(Organisation.id).where(Organisation.slug == campaign.organisation_slug)) is None:
            owner = session.scalars(sa.select(User).where(User.email == ORGANISER)).one()
            add_organisation(session, campaign.organisation_slug, campaign.organisation_name, owner)
        draft = text_file.read(session, campaign.path.read_text("utf-8"))
        petition = petitions.store(session, draft)
        petition.opened_at = petition.created_at = campaign.opened_at


def _present(petition: Petition, campaign: Campaign) -> int:
    """How many of the campaign's invented signatures are stored; what visitors sign today does not count."""
    invented = sa.select(sa.func.count()).where(
        Signature.petition_id == petition.id, Signature.confirmed_at < campaign.opened_at + DAYS
    )
    return read_again().scalar(invented) or 0


def _collected(one: DemoSignature) -> bulk.Collected:
    return bulk.Collected(
        wish=Wish(
            name=one.name,
            country=one.country,
            city=one.city,
            comment=one.comment,
            show_name=one.show_name,
            list_name=ListName[one.list_name.upper()],
            updates=one.updates,
        ),
        address=Address(one.address, one.address, one.domain),
        locale=one.locale.replace("_", "-"),
        signed_at=one.created_at,
        confirmed_at=one.confirmed_at,
    )


def addresses() -> Iterator[str]:
    """The paths of the loaded petitions."""
    return (f"/petitions/{_slug(campaign)}" for campaign in CAMPAIGNS)
