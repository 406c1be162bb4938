"""A petition's Markdown as plain data, for a typesetter that must never read it as markup.

Blocks are `{"kind": "paragraph", "runs"}`, `{"kind": "heading", "level", "runs"}`, `{"kind": "quote", "blocks"}`,
`{"kind": "rule"}`, and `{"kind": "list", "start", "items"}`, where an item is a list of blocks and `start` None for
points. A run is `{"text"}`, with `strong` and `emph` where it is; one whose text is a line end ends the line.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode

from petition.petitions.markdown import parsed

Block = dict[str, Any]
Run = dict[str, Any]

DEEPEST = 5
"""Lists and quotations further inside stand at the level above."""
FIRST_LEVEL, LAST_LEVEL = 2, 4
SCHEMES = {"http", "https", "mailto"}
BREAK = "\n"


def blocks(text: str) -> list[Block]:
    """What a text consists of. Its headings begin at level 2, below the petition's title, and leave none out."""
    found = list(_blocks(SyntaxTreeNode(parsed(text)).children, 0))
    level = FIRST_LEVEL - 1
    for block in found:
        if block["kind"] == "heading":
            level = block["level"] = min(max(block["level"], FIRST_LEVEL), level + 1, LAST_LEVEL)
    return found


def _blocks(nodes: Sequence[SyntaxTreeNode], depth: int) -> Iterator[Block]:
    for node in nodes:
        if node.type == "hr":
            yield {"kind": "rule"}
        elif node.type in {"fence", "code_block"}:
            yield {"kind": "paragraph", "runs": list(_lines(node.content))}
        elif node.type in {"paragraph", "heading"}:
            runs = list(_runs(node))
            if not any(run["text"].strip() for run in runs):
                continue
            if node.type == "heading" and not depth:
                yield {"kind": "heading", "level": int(node.tag[1:]), "runs": runs}
            else:
                yield {"kind": "paragraph", "runs": runs}
        elif depth >= DEEPEST:
            yield from _blocks(node.children, depth)
        elif node.type == "blockquote":
            yield {"kind": "quote", "blocks": list(_blocks(node.children, depth + 1))}
        else:
            items = [list(_blocks(item.children, depth + 1)) for item in node.children]
            start = int(node.attrs.get("start", 1)) if node.type == "ordered_list" else None
            yield {"kind": "list", "start": start, "items": items}


def _lines(content: str) -> Iterator[Run]:
    for number, line in enumerate(content.rstrip(BREAK).split(BREAK)):
        if number:
            yield {"text": BREAK}
        yield {"text": line}


def _runs(node: SyntaxTreeNode) -> Iterator[Run]:
    """The pieces of one paragraph; marks may lie in each other as deep as they like."""
    tokens = [token for inline in node.children if inline.token for token in inline.token.children or []]
    inside = {"strong": 0, "em": 0}
    links: list[str] = []
    since: list[str] = []
    for token in tokens:
        sort, nesting = token.type.removesuffix("_open").removesuffix("_close"), token.nesting
        if sort in inside:
            inside[sort] += nesting
        elif sort == "link" and nesting == 1:
            links.append(str(token.attrs.get("href", "")))
            since.clear()
        elif sort == "link":
            yield from _address(links.pop(), "".join(since))
        elif shown := _shown(token):
            since.append(shown)
            yield {"text": shown, "strong": inside["strong"] > 0, "emph": inside["em"] > 0}


def _shown(token: Token) -> str:
    if token.type == "softbreak":
        return " "
    return BREAK if token.type == "hardbreak" else token.content  # of a picture that is its description


def _address(href: str, text: str) -> Iterator[Run]:
    """The address of a link, which paper cannot follow, unless its text says it already."""
    address = href.removeprefix("mailto:")
    if href.partition(":")[0].lower() in SCHEMES and address.strip("/") not in text:
        yield {"text": f" ({address})"}
