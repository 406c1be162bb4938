"""The only place that asks what time it is."""

from __future__ import annotations

import calendar
from datetime import UTC, datetime


def now() -> datetime:
    """This instant, aware, in UTC."""
    return datetime.now(UTC)


def hour_of(instant: datetime) -> datetime:
    """The start of the instant's hour in UTC."""
    return instant.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def months_after(instant: datetime, months: int) -> datetime:
    """The same day and time so many months later, or the last day of a month that has no such day."""
    year, month = divmod(instant.year * 12 + instant.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return instant.replace(year=year, month=month + 1, day=min(instant.day, last))
