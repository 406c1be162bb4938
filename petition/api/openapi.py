"""The API's description in OpenAPI 3.1. A test compares it with what the API answers."""

from __future__ import annotations

from typing import Any

from flask import current_app

from petition.deliveries.journal.models import DeliveryState, EntryKind
from petition.petitions.models import PUBLIC_STATES

Schema = dict[str, Any]
STATES = [state.value for state in PUBLIC_STATES]
STEPS = ["hour", "day"]
MEANING = "Petitions, their tallies and their deliveries. Read only."
TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "integer", "minimum": 0}
MOMENT: Schema = {"type": "string", "format": "date-time"}


def _maybe(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _object(**properties: Schema) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


COUNTRY = _object(code=TEXT, name=TEXT, signature_count=NUMBER)
PETITION = _object(
    slug=TEXT,
    title=TEXT,
    addressee=TEXT,
    state={"type": "string", "enum": STATES},
    locale=TEXT,
    goal=_maybe(NUMBER),
    signature_count=NUMBER,
    signatures_by_country=_list(COUNTRY),
    opened_at=_maybe(MOMENT),
    closes_at=_maybe(MOMENT),
    organisation=TEXT,
    as_of=MOMENT,
)
DELIVERY = {
    "id": TEXT,
    "petition": TEXT,
    "mission": _object(id=TEXT, name=TEXT, city=TEXT, host_country=TEXT, time_zone=TEXT),
    "state": {"type": "string", "enum": [state.value for state in DeliveryState]},
    "planned_at": MOMENT,
    "happened_at": _maybe(MOMENT),
    "package": _maybe(TEXT),
}
ENTRY = _object(
    id=TEXT,
    kind={"type": "string", "enum": [kind.value for kind in EntryKind]},
    happened_at=MOMENT,
    recorded_at=MOMENT,
    **dict.fromkeys(("to_whom", "by_whom", "carrier", "number", "message_id", "said", "witnesses"), _maybe(TEXT)),
    **dict.fromkeys(("note", "package", "zip_sha256", "manifest_sha256", "replaces", "why"), _maybe(TEXT)),
    former_plan=_maybe(MOMENT),
    words_removed_at=_maybe(MOMENT),
    words_removed_why=_maybe(TEXT),
)
LINK = _maybe(TEXT)
LINKS = {"self": LINK, "first": LINK, "last": LINK, "prev": LINK, "next": LINK}
SCHEMAS: dict[str, Schema] = {
    "Petition": PETITION,
    "Petitions": _object(data=_list({"$ref": "#/components/schemas/Petition"}), links=_object(**LINKS)),
    "Tally": _object(
        slug=TEXT,
        by={"type": "string", "enum": STEPS},
        country=_maybe(TEXT),
        signature_count=NUMBER,
        signatures_by_origin=_object(**dict.fromkeys(("web", "paper", "import"), NUMBER)),
        series=_list(_object(start=MOMENT, signature_count=NUMBER)),
        as_of=MOMENT,
    ),
    "Deliveries": _object(
        slug=TEXT,
        counts=_object(**dict.fromkeys(("delivered_cities", "posted", "sent", "refused", "planned"), NUMBER)),
        deliveries=_list(_object(**DELIVERY)),
    ),
    "Delivery": _object(
        **DELIVERY,
        entries=_list(ENTRY),
        photos=_list(_object(path=TEXT, width=NUMBER, height=NUMBER, alt=TEXT)),
    ),
    "Error": _object(error=_object(status=NUMBER, code=TEXT, message=TEXT)),
}


def _parameter(name: str, place: str, meaning: str, schema: Schema = TEXT) -> Schema:
    return {"name": name, "in": place, "required": place == "path", "description": meaning, "schema": schema}


def _operation(summary: str, schema: str, *parameters: Schema) -> Schema:
    def answer(meaning: str, name: str) -> Schema:
        return {
            "description": meaning,
            "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}},
        }

    responses = {"200": answer("Found", schema), "default": answer("Not found, or a bad request", "Error")}
    return {"get": {"summary": summary, "parameters": list(parameters), "responses": responses}}


SLUG = _parameter("slug", "path", "the petition's name in its address")


def document() -> Schema:
    """The whole description."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Petition",
            "version": "1",
            "description": "Petitions, their tallies and deliveries. Read only.",
        },
        "servers": [{"url": f"{current_app.config['BASE_URL']}/api/v1"}],
        "paths": {
            "/petitions": _operation(
                "Find petitions",
                "Petitions",
                _parameter("q", "query", "words in title or addressee"),
                _parameter("state", "query", "as readers see it", {"type": "string", "enum": STATES}),
                _parameter("page", "query", "from 1", {"type": "integer", "minimum": 1}),
            ),
            "/petitions/{slug}": _operation("One petition with its tally", "Petition", SLUG),
            "/petitions/{slug}/tally": _operation(
                "Signatures over time",
                "Tally",
                SLUG,
                _parameter("by", "query", "hour or day (UTC)", {"type": "string", "enum": STEPS}),
                _parameter("country", "query", "an alpha-2 code"),
            ),
            "/petitions/{slug}/deliveries": _operation("Where lists are handed over", "Deliveries", SLUG),
            "/deliveries/{delivery_id}": _operation(
                "One delivery and what happened at it",
                "Delivery",
                _parameter("delivery_id", "path", "its id in the list of deliveries"),
            ),
        },
        "components": {"schemas": SCHEMAS},
    }
