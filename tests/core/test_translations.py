"""The catalogues: complete, true to the code, and written by one command."""

from __future__ import annotations

import gettext
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.catalog import Message

from petition.core import countries, i18n
from petition.translations import catalogues, country_order
from petition.translations.catalogues import ROOT, Stored

STORED = catalogues.stored()
PLACE = re.compile(r"%\((\w+)\)s|\{(\w+)\}")
STRAY_PERCENT = re.compile(r"%(?!\(\w+\)s|%)")
COUNTS = {"num", "number"}
each_language = pytest.mark.parametrize("one", STORED, ids=lambda one: str(one.locale))


def messages(one: Stored) -> list[Message]:
    return [message for message in one.read() if message.id]


def texts(either: object) -> list[str]:
    """The one form of a message, or all forms of a plural."""
    return [either] if isinstance(either, str) else list(either)  # type: ignore[call-overload]


def places(text: str) -> set[str]:
    return {percent or brace for percent, brace in PLACE.findall(text)}


def plural_rule(one: Stored) -> dict[int, int]:
    """Which form each number up to 200 takes, by the catalogue's own formula."""
    formula = gettext.c2py(one.read().plural_expr)
    return {number: formula(number) for number in range(201)}


def test_korean_and_arabic_are_there() -> None:
    assert {"en", "ko", "ar"} <= set(i18n.LANGUAGES)


@each_language
def test_every_message_is_translated(one: Stored) -> None:
    assert list(catalogues.lacking(one.read())) == []


@each_language
def test_a_translation_keeps_the_places_of_its_message(one: Stored) -> None:
    rule = plural_rule(one)
    for message in messages(one):
        wanted = places(texts(message.id)[-1])
        for form, text in enumerate(texts(message.string)):
            numbers = [number for number, index in rule.items() if index == form]
            # "two countries" needs no figure where the form is for two alone
            may_miss = COUNTS if message.pluralizable and len(numbers) == 1 else set()
            assert places(text) <= wanted, (message.id, text)
            assert wanted - places(text) <= may_miss, (message.id, text)


@each_language
def test_no_translation_has_a_stray_percent_sign(one: Stored) -> None:
    """Templates treat every translation as a format."""
    assert [text for message in messages(one) for text in texts(message.string) if STRAY_PERCENT.search(text)] == []


@each_language
def test_plural_forms_are_those_of_the_language(one: Stored) -> None:
    categories = {one.locale.plural_form(number): index for number, index in plural_rule(one).items()}
    for number, index in plural_rule(one).items():
        assert categories[one.locale.plural_form(number)] == index, number
    assert len(set(categories.values())) == len(categories)


def test_arabic_forms_stand_in_the_order_translators_tools_use() -> None:
    rule = plural_rule(catalogues.of_language("ar"))
    assert [rule[number] for number in (0, 1, 2, 3, 10, 11, 99, 100, 102, 103)] == [0, 1, 2, 3, 3, 4, 4, 5, 5, 3]


@each_language
def test_what_leads_to_a_link_or_code_does_so_in_every_language(one: Stored) -> None:
    for message in messages(one):
        for text in texts(message.string):
            assert text == text.strip(), message.id
            assert not texts(message.id)[-1].endswith(":") or text[-1] in ":：", (message.id, text)


@each_language
def test_the_same_words_are_compiled(one: Stored) -> None:
    with one.compiled.open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    rule = plural_rule(one)
    for message in messages(one):
        if message.pluralizable:
            for number, index in rule.items():
                assert compiled.ngettext(*message.id, number) == message.string[index]
        else:
            assert compiled.gettext(message.id) == message.string


def run_update(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs the command of a tree, on a machine without a browser."""
    command = [sys.executable, str(root / "petition/translations/update"), *arguments]
    environ = os.environ | {"PATH": "/nonexistent"}
    return subprocess.run(command, capture_output=True, text=True, env=environ, timeout=120, check=False)


def test_catalogues_hold_exactly_the_messages_of_code_and_templates() -> None:
    checked = run_update(ROOT, "--check")
    assert (checked.returncode, checked.stderr) == (0, ""), "run `make translations`, translate, and commit"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of what is translated, to be changed."""
    for folder in ("petition", "templates"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__", "*.mo"))
    return tmp_path


def catalogues_in(tree: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted((tree / "petition/translations").rglob("*.po"))]


def test_a_new_sentence_fails_the_check_and_is_never_guessed_and_a_second_run_writes_the_same_bytes(
    tree: Path,
) -> None:
    with (tree / "templates/signatures/code.html").open("a") as file:
        file.write('{{ _("Type in the codes") }}{{ ngettext("%(num)s code", "%(num)s codes", 2) }}')
    checked = run_update(tree, "--check")
    assert checked.returncode == 1
    assert "ar: not up to date" in checked.stderr
    updated = run_update(tree)
    assert updated.returncode == 0, updated.stderr
    number = len(messages(STORED[0])) + 2
    assert f"ko       {number} messages, 2 without translation\n" in updated.stdout
    assert run_update(tree, "--check").returncode == 0
    first = catalogues_in(tree)
    assert run_update(tree).returncode == 0
    assert catalogues_in(tree) == first


def test_a_sentence_that_is_gone_leaves_the_catalogues(tree: Path) -> None:
    (tree / "templates/signatures/code.html").write_text("")
    assert run_update(tree).returncode == 0
    korean = (tree / "petition/translations/ko/LC_MESSAGES/messages.po").read_text("utf-8")
    assert "Some mail programs break links" not in korean
    assert "This link has ended." in korean


def test_one_step_adds_a_language(tree: Path) -> None:
    added = run_update(tree, "uk")
    assert added.returncode == 0, added.stderr
    number = len(messages(STORED[0]))
    assert f"uk       {number} messages, {number} without translation\n" in added.stdout
    folder = tree / "petition/translations/uk/LC_MESSAGES"
    assert "nplurals=3" in (folder / "messages.po").read_text("utf-8")
    assert (folder / "messages.mo").exists()


def test_a_language_that_does_not_exist_is_refused(tree: Path) -> None:
    refused = run_update(tree, "qq")
    assert refused.returncode == 2
    assert "qq is no language" in refused.stderr


@each_language
def test_a_catalogue_tells_nothing_of_days_or_machines(one: Stored) -> None:
    content = one.path.read_text("utf-8")
    assert "Date:" not in content
    assert "fuzzy" not in content
    locations = re.findall(r"^#: (.*)$", content, re.MULTILINE)
    assert locations
    assert all((ROOT / path).exists() for line in locations for path in line.split()), (
        "relative, without line numbers"
    )


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_the_order_of_countries_names_each_once(language: str) -> None:
    ordered = json.loads(countries.ORDER.read_text("utf-8"))[language].split()
    assert sorted(ordered) == sorted(countries.CODES)


@pytest.mark.skipif(country_order.browser() is None, reason="no Chromium to ask for ICU's rules")
def test_countries_stand_in_the_order_of_the_alphabet() -> None:
    path = country_order.browser()
    assert path is not None
    assert country_order.asked(path, list(i18n.LANGUAGES)) == json.loads(countries.ORDER.read_text("utf-8"))


def test_accents_and_articles_do_not_move_a_country_away_from_its_letter() -> None:
    english = [name for _code, name in countries.choices("en")]
    assert english.index("Åland Islands") == english.index("Albania") - 1
    arabic = [code for code, _name in countries.choices("ar")]
    assert arabic.index("AF") < arabic.index("BE"), "the hamza forms of alif sort as alif"
