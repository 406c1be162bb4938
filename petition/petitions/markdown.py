"""Petition texts: Markdown made into safe HTML."""

from __future__ import annotations

import functools

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

TAGS = {"p", "h2", "h3", "h4", "ul", "ol", "li", "blockquote", "em", "strong", "a", "br", "hr", "img", "code", "pre"}
UPLOADS = "/uploads/"
_markdown = MarkdownIt("commonmark", {"html": False, "linkify": False})


_cleaner = nh3.Cleaner(
    tags=TAGS,
    attributes={"a": {"href"}, "img": {"src", "alt"}, "ol": {"start"}},
    url_schemes={"http", "https", "mailto"},
    link_rel="nofollow noopener",
)


@functools.lru_cache(maxsize=256)
def to_html(text: str) -> str:
    """The text as HTML that can do no harm: no scripts or styles, images only from our own uploads.

    A heading of the first level becomes one of the second, since the page's title is the first.
    """
    tokens = _markdown.parse(text)
    for token in tokens:
        if token.type in {"heading_open", "heading_close"} and token.tag == "h1":
            token.tag = "h2"
        token.children = [_own_image(child) for child in token.children] if token.children else token.children
    return str(_cleaner.clean(_markdown.renderer.render(tokens, _markdown.options, {})))


def _own_image(token: Token) -> Token:
    """The token itself, or for a picture from elsewhere its description: no page of ours calls a third party."""
    source = str(token.attrs.get("src", ""))
    if token.type != "image" or (source.startswith(UPLOADS) and ".." not in source):
        return token
    return Token("text", "", 0, content=token.content)
