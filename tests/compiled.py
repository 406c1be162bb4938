"""What an application compiles when it starts and at its first requests, kept for the next one of the same process.

Each test has an application of its own; a running service makes one and compiles once. Made anew for thousands of
tests, routes, SQL and templates took most of the time of the small ones. Only what follows from the code is kept,
under keys that name all it depends on: nothing that a test has stored, set or sent.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.routing import Rule

from petition.core.db import db


class CompiledTemplates(BytecodeCache):
    """Templates by their source: Jinja names them with their text's checksum."""

    def __init__(self) -> None:
        self._code: dict[str, Any] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._code.get(bucket.key + bucket.checksum)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key + bucket.checksum] = bucket.code


TEMPLATES = CompiledTemplates()


class CompiledRule(Rule):
    """A route; its pattern, and the functions that build its addresses, are made once for each text of a route."""

    _made: dict[tuple[object, ...], dict[str, Any]] = {}

    def compile(self) -> None:
        assert self.map
        if self.defaults:  # none of ours has any
            super().compile()
            return
        place = (self.subdomain, self.host, self.map.host_matching)
        key = (self.rule, *place, self.merge_slashes, *self.map.converters.items())
        made = self._made.get(key)
        if made is None:
            before = dict(vars(self))
            super().compile()
            made = {name: value for name, value in vars(self).items() if before.get(name) is not value}
            self._made[key] = made | {"arguments": self.arguments}
            return
        vars(self).update(made)
        self._build = made["_build"].__func__.__get__(self)
        self._build_unknown = made["_build_unknown"].__func__.__get__(self)


_DIALECTS: dict[tuple[str, str], tuple[sa.Dialect, Any]] = {}
"""By kind of database and by what an engine is for: a dialect that has met its server, and its compiled SQL."""


def _engines(app: Flask) -> Iterator[tuple[str, sa.Engine]]:
    with app.app_context():
        yield "sessions", db.engine
    yield "committer", app.extensions["petition.committer"]._engine
    yield "limits", app.extensions["petition.limiter"].storage.engine


def use_compiled(app: Flask) -> None:
    """Gives a new application what others have compiled."""
    app.jinja_env.bytecode_cache = TEMPLATES
    for purpose, engine in _engines(app):
        if found := _DIALECTS.get((engine.dialect.name, purpose)):
            engine.dialect, engine._compiled_cache = found
            engine.pool._dialect = engine.dialect


def keep_compiled(app: Flask) -> None:
    """Keeps what an application that ends has compiled, if it was the first that asked its database."""
    for purpose, engine in _engines(app):
        if getattr(engine.dialect, "server_version_info", None):
            _DIALECTS.setdefault((engine.dialect.name, purpose), (engine.dialect, engine._compiled_cache))
