"""Planned deliveries as a calendar (RFC 5545)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC
from urllib.parse import urlsplit

from flask_babel import gettext as _
from icalendar import Calendar, Event

from petition.deliveries.journal.models import Delivery
from petition.deliveries.journal.words import place

MEDIA_TYPE = "text/calendar; charset=utf-8"


def calendar(title: str, planned: Iterable[Delivery], base_url: str) -> bytes:
    """The calendar of a petition's planned deliveries. The same plans make the same bytes."""
    made = Calendar()
    made.add("prodid", "-//Petition//Deliveries//EN")
    made.add("version", "2.0")
    made.add("x-wr-calname", _("Deliveries: %(title)s", title=title))
    for delivery in planned:
        made.add_component(_event(delivery, title, base_url))
    return bytes(made.to_ical())


def _event(delivery: Delivery, title: str, base_url: str) -> Event:
    mission, event = delivery.mission, Event()
    event.add("uid", f"{delivery.id}@{urlsplit(base_url).hostname}")
    event.add("dtstamp", delivery.changed_at.astimezone(UTC).replace(microsecond=0))
    event.add("dtstart", delivery.planned_at.astimezone(UTC))
    event.add("summary", f"{place(mission)}: {title}")
    event.add("location", "\n".join(part for part in (mission.name, mission.postal_address) if part))
    if mission.latitude is not None and mission.longitude is not None:
        event.add("geo", (mission.latitude, mission.longitude))
    event.add("url", f"{base_url}/deliveries/{delivery.id}")
    return event
