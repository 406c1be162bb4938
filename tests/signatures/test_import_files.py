"""What lists from elsewhere may look like, and what is said of every row that cannot be taken."""

from __future__ import annotations

import contextlib
import csv
import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from petition.core.countries import CODES, find_code, names
from petition.core.names import NameRefused, clean_name
from petition.signatures import import_rows
from petition.signatures.import_file import FileRefused, ListFile
from petition.signatures.import_rows import ImportRefused, Refusal, Row, provenance, read
from petition.signatures.models import ListName, Origin

PROOF = provenance(Origin.IMPORT, consent_note="contract")
PAPER = provenance(Origin.PAPER, witnessed_by="Wit Ness")


def rows(content: str | bytes, said=PROOF, encoding: str | None = None) -> list[Row | Refusal]:
    raw = content.encode() if isinstance(content, str) else content
    file = ListFile(io.BytesIO(raw), encoding)
    import_rows.check_columns(file.header.places, said)
    return list(read(file.records(), said))


def refusals(content: str | bytes, **options) -> list[tuple[int, str, str]]:
    return [(one.number, one.column, one.why) for one in rows(content, **options) if isinstance(one, Refusal)]


LINES = ("Name{0}E-Mail{0}COUNTRY{0}Town", "Zoë Müller{0}zoe@example.org{0}DE{0}Köln")


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("codec", "said"),
    [("utf-8", None), ("utf-8-sig", None), ("utf-16", None), ("windows-1252", "windows-1252"), ("utf-16", "utf-16")],
)
def test_encodings_separators_and_line_ends_do_not_matter(separator, end, codec, said):
    content = end.join(line.format(separator) for line in LINES).encode(codec)
    (row,) = rows(content, encoding=said)
    assert (row.number, row.name, row.country, row.city, row.email.exact) == (
        2,
        "Zoë Müller",
        "DE",
        "Köln",
        "zoe@example.org",
    )


def test_columns_come_in_any_order_and_by_several_names():
    (row,) = rows("phone,Country Code,FULL_NAME,Email Address\n1,kr,김민지,a@example.org\n")
    assert (row.name, row.country, row.email.exact, row.city) == ("김민지", "KR", "a@example.org", None)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("name,country,email,Name\n", "Two columns are called “name”"),
        ("name,country,email,E-Mail\n", "Two columns are called “email”"),
        ("name,country,email,phone,Phone\n", "Two columns are called “phone”"),
        ("name,country\n", "These columns are missing: email."),
        ("who,where\n", "The first line must name the columns"),
        ("", "The first line must name the columns"),
        ("name,country,email,Größe\n".encode("windows-1252"), "The first line is not in utf-8"),
        ("name,country,email\n".encode("utf-16-le"), "The first line is not in utf-8"),
        (b"PK\x03\x04\xff\x00", "The first line is not in utf-8"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_as_a_whole(content, words):
    with pytest.raises(FileRefused) as refused:
        rows(content)
    assert refused.value.message.startswith(words)


BAD = (
    "name,country,email,city\n"
    "Ana,KR,ana@example.org,Seoul\n"
    ",KR,b@example.org,\n"
    "Ben,Atlantis,c@example.org,\n"
    "Cem,,d@example.org,\n"
    "Dao,KR,no address,\n"
    "Eli,KR,,\n"
    "=HYPERLINK(1),KR,f@example.org,\n"
    "Fay,KR,g@example.org,＝1\n"
    "Gus http://bait.example,KR,h@example.org,\n"
    f"{'x' * 121},KR,i@example.org,\n"
    "Hal\u202e,KR,j@example.org,\n"
    "Ian,KR\n"
    "Jo,KR,k@example.org,-\n"
    "\n"
    'Kim,KR,l@example.org,"Bu"san\n'
    "Lou,KR,m@example.org,,,\n"
    "Max,KR,n@example.org,,,more\n"
    "\u3164,KR,o@example.org,\n"
)


def test_every_row_that_cannot_be_taken_is_named_with_its_column_and_reason():
    assert refusals(BAD) == [
        (3, "name", "is empty"),
        (4, "country", "is not a country"),
        (5, "country", "is empty"),
        (6, "email", "is not an address"),
        (7, "email", "is empty"),
        (8, "name", "begins like a formula"),
        (9, "city", "begins like a formula"),
        (10, "name", "holds a link"),
        (11, "name", "is too long"),
        (12, "name", "holds characters that cannot be shown"),
        (13, "", "has 2 cells, the header has 4"),
        (16, "", "a quotation mark stands in the wrong place"),
        (18, "", "has 6 cells, the header has 4"),
        (19, "name", "is empty"),
    ]
    assert [row.name for row in rows(BAD) if isinstance(row, Row)] == ["Ana", "Jo", "Lou"]


def test_broken_bytes_refuse_their_row_alone():
    content = b"name,country,email\nAna,KR,a@example.org\nZo\xeb,DE,z@example.org\nBen,KR,b@example.org\n"
    assert refusals(content) == [(3, "name", "holds characters that are not in the encoding of the file")]
    assert rows(content, encoding="windows-1252")[1].name == "Zoë"
    assert refusals(b"name,country,email\nA\x81,KR,a@example.org\n", encoding="windows-1252")[0][1] == "name"


def test_a_quotation_mark_left_open_says_how_many_lines_it_swallowed():
    tail = "".join(f"Person {n},KR,p{n}@example.org\n" for n in range(9))
    found = refusals(f'name,country,email\n"Ana,KR,a@example.org\n{tail}')
    assert found == [(2, "", "a quotation mark is not closed, and 10 lines were lost after it")]


def test_paper_needs_no_address_and_a_wrong_one_is_still_wrong():
    assert [row.email for row in rows("name,country,email\nAna,KR,\n", said=PAPER)] == [None]
    assert [row.email for row in rows("name,country\nAna,KR\n", said=PAPER)] == [None]
    assert refusals("name,country,email\nAna,KR,no\n", said=PAPER) == [(2, "email", "is not an address")]


def test_names_are_counted_only_unless_the_list_says_otherwise_and_may():
    content = "name,country,email,list_name\nAna,KR,a@example.org,full\nBen,KR,b@example.org,loud\n"
    assert {row.list_name for row in rows(content)} == {ListName.COUNT}
    first, second = rows(content, said=provenance(Origin.IMPORT, consent_note="x", names_as_in_file=True))
    assert first.list_name == ListName.FULL
    assert (second.column, second.why) == ("list_name", "is neither full, initials nor count")
    with pytest.raises(FileRefused, match="list_name"):
        rows("name,country,email\n", said=provenance(Origin.IMPORT, consent_note="x", names_as_in_file=True))


@pytest.mark.parametrize(
    "said",
    [
        {"origin": Origin.PAPER},
        {"origin": Origin.PAPER, "witnessed_by": "  "},
        {"origin": Origin.IMPORT, "witnessed_by": "Wit Ness"},
        {"origin": Origin.IMPORT, "names_as_in_file": True},
        {"origin": Origin.PAPER, "witnessed_by": "W", "names_as_in_file": True},
        {"origin": Origin.IMPORT, "source": "see https://bait.example"},
        {"origin": Origin.IMPORT, "source": "x" * 201},
        {"origin": Origin.IMPORT, "consent_note": "a\nb"},
    ],
)
def test_a_list_must_say_enough_of_where_it_comes_from(said):
    with pytest.raises(ImportRefused):
        provenance(**said)


def test_every_country_is_found_by_its_code_and_its_names():
    for code in CODES:
        for spelling in (code, code.lower(), names("en")[code], names("en")[code].upper(), f" {names('en')[code]} "):
            assert find_code(spelling) == code, spelling
    assert [
        find_code(one) for one in ("cote d ivoire", "Viet-Nam", "USA", "Trinidad and Tobago", "Korea, Republic of")
    ] == [
        *("CI", "VN", "US", "TT", "KR"),
    ]
    assert [find_code(one) for one in ("", "?", "Atlantis", "ZZ", "대한민국")] == [None] * 5
    assert find_code("대한민국", "ko") == "KR"


CELL = st.text(alphabet=st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=20)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(CELL, CELL, CELL), max_size=6), st.sampled_from(",;\t"))
def test_whatever_stands_in_a_file_each_record_is_read_once_or_refused(cells, separator):
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=separator)
    writer.writerow(["name", "country", "email"])
    writer.writerows([name, "KR", f"p{number}@example.org"] for number, (name, _a, _b) in enumerate(cells))
    found = rows(text.getvalue())
    assert len(found) == len(cells)
    for one, (name, _a, _b) in zip(found, cells, strict=True):
        if isinstance(one, Row):
            assert one.name == clean_name(name)
        elif one.why not in {"begins like a formula", "holds characters that are not in the encoding of the file"}:
            with pytest.raises(NameRefused):
                clean_name("" if name.strip() == "-" else name)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200), st.sampled_from([None, "utf-8", "utf-16", "windows-1252"]))
def test_no_bytes_whatever_are_more_than_refused(noise, encoding):
    for content in (noise, b"name,country,email\n" + noise):
        with contextlib.suppress(FileRefused):
            assert all(isinstance(one, Row | Refusal) for one in rows(content, encoding=encoding))
