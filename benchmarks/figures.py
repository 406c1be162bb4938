"""The table: what is measured, beside what, and which value is the goal."""

from __future__ import annotations

from dataclasses import dataclass

MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Goal:
    """A limit that a figure must reach: at least, or at most. `of_size` is that of the database it is meant for."""

    limit: float
    at_most: bool = False
    of_size: int | None = None

    def reached(self, value: float, size: int | None = None) -> bool | None:
        """Whether the value is good enough; None where the goal is not meant for such a database."""
        if self.of_size is not None and size != self.of_size:
            return None
        return value <= self.limit if self.at_most else value >= self.limit

    def __str__(self) -> str:
        return f"{'≤' if self.at_most else '≥'} {self.limit:g}"


def at_least(limit: float) -> Goal:
    """The goal of a rate."""
    return Goal(limit)


def at_most(limit: float, of_size: int | None = None) -> Goal:
    """The goal of a time, a size or a number of mistakes."""
    return Goal(limit, True, of_size)


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of the table. Without a unit it is a ratio to the yardstick; without a goal it is only shown."""

    name: str
    words: str
    yardstick: str
    goal: Goal | None = None
    unit: str = ""


STATIC = "a view that returns a string"
COMMITS = "single-row INSERT commits"

PAGE = Figure("page", "petition page", STATIC, at_least(0.6))
PAGE_GROWTH = Figure("page-growth", "petition page, largest against smallest", "the same page", at_least(0.9))
POLL = Figure("poll", "petition JSON, If-None-Match", STATIC, at_least(0.7))

SIGN = Figure("sign", "sign", STATIC, at_least(0.12))
SIGN_COMMITS = Figure("sign-commits", "sign", f"{COMMITS}, 8 clients")
SIGN_GROWTH = Figure("sign-growth", "sign, largest against smallest", "the same form", at_least(0.9))
CONFIRM = Figure("confirm", "confirm, one petition and country", STATIC, at_least(0.2))
CONFIRM_COMMITS = Figure("confirm-commits", "confirm, one petition and country", f"{COMMITS}, 8 clients")
CONFIRM_P99 = Figure("confirm-p99", "confirm, p99 at half of peak", "–", at_most(50), "ms")
SQLITE_SIGN = Figure("sqlite-sign", "sign, 2 web processes", f"{COMMITS}, full sync", at_least(0.25))
SQLITE_CONFIRM = Figure("sqlite-confirm", "confirm, 2 web processes", f"{COMMITS}, full sync", at_least(0.25))

STORM_RATE = Figure("storm-rate", "storm: requests answered", "–", unit="/s")
STORM_ERRORS = Figure("storm-errors", "storm: errors", "–", at_most(0), "of all")
STORM_LOST = Figure("storm-lost", "storm: acknowledged and lost", "–", at_most(0), "rows")
STORM_DRIFT = Figure("storm-drift", "storm: counters that are not the rows", "–", at_most(0), "countries")
STORM_REPEATED = Figure("storm-repeated", "storm: rows or mails too many", "–", unit="of all")
STORM_OUTBOX = Figure("storm-outbox", "storm: outbox empty after", "–", at_most(10), "s")

MAIL = Figure("mail", "outbox to SMTP, one worker", "smtplib, one open connection", at_least(0.5))

EXPORT_CSV = Figure("export-csv", "export CSV, time", "COPY, or fetchmany and csv", at_most(1.5, MILLION))
EXPORT_JSONL = Figure("export-jsonl", "export JSONL, time", "COPY, or fetchmany and csv", at_most(1.5, MILLION))
EXPORT_XLSX = Figure("export-xlsx", "export XLSX, time", "a bare XlsxWriter loop", at_most(1.3, MILLION))
EXPORT_MEMORY = Figure("export-memory", "export, most memory", "–", at_most(150, MILLION), "MB")
TALLY_CHECK = Figure("tally-check", "petition tally --check", "–", at_most(1, MILLION), "s")

CAMPAIGN = 153_000
"""Signatures of February 2012."""
PACKAGE = Figure("package", "package in all formats, time", "fetchmany and csv, and a bare XlsxWriter loop")
PACKAGE_SECONDS = Figure("package-seconds", "package in all formats", "–", at_most(60, CAMPAIGN), "s")
PACKAGE_MEMORY = Figure("package-memory", "package in all formats, most memory", "–", at_most(1000), "MB")
VERIFY = Figure("verify", "petition delivery verify, time", "sha256sum of the same bytes")
VERIFY_SECONDS = Figure("verify-seconds", "petition delivery verify", "–", at_most(6, MILLION), "s")
VERIFY_MEMORY = Figure("verify-memory", "petition delivery verify, most memory", "–", unit="MB")

HELP = Figure("help", "petition --help, time", "python -c 'import flask'", at_most(1.5))
SERVE = Figure("serve", "petition serve to first answer, time", "python -c 'import flask'", at_most(5))

FIGURES = tuple(value for value in list(globals().values()) if isinstance(value, Figure))


def named(name: str) -> Figure:
    """The figure of this name. Raises KeyError."""
    return {figure.name: figure for figure in FIGURES}[name]
