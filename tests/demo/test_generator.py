"""The invented signatures: how many, from where, when, and what their names look like."""

import tracemalloc
import unicodedata
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from petition.demo.comments import COMMENTS
from petition.demo.countries import COUNTRIES, SHARES
from petition.demo.generator import OPENED_AT, DemoSignature, signatures
from petition.demo.names import STYLES
from petition.demo.places import CITIES
from petition.demo.shape import by_country

MANY = 20_000

# What Unicode calls the letters of each country's own script.
SCRIPTS = {
    "KR": {"HANGUL"},
    "JP": {"CJK", "HIRAGANA", "KATAKANA", "IDEOGRAPHIC"},
    "TW": {"CJK"},
    "CN": {"CJK"},
    "RU": {"CYRILLIC"},
    "MN": {"CYRILLIC"},
    "EG": {"ARABIC"},
    "IL": {"HEBREW"},
    "TH": {"THAI"},
    "IN": {"DEVANAGARI"},
    "GE": {"GEORGIAN"},
    "AM": {"ARMENIAN"},
    "GR": {"GREEK"},
    "ET": {"ETHIOPIC"},
}


@pytest.fixture(scope="module")
def signed() -> list[DemoSignature]:
    return list(signatures(MANY))


def scripts(text: str) -> set[str]:
    return {unicodedata.name(letter).split()[0] for letter in text if letter.isalpha()}


def of(signed: list[DemoSignature], country: str) -> list[DemoSignature]:
    return [one for one in signed if one.country == country]


@pytest.mark.parametrize("count", [0, 1, 10, 99, 100, 999, 1000, 4321])
def test_there_are_exactly_as_many_as_asked_for(count: int) -> None:
    assert sum(1 for _ in signatures(count)) == count


def test_the_full_campaign_has_153_000_from_100_countries_led_by_korea() -> None:
    countries = Counter(one.country for one in signatures())
    assert countries.total() == 153_000
    assert len(countries) == 100
    assert [code for code, _ in countries.most_common(5)] == ["KR", "US", "JP", "TW", "RU"]
    assert 0.38 < countries["KR"] / countries.total() < 0.42
    assert 0.21 < countries["US"] / countries.total() < 0.25
    assert 1 <= countries["XK"] < 100


def test_a_thousand_still_come_from_all_100_countries() -> None:
    assert {one.country for one in signatures(1000)} == set(SHARES)


def test_a_few_come_from_the_largest_countries() -> None:
    assert [one.country for one in signatures(1)] == ["KR"]
    assert {one.country for one in signatures(10)} >= {"KR", "US"}


def test_remainders_go_to_the_largest_and_the_sum_is_exact() -> None:
    assert by_country(7, [6, 3, 1]) == [4, 2, 1]
    assert by_country(3, [5, 3, 2]) == [1, 1, 1]
    assert by_country(100, [98, 1, 0.1]) == [97, 2, 1]


def test_a_negative_count_and_an_impossible_number_of_countries_are_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        signatures(-1)
    for countries in (0, 101):
        with pytest.raises(ValueError, match="between 1 and 100"):
            signatures(10, countries=countries)


def test_the_same_seed_gives_the_same_signatures_and_another_seed_others() -> None:
    assert list(signatures(2000)) == list(signatures(2000))
    assert list(signatures(2000, seed=1)) != list(signatures(2000, seed=2))


def test_each_starts_before_it_is_confirmed_and_all_lie_in_the_17_days_in_order(
    signed: list[DemoSignature],
) -> None:
    assert all(one.confirmed_at <= next_one.confirmed_at for one, next_one in pairwise(signed))
    assert signed[-1].confirmed_at < OPENED_AT + timedelta(days=17)
    assert {(one.confirmed_at - OPENED_AT).days for one in signed} == set(range(17))
    for one in signed:
        assert OPENED_AT <= one.created_at < one.confirmed_at
        assert one.confirmed_at - one.created_at < timedelta(hours=2)
        assert one.created_at.tzinfo is UTC
        assert one.confirmed_at.tzinfo is UTC


def test_the_start_is_slow_and_two_waves_follow(signed: list[DemoSignature]) -> None:
    days = Counter((one.confirmed_at - OPENED_AT).days + 1 for one in signed)
    assert days[1] + days[2] < MANY / 50
    assert sum(days[day] for day in range(5, 10)) > MANY / 2
    assert days[14] > 1.5 * days[11]


def test_people_sign_in_the_evening_of_their_own_country(signed: list[DemoSignature]) -> None:
    for country in ("KR", "US"):
        shift = timedelta(hours=COUNTRIES[country].utc_hours)
        hours = Counter((one.confirmed_at + shift).hour for one in of(signed, country))
        assert hours[20] + hours[21] > 5 * (hours[3] + hours[4])


def test_countries_with_a_single_signature_are_spread_over_the_campaign() -> None:
    few = list(signatures(1000))
    numbers = Counter(one.country for one in few)
    days = {one.confirmed_at.date() for one in few if numbers[one.country] == 1}
    assert len(days) > 7


@pytest.mark.parametrize("country", SCRIPTS)
def test_most_names_are_in_the_script_of_the_country(country: str, signed: list[DemoSignature]) -> None:
    own = [one for one in of(signed, country) if scripts(one.name) <= SCRIPTS[country]]
    assert len(own) > 0.5 * len(of(signed, country)) > 0


def test_chinese_characters_are_those_of_the_place(signed: list[DemoSignature]) -> None:
    for country, locale, charset in (
        ("TW", "zh_Hant", "big5"),
        ("HK", "zh_Hant", "big5"),
        ("CN", "zh_Hans", "gb2312"),
        ("JP", "ja", "shift_jis"),
    ):
        names = [one.name for one in of(signed, country) if one.locale == locale]
        assert names
        for name in names:
            name.encode(charset)


def test_there_are_short_names_long_names_and_names_with_marks(signed: list[DemoSignature]) -> None:
    words = Counter(len(one.name.split()) for one in signed)
    assert all(words[length] for length in (1, 2, 3, 4, 5))
    for mark in ("'", "’", "-", "ễ", "Ł", "ş"):
        assert any(mark in one.name for one in signed), mark


def test_koreans_abroad_write_in_hangul_or_latin(signed: list[DemoSignature]) -> None:
    abroad = of(signed, "US")
    assert any(scripts(one.name) == {"HANGUL"} and one.locale == "ko" for one in abroad)
    assert any(one.name.endswith((" Kim", " Park")) for one in abroad)


def test_every_name_can_be_stored_as_it_is() -> None:
    for style in STYLES.values():
        for word in (word for words in style.lists.values() for word in words):
            assert word
            assert {unicodedata.category(letter)[0] for letter in word} <= set("LMPZ"), word
    for one in signatures(MANY, seed=3):
        assert 1 <= len(one.name) <= 120
        assert one.name == one.name.strip()
        assert unicodedata.is_normalized("NFC", one.name)
        assert not {unicodedata.category(letter) for letter in one.name} & {"Cc", "Cf", "Cs", "Co", "Cn"}


def test_nobody_is_called_the_same_word_twice(signed: list[DemoSignature]) -> None:
    for one in signed:
        for words in (one.name.split(), one.name.split()[-1].split("-")):
            assert all(word != next_word for word, next_word in pairwise(words)), one.name


def test_cities_and_comments_can_be_stored_as_they_are() -> None:
    texts = [text for group in (*CITIES.values(), *COMMENTS.values()) for text in group]
    assert texts
    for text in texts:
        assert unicodedata.is_normalized("NFC", text)
        assert not {unicodedata.category(letter) for letter in text} & {"Cc", "Cf"}, text


def test_every_country_has_cities_and_ways_of_naming_people() -> None:
    assert set(CITIES) == set(COUNTRIES)
    used = {voice for country in COUNTRIES.values() for voice in country.voices}
    assert used == set(STYLES)


def test_addresses_are_unique_and_at_domains_that_rfc_2606_reserves(signed: list[DemoSignature]) -> None:
    assert len({one.address.casefold() for one in signed}) == MANY
    for one in signed:
        mailbox, _, domain = one.address.partition("@")
        assert mailbox.isascii()
        assert domain == one.domain
        assert domain.endswith((".example.org", ".example.com", ".example.net"))


def test_nearly_all_stay_unnamed_where_a_name_is_a_risk(signed: list[DemoSignature]) -> None:
    free = Counter(one.list_name for one in signed if not COUNTRIES[one.country].guarded)
    assert {kind: round(number / free.total(), 1) for kind, number in free.items()} == pytest.approx(
        {"full": 0.45, "initials": 0.2, "count": 0.35}, abs=0.06
    )
    for country in ("CN", "RU", "VN"):
        chosen = Counter(one.list_name for one in of(signed, country))
        assert chosen["count"] > 0.7 * chosen.total()


def test_cities_updates_and_comments_are_as_common_as_meant(signed: list[DemoSignature]) -> None:
    assert sum(one.city is not None for one in signed) / MANY == pytest.approx(0.4, abs=0.02)
    assert sum(one.updates for one in signed) / MANY == pytest.approx(0.08, abs=0.01)
    commented = [one for one in signed if one.comment is not None]
    assert len(commented) / MANY == pytest.approx(0.03, abs=0.006)
    assert all(one.comment in COMMENTS[one.locale] for one in commented)


def test_other_places_and_times_can_be_asked_for() -> None:
    opened_at = datetime(2020, 5, 1, 9, tzinfo=UTC)
    few = list(signatures(412, seed=7, countries=2, shares={"DE": 3, "AT": 1, "CH": 1}, opened_at=opened_at))
    assert Counter(one.country for one in few) == {"DE": 309, "AT": 103}
    assert opened_at < few[0].confirmed_at < few[-1].confirmed_at < opened_at + timedelta(days=17)


def test_memory_stays_flat() -> None:
    tracemalloc.start()
    try:
        made = sum(1 for _ in signatures(MANY))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert made == MANY
    assert peak < 4_000_000
