"""A petition's Markdown as data: what the page shows of it, the letter shows too."""

from __future__ import annotations

import html
from typing import Any

import nh3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from petition.deliveries.packages.letter_text import blocks
from petition.petitions.markdown import to_html


def text_of(found: Any) -> str:
    if isinstance(found, dict):
        return str(found["text"]) if "text" in found else "".join(map(text_of, found.values()))
    return "".join(map(text_of, found)) if isinstance(found, list) else ""


def test_marks_are_kept_and_lie_in_each_other() -> None:
    [block] = blocks("a *b **c*** `d`\\\ne\nf")
    assert block["runs"] == [
        {"text": "a ", "strong": False, "emph": False},
        {"text": "b ", "strong": False, "emph": True},
        {"text": "c", "strong": True, "emph": True},
        {"text": " ", "strong": False, "emph": False},
        {"text": "d", "strong": False, "emph": False},
        {"text": "\n", "strong": False, "emph": False},
        {"text": "e", "strong": False, "emph": False},
        {"text": " ", "strong": False, "emph": False},
        {"text": "f", "strong": False, "emph": False},
    ]


@pytest.mark.parametrize(
    ("markdown", "shown"),
    [
        ("[here](https://example.org/a)", "here (https://example.org/a)"),
        ("<https://example.org/a>", "https://example.org/a"),
        ("[example.org/a](https://example.org/a)", "example.org/a (https://example.org/a)"),
        ("[write](mailto:us@example.org)", "write (us@example.org)"),
        ("[here](javascript:alert(1))", "[here](javascript:alert(1))"),
        ("[here](ftp://example.org)", "here"),
        ("[here](http://[)", "here (http://%5B)"),
        ("![a river](/uploads/x.jpg)", "a river"),
        ("<b>bold</b> &amp; #strong[x] $y$", "<b>bold</b> & #strong[x] $y$"),
        ("```\na\n  b\n```", "a\n  b"),
    ],
)
def test_what_paper_cannot_do_becomes_text(markdown: str, shown: str) -> None:
    assert text_of(blocks(markdown)) == shown


def test_headings_begin_below_the_title_and_leave_no_level_out() -> None:
    found = blocks("#### a\n\n# b\n\n###### c\n\n# d\n\n> # e\n\n#\n")
    assert [block["level"] for block in found if block["kind"] == "heading"] == [2, 2, 3, 2]


def test_lists_lie_in_each_other_and_begin_where_they_begin() -> None:
    [outer] = blocks("7. a\n\n   - b\n8. c")
    assert (outer["kind"], outer["start"], len(outer["items"])) == ("list", 7, 2)
    inner = outer["items"][0][1]
    assert (inner["start"], text_of(inner)) == (None, "b")


def depth(found: Any) -> int:
    inside = found.values() if isinstance(found, dict) else found if isinstance(found, list) else ()
    here = isinstance(found, dict) and found.get("kind") in {"list", "quote"}
    return here + max(map(depth, inside), default=0)


@pytest.mark.parametrize("mark", ["> ", "- ", "1. "])
def test_what_lies_too_deep_stands_higher_and_is_all_there(mark: str) -> None:
    found = blocks(mark * 9 + "a")
    assert depth(found) == 5
    assert text_of(found) == "a"


@given(st.text("ab *_`#>-1.\n[]()!<\\&;~", max_size=60))
def test_every_letter_of_the_page_is_in_the_letter(markdown: str) -> None:
    page = html.unescape(nh3.clean(to_html(markdown), tags=set()))
    assert letters(page) == letters(text_of(blocks(markdown)))


def letters(text: str) -> str:
    return "".join(letter for letter in text if letter in "ab")
