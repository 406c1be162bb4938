"""Text is made fit for the page, and no more is changed than must be."""

import pytest

from petition.deliveries.fonts import chains, coverage
from petition.deliveries.pdf_text import UNBROKEN, drawable


@pytest.mark.parametrize(
    "text",
    [
        "김민지",
        "Zoë O’Neil",
        "محمد علي",
        "প্রিয়া",
        "র‍্যাব",
        "සිරිසේන ප්‍රේමදාස",
        "ที่นี่ น้ำใจ",
        "שָׁלוֹם",
        "👩‍👩‍👧 🇰🇷",
        "Nguyễn",
    ],
)
def test_names_of_many_scripts_stay_as_they_are(text):
    assert drawable(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Zoe\u0308", "Zoë"),
        ("a\u202eb\u2066c\u200f", "abc"),
        ("a\u2028b\tc\u3000 d", "a b c d"),
        ("☺\ufe0f", "☺"),
        ("𓀀 \ue000", "� �"),
        ("☪\u0328 1\u0301", "☪ 1"),
        ("\u0301", ""),
        ("x" + "\u0334" * 60, "x" + "\u0334" * 4),
    ],
)
def test_what_cannot_stand_on_the_page_goes(text, expected):
    assert drawable(text) == expected


def test_a_long_word_may_break_between_graphemes_only():
    assert drawable("x" * 45).split("\u200b") == ["x" * 20, "x" * 20, "x" * 5]
    assert drawable("क्षि" * 45).split("\u200b") == ["क्षि" * UNBROKEN, "क्षि" * UNBROKEN, "क्षि" * 5]


def test_each_way_of_writing_han_looks_in_its_own_font_first_and_in_all_others_after():
    assert chains()["ja"][:2] == ["Noto Sans", "Noto Sans CJK JP"]
    assert chains()["zh-Hant"][1] == "Noto Sans CJK TC"
    assert len({frozenset(chain) for chain in chains().values()}) == 1
    assert {ord(letter) for letter in "aж김王أ�"} <= coverage()
