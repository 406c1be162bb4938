"""The PDF is read back by qpdf and poppler: the right people, in the right letters, on an archival page."""

import io
import subprocess
import zipfile

import pikepdf
import pytest

from petition.deliveries.lines import ListError, ListLine
from petition.deliveries.pdf_list import is_zip, write_pdf
from petition.deliveries.pdf_sieve import refused
from petition.deliveries.pdf_text import drawable


class Pipe(io.RawIOBase):
    """An output that cannot seek, as a network connection cannot."""

    def __init__(self):
        self.sent = b""

    def writable(self):
        return True

    def write(self, data):
        self.sent += bytes(data)
        return len(data)


def written(lines, heading, **limits) -> bytes:
    stream = Pipe()
    assert write_pdf(stream, iter(lines), heading, **limits) == len(lines)
    return stream.sent


def text_of(pdf: bytes) -> str:
    done = subprocess.run(["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True)
    return done.stdout.decode()


@pytest.fixture(scope="module")
def made():
    """PDFs by name, so that tests which only read share them."""
    return {}


@pytest.fixture
def pdf(made, people, heading_of) -> bytes:
    if "mixed" not in made:
        made["mixed"] = written(people, heading_of(people))
    return made["mixed"]


def test_the_names_are_there_in_their_scripts(pdf):
    text = text_of(pdf)
    for word in ("김민지", "山田 太郎", "राजेश", "สมชาย", "#strong[x] $y$ *z*", "=cmd|' /C calc'!A0", "Zoë"):
        assert word in text
    assert "محمد" in text
    assert "South Korea" in text
    assert "15" in text
    assert "Page 1 of" in text


def test_people_in_the_count_alone_are_one_line_for_their_country(pdf):
    text = text_of(pdf)
    assert "and 2 people who asked to be counted without their name" in text
    assert "and 1 person who asked to be counted without their name" in text
    for withheld in ("박지우", "이서준", "최예은"):
        assert withheld not in text


def test_the_document_is_archival_tagged_and_says_nothing_of_a_person(pdf):
    with pikepdf.open(io.BytesIO(pdf)) as document:
        assert document.Root.Lang == "en"
        assert document.Root.MarkInfo.Marked
        assert document.Root.ViewerPreferences.DisplayDocTitle
        with document.open_metadata(set_pikepdf_as_editor=False) as metadata:
            assert metadata["pdfaid:part"] == "2"
            assert metadata["pdfaid:conformance"] == "A"
            assert metadata["pdfuaid:part"] == "1"
            assert metadata["dc:title"] == "List of signatures: Stop sending North Korean refugees back"
            assert "dc:creator" not in metadata
        assert set(document.docinfo) <= {"/Title", "/Creator", "/CreationDate", "/ModDate"}
        assert str(document.docinfo["/CreationDate"]).startswith("D:20120229")


def tags_of(element, found):
    if isinstance(element, pikepdf.Dictionary):
        if "/S" in element:
            found.append(str(element.S))
        if "/K" in element:
            kids = element.K
            for kid in kids if isinstance(kids, pikepdf.Array) else [kids]:
                tags_of(kid, found)
    return found


def test_the_tables_are_tagged_with_their_header_cells(pdf):
    with pikepdf.open(io.BytesIO(pdf)) as document:
        tags = tags_of(document.Root.StructTreeRoot, [])
    assert tags.count("/Table") == 7  # the summary and six countries
    assert tags.count("/TH") == 2 + 6 * 3
    assert tags.count("/H1") == 7


def test_equal_lines_give_equal_bytes(pdf, people, heading_of):
    assert written(people, heading_of(people)) == pdf


def test_what_no_font_has_becomes_a_replacement_sign_and_breaks_nothing(heading_of):
    names = [
        "𓀀𓀁",
        "\ue000",
        "a\u202eb\u2066c",
        "\x00\x1b[31m",
        "Z" + "\u0334" * 60,
        "\u0301",
        "١\u20e3",
        "\ufeff",
    ]
    lines = [ListLine(n, "US", "United States", name, name, "full") for n, name in enumerate(names, start=1)]
    text = text_of(written(lines, heading_of(lines)))
    assert "��" in text
    assert "abc" in text
    assert "[31m" in text


def test_a_name_that_the_typesetter_refuses_keeps_no_other_name_off_the_list(heading_of):
    odd = "a\u08db\u3033\u0321"
    names = ["Ana", odd, "محمد"]
    lines = [ListLine(n, "KR", "South Korea", name, None, "full") for n, name in enumerate(names, start=1)]
    assert refused([drawable(odd)])
    text = text_of(written(lines, heading_of(lines)))
    assert "Ana" in text
    assert "�" in text


def test_the_sieve_finds_the_refused_text_among_the_others():
    bad = "\u0898\U0001fa93\u0325"
    assert refused(["Ana", "محمد", bad, "김민지", "🇰🇷"]) == {bad}


def test_an_endless_name_stays_on_its_page(heading_of):
    lines = [ListLine(1, "US", "United States", "W" * 120, "W" * 120, "full")]
    boxes = subprocess.run(
        ["pdftotext", "-bbox", "-", "-"],
        input=written(lines, heading_of(lines)),
        capture_output=True,
        check=True,
    ).stdout.decode()
    right_edges = [float(part.split('"')[0]) for part in boxes.split('xMax="')[1:]]
    assert max(right_edges) < 595.3 - 56.6  # the width of A4 less the margin


def test_the_language_of_the_labels_is_the_callers(people, heading_of):
    heading = heading_of(people, language="ar", name="الاسم", to="إلى {addressee}", page="صفحة {page} من {pages}")
    data = written(people, heading)
    with pikepdf.open(io.BytesIO(data)) as document:
        assert document.Root.Lang == "ar"
    assert "الاسم" in text_of(data)


def test_a_language_nobody_knows_is_refused(people, heading_of):
    with pytest.raises(ListError, match="no language"):
        write_pdf(Pipe(), people, heading_of(people, language="xx-nowhere"))


def test_more_lines_than_a_volume_holds_become_a_zip_of_volumes(people, heading_of):
    heading = heading_of(people)
    assert is_zip(heading, 5)
    assert not is_zip(heading)
    data = written(people, heading, rows_per_volume=5)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["list-001.pdf", "list-002.pdf", "list-003.pdf"]
        assert {(entry.compress_type, entry.flag_bits & 8) for entry in archive.infolist()} == {(0, 0)}
        texts = [text_of(archive.read(name)) for name in archive.namelist()]
    assert "Volume 1" in texts[0]
    assert "Numbers 1 to 8 of 15" in texts[0]
    assert "South Korea" in texts[0]
    assert "End of the list" not in texts[0] + texts[1]
    assert "End of the list" in texts[2]
    assert "United States (continued)" in texts[2]


def test_a_volume_that_ends_with_its_country_does_not_carry_an_empty_heading(heading_of):
    rows = [("JP", "Japan", "full")] * 2 + [("KR", "South Korea", "count")] * 2 + [("KR", "South Korea", "full")] * 2
    lines = [
        ListLine(n, code, name, "Ana" if shown == "full" else "", None, shown)
        for n, (code, name, shown) in enumerate(rows, start=1)
    ]
    with zipfile.ZipFile(io.BytesIO(written(lines, heading_of(lines), rows_per_volume=2))) as archive:
        first, second = (text_of(archive.read(name)) for name in archive.namelist())
    assert first.count("South Korea") == 1  # in the summary
    assert "continued" not in second
    assert "and 2 people" in second


def test_the_zip_is_the_same_on_an_output_that_can_seek(people, heading_of):
    seekable = io.BytesIO(b"before")
    seekable.seek(0, io.SEEK_END)
    write_pdf(seekable, people, heading_of(people), rows_per_volume=8)
    assert seekable.getvalue() == b"before" + written(people, heading_of(people), rows_per_volume=8)


def test_a_list_of_nobody_and_a_list_of_counts_are_pdfs_too(heading_of):
    assert "0" in text_of(written([], heading_of([])))
    lines = [ListLine(n, "KR", "South Korea", "", None, "count") for n in range(1, 1235)]
    text = text_of(written(lines, heading_of(lines), rows_per_volume=5000))
    assert "1,234 people who asked to be counted without their name" in text
    assert "and 1,234" not in text


def test_lines_that_do_not_add_up_to_the_heading_are_refused_before_anything_is_written(people, heading_of):
    heading = heading_of(people)
    moved = [people[0]._replace(country="AA", country_name="Nowhere"), *people[1:]]
    for lines in (people[:-1], moved):
        stream = Pipe()
        with pytest.raises(ListError, match="not of one snapshot"):
            write_pdf(stream, lines, heading)
        assert stream.sent == b""


def test_a_country_in_two_places_is_refused(people, heading_of):
    with pytest.raises(ListError, match="country EG are not in one block"):
        write_pdf(Pipe(), [*people, people[0]], heading_of(people))
