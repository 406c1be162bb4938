"""Packages from asking to the ZIP: what is in them, and what is not."""

from __future__ import annotations

import io
import re
import stat
import unicodedata
import zipfile
from collections import Counter
from hashlib import sha256

import openpyxl
import pikepdf
import pytest
import sqlalchemy as sa
from flask import Flask
from openpyxl.utils.escape import unescape

from petition.core.clock import now
from petition.core.db import read_again, writing
from petition.deliveries.lines import ListError
from petition.deliveries.packages import building, files
from petition.deliveries.packages.models import Package, PackageLeaves, PackageLine
from petition.deliveries.proof import tree, verify
from tests.deliveries.packages.making import (
    FULL,
    PEOPLE,
    WITHHELD,
    Built,
    add_mission,
    asked,
    built,
    frozen_lines,
    now_as,
)
from tests.deliveries.packages.searching import texts


def test_a_package_has_everybody_as_they_chose_and_verifies_down_to_the_cells(
    made: Built,
) -> None:
    report = verify.check(made.path, deep=True)
    assert report.faults == []
    by_country = Counter(country for country, _name, _city, _choice in PEOPLE)
    found = {one["code"]: one["signature_count"] for one in made.manifest["signatures_by_country"]}
    assert found == by_country
    assert made.manifest["shown"] == {"full": 11, "initials": 2, "count": 4}
    assert made.manifest["signatures_by_origin"] == {"web": 12, "paper": 5, "import": 0}
    named = {(line["country"], line["name"]) for line in made.lines if line["shown"] == "full"}
    assert named == {(c, unicodedata.normalize("NFC", n)) for c, n, _city, choice in PEOPLE if choice == FULL}
    assert {line["name"] for line in made.lines if line["shown"] == "initials"} == {"वि सु", "W Z"}
    assert made.package.facts["signature_count"] == made.package.facts["tree"]["size"] == len(PEOPLE)
    assert [made.package.done, made.package.lease] == [made.package.steps, None]
    assert made.package.zip_sha256 == sha256(made.path.read_bytes()).hexdigest()
    assert made.package.manifest == made.entries["manifest.json"]


def test_the_order_of_the_lines_says_nothing_but_what_they_say(made: Built) -> None:
    lines = made.lines
    order = [(line["country"], line["shown"], line.get("name", ""), line["c"]) for line in lines]
    assert order == sorted(order)
    assert [line["n"] for line in lines] == list(range(1, len(PEOPLE) + 1))


def test_what_somebody_withheld_is_in_no_byte_of_any_file(made: Built) -> None:
    shown = " ".join(name + (city or "") for _c, name, city, choice in PEOPLE if choice == FULL)
    assert not [word for word in WITHHELD if word in shown]
    for name, content in made.entries.items():
        for text in texts(name, content):
            assert not [word for word in WITHHELD if word in text], name
    for name in ("list.xlsx", "list-001.pdf", "list.csv", "list.jsonl"):
        assert any("김민지" in text for text in texts(name, made.entries[name])), name


def test_the_workbook_says_what_the_list_says_cell_by_cell(made: Built) -> None:
    book = openpyxl.load_workbook(io.BytesIO(made.entries["list.xlsx"]))
    header, *rows = book.active.iter_rows()
    assert [cell.value for cell in header] == ["n", "country", "name", "city", "shown"]
    assert [[cell.value and unescape(str(cell.value)) for cell in row] for row in rows] == [
        [str(line["n"]), line["country"], line.get("name") or None, line.get("city"), line["shown"]]
        for line in made.lines
    ]
    assert {cell.data_type for row in rows for cell in row[1:] if cell.value is not None} == {"s"}


def test_from_one_snapshot_and_key_come_the_same_bytes(house: Flask, made: Built) -> None:
    with house.app_context():
        files.remove(made.package.id)
        with writing() as session:
            mine = sa.update(Package).where(Package.id == made.package.id)
            session.execute(mine.values(state="waiting", claimed_until=None))
    again = built(house, made.package)
    assert again.package.zip_sha256 == made.package.zip_sha256
    assert again.package.tools["typst"]


def test_two_packages_of_the_same_people_have_no_commitment_in_common(house: Flask) -> None:
    one, other = asked(house), asked(house)
    assert other.number == one.number + 1
    assert not {line["c"] for line in frozen_lines(house, one)} & {line["c"] for line in frozen_lines(house, other)}


def test_every_line_is_found_by_its_signature_and_proved_by_the_stored_leaves(house: Flask, made: Built) -> None:
    mine = made.package.id
    with house.app_context():
        session = read_again()
        lines = sa.select(PackageLine.n, PackageLine.line).where(PackageLine.package_id == mine)
        rows = session.execute(lines.order_by(PackageLine.n)).all()
        leaves = session.scalars(sa.select(PackageLeaves.hashes).where(PackageLeaves.package_id == mine)).all()
    assert [bytes(line) + b"\n" for _n, line in rows] == made.entries["list.jsonl"].splitlines(keepends=True)
    hashes = b"".join(leaves)
    assert [tree.leaf(bytes(line)) for _n, line in rows] == [hashes[i : i + 32] for i in range(0, len(hashes), 32)]
    assert tree.root_of_tops([made.package.tops]).hex() == made.manifest["tree"]["root"]


def test_countries_say_who_is_in(house: Flask) -> None:
    package = asked(house, countries=["TH", "KR"])
    assert [line["country"] for line in frozen_lines(house, package)] == ["KR", "KR", "TH"]
    facts = now_as(house, package).facts
    assert facts["filters"] == {"countries": ["KR", "TH"], "since": None, "until": None}
    assert facts["signatures_by_country"] == [
        {"code": "KR", "signature_count": 2},
        {"code": "TH", "signature_count": 1},
    ]


def test_the_period_says_who_is_in(house: Flask) -> None:
    at = now()
    assert len(frozen_lines(house, asked(house, until=at))) == len(PEOPLE)
    nobody = asked(house, since=at)
    with pytest.raises(ListError, match="Nobody is in this package"):
        frozen_lines(house, nobody)
    assert now_as(house, nobody).snapshot_at is None


def test_the_host_country_is_where_the_mission_is(house: Flask) -> None:
    add_mission(house, "cn-eg-cairo-embassy")
    package = asked(house, "cn-eg-cairo-embassy", countries="host")
    assert {line["country"] for line in frozen_lines(house, package)} == {"EG"}


def test_a_package_of_nobody_fails_and_says_so(app: Flask, everybody: None) -> None:
    package = asked(app, countries=["FR"])
    assert building.work(app)
    found = now_as(app, package)
    assert (found.state, found.snapshot_at) == ("failed", None)
    assert found.failure.startswith("Nobody is in this package")
    assert not building.work(app)


def test_only_the_programs_own_user_can_read_a_package(made: Built) -> None:
    assert [path.name for path in made.path.parent.iterdir()] == [made.path.name]
    assert stat.S_IMODE(made.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(made.path.parent.stat().st_mode) == 0o700


def test_documents_say_title_language_and_day_and_nothing_of_a_person(made: Built) -> None:
    day = made.manifest["snapshot_on"]
    with pikepdf.open(io.BytesIO(made.entries["list-001.pdf"])) as document:
        about = {name: str(value) for name, value in document.docinfo.items()}
        assert document.Root.Lang == "en"
    assert set(about) == {"/Title", "/CreationDate", "/ModDate", "/Creator"} - ({"/ModDate"} - set(about))
    assert about["/CreationDate"].startswith(f"D:{day.replace('-', '')}000000")
    with zipfile.ZipFile(io.BytesIO(made.entries["list.xlsx"])) as book:
        properties = book.read("docProps/core.xml").decode()
        custom = book.read("docProps/custom.xml").decode()
    assert re.findall(r"<dc:title>([^<]*)", properties) == [made.manifest["petition"]["title"]]
    assert re.findall(r'name="Language"><vt:lpwstr>([^<]*)', custom) == ["en"]
    assert re.findall(r"<dcterms:\w+[^>]*>([^<]*)", properties) == [f"{day}T00:00:00Z"] * 2
    assert re.findall(r"<dc:creator>([^<]*)", properties) in ([], [""])
