"""Names, cities and comments: taken as people write them, refused only where they do harm."""

import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from petition.core.names import NAME_LIMIT, NameRefused, clean_line, clean_name, clean_text, same_person_form

NAMES = [
    "Анна Ивановна Петрова",
    "محمد\u200cرضا شجریان",
    "王小明",
    "𠮷野家",
    "김민수",
    "สมชาย ใจดี",
    "क्‍षत्रिय सिंह",
    "ნინო ბერიძე",
    "תמר כהן",
    "Ὀδυσσεύς",
    "José María de la Cruz y Borbón",
    "Nguyễn Thị Minh Khai",
    "Ng",
    "O",
    "O'Neil",
    "J.R. Smith",
    "J.R.R.Tolkien",
    "Dr.med. Anna",
    "Dipl.-Ing. Max",
    "St. John",
    "M.de Souza",
    "Anna/Maria",
    "Mary-Jane (Molly) 3rd",
    "🕊️",
    "👩‍👩‍👧 Kim",
]

# Text as strangers write it: any code point UTF-8 can carry, and many of the troublesome ones.
TROUBLE = st.sampled_from(
    " \t\n\r\u00a0\u00ad\u034f\u061c\u115f\u200b\u200c\u200d\u200e\u2028\u202e\u2060\u2066\u3000\u3164"
    "\ufe0f\ufeff\u0301\u0345\u0344\u0958\ufb1d\u1e9b\u0390İßǅſΩﬃ℀…＠．。.:/-+wW\ud800\ufffe\U000110ba\u0f71\u0f73\u0f74"
)
ANY_TEXT = st.text(st.one_of(TROUBLE, st.characters()), max_size=40)


def reason_of(text: str) -> str | None:
    """The reason for which the name is refused, None when it is taken."""
    try:
        clean_name(text)
    except NameRefused as refusal:
        return refusal.reason
    return None


@pytest.mark.parametrize("name", NAMES)
def test_a_name_of_any_script_and_length_is_taken_as_written(name: str) -> None:
    assert clean_name(name) == unicodedata.normalize("NFC", name)


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("  Anna  ", "Anna"),
        ("\ufeff\u200b Anna\u200e\n", "Anna"),
        ("Anna \u00a0 \u3000 Kim", "Anna Kim"),
        ("Jose\u0301", "José"),
        ("A\u200en\u200fn\u2060a\ufeff", "Anna"),
        ("\u200dمحمد\u200cرضا\u200c", "محمد\u200cرضا"),
        ("\tAnna\r\n", "Anna"),
        ("山田\u3000太郎", "山田 太郎"),
    ],
)
def test_a_name_is_trimmed_composed_and_freed_of_direction_marks(written: str, stored: str) -> None:
    assert clean_name(written) == stored


@pytest.mark.parametrize(
    "written",
    ["", "   ", "\n", "\u200b\u200c\u200d", "\ufeff", "\u3164\u115f", "\u2800 \u00ad", "\ufe0f", "\u200e"],
)
def test_a_name_in_which_nothing_shows_is_refused_as_empty(written: str) -> None:
    assert reason_of(written) == "empty"


def test_a_name_is_too_long_from_the_121st_character() -> None:
    assert clean_name("한" * NAME_LIMIT) == "한" * NAME_LIMIT
    assert reason_of("한" * (NAME_LIMIT + 1)) == "too_long"


def test_the_length_of_a_name_is_counted_after_composing_and_trimming() -> None:
    decomposed = unicodedata.normalize("NFD", "각" * NAME_LIMIT)
    assert len(decomposed) == 3 * NAME_LIMIT
    assert clean_name(f"  {decomposed}  ") == "각" * NAME_LIMIT


def test_a_flood_of_accents_is_refused_without_being_sorted() -> None:
    began = time.monotonic()
    assert reason_of("a" + "\u0301\u0316" * 30_000) == "too_long"
    assert time.monotonic() - began < 1


@pytest.mark.parametrize(
    "written",
    [
        "http://a.example",
        "Anna https://x",
        "www.example",
        "Anna (WWW.example)",
        "t.me/join",
        "bit.ly/2Xy",
        "Buy at Cheap-Pills.com",
        "anna@example.org",
        "ｗｗｗ．example",
        "evil。com",
        "evil.c\u200bom",
        "ht\u200btp:\u200c//x",
        "spam.ru now",
        "пример.com",
    ],
)
def test_a_name_holding_a_link_is_refused_however_it_is_hidden(written: str) -> None:
    assert reason_of(written) == "link"


@pytest.mark.parametrize("character", list("\x00\x07\x1b\x7f\x85\u2028\u2029\u202a\u202e\u2066\u2069\ud800\uffff"))
@pytest.mark.parametrize("place", ["{}Anna", "An{}na", "Anna{}"])
def test_a_name_holding_a_control_or_bidi_override_is_refused(character: str, place: str) -> None:
    assert reason_of(place.format(character)) == "control"


@pytest.mark.parametrize("character", ["\n", "\r", "\t"])
def test_a_line_break_or_tab_inside_a_name_is_refused(character: str) -> None:
    assert reason_of(f"Anna{character}Kim") == "control"


def test_a_refusal_does_not_repeat_the_name() -> None:
    with pytest.raises(NameRefused) as refusal:
        clean_name("Anna www.secret")
    assert "secret" not in repr(refusal.value)


@given(ANY_TEXT)
@settings(deadline=None)
def test_cleaning_twice_changes_nothing_and_what_is_stored_is_clean(text: str) -> None:
    for clean in (clean_name, lambda t: clean_line(t, 80), lambda t: clean_text(t, 1000)):
        try:
            once = clean(text)
        except NameRefused:
            continue
        assert clean(once) == once
        assert unicodedata.is_normalized("NFC", once)
        assert once == once.strip()
        once.encode("utf-8")


@given(st.lists(st.sampled_from(NAMES), min_size=1, max_size=6))
@settings(deadline=None)
def test_names_in_several_scripts_at_once_are_taken(parts: list[str]) -> None:
    name = " ".join(parts)
    assert len(name) > NAME_LIMIT or clean_name(name) == unicodedata.normalize("NFC", name)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Anna Kim", "anna  KIM"),
        ("Jean-Luc Picard", "Jean Luc Picard"),
        ("Ａｎｎａ", "Anna"),
        ("김 민수", "김민수"),
        ("محمد\u200cرضا", "محمد رضا"),
        ("J.R. Smith", "JR Smith"),
        ("Straße", "STRASSE"),
        ("O'Neil", "O’Neil"),
        ("Γιώργος", "ΓΙΏΡΓΟΣ"),
        ("葛\U000e0100飾", "葛飾"),
        ("ｶﾞ", "ガ"),
        ("Jose\u200d\u0301", "José"),
        ("ℋans", "Hans"),
        ("🕊️", "🕊️"),
    ],
)
def test_spellings_of_one_name_are_one_person(one: str, other: str) -> None:
    assert same_person_form(one) == same_person_form(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Анна Ким", "Anna Kim"),
        ("Anna Kim", "Anna Lee"),
        ("Müller", "Muller"),
        ("कि", "की"),
        ("王小明", "王大明"),
        ("Anna 1", "Anna 2"),
        ("🕊️", "🌍"),
        ("王\U00031350", "王\U00031351"),
        ("محمد", "أحمد"),
    ],
)
def test_different_names_are_different_people(one: str, other: str) -> None:
    assert same_person_form(one) != same_person_form(other)


@given(ANY_TEXT)
@settings(deadline=None)
def test_the_same_person_form_is_stable_and_never_empty(text: str) -> None:
    try:
        name = clean_name(text)
    except NameRefused:
        return
    form = same_person_form(name)
    assert form
    assert same_person_form(form) == form
    assert same_person_form(name.upper().lower()) == same_person_form(name.lower())


def test_a_city_may_be_left_out_but_not_be_long_or_hold_overrides() -> None:
    assert clean_line("  São  Paulo ", 80) == "São Paulo"
    assert clean_line(" \u200b ", 80) == ""
    for written, reason in (("x" * 81, "too_long"), ("Ky\u202eiv", "control"), ("Ky\niv", "control")):
        with pytest.raises(NameRefused) as refusal:
            clean_line(written, 80)
        assert refusal.value.reason == reason


def test_a_comment_keeps_its_lines_and_direction_marks() -> None:
    assert clean_text("\r\n One\r\nTwo\rThree\n\n\tFour \n", 1000) == "One\nTwo\nThree\n\n Four"
    assert clean_text("שלום\u200f!\u200eabc", 1000) == "שלום\u200f!\u200eabc"
    assert clean_text("See www.example.org", 1000) == "See www.example.org"


def test_a_comment_counts_each_line_break_once_and_is_refused_beyond_its_limit() -> None:
    assert len(clean_text("a\r\n" * 499 + "bc", 1000)) == 1000
    with pytest.raises(NameRefused, match="too_long"):
        clean_text("a\r\n" * 500 + "b", 1000)


@pytest.mark.parametrize("character", list("\x00\x0b\x1b\u2028\u2029\u202e\u2067\ud9ff"))
def test_a_comment_with_controls_or_overrides_is_refused(character: str) -> None:
    with pytest.raises(NameRefused, match="control"):
        clean_text(f"one{character}two", 1000)
