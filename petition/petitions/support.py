"""The secret link by which a petition's first supporters find it."""

from __future__ import annotations

from flask import url_for
from flask_babel import gettext as _

from petition.core import tokens
from petition.core.db import read_again
from petition.core.errors import PetitionNotFound
from petition.petitions.models import PUBLIC_STATES, Petition, State
from petition.petitions.service import detached, find

SUPPORT = "support"


def token(petition: Petition) -> str:
    """What stands in the link. Nothing of it is kept: only our key can make it."""
    return tokens.sign_handle(SUPPORT, petition.id.bytes)


def path(petition: Petition) -> str:
    """Where supporters sign."""
    return url_for("signatures.support_page", slug=petition.slug, token=token(petition))


def reading_path(petition: Petition) -> str:
    """Where whoever has signed it can read it: its public page, or before it has one the secret link."""
    if petition.state in PUBLIC_STATES:
        return url_for("signatures.petition", slug=petition.slug)
    return path(petition)


def gathering(slug: str, given: str) -> Petition:
    """The petition of a secret link, gathering supporters or further on; belongs to no session.

    Raises PetitionNotFound.
    """
    handle = tokens.read_handle(SUPPORT, given)
    petition = find(read_again(), slug)
    if petition.id.bytes != handle or petition.state in (State.DRAFT, State.REJECTED, State.HIDDEN):
        raise PetitionNotFound(_("There is no petition of that name."))
    return detached(petition)
