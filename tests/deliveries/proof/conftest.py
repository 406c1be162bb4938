"""Checking a package that a test has made, or spoiled."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from petition.deliveries.proof.report import Report
from petition.deliveries.proof.verify import check

Check = Callable[..., Report]


@pytest.fixture
def checked(tmp_path: Path) -> Check:
    """Checks bytes as the file they would be."""

    def run(content: bytes, key: str | None = None, deep: bool = False) -> Report:
        path = tmp_path / "given"
        path.write_bytes(content)
        return check(path, key=key, deep=deep)

    return run
