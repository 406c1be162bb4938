"""The order of country names in each language, by the rules of its alphabet.

Those rules are ICU's; the browser that the tests use has them, and is asked once, when catalogues are made.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import click

from petition.core import countries, i18n

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
ORDER = countries.ORDER
SECONDS = 60
PAGE = """<!doctype html><meta charset="utf-8"><body><script>
const named = %s, found = {};
for (const [language, names] of Object.entries(named)) {
  if (!Intl.Collator.supportedLocalesOf(language).length) throw language;
  const order = new Intl.Collator(language).compare;
  found[language] = Object.keys(names).sort((a, b) => order(names[a], names[b]) || (a < b ? -1 : 1)).join(" ");
}
const answer = document.createElement("pre");
answer.textContent = JSON.stringify(found);
document.body.append(answer);
</script>"""


def browser() -> str | None:
    """A browser that can be asked, if this machine has one."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


def asked(path: str, languages: list[str]) -> dict[str, str]:
    """The codes of all countries, in the order of their names, by language: what the browser at `path` says."""
    named = {language: dict(sorted(countries.names(language).items())) for language in languages}
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder, "order.html")
        page.write_text(PAGE % json.dumps(named, ensure_ascii=False).replace("<", "\\u003c"), "utf-8")
        profile = f"--user-data-dir={folder}/profile"
        command = [path, "--headless", "--no-sandbox", "--disable-gpu", profile, "--dump-dom", page.as_uri()]
        shown = subprocess.run(command, check=True, capture_output=True, text=True, timeout=SECONDS).stdout
    answer = re.search(r"<pre>(.*)</pre>", shown)
    if answer is None:
        raise RuntimeError("the browser does not know the alphabet of one of our languages")
    found: dict[str, str] = json.loads(answer[1])
    return found


def update(languages: list[str]) -> None:
    """Writes the order for English and these languages, or says that it cannot."""
    path = browser()
    if path is None:
        click.echo("country names: order left as it was; that takes Chromium", err=True)
        return
    found = asked(path, sorted({i18n.SOURCE, *languages}))
    ORDER.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", "utf-8")
