"""Pictures of petitions: kept, found, and made anew from what was uploaded."""

from __future__ import annotations

import hashlib
from importlib import import_module

import sqlalchemy as sa
from sqlalchemy.orm import Session

from petition.core.errors import DomainError, NotFound
from petition.petitions.models import Petition, Picture, Plan, State

MEDIA_TYPE = "image/webp"
MOST_BYTES = 10 * 1024 * 1024
MAKING = "petition.petitions.picture_making"  # loaded when used: Pillow would slow every start


class PictureRefused(DomainError):
    """The file cannot be used as a picture."""

    status = 422
    code = "picture_refused"


def make_anew(content: bytes) -> Picture:
    """The picture in a file, turned upright, in two sizes, with no word of where and how it was taken.

    Raises PictureRefused.
    """
    made: Picture = import_module(MAKING).make_anew(content)
    return made


def store(session: Session, petition: Petition, picture: Picture | None) -> None:
    """Makes it the petition's picture; None takes the picture away. The former one is deleted."""
    plan = petition.plan = petition.plan or Plan()
    former = plan.picture_name
    if picture is not None:
        if (known := session.get(Picture, picture.name)) and known.petition_id != petition.id:
            picture.name = hashlib.sha256(petition.id.bytes + picture.large).hexdigest()[:32]
            known = session.get(Picture, picture.name)
        if known is None:
            picture.petition_id = petition.id
            session.add(picture)
            session.flush()
    plan.picture_name = picture.name if picture else None
    session.flush()
    session.expire(plan, ["picture"])
    if former and former != plan.picture_name:
        session.execute(sa.delete(Picture).where(Picture.name == former))


def find(session: Session, name: str, small: bool) -> bytes:
    """The bytes of a picture. Raises NotFound, also while its petition is taken down."""
    content = Picture.small if small else Picture.large
    found: bytes | None = session.scalar(
        sa.select(content)
        .join(Petition, Petition.id == Picture.petition_id)
        .where(Picture.name == name, Petition.state != State.TAKEN_DOWN)
    )
    if found is None:
        raise NotFound
    return found
