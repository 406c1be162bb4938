"""People in many scripts, and the heading their list needs."""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date

import pytest

from petition.deliveries.heading import ListHeading
from petition.deliveries.lines import ListLine, shown_as

PEOPLE = [
    ("EG", "Egypt", "محمد علي حسن", "القاهرة", "full"),
    ("EG", "Egypt", "فاطمة الزهراء", None, "count"),
    ("IN", "India", "राजेश कुमार", "नई दिल्ली", "full"),
    ("JP", "Japan", "山田 太郎", "東京", "full"),
    ("KR", "South Korea", "박지우", None, "count"),
    ("KR", "South Korea", "이서준", None, "count"),
    ("KR", "South Korea", "김민지", "서울", "full"),
    ("KR", "South Korea", "최예은", "부산", "initials"),
    ("TH", "Thailand", "สมชาย ใจดี", "กรุงเทพฯ", "full"),
    ("US", "United States", "=cmd|' /C calc'!A0", "+1 (202) 555", "full"),
    ("US", "United States", "＠SUM(A1)", "-2", "full"),
    ("US", "United States", "#strong[x] $y$ *z*", None, "full"),
    ("US", "United States", "Zoe\u0308 <b>&amp;</b> _x0041_", "a\u2028b", "full"),
    ("US", "United States", "👩‍👩‍👧 Anna 🇰🇷", None, "full"),
    ("US", "United States", "X" * 120, "New York", "full"),
]


@pytest.fixture
def people() -> list[ListLine]:
    """Fifteen signers of seven countries, three of them counted only."""
    return [
        ListLine(n, code, country, *shown_as(name, city, choice))
        for n, (code, country, name, city, choice) in enumerate(PEOPLE, start=1)
    ]


@pytest.fixture
def heading_of() -> Callable[..., ListHeading]:
    """Makes the true heading of some lines."""

    def make(lines: Iterable[ListLine], language: str = "en", **words: str) -> ListHeading:
        counts = Counter((line.country, line.country_name) for line in lines)
        return ListHeading(
            title="Stop sending North Korean refugees back",
            addressee="the President of the People’s Republic of China",
            language=language,
            snapshot_on=date(2012, 2, 29),
            total=counts.total(),
            by_country=[(code, name, count) for (code, name), count in counts.most_common()],
            words=words,
        )

    return make
