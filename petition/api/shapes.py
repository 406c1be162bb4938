"""What the JSON says: every field is named here, nothing is passed through."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from petition.core import countries
from petition.petitions.models import Petition
from petition.petitions.service import shown_state
from petition.tallies.service import Count


def instant(moment: datetime | None) -> str | None:
    """RFC 3339, in UTC."""
    return None if moment is None else moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def petition(found: Petition, count: Count) -> dict[str, Any]:
    """One petition with its tally; the countries add up to the count, since both come from one read."""
    return {
        "slug": found.slug,
        "title": found.title,
        "addressee": found.addressee,
        "state": shown_state(found).value,
        "locale": found.locale,
        "goal": found.goal,
        "signature_count": count.total,
        "signatures_by_country": [
            {"code": code, "name": countries.name(code), "signature_count": number}
            for code, number in count.by_country
        ],
        "opened_at": instant(found.opened_at),
        "closes_at": instant(found.closes_at),
        "organisation": found.organisation.slug,
        "as_of": instant(count.as_of),
    }


def error(status: int, code: str, message: str) -> dict[str, Any]:
    """The one shape of all errors."""
    return {"error": {"status": status, "code": code, "message": message}}
