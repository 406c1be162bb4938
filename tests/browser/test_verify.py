"""The page that checks packages and receipts in the browser: as the program itself does, and nothing is sent."""

from __future__ import annotations

import base64
import io
import random
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Request, expect

from petition.core.db import writing
from petition.deliveries.packages.models import PackageKey
from petition.deliveries.proof import archive, keys, schema, verify
from petition.deliveries.proof.faults import Fault
from tests.browser.site import Site
from tests.deliveries.proof.packages import KEY, OTHER_KEY, Made, package

RIGHT = "Nothing in this package was changed since it was signed."
Check = Callable[..., tuple[str, list[str]]]


EACH = """async ({ files, schemas }) => {
  const codes = (fault) => [fault.code, ...(fault.values.why ? [codes(fault.values.why)] : [])].join(" ");
  const found = [];
  for (const file of files) {
    const bytes = Uint8Array.from(atob(file), (letter) => letter.charCodeAt(0));
    const options = { schemas, trusted: "", progress: () => {} };
    found.push((await verifyChecks.check(new Blob([bytes]), options)).faults.map(codes));
  }
  return found;
}"""
NO_DATABASE = pytest.mark.only_on("sqlite", "what a file says does not depend on the database")


@pytest.fixture
def check(page: Page) -> Iterator[Check]:
    """Has a file checked: the answer in one sentence, and the faults. At the end nothing may have been sent."""
    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request) if request.method != "GET" else None)
    page.goto("/verify")
    expect(page.locator("[data-here]")).to_be_visible()

    def choose(content: bytes, key: str = "") -> tuple[str, list[str]]:
        page.evaluate("document.querySelector('[data-answer]').replaceChildren()")
        page.set_input_files("#file", {"name": "file", "mimeType": "application/zip", "buffer": content})
        page.fill("#key", key)
        page.click("main button")
        page.wait_for_selector("[data-answer] h2")
        faults = page.locator("[data-slot=faults] li").all_text_contents()
        return page.text_content("[data-slot=verdict]") or "", faults

    yield choose
    assert sent == []


def said_by_the_program(folder: Path, content: bytes, key: str | None = None) -> list[str]:
    path = folder / "file"
    path.write_bytes(content)
    return [str(fault) for fault in verify.check(path, key=key).faults]


def packed(entries: dict[str, bytes] | list[tuple[str, bytes]]) -> bytes:
    stream = io.BytesIO()
    archive.write(stream, entries.items() if isinstance(entries, dict) else entries)
    return stream.getvalue()


def packed_otherwise(made: Made, **options: Any) -> bytes:
    """As another program would write the ZIP."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", **options) as other:
        for name, content in made.entries.items():
            other.writestr(name, content)
        other.comment = b"hello" if not options else b""
    return stream.getvalue()


def with_list(lines: list[bytes], end: bytes = b"\n") -> bytes:
    """A package whose list was changed and whose manifest was made to fit, but for root and counts."""
    made = package()
    made.files["list.jsonl"] = b"\n".join(lines) + end
    return made.sign().zip()


def with_manifest(change: Callable[[bytes], bytes]) -> bytes:
    made = package()
    return made.sign_as_it_is(change(made.files["manifest.json"])).zip()


def tampered() -> Iterator[bytes]:
    """Packages that somebody changed, each in another way."""
    made = package()
    whole, entries, lines = made.zip(), made.entries, made.lines
    yield whole.replace(b"the letter", b"The letter")
    yield whole + b"\0"
    yield b"#!/bin/sh\n" + whole
    yield whole[:-30]
    yield b"no ZIP at all"
    yield b""
    yield packed_otherwise(made)
    yield packed_otherwise(made, compression=zipfile.ZIP_DEFLATED)
    yield packed([item for item in entries.items() if item[0] != "list-002.pdf"])
    yield packed([item for item in entries.items() if item[0] != "manifest.json.sig"])
    yield packed([*entries.items(), ("more.txt", b"more")])
    yield packed([*entries.items(), ("list.jsonl", b"")])
    yield packed([*entries.items(), ("../more.txt", b"more")])
    yield packed(dict(reversed(entries.items())))
    yield packed(entries | {"key.pem": keys.pem(OTHER_KEY.public_key())})
    yield packed(entries | {"key.pem": b"-----BEGIN PUBLIC KEY-----\n"})
    yield packed(entries | {"manifest.json.sig": bytes(64)})
    yield packed(entries | {"manifest.json.sig": bytes(63)})
    yield with_list([lines[1], lines[0], *lines[2:]])
    yield with_list([*lines, lines[-1]])
    yield with_list(lines[:-1])
    yield with_list(lines, end=b"")
    yield with_list([line.replace(b"Anna", b"Anne") for line in lines])
    yield with_list([line.replace(b'"n":', b'"n": ') for line in lines])
    yield with_list([lines[0].replace(b'"n":1', b'"n":1,"n":1'), *lines[1:]])
    yield with_list([lines[0].replace(b'"n":1', b'"n":1.5'), *lines[1:]])
    yield with_list([line.replace(b"\xc3\xab", b"e\xcc\x88") for line in lines])
    yield with_list([line.replace(b"Zo", b"\xff") for line in lines])
    yield with_list([b"{}", b"[", b'{"c":1,"country":"DE","n":2,"shown":"count"}', *lines[3:]])
    yield with_list([lines[0][:-1] + b',"age":7}', *lines[1:]])
    more = b'"signature_count":12,"signatures', b'"signature_count":13,"signatures'
    yield with_manifest(lambda text: text.replace(*more))
    yield with_manifest(lambda text: text.replace(b'"web":12', b'"web":11'))
    yield with_manifest(lambda text: text.replace(b'"code":"EG"', b'"code":"FR"'))
    yield with_manifest(lambda text: text.replace(b'"format":', b'"extra":1,"format":'))
    yield with_manifest(lambda text: text.replace(b",", b", ", 1))
    yield with_manifest(lambda text: text.replace(b'"id":', b'"id":"x","id":', 1))
    yield with_manifest(lambda text: text.replace(b'"snapshot_on":"2012-02-29"', b'"snapshot_on":"today"'))
    yield with_manifest(lambda text: b"\xef\xbb\xbf" + text)
    yield with_manifest(lambda text: text + b"\n")


def with_a_changed_byte(content: bytes, times: int) -> Iterator[bytes]:
    chance = random.Random(5)
    for _time in range(times):
        changed = bytearray(content)
        changed[chance.randrange(len(content))] ^= chance.randrange(1, 256)
        yield bytes(changed)


def test_a_whole_package_and_who_made_it(site: Site, page: Page, check: Check) -> None:
    made = package()
    assert check(made.zip()) == (RIGHT, [])
    maker = page.locator("[data-slot=maker]")
    expect(maker).to_contain_text("Its key is none of this site.")
    assert check(made.zip(), made.fingerprint.upper()) == (RIGHT, [])
    expect(maker).to_contain_text("with the key that you named")
    verdict, faults = check(made.zip(), "0" * 64)
    assert (verdict, len(faults)) == ("Something is wrong here.", 1)
    assert "It was made with another key" in faults[0]
    with site.app.app_context(), writing() as session:
        session.add(
            PackageKey(
                fingerprint=made.fingerprint,
                der=keys.der(KEY.public_key()),
                first_used_at=datetime(2026, 2, 12, tzinfo=UTC),
            )
        )
    check(made.zip())
    expect(maker).to_contain_text("with a key of this site, in use since 12 February 2026")
    page.fill("#key", "123")
    page.click("main button")
    expect(page.locator("[data-problem]")).to_contain_text("A fingerprint has 64 digits")


@NO_DATABASE
def test_whatever_was_changed_is_told_as_the_program_tells_it(check: Check, tmp_path: Path) -> None:
    wrong = []
    for number, content in enumerate(tampered()):
        verdict, faults = check(content)
        if faults != (expected := said_by_the_program(tmp_path, content)) or not faults:
            wrong.append((number, faults, expected))
        assert verdict == "Something is wrong here."
    assert wrong == []


@NO_DATABASE
def test_receipts_with_and_without_their_secret(check: Check, page: Page, tmp_path: Path) -> None:
    made = package()
    holds = "The receipt holds: its line is in the package."
    for index in range(len(made.lines)):
        assert check(made.receipt(index)) == (holds, [])
    expect(page.locator("[data-slot=notes]")).to_contain_text("The secret in the receipt proves")
    assert check(made.receipt(0, with_secret=False)) == (holds, [])
    expect(page.locator("[data-slot=notes]")).to_contain_text("does not say whose line it is")
    expect(page.locator("[data-slot=line]")).to_have_text("1. Zoë “Zo” O’Neill, Köln, Germany")
    receipt = made.receipt(5)
    changes = [(b'"index":5', b'"index":4'), (b'"index":5', b'"index":50'), (b'\\"n\\":6', b'\\"n\\":7')]
    changes += [(b'"secret":"', b'"secret":"00'), (b'"path":["', b'"path":["' + b"0" * 64 + b'","')]
    changes += [(b'"index":5', b'"index":5,"index":5'), (b"Nan", b"Nun"), (b'"format"', b' "more":1,"format"')]
    broken = [receipt.replace(old, new, 1) for old, new in changes]
    assert receipt not in broken
    for content in broken:
        verdict, faults = check(content)
        assert faults == said_by_the_program(tmp_path, content), content
        assert faults
        assert verdict == "Something is wrong here."


def codes(fault: Fault) -> str:
    inner = fault.values.get("why")
    return f"{fault.code} {codes(inner)}" if isinstance(inner, Fault) else fault.code


def each(page: Page, contents: list[bytes]) -> list[list[str]]:
    """The codes of what is wrong with each, as the script of the page finds them."""
    page.goto("/verify")
    files = [base64.b64encode(content).decode() for content in contents]
    schemas = {name: schema.schema(name) for name in schema.NAMES}
    found: list[list[str]] = page.evaluate(EACH, {"files": files, "schemas": schemas})
    return found


@NO_DATABASE
def test_every_changed_byte_is_found_and_told_as_the_program_tells_it(page: Page, tmp_path: Path) -> None:
    made, path = package(), tmp_path / "file"
    changed = [*with_a_changed_byte(made.zip(), 100), *with_a_changed_byte(made.receipt(5), 100)]
    for content, told in zip(changed, each(page, changed), strict=True):
        path.write_bytes(content)
        assert told == [codes(fault) for fault in verify.check(path).faults]
        assert told


@NO_DATABASE
def test_lists_of_any_length_have_their_root(page: Page) -> None:
    made = [package([("KR", "full", f"Kim {n:05}", None) for n in range(size)]) for size in (1, 2, 3, 7, 4097)]
    assert each(page, [one.zip() for one in made]) == [[]] * len(made)
    assert each(page, [made[-1].receipt(n) for n in (0, 4096)]) == [[]] * 2


def test_a_browser_that_cannot_check_signatures_says_so_and_sends_the_file(page: Page) -> None:
    page.add_init_script("Object.defineProperty(Crypto.prototype, 'subtle', { value: undefined })")
    page.goto("/verify")
    expect(page.locator("[data-cannot]")).to_be_visible()
    expect(page.locator("[data-here]")).to_be_hidden()
    page.set_input_files("#file", {"name": "file", "mimeType": "application/zip", "buffer": package().zip()})
    page.click("main button")
    expect(page.locator("[data-slot=verdict]").first).to_have_text(RIGHT)
