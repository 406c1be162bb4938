"""Photographs of deliveries, made anew like the pictures of petitions: nothing a camera wrote into them is kept."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from petition.accounts.models import User
from petition.core.clock import now
from petition.core.errors import NotFound
from petition.deliveries.journal.models import Delivery, DeliveryPhoto
from petition.deliveries.journal.recording import EntryRefused
from petition.deliveries.journal.service import record
from petition.petitions.models import PUBLIC_STATES, Petition
from petition.petitions.pictures import make_anew

MOST = 20
"""Photographs of a delivery, those taken away among them."""


def of_delivery(session: Session, delivery: Delivery) -> Sequence[DeliveryPhoto]:
    """All photographs of a delivery without their bytes, also those taken away, in the order of adding."""
    its = sa.select(DeliveryPhoto).where(DeliveryPhoto.delivery_id == delivery.id)
    return session.scalars(its.order_by(DeliveryPhoto.created_at, DeliveryPhoto.name)).all()


def make(content: bytes) -> DeliveryPhoto:
    """The photograph in a file, made anew, of no delivery yet. Raises PictureRefused."""
    made = make_anew(content)
    sizes = {"width": made.width, "height": made.height, "large": made.large, "small": made.small}
    return DeliveryPhoto(name=made.name, **sizes)


def find(session: Session, delivery: Delivery, name: str) -> DeliveryPhoto:
    """A photograph of a delivery, or what is left of one that was taken away. Raises NotFound."""
    photo = session.get(DeliveryPhoto, (delivery.id, name))
    if photo is None:
        raise NotFound(_("There is no such photograph."))
    return photo


def add(session: Session, actor: User, delivery: Delivery, photo: DeliveryPhoto, alt: str) -> None:
    """Adds a photograph, with what it shows in words. Raises EntryRefused."""
    there = of_delivery(session, delivery)
    if len(there) >= MOST:
        raise EntryRefused(_("A delivery can have %(number)s photographs at most.", number=MOST))
    if any(one.name == photo.name for one in there):
        raise EntryRefused(_("This photograph is here already, or was taken away."))
    photo.delivery_id, photo.alt = delivery.id, alt
    session.add(photo)
    record(session, actor, delivery, "photograph added", photo=photo.name)


def remove(session: Session, actor: User, delivery: Delivery, name: str, why: str) -> None:
    """Deletes a photograph; that there was one stays, and why not any more. Done again, it changes the reason.

    Raises NotFound or EntryRefused.
    """
    photo = find(session, delivery, name)
    if not why:
        raise EntryRefused(_("Say why: the public page shows it."))
    photo.large = photo.small = None
    photo.alt, photo.removed_at, photo.removed_why = "", photo.removed_at or now(), why
    record(session, actor, delivery, "photograph removed", {"reason": why}, photo=name)


def content(session: Session, delivery_id: UUID, name: str, small: bool) -> bytes:
    """The bytes of a photograph whose petition is public. Raises NotFound."""
    found: bytes | None = session.scalar(
        sa.select(DeliveryPhoto.small if small else DeliveryPhoto.large)
        .join(Delivery, Delivery.id == DeliveryPhoto.delivery_id)
        .join(Petition, Petition.id == Delivery.petition_id)
        .where(
            DeliveryPhoto.delivery_id == delivery_id,
            DeliveryPhoto.name == name,
            Petition.state.in_(PUBLIC_STATES),
        )
    )
    if found is None:
        raise NotFound
    return found
