"""`petition export`: every format, read back by others; nobody's name or address where it was not wanted."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import zipfile
from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path

import openpyxl
import pikepdf
import pytest
import sqlalchemy as sa
from openpyxl.utils.escape import unescape

from petition.accounts import service as accounts
from petition.accounts.signed_in import COOKIE
from petition.core.audit import AuditDetail, AuditEntry
from petition.core.db import db, read_again, writing
from petition.deliveries import export
from petition.deliveries.lines import line_by_line, shown_as
from petition.petitions import service as petitions
from petition.signatures import bulk
from petition.signatures.models import ListName, Signature, Signer
from tests.cli.conftest import BEGAN, HOST, OWNER, PEOPLE, SHOWN, WITHHELD, Instance, Person, collected, one_line
from tests.conftest import SLUG, add_petition, running

FORMATS = ("csv", "jsonl", "xlsx", "pdf")


@pytest.fixture(scope="module")
def exported(filled: Instance, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Exports once for each set of arguments: `exported("csv", slug, "--country", "KR")` is the file."""
    made: dict[tuple[str, ...], Path] = {}

    def export(ending: str, slug: str = SLUG, *options: str) -> Path:
        key = (ending, slug, *options)
        if key not in made:
            path = tmp_path_factory.mktemp("export") / f"list.{ending}"
            done = filled.run("export", slug, "-o", path, *options)
            assert (done.returncode, done.stdout) == (0, ""), done.stderr
            made[key] = path
        return made[key]

    return export


def pdf_text(path: Path) -> str:
    done = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, check=True)
    return done.stdout.decode()


def squeezed(text: str) -> str:
    """Without white space and marks of direction, which poppler strews where scripts change."""
    return re.sub(r"[\s\u202a-\u202e]", "", text)


def missing(words: Iterable[str], text: str) -> list[str]:
    """What is not in the text of a PDF, word for word, since poppler turns the words of a name round."""
    return [one for one in words if not all(word in squeezed(text) for word in one.split())]


def contents(path: Path) -> bytes:
    """Everything in a file, packed or not: entries of a ZIP, streams and text of a PDF."""
    raw = path.read_bytes()
    if raw.startswith(b"PK"):
        with zipfile.ZipFile(path) as archive:
            return raw + b"".join(archive.read(name) for name in archive.namelist())
    if raw.startswith(b"%PDF"):
        with pikepdf.open(path) as document:
            streams = [one.read_bytes() for one in document.objects if isinstance(one, pikepdf.Stream)]
        return raw + b"".join(streams) + pdf_text(path).encode()
    return raw


def csv_rows(path: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_text("utf-8-sig"), newline="")))


def jsonl(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text("utf-8").split("\n")[:-1]]


@pytest.mark.parametrize("ending", FORMATS)
def test_names_are_shown_as_their_signers_chose_and_withheld_ones_are_in_no_byte(exported, ending):
    path = exported(ending)
    held = contents(path)
    assert missing(SHOWN, pdf_text(path) if ending == "pdf" else held.decode("utf-8", "replace")) == []
    for encoding in ("utf-8", "utf-16-be", "utf-16-le"):
        assert [words for words in WITHHELD if words.encode(encoding) in held] == []


def test_every_confirmed_signature_has_its_line_and_nobody_else(exported):
    lines = jsonl(exported("jsonl"))
    assert [line["n"] for line in lines] == list(range(1, len(PEOPLE) + 1))
    assert sorted(line["country"] for line in lines) == sorted(one.country for one in PEOPLE)
    assert [line["name"] for line in lines if line["shown"] == "full"] == [
        *("محمد علي حسن", "山田 太郎", "김민지", "=SUM(A1)", "Ana Sichtbar")
    ]
    assert [set(line) for line in lines if line["shown"] == "count"] == [{"country", "n", "shown"}] * 3


def test_csv_workbook_and_json_lines_say_the_same(exported):
    header, *rows = csv_rows(exported("csv"))
    assert header == ["n", "country", "name", "city", "shown"]
    sheet = openpyxl.load_workbook(exported("xlsx")).active
    cells = [[unescape(str(cell or "")) for cell in row] for row in sheet.iter_rows(min_row=2, values_only=True)]
    plain = [[cell.removeprefix("'") for cell in row] for row in rows]
    assert cells == plain
    assert plain == [
        [str(line["n"]), line["country"], line.get("name", ""), line.get("city", ""), line["shown"]]
        for line in jsonl(exported("jsonl"))
    ]
    assert ["'=SUM(A1)", "'+1"] in [row[2:4] for row in rows]


def test_the_pdf_counts_everybody_and_names_no_maker(exported):
    text = pdf_text(exported("pdf"))
    for words in ("Free the river", "To the Minister of Waters", "confirmed signatures on", "Egypt", "South Korea"):
        assert words in text
    assert "and 1 person who asked to be counted without their name" in text
    with pikepdf.open(exported("pdf")) as document:
        assert document.docinfo.get("/Author") is None


@pytest.mark.parametrize(("slug", "title"), [("korean", "강을 풀어 주세요"), ("arabic", "حرروا النهر")])
def test_petitions_in_korean_and_arabic_come_out_right_in_every_format(exported, slug, title):
    path = exported("pdf", slug)
    assert missing([name.rstrip(")") for name in SHOWN], pdf_text(path)) == []
    with pikepdf.open(path) as document:
        assert title in str(document.docinfo["/Title"])
        assert document.Root.Lang == slug[:2]
    assert jsonl(exported("jsonl", slug)) == jsonl(exported("jsonl"))
    assert openpyxl.load_workbook(exported("xlsx", slug)).properties.title == title


def test_countries_add_up(exported):
    both = jsonl(exported("jsonl", SLUG, "--country", "kr", "--country", "EG"))
    assert [line["country"] for line in both] == ["EG", "KR", "KR"]
    assert [line["n"] for line in both] == [1, 2, 3]


def test_since_is_the_first_moment_and_until_the_first_one_too_late(exported):
    third, fifth = (f"{BEGAN + timedelta(hours=hours):%Y-%m-%dT%H:%M:%SZ}" for hours in (2, 4))
    found = jsonl(exported("jsonl", SLUG, "--since", third, "--until", fifth))
    assert [(line["country"], line["shown"]) for line in found] == [("US", "initials"), ("US", "count")]
    assert jsonl(exported("jsonl", SLUG, "--until", f"{BEGAN:%Y-%m-%d}")) == []


def test_a_petition_nobody_signed_has_an_empty_list(exported):
    assert exported("jsonl", "nobody").read_bytes() == b""
    assert csv_rows(exported("csv", "nobody")) == [["n", "country", "name", "city", "shown"]]
    assert "End of the list" in pdf_text(exported("pdf", "nobody"))


def test_personal_has_everything_kept_and_stands_in_the_audit_log(exported, filled):
    rows = {row["name"]: row for row in jsonl(exported("jsonl", SLUG, "--personal", "--country", "US"))}
    assert set(rows) == {one.name for one in PEOPLE if one.country == "US"}
    hidden = rows["Verborgen Geheimnis"]
    assert (hidden["city"], hidden["comment"]) == ("Geheimstadt", "Geheimwort")
    assert (hidden["email"], hidden["list_name"], hidden["updates"]) == (f"signer.3@{HOST}", "count", True)
    assert hidden["confirmed_at"] == f"{BEGAN + timedelta(hours=3):%Y-%m-%dT%H:%M:%SZ}"
    with running(filled.settings) as app, app.app_context():
        query = sa.select(AuditEntry).where(AuditEntry.action == "personal export")
        (entry,) = [one for one in read_again().scalars(query) if one.details["format"] == "jsonl"]
        assert (entry.actor, entry.object, entry.details["countries"]) == ("command line", SLUG, ["US"])


def test_a_reason_may_be_given_and_stands_where_it_can_be_erased(filled, tmp_path):
    for words in ((), ("--reason", "For the court")):
        assert filled.run("export", "nobody", "-o", tmp_path / "list.csv", "--personal", *words).returncode == 0
    with running(filled.settings) as app, app.app_context():
        query = sa.select(AuditEntry.details, AuditDetail.personal).join(AuditDetail)
        found = read_again().execute(query.where(AuditEntry.object == "nobody").order_by(AuditEntry.number)).all()
        assert [personal for _details, personal in found] == [{"reason": "–"}, {"reason": "For the court"}]
        assert "court" not in str([details for details, _personal in found])


def test_personal_csv_and_workbook_hold_the_same_people(exported):
    _header, *rows = csv_rows(exported("csv", SLUG, "--personal"))
    sheet = openpyxl.load_workbook(exported("xlsx", SLUG, "--personal")).active
    names = [row[2] for row in sheet.iter_rows(min_row=2, values_only=True)]
    assert names == [row[2].removeprefix("'") for row in rows]
    assert sorted(names) == sorted(one.name for one in PEOPLE)
    nobody = next(row for row in rows if row[2] == "Anonyma Niemand")
    assert nobody[5:7] == ["", HOST]


def test_a_personal_pdf_is_refused_before_anything_is_written(filled, tmp_path):
    def entries() -> int:
        with running(filled.settings) as app, app.app_context():
            return read_again().scalar(sa.select(sa.func.count()).select_from(AuditEntry))

    before = entries()
    done = filled.run("export", SLUG, "-o", tmp_path / "list.pdf", "--personal")
    assert "a PDF is made to be shown" in one_line(done)
    assert (list(tmp_path.iterdir()), entries()) == ([], before)


@pytest.mark.parametrize("ending", FORMATS)
def test_the_organisers_download_is_byte_for_byte_the_command_lines_file(exported, filled, ending):
    path = exported(ending)
    with running(filled.settings) as app:
        with app.app_context(), writing() as session:
            token = accounts.start_session(session, accounts.find_user(session, OWNER[0]).id)
        client = app.test_client()
        with client.session_transaction() as cookie:
            cookie[COOKIE] = token
        with client.get(f"/organiser/petitions/{SLUG}/list.{ending}") as answer:
            assert answer.status_code == 200
            assert answer.data == path.read_bytes()


def test_two_exports_are_equal_and_no_order_of_signing_shows(app, tmp_path):
    people = [Person(f"Person {n:02}", "KR", (ListName.FULL, ListName.COUNT)[n % 2]) for n in range(40)]
    with app.app_context():
        for slug, order in (("forward", people), ("backward", people[::-1])):
            bulk.add(writing, add_petition(app, slug), collected(order))
        db.session.remove()
    instance = Instance(app.config["INSTANCE"], app.config["DATABASE_URL"])
    for name, slug in (("a", "forward"), ("b", "forward"), ("c", "backward")):
        assert instance.run("export", slug, "-o", tmp_path / f"{name}.jsonl").returncode == 0
    first = (tmp_path / "a.jsonl").read_bytes()
    assert first == (tmp_path / "b.jsonl").read_bytes()
    assert first == (tmp_path / "c.jsonl").read_bytes()
    assert instance.run("export", "forward", "-o", tmp_path / "d.jsonl", "--personal").returncode == 0
    names = [row["name"] for row in jsonl(tmp_path / "d.jsonl")]
    assert names not in (sorted(names), sorted(names, reverse=True))


UNSORTED = (
    "Zoë",
    "Ab",
    "A",
    "A B",
    "a",
    "A’B",
    "Élise",
    "가나 다라",
    "\ufb00 Li",
    "😀 Smith",
    "王伟",
    "'0",
    "1 One",
    "~",
)


def test_lists_are_in_the_order_of_country_manner_and_names_by_code_points(app):
    people = [
        Person(name, country, choice, city)
        for name in UNSORTED
        for country, city in (("CZ", None), ("CH", "Bern"), ("DE", "Köln"))
        for choice in ListName
    ]
    with app.app_context():
        chosen = export.Filter(add_petition(app).id)
        bulk.add(writing, petitions.find(read_again(), SLUG), collected(people))
        session = export.snapshot(db.session())
        about = export.heading(session, petitions.find(session, SLUG), chosen)
        lines = list(line_by_line(export.stretches(session, chosen, about)))
        columns = Signature.country, Signature.list_name, Signer.name, Signer.city, Signature.address_hash
        rows = session.execute(sa.select(*columns).join(Signer, Signer.signature_id == Signature.id)).all()
    in_order = sorted(rows, key=lambda row: (row[0], -row[1], row[2] if row[1] == ListName.FULL else "", row[4]))
    assert [(line.country, line.name, line.city, line.shown) for line in lines] == [
        (row.country, *shown_as(row.name, row.city, row.list_name.name.lower())) for row in in_order
    ]
    assert [line.n for line in lines] == list(range(1, len(people) + 1))


def test_a_pdf_of_many_is_a_zip_and_the_name_of_the_file_need_not_mislead(filled, exported):
    assert exported("zip").read_bytes().startswith(b"%PDF")
    done = filled.run("export", SLUG, "-o", exported("zip"))
    assert done.stderr.splitlines()[0] == f"note: {exported('zip')} is one PDF, not a ZIP"


def test_an_existing_file_is_replaced_and_only_its_owner_may_read_it(filled, tmp_path):
    path = tmp_path / "LIST.CSV"
    path.write_text("former")
    done = filled.run("export", SLUG, "-o", "LIST.CSV", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "9 signatures in LIST.CSV\n")
    assert (len(csv_rows(path)), path.stat().st_mode & 0o777) == (10, 0o600)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("no-such-petition", "-o", "list.csv"), "There is no petition of that name"),
        ((SLUG, "-o", "no/such/folder/list.csv"), "could not be written: No such file or directory"),
        ((SLUG, "-o", "/proc/list.csv"), "could not be written: "),
    ],
)
def test_a_refusal_is_one_line_and_status_1(filled, tmp_path, arguments, words):
    assert words in one_line(filled.run("export", *arguments, cwd=tmp_path))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((SLUG,), "Missing option '-o'"),
        ((SLUG, "-o", "list.doc"), "say --format csv/xlsx/jsonl/pdf"),
        ((SLUG, "-o", "list.csv", "--country", "XX"), "XX is not a country code"),
        ((SLUG, "-o", "list.csv", "--since", "yesterday"), "'yesterday' does not match"),
        ((SLUG, "-o", "."), "is a directory"),
        ((SLUG, "-o", "list.csv", "--reason", "Why not"), "--reason goes with --personal"),
        ((SLUG, "-o", "list.csv", "--personal", "--reason", " "), "--reason must not be empty"),
    ],
)
def test_wrong_usage_is_status_2(filled, tmp_path, arguments, words):
    done = filled.run("export", *arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert list(tmp_path.iterdir()) == []
