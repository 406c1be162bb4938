"""The JSON Schemas: shipped, served, valid, and held to by our own checks just as by a full validator."""

from __future__ import annotations

import copy
import functools
import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from flask.testing import FlaskClient
from referencing import Registry, Resource

from petition.deliveries.proof import schema
from petition.deliveries.proof.faults import Fault
from tests.deliveries.proof.packages import package

RESOURCES = {f"{name}.json": Resource.from_contents(schema.schema(name)) for name in schema.NAMES}
REGISTRY: Registry[Any] = Registry().with_resources(RESOURCES.items())
MADE = package()
OBJECTS = [
    *(("line", json.loads(line)) for line in MADE.lines),
    ("manifest", json.loads(MADE.files["manifest.json"])),
    ("receipt", json.loads(MADE.receipt(5))),
    ("receipt", json.loads(MADE.receipt(3, with_secret=False))),
]
WORDS = {
    *("$schema", "$ref", "$defs", "title", "description", "type", "const", "enum", "pattern", "format"),
    *("minimum", "maximum", "minLength", "maxLength"),
    *("required", "properties", "additionalProperties", "items", "oneOf"),
}


@functools.cache
def validator(name: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(schema.schema(name), registry=REGISTRY)


def fits(name: str, value: Any) -> bool:
    return bool(validator(name).is_valid(value))


def fits_here(name: str, value: Any) -> bool:
    try:
        schema.check(name, value)
    except Fault:
        return False
    return True


def spoiled(value: Any) -> Iterator[Any]:
    """The value with one member more, one less or another, at every place."""
    for place in _places(value):
        for other in (None, 0, -1, True, "", "KR", "a" * 64, [], {"x": 1}, 2**60):
            yield _with(value, place, other)
        if isinstance(_at(value, place), dict):
            yield _with(value, place, {**_at(value, place), "more": "x"})
        if place and isinstance(_at(value, place[:-1]), dict):
            yield _without(value, place)


def _places(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield place
    members = value.items() if isinstance(value, dict) else enumerate(value[:1]) if isinstance(value, list) else ()
    for key, member in members:
        yield from _places(member, (*place, key))


def _at(value: Any, place: tuple[Any, ...]) -> Any:
    for key in place:
        value = value[key]
    return value


def _with(value: Any, place: tuple[Any, ...], other: Any) -> Any:
    if not place:
        return other
    whole = copy.deepcopy(value)
    _at(whole, place[:-1])[place[-1]] = other
    return whole


def _without(value: Any, place: tuple[Any, ...]) -> Any:
    whole = copy.deepcopy(value)
    del _at(whole, place[:-1])[place[-1]]
    return whole


@pytest.mark.parametrize("name", schema.NAMES)
def test_a_schema_is_one(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(schema.schema(name))


def test_what_is_made_fits() -> None:
    for name, value in OBJECTS:
        assert fits(name, value)
        assert fits_here(name, value)


@pytest.mark.parametrize("number", range(len(OBJECTS)))
def test_our_own_reading_of_a_schema_is_that_of_a_full_validator(number: int) -> None:
    name, value = OBJECTS[number]
    cases = list(spoiled(value))
    assert sum(not fits(name, one) for one in cases) > len(cases) / 2
    for one in cases:
        assert fits_here(name, one) == fits(name, one), one


@pytest.mark.parametrize(("name", "value"), [OBJECTS[0], OBJECTS[3], *OBJECTS[-3:]])
def test_every_additional_key_is_refused(name: str, value: Any) -> None:
    for place in _places(value):
        if isinstance(_at(value, place), dict):
            more = _with(value, place, {**_at(value, place), "note": "x"})
            assert not fits(name, more), place
            assert not fits_here(name, more), place


def test_the_schemas_use_only_words_that_we_understand() -> None:
    def words(rule: Any) -> Iterator[str]:
        if isinstance(rule, dict):
            for word, value in rule.items():
                yield word
                inside = value.values() if word in ("properties", "$defs") else [value]
                for one in inside:
                    yield from words(one)
        elif isinstance(rule, list):
            for one in rule:
                yield from words(one)

    assert set().union(*(words(schema.schema(name)) for name in schema.NAMES)) <= WORDS


@pytest.mark.parametrize("name", schema.NAMES)
def test_a_schema_is_served_to_everybody(client: FlaskClient, name: str) -> None:
    answer = client.get(f"/schemas/{name}.json")
    assert (answer.status_code, answer.get_json(force=True)) == (200, schema.schema(name))
    assert answer.headers["Cache-Control"].startswith("public")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Set-Cookie" not in answer.headers
    again = client.get(f"/schemas/{name}.json", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_there_is_no_other_schema(client: FlaskClient) -> None:
    assert client.get("/schemas/nothing.json").status_code == 404
    assert client.get("/schemas/..%2Ffaults.json").status_code == 404
