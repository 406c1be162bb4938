"""The mailbox to which reports come back: a maildir, or an mbox file."""

from __future__ import annotations

import mailbox
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from petition.core.errors import DomainError
from petition.mail.bounces import Report, read_report

LONGEST_BYTES = 10_000_000  # of a report that is read
NOT_A_REPORT = "not a report"
KNOWN = "known already"


def read_all(path: Path, record: Callable[[Report], bool], keep: bool) -> Counter[str]:
    """Hands every report in a maildir or mbox to `record`; says how many there were of each kind.

    A report that has been recorded is removed, unless `keep`; what is no report stays for a person to read.
    Raises DomainError when there is no such mailbox.
    """
    with _opened(path) as box:
        found: Counter[str] = Counter()
        for key in list(box.iterkeys()):
            with box.get_file(key) as file:
                raw = file.read(LONGEST_BYTES + 1)
            report = read_report(raw) if len(raw) <= LONGEST_BYTES else None
            if report is None:
                found[NOT_A_REPORT] += 1
                continue
            found[report.kind.name.lower() if record(report) else KNOWN] += 1
            if not keep:
                box.discard(key)
        return found


@contextmanager
def _opened(path: Path) -> Iterator[mailbox.Mailbox[Any]]:
    try:
        if path.is_dir() and not (path / "new").is_dir():
            raise DomainError(f"{path} is no maildir: it has no folder new/")
        box = mailbox.Maildir(path, create=False) if path.is_dir() else mailbox.mbox(path, create=False)
        box.lock()
    except mailbox.NoSuchMailboxError:
        raise DomainError(f"there is no mailbox at {path}") from None
    except (OSError, mailbox.ExternalClashError) as error:
        raise DomainError(f"the mailbox {path} cannot be opened: {error}") from None
    try:
        yield box
        box.flush()
    finally:
        box.close()
