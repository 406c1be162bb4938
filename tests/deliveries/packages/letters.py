"""Cover letters to try things with."""

from __future__ import annotations

from datetime import date
from typing import Any

from petition.core import i18n
from petition.deliveries.packages.cover_letter import Letter
from petition.deliveries.packages.letter_words import letter_words

FINGERPRINT = "0123456789abcdef" * 4
EMBASSY = {
    "name": "Embassy of the People’s Republic of China\n中华人民共和国驻英国大使馆",
    "postal_address": "49–51 Portland Place\nLondon W1B 1JL\nUnited Kingdom",
    "head_title": "His Excellency the Ambassador",
    "form_of_address": "Your Excellency",
    "sending_state": "CN",
    "host_country": "GB",
}
BODY = """\
We ask you to stop sending refugees *back*.

## What we ask

1. That nobody is **sent back** against their will.
2. That the [Convention](https://example.org/convention) is kept:
   - by the border police,
   - and in the camps.

> Nobody shall be expelled.

#strong[no markup] $of$ the <b>typesetter</b>.
"""
COUNTRIES = [{"code": "KR", "signature_count": 1200}, {"code": "US", "signature_count": 34}]
FACTS: dict[str, Any] = {
    "snapshot_on": "2012-02-29",
    "signature_count": 1234,
    "signatures_by_country": COUNTRIES,
    "shown": {"full": 1000, "initials": 200, "count": 34},
    "filters": {"countries": [], "since": None, "until": None},
}


def letter(language: str = "en", facts: dict[str, Any] = FACTS, **changes: Any) -> Letter:
    """A letter to an embassy; inside an application, whose words it uses."""
    said = {
        "mission": EMBASSY,
        "title": "Stop sending North Korean refugees back",
        "addressee": "the President of the People’s Republic of China",
        "body": BODY,
        "text_language": "en",
        "organisations": ["River Friends", "Friends of the Lake"],
    } | changes
    return Letter(
        language=i18n.known(language) or "en",
        snapshot_on=date.fromisoformat(facts["snapshot_on"]),
        total=facts["signature_count"],
        by_country=[("South Korea", 1200), ("United States", 34)],
        public_url="https://petitions.example.org/packages/019a0000-0000-7000-8000-000000000001",
        package_number=3,
        fingerprint=FINGERPRINT,
        words=letter_words(language, said, facts, 3),
        **said,
    )
