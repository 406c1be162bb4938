"""The JSON Schemas of what strangers verify: shipped with the program, served under `/schemas/`, and held to here.

Just the few words of JSON Schema (2020-12) that they use are understood; a test compares with a full validator.
"""

from __future__ import annotations

import functools
import json
import re
from datetime import date
from importlib.resources import files
from typing import Any

from petition.deliveries.proof.faults import Fault, plain

NAMES = ("manifest", "line", "receipt")
_TYPES = {"object": dict, "array": list, "string": str, "integer": int, "null": type(None)}


def source(name: str) -> bytes:
    """The schema's file. Raises KeyError for a name that is none of NAMES."""
    if name not in NAMES:
        raise KeyError(name)
    return files("petition.deliveries.proof").joinpath("schemas", f"{name}.json").read_bytes()


@functools.cache
def schema(name: str) -> Any:
    """The schema itself."""
    return json.loads(source(name))


def check(name: str, value: Any) -> None:
    """Raises Fault, naming the place, for the first thing in the value that the schema does not allow."""
    _check(value, schema(name), schema(name), "")


def _check(value: Any, rule: dict[str, Any], whole: dict[str, Any], place: str) -> None:
    if reference := rule.get("$ref"):
        other, _hash, within = reference.partition("#/$defs/")
        whole = schema(other.removesuffix(".json")) if other else whole
        _check(value, whole["$defs"][within] if within else whole, whole, place)
        return
    if "oneOf" in rule:
        _check(value, _chosen(value, rule["oneOf"]), whole, place)
        return
    _check_itself(value, rule, place)
    if isinstance(value, dict):
        _check_members(value, rule, whole, place)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            _check(item, rule["items"], whole, f"{place}[{number}]")


def _chosen(value: Any, rules: list[dict[str, Any]]) -> dict[str, Any]:
    """The rule whose first required "const" or "enum" the value meets; else the last."""
    for rule in rules:
        shown = rule["properties"]["shown"]
        allowed = shown.get("enum", [shown.get("const")])
        if isinstance(value, dict) and value.get("shown") in allowed:
            return rule
    return rules[-1]


def _check_itself(value: Any, rule: dict[str, Any], place: str) -> None:
    kinds = rule.get("type", [])
    wanted = tuple(_TYPES[kind] for kind in ([kinds] if isinstance(kinds, str) else kinds))
    if wanted and (not isinstance(value, wanted) or isinstance(value, bool)):
        raise Fault("wrong_kind", place=place or "/")
    fits = (
        value == rule.get("const", value)
        and value in rule.get("enum", [value])
        and (not isinstance(value, int) or rule.get("minimum", value) <= value <= rule.get("maximum", value))
        and (not isinstance(value, str) or _text_fits(value, rule))
    )
    if not fits:
        raise Fault("wrong_value", place=place or "/", value=plain(str(value)))


def _text_fits(value: str, rule: dict[str, Any]) -> bool:
    long_enough = rule.get("minLength", 0) <= len(value) <= rule.get("maxLength", len(value))
    has_form = long_enough and bool(re.fullmatch(rule.get("pattern", "(?s:.*)"), value))
    return has_form and (rule.get("format") != "date" or _is_day(value))


def _is_day(value: str) -> bool:
    """Whether a day of that date (RFC 3339, `full-date`) has ever been."""
    try:
        return bool(date.fromisoformat(value))
    except ValueError:
        return False


def _check_members(value: dict[str, Any], rule: dict[str, Any], whole: dict[str, Any], place: str) -> None:
    known = rule["properties"]
    dot = f"{place}." if place else ""
    for key in rule["required"]:
        if key not in value:
            raise Fault("key_missing", key=f"{dot}{key}")
    for key, member in value.items():
        if key not in known:
            raise Fault("key_unknown", key=f"{dot}{plain(key)}")
        _check(member, known[key], whole, f"{dot}{key}")
