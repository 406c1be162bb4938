"""As much of JSON Schema as the API's description uses; anything else in it is an error."""

from __future__ import annotations

from datetime import datetime
from typing import Any

TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "null": type(None),
}
KNOWN = {
    *("$ref", "anyOf", "type", "enum", "format", "minimum", "items"),
    *("properties", "required", "additionalProperties"),
}


def faults(schema: dict[str, Any], value: Any, document: dict[str, Any], at: str = "$") -> list[str]:
    """Where the value is not what the schema says."""
    assert set(schema) <= KNOWN, f"unknown in a schema: {set(schema) - KNOWN}"
    if "$ref" in schema:
        name = schema["$ref"].removeprefix("#/components/schemas/")
        return faults(document["components"]["schemas"][name], value, document, at)
    if "anyOf" in schema:
        each = [faults(one, value, document, at) for one in schema["anyOf"]]
        return [] if [] in each else [fault for found in each for fault in found]
    if not isinstance(value, TYPES[schema["type"]]) or (isinstance(value, bool)):
        return [f"{at} is no {schema['type']}"]
    return [
        *_plain(schema, value, at),
        *(_members(schema, value, document, at) if isinstance(value, dict) else []),
        *(_items(schema, value, document, at) if isinstance(value, list) else []),
    ]


def _plain(schema: dict[str, Any], value: Any, at: str) -> list[str]:
    wrong = []
    if "enum" in schema and value not in schema["enum"]:
        wrong.append(f"{at} is none of {schema['enum']}")
    if "minimum" in schema and value < schema["minimum"]:
        wrong.append(f"{at} is below {schema['minimum']}")
    if schema.get("format") == "date-time" and not (value.endswith("Z") and datetime.fromisoformat(value).tzinfo):
        wrong.append(f"{at} is no moment in UTC")
    return wrong


def _members(schema: dict[str, Any], value: dict[str, Any], document: dict[str, Any], at: str) -> list[str]:
    wrong = [f"{at}.{name} is missing" for name in schema["required"] if name not in value]
    if schema["additionalProperties"] is False:
        wrong += [f"{at}.{name} is not described" for name in value if name not in schema["properties"]]
    for name, described in schema["properties"].items():
        if name in value:
            wrong += faults(described, value[name], document, f"{at}.{name}")
    return wrong


def _items(schema: dict[str, Any], value: list[Any], document: dict[str, Any], at: str) -> list[str]:
    return [
        fault
        for number, one in enumerate(value)
        for fault in faults(schema["items"], one, document, f"{at}[{number}]")
    ]
