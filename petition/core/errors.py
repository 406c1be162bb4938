"""Errors that a user can do something about. Each knows its HTTP status and its stable code."""

from __future__ import annotations


class DomainError(Exception):
    """A request that cannot be done, with words for the person who asked.

    `code` is stable and in snake case, for programs; the message is for people.
    """

    status = 400
    code = "bad_request"

    def __init__(self, message: str = "") -> None:
        super().__init__(message)
        self.message = message

    @property
    def headers(self) -> dict[str, str]:
        """What the answer says besides its status."""
        return {}


class SettingRefused(DomainError):
    """A setting is unknown, missing or bad: the program does not start."""

    code = "setting_refused"


class NotFound(DomainError):
    """There is no such thing, or this actor may not know of it."""

    status = 404
    code = "not_found"


class PetitionNotFound(NotFound):
    """No petition of that name is public."""

    code = "petition_not_found"


class Gone(DomainError):
    """The thing was here and was taken down."""

    status = 410
    code = "gone"


class Forbidden(DomainError):
    """The request came from elsewhere, or this actor may not do that."""

    status = 403
    code = "forbidden"


class NotOpen(DomainError):
    """The petition takes no signatures now."""

    status = 409
    code = "petition_not_open"


class TextChanged(DomainError):
    """What would be signed is not what stood on the page."""

    status = 409
    code = "text_changed"


class TooMany(DomainError):
    """A limit is reached; later it works again. `retry_after` is in seconds."""

    status = 429
    code = "too_many_requests"

    def __init__(self, message: str = "", retry_after: int = 60) -> None:
        super().__init__(message)
        self.retry_after = retry_after

    @property
    def headers(self) -> dict[str, str]:
        return {"Retry-After": str(self.retry_after)}
