"""What the JSON says of deliveries: every field is named here, nothing is passed through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from flask import url_for

from petition.api.shapes import instant
from petition.deliveries.journal.models import Delivery, DeliveryEntry, DeliveryPhoto, EntryKind
from petition.deliveries.journal.shown import counts


def delivery(found: Delivery) -> dict[str, Any]:
    """One delivery: where, when, how it stands, with which package."""
    mission = found.mission
    return {
        "id": str(found.id),
        "petition": found.petition.slug,
        "mission": {
            "id": mission.slug,
            "name": mission.name,
            "city": mission.city,
            "host_country": mission.host_country,
            "time_zone": mission.time_zone,
        },
        "state": found.state.value,
        "planned_at": instant(found.planned_at),
        "happened_at": instant(found.settled_at),
        "package": _id(found.package_id),
    }


def deliveries(slug: str, found: Sequence[Delivery]) -> dict[str, Any]:
    """All deliveries of a petition, and how many ended how."""
    return {"slug": slug, "counts": asdict(counts(found)), "deliveries": [delivery(one) for one in found]}


def whole_delivery(found: Delivery, photos: Sequence[DeliveryPhoto]) -> dict[str, Any]:
    """One delivery with all its entries, those corrected too, and its photographs."""
    shown = [one for one in photos if one.removed_at is None]
    return delivery(found) | {
        "entries": [_entry(one) for one in found.entries],
        "photos": [_photo(found, one) for one in shown],
    }


def _entry(one: DeliveryEntry) -> dict[str, Any]:
    words = "to_whom", "by_whom", "carrier", "said", "witnesses", "note"
    mailed = one.kind == EntryKind.SENT
    return {
        "id": str(one.id),
        "kind": one.kind.value,
        "happened_at": instant(one.happened_at),
        "recorded_at": instant(one.created_at),
        **{name: getattr(one, name) or None for name in words},
        "number": None if mailed else one.reference or None,
        "message_id": (one.reference or None) if mailed else None,
        "former_plan": instant(one.former_plan),
        "package": _id(one.package_id),
        "zip_sha256": one.zip_sha256,
        "manifest_sha256": one.manifest_sha256,
        "replaces": _id(one.replaces),
        "why": one.why or None,
        "words_removed_at": instant(one.removed_at),
        "words_removed_why": one.removed_why or None,
    }


def _photo(found: Delivery, photo: DeliveryPhoto) -> dict[str, Any]:
    path = url_for("journal.photo", delivery_id=found.id, name=f"{photo.name}.webp", lang=None)
    return {"path": path, "width": photo.width, "height": photo.height, "alt": photo.alt}


def _id(which: UUID | None) -> str | None:
    return str(which) if which else None
