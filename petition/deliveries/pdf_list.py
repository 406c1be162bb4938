"""The list as PDF: one file up to 10,000 lines, a ZIP of volumes above."""

from collections.abc import Iterable, Iterator
from contextlib import closing
from typing import Any, BinaryIO

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.numbers import format_decimal

from petition.deliveries.heading import ENGLISH, ListHeading
from petition.deliveries.lines import ListError, ListLine
from petition.deliveries.pdf_plan import Group, Volume, volumes
from petition.deliveries.pdf_processes import pdfs_in_order
from petition.deliveries.stored_zip import StoredZip

ROWS_PER_VOLUME = 10_000

_HAN_OF_COUNTRY = {
    **dict.fromkeys(("KR", "KP"), "ko"),
    "JP": "ja",
    "TW": "zh-Hant",
    **dict.fromkeys(("HK", "MO"), "zh-HK"),
}
_HAN_OF_LANGUAGE = {"ja": "ja", "ko": "ko"}


def is_zip(heading: ListHeading, rows_per_volume: int = ROWS_PER_VOLUME) -> bool:
    """Whether `write_pdf` will write a ZIP; the name of the file can so be given beforehand."""
    return heading.total > rows_per_volume


def write_pdf(
    stream: BinaryIO, lines: Iterable[ListLine], heading: ListHeading, rows_per_volume: int = ROWS_PER_VOLUME
) -> int:
    """Writes the list as PDF/A-2a and PDF/UA-1; returns the number of lines.

    More than 10,000 signatures become a stored ZIP of `list-001.pdf …`, 10,000 named people in each.
    `lines` come country by country. People counted only are one line for their country. The stream
    need not seek. Raises ListError where the lines do not add up to the heading, or a PDF cannot be made.
    """
    described = (volume for _number, volume in described_volumes(lines, heading, rows_per_volume))
    with closing(pdfs_in_order(described)) as pdfs:
        if is_zip(heading, rows_per_volume):
            _write_zip(stream, pdfs)
        else:
            stream.write(b"".join(pdfs))
    return heading.total


def described_volumes(
    lines: Iterable[ListLine], heading: ListHeading, rows_per_volume: int = ROWS_PER_VOLUME
) -> Iterator[tuple[int, dict[str, Any]]]:
    """The number of each volume, from 1 on, and all that the process that sets it has to know. Raises ListError."""
    locale = locale_of(heading.language)
    for volume in volumes(lines, heading, rows_per_volume):
        yield volume.number, _described(volume, heading, locale)


def _write_zip(stream: BinaryIO, pdfs: Iterable[bytes]) -> None:
    archive = StoredZip(stream)
    for number, pdf in enumerate(pdfs, start=1):
        archive.add(f"list-{number:03}.pdf", pdf)
    archive.close()


def locale_of(tag: str) -> Locale:
    """The language of a BCP 47 tag. Raises ListError."""
    try:
        return Locale.parse(tag, sep="-")
    except (ValueError, UnknownLocaleError):
        raise ListError(f"“{tag}” is no language that a list can be written in") from None


def han_of(locale: Locale) -> str:
    """In whose manner a language writes Han characters."""
    if locale.language == "zh":
        return han_of_country(region_of(locale) or "")
    return _HAN_OF_LANGUAGE.get(locale.language, "zh-Hans")


def han_of_country(code: str) -> str:
    """In whose manner a country's people mostly write them."""
    return _HAN_OF_COUNTRY.get(code, "zh-Hans")


def region_of(locale: Locale) -> str | None:
    """The region that a language's tag speaks of, if any."""
    if locale.territory and locale.territory.isalpha():
        return str(locale.territory)
    return "TW" if locale.script == "Hant" else None


def _described(volume: Volume, heading: ListHeading, locale: Locale) -> dict[str, Any]:
    """All that the process which sets the volume needs to know, numbers already in the language's form."""
    first = volume.number == 1
    counts = {code: count for code, _, count in heading.by_country}
    summary = [(name, format_decimal(count, locale=locale)) for _, name, count in heading.by_country]
    return {
        "language": locale.language,
        "region": region_of(locale),
        "han": han_of(locale),
        "right-to-left": locale.text_direction == "rtl",
        "snapshot_on": heading.snapshot_on.isoformat(),
        "first": first,
        "last": volume.last,
        "single": first and volume.last,
        "total": format_decimal(heading.total, locale=locale),
        "words": _words(volume, heading, locale),
        "summary": summary if first else [],
        "groups": [_group(group, counts[group.country], heading, locale) for group in volume.groups],
    }


def _words(volume: Volume, heading: ListHeading, locale: Locale) -> dict[str, str]:
    numbers = [n for group in volume.groups for n, _, _ in group.rows]
    places = {
        "addressee": heading.addressee,
        "day": format_date(heading.snapshot_on, "long", locale=locale),
        "volume": format_decimal(volume.number, locale=locale),
        "first": format_decimal(numbers[0], locale=locale) if numbers else "",
        "last": format_decimal(numbers[-1], locale=locale) if numbers else "",
        "total": format_decimal(heading.total, locale=locale),
    }
    kept = {"page", "continued"}
    words = {key: heading.word(key) for key in ENGLISH}
    filled = {key: word if key in kept else word.format_map(places) for key, word in words.items()}
    return {**filled, "title": heading.title, "range": filled["range"] if numbers else ""}


def _group(group: Group, total: int, heading: ListHeading, locale: Locale) -> dict[str, Any]:
    counted = ""
    if group.counted:
        alone = group.counted == total
        counted = heading.counted(group.counted, format_decimal(group.counted, locale=locale), alone)
    name = heading.word("continued").format(country=group.name) if group.continued else group.name
    return {
        "name": name,
        "total": format_decimal(total, locale=locale),
        "han": han_of_country(group.country),
        "counted": counted,
        "rows": group.rows,
    }
