"""Catalogues of messages: extracted from code and templates, merged without guesses, compiled.

A catalogue is a function of the code's messages and its translations: no dates, no line numbers, no paths
of a machine, sorted. So two runs write the same bytes, and two branches rarely meet on a line.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.plurals import get_plural
from babel.messages.pofile import read_po, write_po

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parent.parent
KEYWORDS = {
    "_": None,
    "__": None,
    "gettext": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
    "lazy_ngettext": (1, 2),
}
NOTE = "Translators:"
# Babel puts Arabic's last two forms the other way round than CLDR, gettext and translators' tools do.
PLURAL_FORMS = {
    "ar": "nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5);"
}
HEADER = """\
msgid ""
msgstr ""
"Project-Id-Version: Petition\\n"
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plural_forms}\\n"

"""


@dataclass(frozen=True, slots=True)
class Stored:
    """A language's catalogue as a file."""

    path: Path

    @property
    def locale(self) -> Locale:
        """The language it is in."""
        return Locale.parse(self.path.parent.parent.name)

    @property
    def compiled(self) -> Path:
        """What the program reads."""
        return self.path.with_suffix(".mo")

    def read(self) -> Catalog:
        """Its messages; none when there is no file yet."""
        content = self.path.read_bytes() if self.path.exists() else _header(self.locale)
        return read_po(io.BytesIO(content), self.locale)


def stored() -> list[Stored]:
    """The catalogues there are, by language."""
    return [Stored(path) for path in sorted(FOLDER.glob("*/LC_MESSAGES/messages.po"))]


def of_language(tag: str) -> Stored:
    """Where the catalogue of a language is, or belongs. Raises babel.UnknownLocaleError or ValueError."""
    locale = Locale.parse(tag.replace("_", "-"), sep="-")
    return Stored(FOLDER / str(locale) / "LC_MESSAGES" / "messages.po")


def extract() -> Catalog:
    """Every message of code and templates, afresh."""
    with (FOLDER / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)
    template = Catalog()
    found = extract_from_dir(ROOT, methods, options, keywords=KEYWORDS, comment_tags=[NOTE], strip_comment_tags=True)
    for path, line, message, notes, _context in found:
        template.add(message, None, [(path, line)], auto_comments=notes)
    return template


def merged(catalogue: Catalog, template: Catalog) -> bytes:
    """A catalogue's file with exactly the template's messages. What is new stays untranslated, never guessed."""
    catalogue.update(template, no_fuzzy_matching=True)
    body = io.BytesIO()
    write_po(body, catalogue, width=0, omit_header=True, sort_output=True, ignore_obsolete=True, include_lineno=False)
    assert isinstance(catalogue.locale, Locale)
    return _header(catalogue.locale) + body.getvalue()


def _header(locale: Locale) -> bytes:
    plural_forms = PLURAL_FORMS.get(str(locale)) or get_plural(locale).plural_forms
    return HEADER.format(language=locale, plural_forms=plural_forms).encode()


def lacking(catalogue: Catalog) -> Iterator[str]:
    """The messages that have no translation, or in a plural not every form, or one that is marked as a guess."""
    for message in catalogue:
        if message.id and (message.fuzzy or not _translated(message.string, catalogue.num_plurals)):
            yield message.id if isinstance(message.id, str) else message.id[0]


def _translated(string: str | tuple[str, ...] | list[str] | None, forms: int) -> bool:
    if isinstance(string, str):
        return bool(string)
    return string is not None and len(string) == forms and all(string)


def compile_stale() -> None:
    """Compiles the catalogues that changed since. Each file is whole at every moment, so many may do this at once."""
    for one in stored():
        if one.compiled.exists() and one.compiled.stat().st_mtime_ns >= one.path.stat().st_mtime_ns:
            continue
        unfinished = one.compiled.with_suffix(f".{os.getpid()}")
        with unfinished.open("wb") as file:
            write_mo(file, one.read())
        unfinished.replace(one.compiled)
