"""Packages from asking to the ZIP: what is in them, and what is not."""

from __future__ import annotations

from collections.abc import Callable

from tests.deliveries.packages.conftest import Built


def test_try(build: Callable[..., Built]) -> None:
    made = build()
    print(made.path, made.manifest, made.lines)
    print({n: len(c) for n, c in made.entries.items()})
    assert 0
