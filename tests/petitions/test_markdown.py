"""Petition texts: what Markdown may become, and what it may never."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from petition.petitions.markdown import TAGS, to_html

ATTRIBUTES = {"href", "rel", "src", "alt", "title", "start", "lang"}


def check_harmless(made: str) -> None:
    """Only known tags and attributes, links that vouch for nobody, pictures of ours alone."""
    for element in html.fragment_fromstring(made, create_parent="div").iterdescendants():
        assert element.tag in TAGS
        assert set(element.attrib) <= ATTRIBUTES
        if element.tag == "a":
            assert element.get("rel") == "nofollow noopener"
            assert re.match(r"(https?:|mailto:|[^:]*$|[/?#.])", element.get("href", ""))
        if element.tag == "img":
            assert re.fullmatch(r"/uploads/[A-Za-z0-9._-]+", element.get("src", ""))
            assert ".." not in element.get("src", "")


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<style>body{display:none}</style>",
        '<a href="x" onclick="alert(1)">x</a>',
        "<iframe src=//evil.example></iframe>",
        "<!-- comment --><svg/onload=alert(1)>",
        "text <b>bold</b> <form action=/x>",
        "[x](javascript:alert(1))",
        "[x](JAVASCRIPT&#58;alert(1))",
        "[x](data:text/html,x)",
        "[x](vbscript:x)",
        "<javascript:alert(1)>",
        "[x][r]\n\n[r]: javascript:alert(1)",
        "![x](javascript:alert(1))",
        "![x](data:image/png;base64,AAAA)",
        "![x](https://evil.example/pixel.png)",
        "![x](//evil.example/pixel.png)",
        "![x][r]\n\n[r]: https://evil.example/pixel.png",
        "![x](/uploads/../organiser)",
        "![x](/uploads/%2e%2e/organiser)",
        "![x](/uploads/..%2forganiser)",
        "![x](/uploads\\..\\organiser)",
        "![x](/petitions/x/sign)",
        "[![x](https://evil.example/pixel.png)](https://example.org)",
        '```html" onload="x\ncode\n```',
    ],
)
def test_nothing_harmful_comes_through(text: str) -> None:
    made = to_html(text)
    check_harmless(made)
    for tag in ("<script", "<style", "<iframe", "<svg", "<form", "<img"):
        assert tag not in made


@given(st.text("<>&\"'()[]!#/:\\`*_-+.\n 1aj=s%;é\u202e\u200b"))
def test_no_text_makes_anything_else(text: str) -> None:
    check_harmless(to_html(text))


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("Let it *flow*, **now**.", "<p>Let it <em>flow</em>, <strong>now</strong>.</p>"),
        ("# One", "<h2>One</h2>"),
        ("One\n===", "<h2>One</h2>"),
        ("## Two", "<h2>Two</h2>"),
        ("#### Four", "<h4>Four</h4>"),
        ("###### Six", "<h4>Six</h4>"),
        (
            "[a](https://example.org/?a=1&b=2)",
            '<p><a href="https://example.org/?a=1&amp;b=2" rel="nofollow noopener">a</a></p>',
        ),
        (
            "<mailto:a@example.org>",
            '<p><a href="mailto:a@example.org" rel="nofollow noopener">mailto:a@example.org</a></p>',
        ),
        ("![The river](/uploads/river.jpg)", '<p><img src="/uploads/river.jpg" alt="The river"></p>'),
        ("![The <river>](https://example.org/x.jpg)", "<p>The &lt;river&gt;</p>"),
        ("3. three\n4. four", '<ol start="3">\n<li>three</li>\n<li>four</li>\n</ol>'),
        ("> quoted\n\n---", "<blockquote>\n<p>quoted</p>\n</blockquote>\n<hr>"),
        ("자유 *한국* مرحبا", "<p>자유 <em>한국</em> مرحبا</p>"),
        ("1 < 2 & 3", "<p>1 &lt; 2 &amp; 3</p>"),
    ],
)
def test_markdown_becomes(text: str, made: str) -> None:
    assert to_html(text).strip() == made
