"""What a look at one thing came to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is. Whatever is wrong breaks a promise, or will soon."""

    OK = "ok"
    WARN = "warn"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was looked at, what was found, and what to do about it."""

    level: Level
    about: str
    found: str
    advice: str = ""

    def __str__(self) -> str:
        return f"{self.level:<5} {self.about}: {self.found}" + (f": {self.advice}" if self.advice else "")


def ok(about: str, found: str) -> Finding:
    """All is as it should be."""
    return Finding(Level.OK, about, found)


def warn(about: str, found: str, advice: str) -> Finding:
    """Worth a look."""
    return Finding(Level.WARN, about, found, advice)


def wrong(about: str, found: str, advice: str) -> Finding:
    """To be mended now."""
    return Finding(Level.WRONG, about, found, advice)


def graded(about: str, found: str, advice: str, *, is_wrong: bool, is_odd: bool) -> Finding:
    """A finding by two thresholds."""
    if is_wrong:
        return wrong(about, found, advice)
    return warn(about, found, advice) if is_odd else ok(about, found)
