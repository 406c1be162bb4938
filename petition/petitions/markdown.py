"""Petition texts: Markdown made into safe HTML."""

from __future__ import annotations

import functools
import re

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

TAGS = {"p", "h2", "h3", "h4", "ul", "ol", "li", "blockquote", "em", "strong", "a", "br", "hr", "img", "code", "pre"}
UPLOADED = re.compile(r"/uploads/[A-Za-z0-9_-]+(?:\.[A-Za-z0-9]+)?")
LEVELS = {"h1": "h2", "h5": "h4", "h6": "h4"}
_markdown = MarkdownIt("commonmark", {"html": False, "linkify": False})


_cleaner = nh3.Cleaner(
    tags=TAGS,
    attributes={"a": {"href"}, "img": {"src", "alt"}, "ol": {"start"}},
    url_schemes={"http", "https", "mailto"},
    link_rel="nofollow noopener",
)


def parsed(text: str) -> list[Token]:
    """The parts of a text. HTML in it is text."""
    return _markdown.parse(text)


@functools.lru_cache(maxsize=256)
def to_html(text: str) -> str:
    """The text as HTML that can do no harm: no scripts or styles, images only from our own uploads.

    A heading of the first level becomes one of the second, since the page's title is the first; below the
    fourth all are of the fourth.
    """
    tokens = parsed(text)
    for token in tokens:
        token.tag = LEVELS.get(token.tag, token.tag)
        token.children = [_own_image(child) for child in token.children] if token.children else token.children
    return str(_cleaner.clean(_markdown.renderer.render(tokens, _markdown.options, {})))


def _own_image(token: Token) -> Token:
    """The token itself, or for a picture from elsewhere its description: no page of ours calls a third party."""
    source = str(token.attrs.get("src", ""))
    if token.type != "image" or UPLOADED.fullmatch(source):
        return token
    return Token("text", "", 0, content=token.content)
