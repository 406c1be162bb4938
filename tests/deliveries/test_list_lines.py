"""What a signer chose is what a list shows."""

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from petition.deliveries.lines import initials, shown_as


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
