"""Asking for packages, seeing beforehand how their signers would be shown, and finding them for an actor."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from petition.accounts.models import User
from petition.core import audit, i18n
from petition.core.clock import now
from petition.core.countries import CODES
from petition.core.db import unhurried
from petition.core.errors import DomainError, NotFound
from petition.deliveries.export import Filter
from petition.deliveries.lines import shown_as
from petition.deliveries.missions.models import Mission
from petition.deliveries.packages.models import Package, PackageState
from petition.organisations.roles import Action, may
from petition.petitions import service as petitions
from petition.petitions.models import PUBLIC_STATES, Petition
from petition.petitions.reach import within_reach
from petition.signatures.models import ListName, Signature, Signer

HOST = "host"
"""Stands for the country in which the mission is."""
FETCH = 5_000


class PackageRefused(DomainError):
    """The package cannot be made as asked."""

    code = "package_refused"


class PackageNotReady(DomainError):
    """The package is not in a state in which that can be done."""

    status = 409
    code = "package_not_ready"


@dataclass(frozen=True, slots=True)
class ShownCounts:
    """How many would be in a package, by how they are shown: they and `by_country` have the same sum."""

    full: int
    initials: int
    count: int
    by_country: dict[str, int]

    @property
    def total(self) -> int:
        """All of them."""
        return self.full + self.initials + self.count


def count_shown(
    session: Session, petition_id: UUID, countries: Sequence[str], since: datetime | None, until: datetime | None
) -> ShownCounts:
    """What a package would hold now; `session` reads all from one moment, as outside `writing()`.

    Initials that would give a name away are counted only, and so is whose name was forgotten.
    """
    chosen = Filter(petition_id, tuple(countries), since, until)
    unhurried(session)
    by_country: Counter[str] = Counter()
    asked: Counter[int] = Counter()
    query = sa.select(Signature.country, Signature.list_name, sa.func.count()).where(chosen.condition())
    for country, choice, number in session.execute(query.group_by(Signature.country, Signature.list_name)):
        by_country[country] += number
        asked[choice] += number
    full = asked[ListName.FULL] and _named(session, chosen, ListName.FULL)
    initials = asked[ListName.INITIALS] and _with_initials(session, chosen)
    return ShownCounts(full, initials, asked.total() - full - initials, dict(sorted(by_country.items())))


def _named(session: Session, chosen: Filter, choice: ListName) -> int:
    query = sa.select(sa.func.count()).select_from(Signature).join(Signer, _SIGNER)
    return session.scalar(query.where(chosen.condition(), Signature.list_name == choice)) or 0


def _with_initials(session: Session, chosen: Filter) -> int:
    query = sa.select(Signer.name).select_from(Signature).join(Signer, _SIGNER)
    names = session.scalars(
        query.where(chosen.condition(), Signature.list_name == ListName.INITIALS),
        execution_options={"yield_per": FETCH},
    )
    return sum(shown_as(name, None, "initials")[2] == "initials" for name in names)


_SIGNER = sa.and_(Signer.bucket == Signature.bucket, Signer.signature_id == Signature.id)


def ask(
    session: Session,
    actor: User | None,
    petition: Petition,
    missions: Sequence[Mission],
    *,
    language: str,
    countries: Sequence[str] | Literal["host"] = (),
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[Package]:
    """Asks for a package for each mission, numbered in their order; a worker builds them.

    `countries` are alpha-2 codes (none: everyone), or "host" for those who live where each mission is; `language`
    is one of the petition's text or of ours. Without an actor it is the command line that asks. Raises DomainError.
    """
    if actor is not None and not may(actor, Action.BUILD_PACKAGES, petition):
        raise NotFound(_("There is no petition of that name."))
    _check(petition, missions, language, () if countries == HOST else countries, since, until)
    petitions.lock(session, petition)  # so that no two take the same numbers; the unique key would refuse the later
    newest = sa.select(sa.func.max(Package.number)).where(Package.petition_id == petition.id)
    first = (session.scalar(newest) or 0) + 1
    made = [
        Package(
            petition=petition,
            mission=mission,
            number=number,
            language=language,
            countries=[mission.host_country] if countries == HOST else sorted(set(countries)),
            since=since,
            until=until,
            asked_by=actor and actor.id,
        )
        for number, mission in enumerate(dict.fromkeys(missions), start=first)
    ]
    session.add_all(made)
    session.flush()
    for package in made:
        record(session, actor, "package asked", package)
    return made


def _check(
    petition: Petition,
    missions: Sequence[Mission],
    language: str,
    countries: Iterable[str],
    since: datetime | None,
    until: datetime | None,
) -> None:
    if petition.state not in PUBLIC_STATES:
        raise PackageRefused(_("Packages are made of petitions that everybody can see."))
    if not missions:
        raise PackageRefused(_("Choose at least one mission."))
    today = now().date()
    for mission in missions:
        if mission.closed_on is not None and mission.closed_on <= today:
            raise PackageRefused(_("%(mission)s is closed.", mission=mission.name))
    if set(countries) - CODES:
        raise PackageRefused(_("Choose countries from the list."))
    if since is not None and until is not None and since >= until:
        raise PackageRefused(_("The end must be later than the beginning."))
    if language not in languages(petition):
        raise PackageRefused(_("Choose one of the languages."))


def languages(petition: Petition) -> list[str]:
    """The languages a package can be asked in: those of the petition's text, then ours."""
    return list(dict.fromkeys([*petition.text.languages, *i18n.LANGUAGES]))


def record(session: Session, actor: User | None, action: str, package: Package) -> None:
    """Writes in the audit log what somebody did with a package; last in its transaction."""
    audit.record(
        session,
        str(actor.id) if actor else audit.COMMAND_LINE,
        action,
        package.petition.slug,
        organisation_id=package.petition.organisation_id,
        package=str(package.id),
        number=package.number,
        mission=package.mission_slug,
        countries=package.countries,
    )


def retry(session: Session, actor: User | None, package: Package) -> None:
    """Lets the worker try a failed package again; what it had frozen stays. Raises PackageNotReady."""
    session.refresh(package, with_for_update={"of": Package})
    if package.state != PackageState.FAILED:
        raise PackageNotReady(_("Only a package that failed can be tried again."))
    package.state, package.failure = PackageState.WAITING, None
    record(session, actor, "package asked again", package)


def find_for(session: Session, actor: User, action: Action, package_id: UUID) -> Package:
    """A package to whose petition the actor may do this. Raises NotFound, and does not tell of any other."""
    query = sa.select(Package).join(Petition, Petition.id == Package.petition_id)
    found = session.scalar(query.where(within_reach(actor, action), Package.id == package_id))
    if found is None:
        raise NotFound(_("There is no such package."))
    return found
