"""`VERIFY.txt`: how a stranger checks a package, with our program and without it."""

from __future__ import annotations

from importlib.resources import files


def text(base_url: str) -> bytes:
    """The file's content; `base_url` is the public address of the instance that made the package."""
    written = files("petition.deliveries.proof").joinpath("VERIFY.txt").read_text("utf-8")
    return written.replace("https://BASE", base_url.rstrip("/")).encode()
