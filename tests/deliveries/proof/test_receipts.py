"""Receipts: a line is in a package, and perhaps mine."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest
import rfc8785

from petition.deliveries.proof import keys, receipt, tree
from petition.deliveries.proof.report import Report
from tests.deliveries.proof.packages import OTHER_KEY, PEOPLE, package

Check = Callable[..., Report]
MADE = package()
RECEIPT = json.loads(MADE.receipt(5))


def codes(report: Report) -> list[str]:
    return [fault.code for fault in report.faults]


def test_every_signer_has_a_receipt_that_holds(checked: Check) -> None:
    for index in range(len(PEOPLE)):
        for with_secret in (True, False):
            report = checked(MADE.receipt(index, with_secret), key=MADE.fingerprint)
            assert (report.kind, report.faults, report.authentic) == ("receipt", [], True)
            assert report.summary["line"]["n"] == index + 1
            assert ("mine" in report.notes) is with_secret
            assert ("not_whose" in report.notes) is not with_secret


def test_a_receipt_says_nothing_of_its_maker_by_itself(checked: Check) -> None:
    report = checked(MADE.receipt(0))
    assert (report.ok, report.authentic, "maker_not_checked" in report.notes) == (True, False, True)


def test_a_receipt_may_be_laid_out_for_reading(checked: Check) -> None:
    assert checked(json.dumps(RECEIPT, indent=2, ensure_ascii=False).encode() + b"\r\n").ok


def test_the_key_may_be_given_in_either_form() -> None:
    content, signature = MADE.files["manifest.json"], MADE.files["manifest.json.sig"]
    rest = (MADE.lines[0], 0, tree.path([tree.leaf(line) for line in MADE.lines], 0), None)
    der, pem = keys.der(MADE.key.public_key()), keys.pem(MADE.key.public_key())
    assert receipt.made(content, signature, der, *rest) == receipt.made(content, signature, pem, *rest)


def changed(**members: Any) -> bytes:
    found = {**RECEIPT, **members}
    return rfc8785.dumps({name: value for name, value in found.items() if value is not None})


MANIFEST = RECEIPT["manifest"]
LINE = json.loads(RECEIPT["line"])
OWN_TREE = {**MANIFEST, "tree": {**MANIFEST["tree"], "size": 1, "root": tree.leaf(RECEIPT["line"].encode()).hex()}}
REFUSED: dict[str, tuple[str, bytes]] = {
    "a root of its own making": ("bad_signature", changed(manifest=OWN_TREE, path=[], index=0)),
    "no path": ("receipt_path", changed(path=[])),
    "a longer path": ("receipt_path", changed(path=[*RECEIPT["path"], "0" * 64])),
    "a path the other way round": ("receipt_path", changed(path=RECEIPT["path"][::-1])),
    "another place": ("receipt_path", changed(index=4)),
    "a place outside": ("receipt_outside", changed(index=12)),
    "a number that is not the place": ("receipt_n", changed(line=rfc8785.dumps({**LINE, "n": 7}).decode())),
    "another name": ("receipt_path", changed(line=rfc8785.dumps({**LINE, "name": "Eve"}).decode())),
    "a country that is not counted": (
        "receipt_counts",
        changed(line=rfc8785.dumps({**LINE, "country": "AT"}).decode()),
    ),
    "another's secret": ("receipt_secret", changed(secret="0" * 64)),
    "another signature": ("bad_signature", changed(sig=b64encode(bytes(64)).decode())),
    "another key": ("bad_signature", changed(key=keys.pem(OTHER_KEY.public_key()).decode())),
    "no key": ("bad_key", changed(key="")),
    "an edited manifest": ("bad_signature", changed(manifest={**MANIFEST, "snapshot_on": "2012-03-01"})),
    "counts that do not add up": (
        "in_file",
        changed(manifest={**MANIFEST, "shown": {"full": 12, "initials": 1, "count": 2}}),
    ),
    "a line end in the line": ("receipt_line", changed(line=RECEIPT["line"] + "\n")),
    "a line that is none": ("receipt_line", changed(line="{}")),
    "an unknown key": ("key_unknown", changed(note="x")),
    "an unknown key in its manifest": ("key_unknown", changed(manifest={**MANIFEST, "note": "x"})),
    "a missing key": ("key_missing", changed(sig=None)),
    "a key twice": ("key_twice", changed().replace(b'"index":5', b'"index":5,"index":5')),
    "another format": ("wrong_value", changed(format="petition-receipt/2")),
    "a path that is no hash": ("wrong_value", changed(path=["x"])),
    "a place that is no number": ("wrong_kind", changed(index="5")),
    "a number with a point": ("not_whole", changed().replace(b'"index":5', b'"index":5.0')),
    "half of it": ("not_json", changed()[:200]),
}


@pytest.mark.parametrize("attack", REFUSED)
def test_a_receipt_that_does_not_hold_is_refused_in_its_own_words(checked: Check, attack: str) -> None:
    code, content = REFUSED[attack]
    report = checked(content)
    assert code in codes(report)
    assert not report.authentic


def test_a_package_of_somebodys_own_making_is_not_authentic(checked: Check) -> None:
    own = package(PEOPLE[:1])
    own.key = OTHER_KEY
    own.sign()
    assert json.loads(own.receipt(0))["path"] == []
    assert (checked(own.receipt(0)).ok, checked(own.receipt(0)).authentic) == (True, False)
    assert codes(checked(own.receipt(0), key=MADE.fingerprint)) == ["wrong_key"]


def test_a_huge_file_is_no_receipt(checked: Check) -> None:
    assert codes(checked(b"{" + b" " * (9 << 20))) == ["receipt_too_large"]
