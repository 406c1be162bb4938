"""Every fault has a plain sentence of its own, that can be said in another language."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from petition.deliveries import proof
from petition.deliveries.proof.faults import LONGEST, Fault, plain
from petition.deliveries.proof.sentences import NOTES, SENTENCES

SOURCES = [path for path in Path(proof.__path__[0]).glob("*.py") if path.name != "sentences.py"]


def test_no_two_faults_are_said_in_the_same_words() -> None:
    assert len({*SENTENCES.values(), *NOTES.values()}) == len(SENTENCES) + len(NOTES)


def test_every_sentence_is_said_somewhere_and_every_fault_has_one() -> None:
    written = "\n".join(path.read_text("utf-8") for path in SOURCES)
    assert {code for code in [*SENTENCES, *NOTES] if f'"{code}"' not in written} == set()
    assert set(re.findall(r'Fault\(\s*"(\w+)"', written)) <= set(SENTENCES)
    assert set(re.findall(r'notes\.append\("(\w+)"', written)) <= set(NOTES)


@pytest.mark.parametrize("code", SENTENCES)
def test_a_sentence_is_one_and_ends(code: str) -> None:
    assert SENTENCES[code].endswith((".", ": %(why)s", "…"))


def test_a_fault_in_a_fault_is_said_in_the_other_language_too() -> None:
    fault = Fault("in_line", n=5, why=Fault("key_twice", key="n"))
    said = {SENTENCES["in_line"]: "Zeile %(n)s: %(why)s", SENTENCES["key_twice"]: "%(key)s steht zweimal da."}
    assert fault.said(said.__getitem__) == "Zeile 5: n steht zweimal da."
    assert str(fault) == "list.jsonl, line 5: The key n is there twice."


def test_words_of_strangers_are_short_and_printable() -> None:
    assert plain("a\x1b[2J\u202eb") == "a\ufffd[2J\ufffdb"
    assert plain("👩\u200d👧") == "👩\u200d👧"
    assert len(plain("x" * 1000)) == LONGEST + 1
