"""The JSON lines are canonical, whatever stands in a name."""

import io
import json
from unicodedata import normalize

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from petition.deliveries.jsonl_list import canonical_line, write_jsonl
from petition.deliveries.lines import ListLine, in_stretches


def written(lines) -> bytes:
    stream = io.BytesIO()
    assert write_jsonl(stream, in_stretches(lines)) == len(lines)
    return stream.getvalue()


def test_each_line_has_the_keys_of_the_contract_and_no_others(people):
    lines = [json.loads(line) for line in written(people).splitlines()[:8]]
    assert lines[0] == {"city": "القاهرة", "country": "EG", "n": 1, "name": "محمد علي حسن", "shown": "full"}
    assert lines[1] == {"country": "EG", "n": 2, "shown": "count"}
    assert lines[7] == {"city": "부산", "country": "KR", "n": 8, "name": "최", "shown": "initials"}


def test_a_city_not_given_has_no_key():
    line = canonical_line(ListLine(1, "KR", "South Korea", "김민지", None, "full"))
    assert line == '{"country":"KR","n":1,"name":"김민지","shown":"full"}'.encode()


def test_only_0x0a_ends_a_line(people):
    data = written(people)
    lines = data.split(b"\n")
    assert lines.pop() == b""
    assert len(lines) == len(people)
    assert "a\u2028b".encode() in lines[12]
    assert all(json.loads(line)["n"] == n for n, line in enumerate(lines, start=1))


def test_a_withheld_name_is_not_written_even_if_a_caller_left_it_there():
    line = canonical_line(ListLine(1, "KR", "South Korea", "김민지", "서울", "count"))
    assert line == b'{"country":"KR","n":1,"shown":"count"}'


@given(st.text(), st.text() | st.none(), st.integers(1, 2**53 - 1))
def test_lines_are_what_rfc8785_makes_of_them(name, city, n):
    entry = {"country": "KR", "n": n, "name": normalize("NFC", name), "shown": "full"}
    if city:
        entry["city"] = normalize("NFC", city)
    assert canonical_line(ListLine(n, "KR", "South Korea", name, city, "full")) == rfc8785.dumps(entry)


NASTY = st.text(st.sampled_from('"\\\0\n\u0301\u1161\u2028\x7f aeé각'), max_size=4) | st.text(max_size=8)


@given(st.lists(st.tuples(NASTY, NASTY, st.sampled_from(["full", "initials", "count"]))))
def test_lines_that_stand_together_are_what_each_would_be_alone(entries):
    lines = [
        ListLine(n, "KR", "South Korea", name, city or None, shown) for n, (name, city, shown) in enumerate(entries)
    ]
    assert written(lines) == b"".join(canonical_line(line) + b"\n" for line in lines)


def test_text_that_is_no_unicode_is_refused():
    with pytest.raises(UnicodeEncodeError):
        canonical_line(ListLine(1, "KR", "South Korea", "\ud800", None, "full"))
