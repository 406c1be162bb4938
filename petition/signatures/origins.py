"""Confirmed signatures by where they were given: on the web, on paper, or in a list from elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from petition.core.kept import kept
from petition.signatures.models import Origin, Signature
from petition.tallies.service import Picture, count, picture

IS_ELSEWHERE = sa.text("signature.state = 1 AND signature.origin <> 0")  # literals, for the partial index


@dataclass(frozen=True, slots=True)
class Seen:
    """A petition's count with its hours, and the same signatures by origin, from one moment."""

    picture: Picture
    by_origin: dict[str, int]


def signatures_by_origin(session: Session, petition_id: UUID, country: str | None = None) -> dict[str, int]:
    """How many count by origin (`web`, `paper`, `import`), of all countries or one; they add up to the tally."""
    by_country = dict(count(session, petition_id).by_country)
    total = sum(by_country.values()) if country is None else by_country.get(country, 0)
    return _by_origin(session, petition_id, total, country)


def see(session: Session, petition_id: UUID, country: str | None = None) -> Seen:
    """The tally with its hours and origins; `session` must read all from one moment, as outside `writing()`."""
    found = picture(session, petition_id, country)
    return Seen(found, _by_origin(session, petition_id, found.total, country))


def recently_seen(session: Session, petition_id: UUID) -> Seen:
    """The same as somebody saw it within the last second."""
    found: Seen = kept("picture by origin").get(petition_id, lambda: see(session, petition_id))
    return found


def _by_origin(session: Session, petition_id: UUID, total: int, country: str | None) -> dict[str, int]:
    """Only what came from elsewhere is looked up, so that confirming on the web has nothing more to count."""
    query = sa.select(Signature.origin, sa.func.count()).where(Signature.petition_id == petition_id, IS_ELSEWHERE)
    if country is not None:
        query = query.where(Signature.country == country)
    found = {origin: int(number) for origin, number in session.execute(query.group_by(Signature.origin))}
    paper, lists = found.get(Origin.PAPER, 0), found.get(Origin.IMPORT, 0)
    return {"web": total - paper - lists, "paper": paper, "import": lists}
