"""The page that checks packages and receipts in the browser: as the program itself does, and nothing is sent."""

from __future__ import annotations

import base64
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, Request, expect

from petition.core.db import writing
from petition.deliveries.packages.models import PackageKey
from petition.deliveries.proof import keys, schema, verify
from petition.deliveries.proof.faults import Fault
from tests.browser.site import Site
from tests.deliveries.proof.packages import KEY, package
from tests.deliveries.proof.test_packages import LISTS, MANIFESTS, spoiled
from tests.deliveries.proof.test_receipts import REFUSED
from tests.deliveries.proof.test_zip_attacks import ATTACKS

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


def attacks() -> Iterator[bytes]:
    """Everything that the tests of the program try too."""
    for _code, made in ATTACKS.values():
        yield made()
    for content in (content for contents in MANIFESTS.values() for content in contents):
        yield package().sign_as_it_is(content).zip()
    for change in LISTS.values():
        yield spoiled(change).zip()
        yield spoiled(change, rooted=False).zip()
    for _code, receipt in REFUSED.values():
        yield receipt


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
def test_what_is_wrong_is_said_in_the_words_of_the_program(check: Check, tmp_path: Path) -> None:
    made = package()
    without_volume = {name: content for name, content in made.entries.items() if name != "list-002.pdf"}
    for content in (
        made.zip().replace(b"the letter", b"The letter"),
        b"no ZIP at all",
        replace(made, files=without_volume).zip(),
        spoiled(LISTS["wrong_n"]).zip(),
        made.sign_as_it_is(MANIFESTS["list_country"][0]).zip(),
    ):
        verdict, faults = check(content)
        assert verdict == "Something is wrong here."
        assert faults == said_by_the_program(tmp_path, content) != []


@NO_DATABASE
def test_receipts_with_and_without_their_secret(check: Check, page: Page) -> None:
    made = package()
    holds = "The receipt holds: its line is in the package."
    assert check(made.receipt(5)) == (holds, [])
    expect(page.locator("[data-slot=notes]")).to_contain_text("The secret in the receipt proves")
    assert check(made.receipt(0, with_secret=False)) == (holds, [])
    expect(page.locator("[data-slot=notes]")).to_contain_text("does not say whose line it is")
    expect(page.locator("[data-slot=line]")).to_have_text("1. Zoë “Zo” O’Neill, Köln, Germany")


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
def test_every_attack_and_every_changed_byte_is_found_as_the_program_finds_it(page: Page, tmp_path: Path) -> None:
    made, path = package(), tmp_path / "file"
    changed = [*with_a_changed_byte(made.zip(), 40), *with_a_changed_byte(made.receipt(5), 40), *attacks()]
    for content, told in zip(changed, each(page, changed), strict=True):
        path.write_bytes(content)
        assert told == [codes(fault) for fault in verify.check(path).faults]
        assert told


@NO_DATABASE
def test_lists_of_any_length_have_their_root(page: Page) -> None:
    made = [package([("KR", "full", f"Kim {n:05}", None) for n in range(size)]) for size in (1, 2, 3, 7, 4097)]
    assert each(page, [one.zip() for one in made]) == [[]] * len(made)
    assert each(page, [made[-1].receipt(4096)]) == [[]]


def test_a_browser_that_cannot_check_signatures_says_so_and_sends_the_file(page: Page) -> None:
    page.add_init_script("Object.defineProperty(Crypto.prototype, 'subtle', { value: undefined })")
    page.goto("/verify")
    expect(page.locator("[data-cannot]")).to_be_visible()
    expect(page.locator("[data-here]")).to_be_hidden()
    page.set_input_files("#file", {"name": "file", "mimeType": "application/zip", "buffer": package().zip()})
    page.click("main button")
    expect(page.locator("[data-slot=verdict]").first).to_have_text(RIGHT)
