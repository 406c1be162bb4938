"""Sealed secrets: readable with the key or a former one, for one purpose, and not when changed."""

from __future__ import annotations

import pytest
from flask import Flask

from petition.core.sealing import SealBroken, seal, unseal

SECRET = "JBSWY3DPEHPK3PXP"


def test_what_is_sealed_can_be_read_again_and_does_not_show(inside: Flask) -> None:
    sealed = seal("second factor", SECRET)
    assert unseal("second factor", sealed) == SECRET
    assert SECRET not in sealed
    assert seal("second factor", SECRET) != sealed


def test_another_purpose_another_key_and_a_change_break_the_seal(inside: Flask) -> None:
    sealed = seal("second factor", SECRET)
    with pytest.raises(SealBroken):
        unseal("something else", sealed)
    with pytest.raises(SealBroken):
        unseal("second factor", sealed[:-8] + "AAAAAAA=")
    inside.config["SECRET_KEY"] = "another key of the site"
    with pytest.raises(SealBroken):
        unseal("second factor", sealed)
    inside.config["SECRET_KEY_FALLBACKS"] = ("old", "secret for tests " * 4)
    assert unseal("second factor", sealed) == SECRET
