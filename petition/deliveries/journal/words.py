"""What pages call deliveries, what happened at them, and where and when."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import format_decimal
from flask_babel import gettext as _

from petition.deliveries.journal.models import DeliveryState, EntryKind
from petition.deliveries.missions.models import Mission, MissionKind
from petition.deliveries.packages.models import Package


def mission_kind(kind: MissionKind) -> str:
    """The sort of mission in a word or two."""
    return {
        MissionKind.EMBASSY: _("Embassy"),
        MissionKind.CONSULATE: _("Consulate"),
        MissionKind.PERMANENT_MISSION: _("Permanent mission"),
    }[kind]


def delivery_state(state: DeliveryState) -> str:
    """How a delivery stands."""
    return {
        DeliveryState.PLANNED: _("Planned"),
        DeliveryState.DELIVERED: _("Delivered"),
        DeliveryState.POSTED: _("Posted"),
        DeliveryState.SENT: _("Sent by mail"),
        DeliveryState.REFUSED: _("Refused at the gate"),
        DeliveryState.CANCELLED: _("Cancelled"),
    }[state]


def entry_kind(kind: EntryKind) -> str:
    """What an entry tells."""
    if kind == EntryKind.POSTPONED:
        return _("Planned anew")
    return _("Struck out") if kind == EntryKind.STRUCK else delivery_state(DeliveryState(kind.value))


def package_words(package: Package) -> str:
    """A package in a list to choose from."""
    number = (package.facts or {}).get("signature_count", 0)
    return _("Package %(package)s: %(number)s signatures", package=package.number, number=format_decimal(number))


def place(where: Mission | Any) -> str:
    """Which mission it is, in few words: its city and kind. `where` has both."""
    return _("%(city)s, %(kind)s", city=where.city, kind=mission_kind(where.kind))


def in_zone(moment: datetime, zone: str) -> datetime:
    """The moment as clocks in a zone show it."""
    return moment.astimezone(ZoneInfo(zone))


def local_day(moment: datetime, zone: str) -> date:
    """The day that it is there."""
    return in_zone(moment, zone).date()


def clock_time(moment: datetime, zone: str) -> str:
    """The time of day there, and how far it is from UTC: `12:00 UTC+5:30`."""
    there = in_zone(moment, zone)
    offset = there.utcoffset() or timedelta(0)
    minutes = round(offset.total_seconds() / 60)
    hours, rest = divmod(abs(minutes), 60)
    sign = "−" if minutes < 0 else "+"
    return f"{there:%H:%M} UTC{f'{sign}{hours}' if minutes else ''}{f':{rest:02}' if rest else ''}"


def field_value(moment: datetime, zone: str) -> str:
    """The moment for a field of day and time, in the zone."""
    return in_zone(moment, zone).strftime("%Y-%m-%dT%H:%M")
