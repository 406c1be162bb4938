"""What the page that checks packages and receipts says, in the language of the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from petition.core import countries
from petition.deliveries.packages.models import PackageKey
from petition.deliveries.proof.report import Report
from petition.deliveries.proof.sentences import SENTENCES


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found: in one sentence, what is wrong, who made it, what was not looked at, what the file says."""

    verdict: str
    faults: Sequence[str]
    maker: str
    notes: Sequence[str]
    summary: Mapping[str, Any]


def verdicts() -> dict[str, str]:
    """The answer in one sentence, by what was checked, or `wrong`."""
    return {
        "package": _("Nothing in this package was changed since it was signed."),
        "receipt": _("The receipt holds: its line is in the package."),
        "wrong": _("Something is wrong here."),
    }


def makers() -> dict[str, str]:
    """Who made it, as far as that is known; `since` and `until` are days."""
    return {
        "named": _("It was made with the key that you named."),
        "site": _("It was made with a key of this site, in use since %(since)s."),
        "retired": _("It was made with a key of this site that was in use from %(since)s to %(until)s."),
        "unknown": _("Its key is none of this site. Compare the fingerprint with one that you trust."),
        "unchecked": _("Who made it was not checked. Compare the fingerprint with one that you trust."),
    }


def notes() -> dict[str, str]:
    """What was not looked at, or what a receipt tells."""
    return {
        "tables_by_hash": _("The CSV file and the workbook were checked by their hashes; their cells were not read."),
        "tables_not_compared": _(
            "The CSV file and the workbook were checked by their hashes; their cells were not read."
        ),
        "pdfs_by_hash": _("The PDF files were checked by their hashes; what they show was not read."),
        "stamp_not_read": _("There is a time stamp. It was not read here."),
        "stamp_maker": _("The time stamp belongs to this package and holds; whose it is was not checked."),
        "mine": _("The secret in the receipt proves that the line belongs to whoever has the receipt."),
        "not_whose": _("The receipt does not say whose line it is."),
    }


def script_words() -> dict[str, Any]:
    """All words that the script of the page may need."""
    sentences = {code: _(sentence) for code, sentence in SENTENCES.items()}
    said = {
        "checking": _("The file is being checked."),
        "bad_fingerprint": bad_fingerprint(),
        "none": _("Choose a file."),
    }
    unreadable = {"unreadable": _("The browser cannot read the file.")}
    return {
        "verdicts": verdicts(),
        "makers": makers(),
        "notes": notes(),
        "sentences": sentences,
        **said,
        **unreadable,
    }


def bad_fingerprint() -> str:
    """What is said of something typed that is no fingerprint."""
    return _("A fingerprint has 64 digits and letters from a to f.")


def answer(report: Report, maker: str) -> Answer:
    """What a check found, in words."""
    shown = verdicts()[report.kind or "package"] if report.ok else verdicts()["wrong"]
    told = [notes()[note] for note in report.notes if note in notes()] if report.ok else []
    faults = [fault.said(_) for fault in report.faults]
    return Answer(shown, faults, maker if report.ok else "", told, report.summary)


def maker_of(known: PackageKey | None, named: bool, day: Any) -> str:
    """Who made a file whose key the reader named or this site knows; `day` writes a day."""
    if named:
        return makers()["named"]
    if known is None:
        return makers()["unknown"]
    if known.retired_at is None:
        return makers()["site"] % {"since": day(known.first_used_at)}
    return makers()["retired"] % {"since": day(known.first_used_at), "until": day(known.retired_at)}


def line_words(line: Mapping[str, Any]) -> str:
    """A line of a list, as the list shows it."""
    parts = [line.get("name"), line.get("city"), countries.name(line["country"])]
    return f"{line['n']}. {', '.join(part for part in parts if part)}"
