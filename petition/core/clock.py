"""The only place that asks what time it is."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """This instant, aware, in UTC."""
    return datetime.now(UTC)


def hour_of(instant: datetime) -> datetime:
    """The start of the instant's hour in UTC."""
    return instant.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
