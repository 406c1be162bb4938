"""Packages: right ones pass, and whatever was done to one has its own sentence."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from petition.deliveries.proof import keys, manifest, tree
from petition.deliveries.proof.report import Report
from petition.deliveries.proof.sources import Part
from petition.deliveries.proof.verify import check
from tests.deliveries.proof.packages import OTHER_KEY, PEOPLE, Made, package

P256 = ec.derive_private_key(5, ec.SECP256R1()).public_key()
Check = Callable[..., Report]


def codes(report: Report) -> list[str]:
    """The codes of the faults; of one in a file or a line, the code of what is wrong there."""
    return [getattr(fault.values.get("why"), "code", fault.code) for fault in report.faults]


def test_a_package_passes_as_zip_and_as_folder(tmp_path: Path) -> None:
    made = package()
    for path in (made.pack(tmp_path / "package.zip"), made.unpack(tmp_path / "folder")):
        report = check(path, deep=True)
        assert (report.kind, report.ok, report.faults) == ("package", True, [])
        assert report.summary["signature_count"] == len(PEOPLE)
        assert report.summary["shown"] == {"full": 9, "initials": 1, "count": 2}


@pytest.mark.parametrize("number", [0, 1, 1024, 1025])
def test_a_package_of_any_size_passes(checked: Check, number: int) -> None:
    people = [("KR", "full", f"Name {n}", None) for n in range(number)]
    report = checked(package(people).zip(), deep=True)
    assert (report.faults, report.summary["signature_count"]) == ([], number)


def test_who_made_it_is_only_known_with_a_key_from_elsewhere(checked: Check) -> None:
    made = package()
    unknown, known = checked(made.zip()), checked(made.zip(), key=made.fingerprint)
    assert (unknown.ok, unknown.authentic, unknown.as_json()["authentic"]) == (True, False, False)
    assert "maker_not_checked" in unknown.notes
    assert "Who made it is not checked" in " ".join(unknown.as_json()["notes"])
    assert (known.ok, known.authentic) == (True, True)
    assert "maker_not_checked" not in known.notes


def test_an_edited_package_signed_with_another_key_fails_for_whoever_names_the_key(checked: Check) -> None:
    forged = package(PEOPLE[:5])
    forged.key = OTHER_KEY
    forged.sign()
    assert checked(forged.zip()).authentic is False
    report = checked(forged.zip(), key=package().fingerprint)
    assert (codes(report), report.authentic) == (["wrong_key"], False)
    assert forged.fingerprint in str(report.faults[0])


@pytest.mark.parametrize("place", ["zip", "folder"])
@pytest.mark.parametrize("name", list(package().entries))
def test_a_changed_byte_in_any_file_is_found(tmp_path: Path, name: str, place: str) -> None:
    made = package()
    content = bytearray(made.files[name])
    content[len(content) // 2] ^= 1
    made.files[name] = bytes(content)
    report = check(made.pack(tmp_path / "package") if place == "zip" else made.unpack(tmp_path / "package"))
    own_words = {manifest.MANIFEST: "", manifest.SIGNATURE: "bad_signature"}
    assert own_words.get(name, "changed") in ("", *codes(report))
    assert any(name in str(fault) for fault in report.faults) or name in own_words
    assert (report.ok, report.authentic) == (False, False)


@pytest.mark.parametrize("place", ["zip", "folder"])
@pytest.mark.parametrize("name", list(package().entries))
def test_a_missing_file_is_named(tmp_path: Path, name: str, place: str) -> None:
    made = package()
    del made.files[name]
    report = check(made.pack(tmp_path / "package") if place == "zip" else made.unpack(tmp_path / "package"))
    assert codes(report) == ["volume_missing" if name.startswith("list-") else "missing"]
    assert name in str(report.faults[0])


def test_a_file_too_many_is_named(tmp_path: Path) -> None:
    made = package()
    made.files["list-003.pdf"] = b"%PDF"
    for path in (made.pack(tmp_path / "package"), made.unpack(tmp_path / "folder")):
        report = check(path)
        assert codes(report) == ["too_many"]
        assert str(report.faults[0]) == "list-003.pdf does not belong in the package."


def test_a_longer_file_is_not_read_beyond_what_was_declared(checked: Check) -> None:
    made = package()
    made.files["list.jsonl"] += b"{}\n"
    assert codes(checked(made.zip())) == ["size_wrong"]
    made = package()
    made.files["manifest.json.sig"] += b"x"
    assert codes(checked(made.zip())) == ["oversized"]
    made.files["manifest.json"] = b" " * (5 << 20)
    assert codes(checked(made.zip())) == ["oversized"]


def test_another_key_than_the_manifest_names_is_found(checked: Check) -> None:
    made = package()
    made.files["key.pem"] = keys.pem(OTHER_KEY.public_key())
    assert codes(checked(made.zip())) == ["bad_signature", "key_not_named", "changed"]
    made.key = OTHER_KEY
    made.sign_as_it_is(manifest.made(made.facts, made.described(), package().fingerprint))
    report = checked(made.zip(), key=package().fingerprint)
    assert codes(report) == ["key_not_named", "wrong_key"]


@pytest.mark.parametrize(
    "key",
    [
        b"",
        b"-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n",
        keys.pem(OTHER_KEY.public_key()) * 2,
        b"\n" + keys.pem(OTHER_KEY.public_key()),
        P256.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo),
    ],
    ids=["empty", "hollow", "two", "blank line", "another kind"],
)
def test_a_key_of_another_kind_or_form_is_refused(checked: Check, key: bytes) -> None:
    made = package()
    made.files["key.pem"] = key
    assert "bad_key" in codes(checked(made.zip()))


def test_a_pdf_keeps_what_was_signed_as_its_beginning(checked: Check) -> None:
    made = package()
    made.extra["list-002.pdf"]["sha256_before_signing"] = sha256(b"another").hexdigest()
    made.sign()
    assert codes(checked(made.zip())) == ["before_signing"]


def altered(**members: Any) -> bytes:
    """The manifest with other members, canonical again."""
    return rfc8785.dumps({**json.loads(package().files["manifest.json"]), **members})


FACTS = json.loads(package().files["manifest.json"])
COUNTRIES = FACTS["signatures_by_country"]
MANIFESTS = {
    "countries_do_not_add_up": [altered(signatures_by_country=COUNTRIES[1:])],
    "countries_unordered": [altered(signatures_by_country=COUNTRIES[::-1])],
    "origins_do_not_add_up": [altered(signatures_by_origin={"web": 12, "paper": 1, "import": 0})],
    "shown_do_not_add_up": [altered(shown={"full": 10, "initials": 1, "count": 2})],
    "texts_do_not_add_up": [altered(texts=[]), altered(texts=[{**FACTS["texts"][0], "signature_count": 11}])],
    "text_twice": [altered(texts=[{**FACTS["texts"][0], "signature_count": 6}] * 2)],
    "tree_size": [altered(tree={**FACTS["tree"], "size": 11})],
    "country_not_asked": [altered(filters={"countries": ["DE"], "since": None, "until": None})],
    "list_size": [altered(signature_count=13)],
    "list_country": [
        altered(signatures_by_country=[{**COUNTRIES[0], "signature_count": 2}, COUNTRIES[1], *COUNTRIES[3:]])
    ],
    "list_shown": [altered(shown={"full": 8, "initials": 2, "count": 2})],
    "root": [altered(tree={**FACTS["tree"], "root": "0" * 64})],
    "files_wrong": [
        altered(files=FACTS["files"][::-1]),
        altered(files=[*FACTS["files"], FACTS["files"][-1]]),
        altered(files=[one for one in FACTS["files"] if one["name"] != "list-001.pdf"]),
        altered(files=[one for one in FACTS["files"] if not one["name"].startswith("list-")]),
        altered(files=[]),
    ],
    "signing_incomplete": [
        altered(files=[{**one, **more} for one in FACTS["files"]])
        for more in ({"bytes_before_signing": 1}, {"bytes_before_signing": 10**6, "sha256_before_signing": "0" * 64})
    ],
    "key_missing": [rfc8785.dumps({name: value for name, value in FACTS.items() if name != "tree"})],
    "key_unknown": [altered(comment=""), altered(tree={**FACTS["tree"], "also": 1})],
    "wrong_kind": [altered(signature_count="12"), altered(signature_count=True), altered(files={}), b"[]"],
    "wrong_value": [
        altered(format="petition-package/2"),
        altered(snapshot_on="2012-02-29T10:00:00Z"),
        altered(snapshot_on="2026-02-30"),
        altered(snapshot_on="0000-01-01"),
        altered(signature_count=-12),
        altered(signatures_by_country=[{"code": "KR", "signature_count": 0}]),
        altered(files=[{**FACTS["files"][0], "name": "../cover-letter.pdf"}]),
        altered(key="A" * 64),
    ],
    "not_canonical": [package().files["manifest.json"] + b"\n", json.dumps(FACTS).encode()],
    "key_twice": [package().files["manifest.json"].replace(b'"shown":{', b'"shown":{"full":9,', 1)],
    "no_number": [package().files["manifest.json"].replace(b'"size":12', b'"size":NaN')],
    "not_whole": [package().files["manifest.json"].replace(b'"size":12', b'"size":12.0')],
    "byte_order_mark": [b"\xef\xbb\xbf" + package().files["manifest.json"]],
    "carriage_return": [package().files["manifest.json"] + b"\r"],
    "not_nfc": [altered(petition={**FACTS["petition"], "title": "Zoe\u0308"})],
    "not_json": [b"", b"{", b"nonsense"],
    "not_utf8": [b"\xff"],
}


@pytest.mark.parametrize(
    ("code", "content"),
    [(code, content) for code, contents in MANIFESTS.items() for content in contents],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_a_signed_manifest_that_lies_is_refused(checked: Check, code: str, content: bytes) -> None:
    made = package().sign_as_it_is(content)
    assert code in codes(checked(made.zip()))


def test_a_file_that_is_named_often_is_read_once(checked: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    content = altered(files=[*FACTS["files"], *[FACTS["files"][1]] * 1000])
    read, chunks = Counter[str](), Part.chunks

    def noted(part: Part) -> Iterator[bytes]:
        read[part.name] += 1
        return chunks(part)

    monkeypatch.setattr(Part, "chunks", noted)
    assert "files_wrong" in codes(checked(package().sign_as_it_is(content).zip()))
    assert read["list-001.pdf"] == 1


def test_of_many_files_that_are_missing_some_are_named(checked: Check) -> None:
    missing = [{**FACTS["files"][1], "name": f"list-{number:03}.pdf"} for number in range(2, 900)]
    found = codes(checked(package().sign_as_it_is(altered(files=[*FACTS["files"], *missing])).zip()))
    assert found.count("volume_missing") == 20


def test_no_manifest_is_made_that_would_not_pass() -> None:
    made = package()
    with pytest.raises(ValueError, match=r"add up to 12, not to 13"):
        manifest.made({**made.facts, "signature_count": 13}, made.described(), made.fingerprint)
    facts = {name: value for name, value in made.facts.items() if name != "audit_head"}
    with pytest.raises(ValueError, match=r"key audit_head is missing"):
        manifest.made(facts, made.described(), made.fingerprint)


def spoiled(change: Callable[[list[bytes]], object], rooted: bool = True) -> Made:
    """A package whose list was changed, everything else made to fit, by somebody with the key."""
    made = package()
    change(made.lines)
    made.files["list.jsonl"] = b"".join(line + b"\n" for line in made.lines)
    if rooted:
        made.facts["tree"] = {**made.facts["tree"], "root": tree.root(map(tree.leaf, made.lines)).hex()}
    return made.sign()


def numbered(lines: list[bytes]) -> None:
    """Gives every line the number of its place."""
    for index, line in enumerate(lines):
        lines[index] = rfc8785.dumps({**json.loads(line), "n": index + 1})


def swap(lines: list[bytes]) -> None:
    lines[3], lines[6] = lines[6], lines[3]
    numbered(lines)


def double(lines: list[bytes]) -> None:
    lines[8] = lines[7]
    numbered(lines)


def same_c(lines: list[bytes]) -> None:
    lines[9] = rfc8785.dumps({**json.loads(lines[9]), "c": json.loads(lines[2])["c"]})


def replaced(index: int, old: bytes, new: bytes) -> Callable[[list[bytes]], object]:
    def change(lines: list[bytes]) -> None:
        assert old in lines[index]
        lines[index] = lines[index].replace(old, new)

    return change


LISTS = {
    "out_of_order": swap,
    "same_line": double,
    "c_twice": same_c,
    "wrong_n": replaced(4, b'"n":5', b'"n":6'),
    "carriage_return": replaced(4, b"}", b"}\r"),
    "byte_order_mark": replaced(0, b"{", b"\xef\xbb\xbf{"),
    "control_character": replaced(0, b"Zo", b"Z\xe2\x80\xa8o"),
    "not_nfc": replaced(0, "ö".encode(), "o\u0308".encode()),
    "key_twice": replaced(3, b'"n":4', b'"n":4,"n":4'),
    "no_number": replaced(3, b'"n":4', b'"n":NaN'),
    "key_unknown": replaced(3, b'"n":4', b'"n":4,"note":"a@b"'),
    "not_canonical": replaced(3, b'"n":4', b'"n": 4'),
    "not_utf8": replaced(0, "ö".encode(), b"\xc3"),
    "not_json": replaced(3, b"}", b"}{}"),
    "line_too_long": replaced(0, b"Zo", b"Zo" * 40_000),
    "list_country": replaced(0, b'"DE"', b'"AT"'),
    "list_shown": replaced(2, b'"full"', b'"initials"'),
}


@pytest.mark.parametrize(("code", "change"), LISTS.items(), ids=list(LISTS))
def test_a_list_that_is_not_as_it_must_be_is_refused_though_all_hashes_fit(
    checked: Check, code: str, change: Callable[[list[bytes]], object]
) -> None:
    assert code in codes(checked(spoiled(change).zip()))


def test_counted_signers_have_no_city(checked: Check) -> None:
    made = spoiled(replaced(3, b'"country"', b'"city":"Seoul","country"'))
    assert codes(checked(made.zip())) == ["key_unknown"]


def test_a_list_that_does_not_match_the_root_is_refused(checked: Check) -> None:
    made = spoiled(replaced(0, b"Zo", b"Zu"), rooted=False)
    assert codes(checked(made.zip())) == ["root"]


def test_the_end_of_the_list_must_be_there(checked: Check) -> None:
    made = package()
    made.files["list.jsonl"] = made.files["list.jsonl"][:-1]
    assert codes(checked(made.sign().zip())) == ["no_line_end"]


def test_a_list_wrong_in_every_line_is_not_read_to_its_end(checked: Check) -> None:
    made = package([("KR", "full", f"Name {n}", None) for n in range(500)])
    made.files["list.jsonl"] = made.files["list.jsonl"].replace(b"\n", b"\r\n")
    found = codes(checked(made.sign().zip(), deep=True))
    assert found == ["carriage_return"] * 10 + ["more_lines"]
