"""The cover letter, read back by qpdf and poppler: to whom, how many, the petition's text, and how to check it."""

from __future__ import annotations

import io
import re
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import pikepdf
import pytest
from flask import Flask

from petition.core import i18n
from petition.core.db import read_again, writing
from petition.deliveries.lines import ListError
from petition.deliveries.missions.models import Mission, MissionKind
from petition.deliveries.packages import cover_letter, keys
from petition.deliveries.packages.cover_letter import letter_of, write_cover_letter
from petition.deliveries.packages.models import Package
from petition.petitions import service as petitions
from petition.petitions.models import Petition
from tests.deliveries.packages.letters import EMBASSY, FACTS, FINGERPRINT, letter
from tests.deliveries.test_list_pdf import tags_of, text_of

MADE: dict[str, bytes] = {}


@pytest.fixture
def speaking() -> Iterator[Flask]:
    """An application that knows the languages, and nothing else."""
    app = Flask("petition")
    i18n.init_app(app)
    with app.app_context():
        yield app


@pytest.fixture
def pdf(speaking: Flask) -> bytes:
    """The usual letter, made once for all tests that only read it."""
    if "usual" not in MADE:
        MADE["usual"] = write_cover_letter(letter())
    return MADE["usual"]


def words_of(pdf: bytes) -> str:
    """Its text, whatever the lines."""
    return re.sub(r"\s+", " ", text_of(pdf))


def test_it_says_to_whom_how_many_what_and_how_to_check(pdf: bytes) -> None:
    text = words_of(pdf)
    for said in (
        *("His Excellency the Ambassador", "中华人民共和国驻英国大使馆", "London W1B 1JL", "Your Excellency,"),
        *("February 29, 2012", "Package 3", "the signatures of 1,234 people to the petition “Stop sending North"),
        *("They signed from 2 countries.", "1,000 with their name, 200 with initials, 34 in the count alone"),
        *("River Friends", "Friends of the Lake", "To the President of the People’s Republic of China"),
        *("What we ask", "1. That nobody is sent back", "Convention (https://example.org/convention) is kept"),
        *("South Korea 1,200", "United States 34", "VERIFY.txt", "0123 4567 89ab cdef 0123 4567 89ab cdef"),
        *("https://petitions.example.org/packages/019a0000-0000-7000-8000-000000000001", "Page 1 of 2"),
    ):
        assert said in text, said
    assert "#strong[no markup] $of$ the <b>typesetter</b>." in text


def test_it_is_archival_tagged_and_says_nothing_of_a_person(pdf: bytes) -> None:
    with pikepdf.open(io.BytesIO(pdf)) as document:
        assert document.Root.Lang == "en"
        assert document.Root.MarkInfo.Marked
        with document.open_metadata(set_pikepdf_as_editor=False) as metadata:
            assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("2", "A")
            assert metadata["pdfuaid:part"] == "1"
            assert metadata["dc:title"] == "Cover letter: Stop sending North Korean refugees back"
            assert "dc:creator" not in metadata
        assert set(document.docinfo) <= {"/Title", "/Creator", "/CreationDate", "/ModDate"}
        assert str(document.docinfo["/CreationDate"]).startswith("D:20120229")
        tags = tags_of(document.Root.StructTreeRoot, [])
        alternatives = {
            str(one.Alt) for one in document.objects if isinstance(one, pikepdf.Dictionary) and "/Alt" in one
        }
    assert [tag for tag in tags if re.fullmatch(r"/H\d", tag)] == ["/H1", "/H2", "/H1"]
    assert {"/L", "/LI", "/Table", "/TH", "/Figure", "/BlockQuote"} <= set(tags)
    assert alternatives == {"A code that leads to the page of this package"}


def test_equal_letters_give_equal_bytes(pdf: bytes, speaking: Flask) -> None:
    assert write_cover_letter(letter()) == pdf


def test_a_long_text_goes_on_over_pages_and_odd_letters_break_nothing(speaking: Flask) -> None:
    odd = "a\u08db\u3033\u0321 \ue000 𓀀 \x00\u202e Z" + "\u0334" * 60 + " end " + "x" * 300
    many = "\n\n".join(f"## Point {n}\n\n- {'word ' * 60}\n- {odd}" for n in range(60))
    made = write_cover_letter(
        letter(
            body=many + "\n\nThe last words.",
            title=f"A title {odd}",
            organisations=[f"Organisation {n}" for n in range(80)],
            mission=EMBASSY | {"postal_address": "\n\n Road 1 \n\n", "form_of_address": "Señora Embajadora:"},
        )
    )
    text = words_of(made)
    assert "The last words." in text
    assert "Organisation 79" in text
    assert "Señora Embajadora: With" in text
    with pikepdf.open(io.BytesIO(made)) as document:
        assert len(document.pages) > 15
    assert rightmost(made) < 596 - 70, "the margin stays empty"


@pytest.mark.parametrize("language", ["en", "zh-Hant"])
def test_what_is_written_without_spaces_stays_between_the_margins(speaking: Flask, language: str) -> None:
    body = "\n\n".join(("ขอให้หยุด" * 50, "停止遣返" * 90, "သည်များကို" * 50))
    made = write_cover_letter(letter(text_language=language, body=body))
    assert "停止遣返" in text_of(made)
    assert rightmost(made) < 596 - 70


def rightmost(pdf: bytes) -> float:
    """Where the last word ends, in points from the left."""
    boxes = subprocess.run(["pdftotext", "-bbox", "-", "-"], input=pdf, capture_output=True, check=True).stdout
    return max(float(found) for found in re.findall(rb'xMax="([\d.]+)"', boxes))


@pytest.mark.parametrize("language", ["ko", "ar", "ka"])
def test_it_speaks_the_chosen_language_around_a_text_in_any(speaking: Flask, language: str) -> None:
    body = {"ko": "우리는 **요청**합니다.", "ar": "نطلب **وقف** الإعادة.", "ka": "დაე *იდინოს*."}[language]
    text = write_cover_letter(letter(language, text_language=language, body=body, title=body[:5]))
    with pikepdf.open(io.BytesIO(text)) as document:
        assert document.Root.Lang == (language if language in i18n.LANGUAGES else "en")
    assert {"ko": "요청", "ar": "نطلب", "ka": "იდინოს"}[language] in words_of(text)


def test_a_limited_package_says_of_which_time_it_is(speaking: Flask) -> None:
    until = {"until": "2012-03-01T00:00:00+00:00"}
    since = {"since": "2012-02-14T00:00:00+00:00"}
    for filters, said in {
        "until before": since | until,
        "confirmed since February 14, 2012.": since,
        "confirmed before March 1, 2012.": until,
    }.items():
        words = letter(facts=FACTS | {"filters": {"countries": [], **said}}).words["opening"]
        assert filters in words, words


def test_a_letter_that_cannot_be_made_is_told_in_one_line(speaking: Flask) -> None:
    with pytest.raises(ListError, match="no language that a list"):
        write_cover_letter(letter(text_language="x-y-z"))


@pytest.fixture
def package(inside: Flask, petition: Petition) -> Callable[..., Package]:
    """Stores a package of the petition whose snapshot is taken."""

    def make(**changes: Any) -> Package:
        with writing() as session:
            session.merge(
                Mission(
                    slug="cn-gb-london-embassy", city="London", kind=MissionKind.EMBASSY, time_zone="UTC", **EMBASSY
                )
            )
            found = petitions.find(session, petition.slug)
            made = Package(
                petition=found, number=3, mission_slug="cn-gb-london-embassy", language="en", countries=[], **changes
            )
            session.add(made)
            session.flush()
            made.facts, made.letter = FACTS, cover_letter.frozen(made)
        return read_again().get_one(Package, made.id)

    return make


def test_it_is_gathered_from_the_snapshot(inside: Flask, package: Callable[..., Package]) -> None:
    made = package()
    found = letter_of(read_again(), made)
    assert (found.language, found.text_language, found.total, found.package_number) == ("en", "en", 1234, 3)
    assert found.by_country == [("South Korea", 1200), ("United States", 34)]
    assert (found.title, found.body, found.addressee) == (
        "Free the river",
        "Let it *flow*.",
        "the Minister of Waters",
    )
    assert found.organisations == ["River Friends"]
    assert found.mission == EMBASSY
    assert found.public_url == f"{inside.config['BASE_URL']}/packages/{made.id}"
    assert found.fingerprint == keys.current().fingerprint
    assert letter_of(read_again(), made, FINGERPRINT).fingerprint == FINGERPRINT


def test_what_changes_after_the_snapshot_changes_nothing_in_it(
    inside: Flask, package: Callable[..., Package]
) -> None:
    made = package(key=FINGERPRINT)
    before = letter_of(read_again(), made)
    with writing() as session:
        found = session.get_one(Package, made.id)
        found.mission.name, found.mission.postal_address = "Another", "Elsewhere"
        found.petition.organisation.name = "Another organisation"
        found.petition.addressee = "somebody else"
    assert letter_of(read_again(), read_again().get_one(Package, made.id)) == before
