"""What every answer must have, whatever made it."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

from petition.core.web_security import HEADERS


class Page(HTMLParser):
    """Collects every tag with its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def check_page(text: str) -> None:
    """Nothing in the page that the policy would stop, and nothing it would fetch elsewhere."""
    tags = Page(text).tags
    assert tags[0][0] == "html"
    for tag, attributes in tags:
        assert tag not in {"style", "iframe", "object", "embed", "base"}
        assert tag != "script" or attributes.get("src")
        assert not [name for name in attributes if name == "style" or name.startswith("on") or name == "srcdoc"]
        for name in ("src", "action", "formaction", "data", "poster", "srcset"):
            assert not urlsplit(attributes.get(name) or "").netloc, f"{tag} {name} leads elsewhere"
        if tag == "link":
            assert not urlsplit(attributes["href"] or "").netloc
        assert not (attributes.get("href") or "").lower().startswith(("javascript:", "data:", "//"))


def check_headers(answer: Any) -> None:
    for name, value in HEADERS.items():
        assert answer.headers[name] == value
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "nonce" not in policy
    assert "*" not in policy
    assert answer.headers["X-Request-Id"] != "-"
    if answer.mimetype == "text/html" and answer.text:
        check_page(answer.text)
