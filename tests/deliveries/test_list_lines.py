"""What a signer chose is what a list shows."""

from unicodedata import is_normalized, normalize

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from petition.deliveries.lines import _PLAIN, _PUNCTUATION, all_shown_as, initials, shown_as


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("김민지", "김"),
        ("王小明", "王"),
        ("John Smith", "J S"),
        ("  Ana\u3000María\tde la Cruz ", "A M d l C"),
        ("E\u0301lise Noe\u0308l", "É N"),
        ("محمد علي", "م ع"),
        ("क्षितिज कुमार", "क्षि कु"),
        ("👩‍👩‍👧Anna Kim", "👩‍👩‍👧 K"),
        ("Jean-Pierre O’Neil", "J O"),
    ],
)
def test_initials_are_the_first_grapheme_of_each_word(name, expected):
    assert initials(name) == expected


@pytest.mark.parametrize(
    "name", ["王伟", "Li Bo", "J. R.", "Jo. K.", "김 민 지", "👩‍👩‍👧", "क्षि", "A", "()", "", " \u200b "]
)
def test_initials_that_give_away_half_of_a_name_are_not_shown(name):
    assert initials(name) is None


def _by_graphemes(name: str) -> str | None:
    """The rule of CONTRACT in the words of UAX 29 alone, without the quick way for usual letters."""
    words = [regex.findall(r"\X", word) for word in normalize("NFC", name).split()]
    letters = [part for word in words for part in word if not regex.fullmatch(r"[\p{P}\p{Z}\p{Cf}]+", part)]
    return None if 2 * len(words) >= len(letters) else " ".join(word[0] for word in words)


SCRIPTS = "aZéÅɏЯԯҁאתؠيぁヺ一鿿가힣-'.’ \u0301\u05b0\u064e\u3099\u11a8가\u200d\u0903\u0600각👩🇰0_,"


@given(st.text(st.sampled_from(SCRIPTS), max_size=20) | st.text(max_size=20))
def test_initials_follow_unicodes_graphemes_in_every_script(name):
    assert initials(name) == _by_graphemes(name)


def test_plain_letters_are_a_grapheme_each_whatever_stands_beside_them():
    plain = [chr(code) for code in range(0x10000) if _PLAIN.fullmatch(chr(code))]
    assert len(plain) > 30_000
    for order in (plain, plain[::-1], sorted(plain, key=lambda letter: hash(ord(letter) * 7919 % 10007))):
        assert regex.findall(r"\X", "".join(order)) == order
    marks = {letter for letter in plain if regex.fullmatch(r"[\p{P}\p{Z}\p{Cf}]", letter)}
    assert marks == set(_PUNCTUATION)


@given(st.text(max_size=40))
def test_initials_are_never_half_of_the_graphemes_that_are_not_space(name):
    shown = initials(name)
    if shown is not None:
        assert 2 * len(shown.split()) < len(regex.findall(r"\X", "".join(name.split())))


def test_each_choice_shows_what_it_says():
    assert shown_as("김민지", "서울", "full") == ("김민지", "서울", "full")
    assert shown_as("김민지", "서울", "initials") == ("김", "서울", "initials")
    assert shown_as("김민지", "서울", "count") == ("", None, "count")
    assert shown_as("김민지", "", "full") == ("김민지", None, "full")


@pytest.mark.parametrize("choice", ["", "FULL", "everything", "count"])
def test_whatever_was_not_agreed_to_is_counted_only(choice):
    assert shown_as("김민지", "서울", choice) == ("", None, "count")


def test_short_names_and_empty_ones_are_counted_only():
    assert shown_as("王伟", "北京", "initials") == ("", None, "count")
    assert shown_as(" ", "Oslo", "full") == ("", None, "count")


PEOPLE = [
    "Ana María de la Cruz",
    "김민지",
    "王伟",
    "Jean-Pierre O’Neil",
    "J. R. X",
    "स्वाति राव",
    " \u200b",
    "a\nb c",
    "",
]
NAMES = st.sampled_from(PEOPLE) | st.text(st.sampled_from(SCRIPTS + "\n"), max_size=12) | st.text(max_size=12)


@given(
    st.lists(st.tuples(NAMES, st.sampled_from(["", "Oslo", " "])), min_size=1),
    st.sampled_from(["full", "initials", "count"]),
)
def test_many_are_shown_as_each_would_be_alone(people, choice):
    names, cities = zip(*people, strict=True)
    shown = zip(*all_shown_as(names, cities, choice), strict=True)
    assert [(name, city or None, way) for name, city, way in shown] == [
        shown_as(name, city, choice) for name, city in people
    ]


def test_plain_letters_are_normalised_whatever_stands_beside_them():
    plain = [chr(code) for code in range(0x10000) if _PLAIN.fullmatch(chr(code))]
    for order in (plain, plain[::-1], sorted(plain, key=lambda letter: hash(ord(letter) * 7919 % 10007))):
        assert is_normalized("NFC", "".join(order))
