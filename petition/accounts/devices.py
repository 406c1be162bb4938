"""What is told apart of browsers: the family and the system, no version; and which of them an account knows."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from petition.accounts.models import KnownDevice
from petition.core.clock import now
from petition.core.db import insert
from petition.core.keyed_hashes import keyed_hash

# In this order: nearly every browser says that it is Chrome and Safari too, and Android that it is Linux.
FAMILIES = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "SamsungBrowser": "Samsung Internet",
    "Firefox/": "Firefox",
    "FxiOS": "Firefox",
    "Chrome/": "Chrome",
    "CriOS": "Chrome",
    "Safari/": "Safari",
}
SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "CrOS": "ChromeOS",
    "Windows": "Windows",
    "Mac OS X": "macOS",
    "Linux": "Linux",
}


@dataclass(frozen=True, slots=True)
class Browser:
    """Where a request comes from: the device in a few words, its `network_hash`, the page's language."""

    device: str
    network: bytes
    language: str


def described(user_agent: str) -> str:
    """The family and system, like `Firefox, Linux`; what is not known is left out."""
    found = (
        next((name for mark, name in marks.items() if mark in user_agent), None) for marks in (FAMILIES, SYSTEMS)
    )
    return ", ".join(name for name in found if name)


def remember(session: Session, user_id: UUID, browser: Browser) -> bool:
    """Notes that an account is used from there; True when it never was, or not within the last months."""
    hashed = keyed_hash("known device", user_id.bytes, browser.device.encode(), browser.network)
    known = session.get(KnownDevice, (user_id, hashed)) is not None
    seen = insert(session, KnownDevice).values(user_id=user_id, device_hash=hashed, seen_at=now())
    session.execute(
        seen.on_conflict_do_update(
            index_elements=[KnownDevice.user_id, KnownDevice.device_hash], set_={"seen_at": seen.excluded.seen_at}
        )
    )
    return not known
