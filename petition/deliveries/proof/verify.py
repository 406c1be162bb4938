"""Checking a package or a receipt, with the file and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

from petition.deliveries.proof import package_check, receipt_check, sources
from petition.deliveries.proof.faults import Fault
from petition.deliveries.proof.report import Report

__all__ = ["Report", "check", "fingerprint_of"]


def check(path: Path, *, key: str | None = None, deep: bool = False) -> Report:
    """Checks a ZIP, a folder or a receipt; what is wrong stands in the report.

    `key` is the fingerprint of the key that the reader trusts. `deep` also compares the cells of CSV and XLSX with
    the list. Raises ValueError for a fingerprint that is none.
    """
    trusted = fingerprint_of(key) if key is not None else None
    report = Report()
    try:
        _check(report, path, trusted, deep)
    except Fault as fault:
        report.faults.append(fault)
    except OSError as error:
        report.faults.append(Fault("not_readable", why=error.strerror or type(error).__name__))
    report.authentic = report.ok and trusted is not None
    return report


def fingerprint_of(text: str) -> str:
    """The fingerprint as hexadecimal digits; blanks, hyphens and colons between them, and capitals, do not matter.

    Raises ValueError for anything else.
    """
    digits = re.sub(r"[\s:-]", "", text).lower()
    if not re.fullmatch(r"[0-9a-f]{64}", digits):
        raise ValueError("a fingerprint has 64 hexadecimal digits")
    return digits


def _check(report: Report, path: Path, trusted: str | None, deep: bool) -> None:
    folder = path.is_dir()
    if folder or _begins_like_a_package(path):
        report.kind = "package"
        with sources.opened(path) as parts:
            package_check.check(report, parts, trusted, deep, in_order=not folder)
        return
    report.kind = "receipt"
    with path.open("rb") as file:
        content = file.read(receipt_check.LARGEST + 1)
    if len(content) > receipt_check.LARGEST:
        raise Fault("receipt_too_large")
    receipt_check.check(report, content, trusted)


def _begins_like_a_package(path: Path) -> bool:
    with path.open("rb") as file:
        return not file.read(1024).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")
