"""Signatures collected elsewhere: counted or mailed to, all of a list or none, and taken back as a whole."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from petition.core.db import read_again, writing
from petition.petitions.models import State
from petition.petitions.service import change_state, find
from petition.signatures import importing
from petition.signatures.confirming import Outcome
from petition.signatures.import_checking import Fate
from petition.signatures.import_models import ImportedSignature
from petition.signatures.import_rows import ImportRefused
from petition.signatures.models import Signature
from petition.signatures.origins import signatures_by_origin
from petition.signatures.retention import TRACES_LIFE
from petition.tallies import service as tallies
from tests import acts
from tests.conftest import SLUG
from tests.lists import MAILED, PROVEN, WITNESSED, bring, looked_at, take_back

HEAD = "name,country,email,city,sheet\n"
THREE = HEAD + "Ana,KR,ana@example.org,Seoul,\nBen,South Korea,ben@example.org,,\nCem,de,cem@example.org,,\n"
SHEETS = HEAD + "Ana Kim,KR,,Seoul,\nBen Lee,KR,,Busan,\nAna Kim,US,,Seoul,\n"


def origins(visits) -> dict[str, int]:
    """By origin, as the tally's JSON tells it; page, API and function agree, and it adds up."""
    reader = visits.app.test_client()
    told = reader.get(f"/petitions/{SLUG}/tally.json").json
    assert sum(told["signatures_by_origin"].values()) == told["signature_count"] == visits.total()
    assert reader.get(f"/api/v1/petitions/{SLUG}/tally").json["signatures_by_origin"] == told["signatures_by_origin"]
    with visits.app.app_context():
        session = read_again()
        assert signatures_by_origin(session, find(session, SLUG).id) == told["signatures_by_origin"]
    acts.look(visits.app).assert_adds_up()
    return told["signatures_by_origin"]


def states(visits) -> list[tuple[int, int]]:
    return sorted(visits.rows("SELECT origin, state FROM signature"))


def test_a_list_with_a_note_on_consent_counts_at_once_and_says_nothing_of_names(visits):
    assert bring(visits.app, THREE, **PROVEN).added == 3
    assert origins(visits) == {"web": 0, "paper": 0, "import": 3}
    assert visits.rows("SELECT country, count(*) FROM signature GROUP BY country ORDER BY country") == [
        ("DE", 1),
        ("KR", 2),
    ]
    assert visits.mails() == []
    assert visits.rows("SELECT DISTINCT list_name, show_name, updates, consent_version FROM signature") == [
        (0, False, False, "elsewhere")
    ]
    assert visits.rows("SELECT DISTINCT address, comment FROM signer") == [(None, None)]


def test_names_stand_on_lists_as_the_list_says_where_a_note_says_so(visits):
    content = "name,country,email,list_name\nAna,KR,a@example.org,full\nBen,KR,b@example.org,\n"
    bring(visits.app, content, names_as_in_file=True, **PROVEN)
    assert visits.rows("SELECT list_name FROM signature ORDER BY list_name") == [(0,), (2,)]


def test_sheets_of_paper_are_counted_apart_and_in_the_total(visits):
    acts.confirm(visits.app, acts.sign(visits.app, "web@example.org"))
    assert bring(visits.app, SHEETS, **WITNESSED).added == 3
    assert origins(visits) == {"web": 1, "paper": 3, "import": 0}
    page = visits.app.test_client().get(f"/petitions/{SLUG}/tally").text
    assert "Of these 3 on paper, 0 brought from elsewhere." in page
    series = visits.app.test_client().get(f"/api/v1/petitions/{SLUG}/tally?country=US").json
    assert (series["signature_count"], series["signatures_by_origin"]) == (1, {"web": 0, "paper": 1, "import": 0})


def test_a_tally_without_such_signatures_does_not_speak_of_them(visits):
    acts.confirm(visits.app, acts.sign(visits.app, "web@example.org"))
    assert "brought from elsewhere" not in visits.app.test_client().get(f"/petitions/{SLUG}/tally").text


@pytest.mark.parametrize(("content", "given"), [(THREE, PROVEN), (SHEETS, WITNESSED)])
def test_the_same_list_twice_counts_once(visits, content, given):
    bring(visits.app, content, **given)
    again = bring(visits.app, content.replace("Ana", "ANA"), **given)
    assert (again.added, again.already_here) == (0, 3)
    assert visits.total() == 3
    acts.look(visits.app).assert_adds_up()


def test_people_of_one_name_in_one_city_count_once_unless_on_different_sheets(visits):
    same = HEAD + "Ana Kim,KR,,Seoul,1\nana-kim,KR,,SEOUL,1\nAna Kim,KR,,Seoul,2\nAna Kim,KR,,,1\n"
    with visits.app.app_context(), looked_at(same, **WITNESSED) as checked:
        assert [(note.number, note.fate, note.why) for note in checked.notes] == [
            (3, Fate.DUPLICATE, "the same person as in row 2")
        ]
    assert bring(visits.app, same, **WITNESSED).added == 3


def test_one_address_counts_two_differently_named_people_whatever_brings_them(visits):
    """DESIGN rule 4."""
    couple = HEAD + "".join(f"{name},KR,Same+{n}@example.org,,\n" for n, name in enumerate(("A", "B", "b", "C")))
    with visits.app.app_context(), looked_at(couple, **PROVEN) as checked:
        assert [(note.number, note.why) for note in checked.notes] == [
            (4, "the same person as in row 3"),
            (5, "rows 2 and 3 have this address already"),
        ]
    acts.confirm(visits.app, acts.sign(visits.app, "same@example.org", "A"))
    assert bring(visits.app, couple, **PROVEN).added == 1
    assert bring(visits.app, HEAD + "D,KR,same@example.org,,\n", **PROVEN).added == 0
    assert sorted(visits.rows("SELECT place, origin FROM signature")) == [(1, 0), (2, 2)]
    assert origins(visits) == {"web": 1, "paper": 0, "import": 1}


def test_whoever_has_withdrawn_is_not_counted_again_by_a_list(visits):
    handle = acts.sign(visits.app, "ana@example.org", "Ana")
    acts.confirm(visits.app, handle)
    acts.withdraw(visits.app, handle)
    assert bring(visits.app, THREE, **PROVEN).added == 2
    assert visits.total() == 2


def test_a_refused_row_keeps_all_out_unless_it_is_left_out_on_purpose(visits):
    bad = THREE + ",KR,nobody@example.org,,\n"
    with pytest.raises(ImportRefused, match="1 rows cannot be taken: nothing was added"):
        bring(visits.app, bad, **PROVEN)
    assert visits.rows("SELECT * FROM signature_import") == states(visits) == []
    assert bring(visits.app, bad, skip_refused=True, **PROVEN).added == 3
    assert visits.rows("SELECT rows, refused, duplicates, already_here, added FROM signature_import") == [
        (4, 1, 0, 0, 3)
    ]


@pytest.mark.parametrize("content", [HEAD, HEAD + ",,,,\n", HEAD + ",KR,a@example.org,,\n"])
def test_a_list_of_nobody_is_no_import(visits, content):
    with pytest.raises(ImportRefused, match="nobody"):
        bring(visits.app, content, skip_refused=True, **PROVEN)


def test_people_on_a_list_without_proof_get_the_usual_mail_in_words_that_fit_and_count_when_they_confirm(visits):
    assert bring(visits.app, THREE, **MAILED).added == 3
    assert origins(visits) == {"web": 0, "paper": 0, "import": 0}
    mails = visits.mails()
    assert {mail.to for mail in mails} == {"ana@example.org", "ben@example.org", "cem@example.org"}
    for mail in mails:
        assert "brought to 127.0.0.1:8000 from: The Bazaar" in mail.text
        assert "Somebody, we think you, has filled in" not in mail.text
    (ana,) = visits.mails("ana@example.org")
    assert "Seoul" in visits.app.test_client().get(ana.path).text
    assert "You are counted" in visits.press(ana.path).text
    assert origins(visits) == {"web": 0, "paper": 0, "import": 1}
    visits.sign("own@example.org")
    (own,) = visits.mails("own@example.org")
    assert "brought" not in own.text


def test_a_source_that_looks_like_markup_is_words_in_the_mail(visits):
    bring(visits.app, THREE, source="<b>Bazaar</b> & co")
    raw = [path.read_text() for path in visits.app.config["INSTANCE"].glob("mail/new/*")] or (
        visits.work() and [path.read_text() for path in visits.app.config["INSTANCE"].glob("mail/new/*")]
    )
    assert all("&lt;b&gt;Bazaar" in one.replace("=\n", "") for one in raw)


def test_a_list_to_mail_does_the_same_for_everybody_whatever_their_history(visits):
    """DESIGN rule 5: same rows, same mails, same answer, whether an address has signed or not."""
    acts.confirm(visits.app, acts.sign(visits.app, "ana@example.org", "Ana"))
    handle = acts.sign(visits.app, "ben@example.org", "Ben")
    acts.confirm(visits.app, handle)
    acts.withdraw(visits.app, handle)
    visits.work()
    added = bring(visits.app, THREE, **MAILED)
    assert (added.added, added.already_here) == (3, 0)
    pending = visits.rows("SELECT origin, consent_version FROM signature WHERE state = 0")
    assert pending == [(2, "elsewhere")] * 3
    assert visits.work() == 3


def test_what_is_told_of_rows_before_adding_does_not_depend_on_who_has_signed(visits):
    """DESIGN rule 5: only rows without an address are compared with what is here."""

    def told():
        with visits.app.app_context(), looked_at(THREE, **PROVEN) as checked:
            return checked.notes, dict(checked.counts)

    before = told()
    acts.confirm(visits.app, acts.sign(visits.app, "ana@example.org", "Ana"))
    assert told() == before


def test_the_very_list_is_not_mailed_to_twice(visits):
    first = bring(visits.app, THREE, **MAILED)
    with pytest.raises(ImportRefused, match="mailed to already"):
        bring(visits.app, THREE, **MAILED)
    take_back(visits.app, first)
    assert bring(visits.app, THREE, **MAILED).added == 3


def test_the_caps_on_mail_per_address_hold(visits):
    for number in range(7):
        bring(visits.app, HEAD + f"Ana {number},KR,ana@example.org,,\n", **MAILED)
    assert visits.work() == 5


def test_a_long_list_lets_new_signers_pass(visits):
    many = HEAD + "".join(f"Person,KR,p{n}@example.org,,\n" for n in range(250))
    bring(visits.app, many, **MAILED)
    visits.sign("own@example.org")
    (due,) = visits.rows("SELECT count(*) FROM outbox WHERE due > created_at")
    assert due == (150,)
    assert visits.work() == 101


@pytest.mark.parametrize("given", [PROVEN, WITNESSED, MAILED])
@pytest.mark.parametrize("state", State)
def test_lists_are_for_petitions_that_are_or_were_open(visits, state, given):
    with visits.app.app_context(), writing() as session:
        change_state(find(session, SLUG), state)
    takes = {State.OPEN} if given is MAILED else {State.OPEN, State.PAUSED, State.CLOSED}
    if state in takes:
        assert bring(visits.app, THREE, **given).added == 3
    else:
        with pytest.raises(ImportRefused):
            bring(visits.app, THREE, **given)
        assert states(visits) == []


@pytest.mark.parametrize(("content", "given"), [(THREE, PROVEN), (SHEETS, WITNESSED)])
def test_an_import_is_taken_back_as_a_whole_and_nothing_else(visits, content, given):
    acts.confirm(visits.app, acts.sign(visits.app, "ana@example.org", "Ana", "FR"))
    bring(visits.app, HEAD + "Other,FR,,Paris,\n", **WITNESSED)
    added = bring(visits.app, content, **given)
    assert visits.total() == 2 + added.added
    done = take_back(visits.app, added, "the wrong file")
    assert (done.taken_back, done.confirmed_by_signers) == (added.added, 0)
    assert origins(visits) == {"web": 1, "paper": 1, "import": 0}
    assert visits.rows("SELECT undone_reason, undone_by FROM signature_import WHERE undone_at IS NOT NULL") == [
        ("the wrong file", "somebody")
    ]
    said = visits.rows("SELECT action FROM audit_entry ORDER BY at")
    assert said[-3:] == [("signatures added",), ("signatures added",), ("import undone",)]
    with pytest.raises(ImportRefused, match="already"):
        take_back(visits.app, added)
    assert bring(visits.app, content, **given).added == added.added


def test_taking_back_a_list_that_was_mailed_to_ends_its_links_but_not_what_people_confirmed(visits):
    added = bring(visits.app, THREE, **MAILED)
    (ana,), (ben,) = visits.mails("ana@example.org"), visits.mails("ben@example.org")
    visits.press(ana.path)
    done = take_back(visits.app, added)
    assert (done.taken_back, done.confirmed_by_signers) == (2, 1)
    assert "You are counted" not in visits.press(ben.path).text
    assert origins(visits) == {"web": 0, "paper": 0, "import": 1}
    assert visits.rows("SELECT count(*) FROM signer WHERE address IS NOT NULL") == [(0,)]


def test_mails_that_wait_are_not_sent_once_the_list_is_taken_back(visits):
    added = bring(visits.app, THREE, **MAILED)
    take_back(visits.app, added)
    assert visits.work() == 0
    assert visits.rows("SELECT DISTINCT recipient FROM outbox") == [(None,)]


@pytest.mark.parametrize("reason", ["", "  ", "\u200b", "a\nb", "x" * 501])
def test_taking_back_needs_a_reason(visits, reason):
    added = bring(visits.app, THREE, **PROVEN)
    with pytest.raises(ImportRefused):
        take_back(visits.app, added, reason)
    assert visits.total() == 3


def test_whoever_was_brought_can_correct_withdraw_and_erase_and_leaves_no_trace_of_the_list(visits):
    bring(visits.app, THREE, **PROVEN)
    visits.app.test_client().post("/my", data={"email": "ana@example.org"})
    browser = visits.app.test_client()
    browser.post(visits.mails("ana@example.org")[0].path)
    (ref,) = visits.refs(browser)
    assert visits.change(browser, ref, name="Ana", country="JP").status_code == 303
    assert origins(visits) == {"web": 0, "paper": 0, "import": 3}
    assert visits.change(browser, ref, "erase").status_code == 303
    assert origins(visits) == {"web": 0, "paper": 0, "import": 2}
    assert visits.rows("SELECT count(*) FROM imported_signature") == [(2,)]


def test_what_never_was_confirmed_is_forgotten_with_its_line_in_the_list(visits):
    bring(visits.app, THREE, **MAILED)
    visits.work()
    for lifetime in ("created_at", "ended_at"):
        with visits.app.app_context(), writing() as session:
            past = importing.now() - TRACES_LIFE * 2
            session.execute(sa.update(Signature).values({lifetime: past}))
        visits.purge()
    assert visits.rows("SELECT count(*) FROM signature") == [(0,)]
    with visits.app.app_context():
        assert read_again().scalars(sa.select(ImportedSignature)).all() == []


def test_an_import_that_breaks_in_the_middle_leaves_nothing(visits, monkeypatch):
    monkeypatch.setattr("petition.signatures.import_checking.BATCH", 2)
    usual = tallies.add

    def broken(*_arguments):
        raise OSError("pulled the plug")

    monkeypatch.setattr(tallies, "add", broken)
    with pytest.raises(OSError, match="plug"):
        bring(visits.app, THREE, **PROVEN)
    assert states(visits) == []
    assert visits.rows("SELECT * FROM signature_import") == []
    monkeypatch.setattr(tallies, "add", usual)
    assert bring(visits.app, THREE, **PROVEN).added == 3
    acts.look(visits.app).assert_adds_up()


def test_lists_and_signers_at_the_same_moment_count_each_address_once(visits):
    """What somebody confirms while a list with their address is added is counted by the one or the other."""
    people = [f"p{number}@example.org" for number in range(60)]
    handles = [acts.sign(visits.app, address, "Person") for address in people]
    content = HEAD + "".join(f"Person,KR,{address},,\n" for address in people)
    with ThreadPoolExecutor(4) as threads:
        pressed = [threads.submit(acts.confirm, visits.app, handle) for handle in handles]
        lists = [threads.submit(bring, visits.app, content, **PROVEN) for _twice in range(2)]
        outcomes = Counter(one.result(120) for one in pressed)
        added = sum(one.result(120).added for one in lists)
    assert set(outcomes) <= {Outcome.COUNTED, Outcome.ALREADY}
    assert outcomes[Outcome.COUNTED] + added == len(people)
    assert sum(origins(visits).values()) == len(people)


def test_nothing_of_the_file_stays_on_disk(visits):
    before = set(visits.app.config["INSTANCE"].rglob("*"))
    bring(visits.app, THREE, **PROVEN)
    assert {path.name for path in set(visits.app.config["INSTANCE"].rglob("*")) - before} <= {"petition.db.lock"}
