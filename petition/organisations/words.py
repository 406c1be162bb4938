"""What roles and entries of the audit log are called on pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from babel.lists import format_list
from flask_babel import LazyString, get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as __

from petition.organisations.models import Role

ROLES: dict[Role, tuple[LazyString, LazyString]] = {
    Role.OWNER: (__("Owner"), __("may do everything, and says who may do what")),
    Role.EDITOR: (__("Editor"), __("writes and publishes petitions, sends news")),
    Role.DELIVERY_OFFICER: (__("Delivery officer"), __("exports lists, hands them over, adds signatures from paper")),
    Role.MODERATOR: (__("Moderator of signatures"), __("sees signatures and strikes out false ones")),
    Role.OBSERVER: (__("Observer"), __("sees figures, and no personal data")),
}
ACTS: dict[str, LazyString] = {
    "account blocked": __("blocked the account of %(object)s: %(reason)s"),
    "account unblocked": __("opened the account of %(object)s again: %(reason)s"),
    "address changed": __("changed the address of the account"),
    "delivery cancelled": __("cancelled the delivery of %(object)s to %(mission)s"),
    "delivery entry corrected": __("corrected an entry about the delivery of %(object)s to %(mission)s: %(reason)s"),
    "delivery entry struck": __("struck out an entry about the delivery of %(object)s to %(mission)s: %(reason)s"),
    "delivery package chosen": __("chose the package for the delivery of %(object)s to %(mission)s"),
    "delivery planned": __("planned a delivery of %(object)s to %(mission)s"),
    "delivery planned anew": __("planned the delivery of %(object)s to %(mission)s for another time"),
    "delivery recorded": __("recorded what happened at the delivery of %(object)s to %(mission)s"),
    "delivery words removed": __("deleted words about the delivery of %(object)s to %(mission)s: %(reason)s"),
    "endorsement agreed": __("agreed to endorse %(object)s: %(endorser)s"),
    "endorsement changed": __("wrote other words for the endorsement of %(object)s by %(endorser)s"),
    "endorsement declined": __("declined to endorse %(object)s: %(endorser)s"),
    "endorsement entered": __("entered an endorsement of %(object)s by %(endorser)s"),
    "endorsement taken back": __("took the endorsement of %(object)s back: %(endorser)s"),
    "endorsement taken down": __("took down the endorsement of %(object)s by %(endorser)s"),
    "endorser asked": __("asked %(endorser)s by mail to endorse %(object)s"),
    "import undone": __("took signatures from elsewhere back from %(object)s: %(reason)s"),
    "invitation withdrawn": __("withdrew the invitation of %(address)s"),
    "invited": __("invited %(address)s: %(roles)s"),
    "joined": __("joined: %(roles)s"),
    "left": __("left the organisation"),
    "list downloaded": __("downloaded the list of signers of %(object)s (%(format)s)"),
    "list exported": __("exported the list of signers of %(object)s (%(format)s)"),
    "mail retried": __("sent mails again that could not be delivered: %(mails)s"),
    "member removed": __("removed %(person)s"),
    "organisation added": __("made the organisation"),
    "organisation changed": __("changed the organisation's settings"),
    "package asked": __("asked for package %(number)s of %(object)s, for %(mission)s"),
    "package built": __("built package %(number)s of %(object)s, for %(mission)s"),
    "package asked again": __("had package %(number)s of %(object)s, for %(mission)s, tried again"),
    "package downloaded": __("downloaded package %(number)s of %(object)s, for %(mission)s"),
    "personal export": __("exported everything kept of the signers of %(object)s (%(format)s): %(reason)s"),
    "personal export approved": __("approved that %(person)s exports everything kept of %(object)s: %(reason)s"),
    "personal export asked": __("asked for everything kept of the signers of %(object)s (%(format)s): %(reason)s"),
    "personal export refused": __("refused %(person)s everything kept of the signers of %(object)s: %(reason)s"),
    "personal details erased": __("erased the personal details of entry %(object)s"),
    "mail allowed again": __("let mail go again to an address that took none"),
    "names forgotten": __("forgot names of signers of %(object)s, as was promised: %(number)s"),
    "mission added": __("added the mission %(object)s"),
    "mission changed": __("changed the mission %(object)s: %(columns)s"),
    "name changed": __("changed the name of the account"),
    "package key made": __("made a new key that signs packages: %(object)s…"),
    "package key retired": __("retired a key that signed packages: %(object)s…"),
    "partner accepted": __("accepted for %(partner)s to be a partner of %(object)s"),
    "partner declined": __("declined for %(partner)s to be a partner of %(object)s"),
    "partner ended": __("ended that %(partner)s is a partner of %(object)s"),
    "partner invited": __("asked %(partner)s to be a partner of %(object)s"),
    "password changed": __("changed the password of the account"),
    "password reset": __("chose a new password by a mailed link"),
    "photograph added": __("added a photograph of the delivery of %(object)s to %(mission)s"),
    "photograph removed": __("deleted a photograph of the delivery of %(object)s to %(mission)s: %(reason)s"),
    "petition approved": __("approved the petition %(object)s"),
    "petition assigned": __("took on the petition %(object)s to decide, or gave it back"),
    "petition loaded": __("loaded the petition %(object)s from a file, text version %(version)s: %(state)s"),
    "petition made": __("made the petition %(object)s"),
    "petition noted": __("wrote a note on the petition %(object)s"),
    "petition state": __("moved the petition %(object)s from %(source)s to %(target)s"),
    "petition written": __("published text version %(version)s of the petition %(object)s"),
    "purged": __("forgot what was due to be forgotten"),
    "roles changed": __("changed the roles of %(person)s: %(roles)s"),
    "second factor added": __("added a second factor to the account"),
    "second factor removed": __("removed the second factor of the account"),
    "signature restored": __("put back a signature of %(object)s: %(reason)s"),
    "signature invalidated": __("struck out a signature of %(object)s: %(reason)s"),
    "signatures added": __("added signatures from elsewhere to %(object)s: %(added)s"),
    "signatures seen": __("looked at signatures of %(object)s: %(number)s"),
    "switches turned": __("turned the switches of the site: %(reason)s"),
    "tally rebuilt": __("mended the counters of %(object)s: %(counters)s"),
    "update paused": __("paused an update on %(object)s"),
    "update sent": __("sent an update on %(object)s to its signers: %(readers)s"),
    "update sent on": __("sent on an update on %(object)s"),
    "withdrawals alarm": __("saw %(number)s withdrawals within an hour from %(domain)s on %(object)s"),
    "user added": __("added the account of %(object)s"),
}


def role_name(role: str) -> str:
    """What a role is called."""
    return str(ROLES[Role(role)][0])


def role_names(roles: Sequence[str]) -> str:
    """What several roles are called."""
    return format_list([role_name(role) for role in roles], locale=get_locale())


class _Values(dict[str, Any]):
    """The values of a sentence; one that is gone has been erased."""

    def __missing__(self, name: str) -> str:
        return _("(erased)")


def act(action: str, values: Mapping[str, Any]) -> str:
    """An entry of the audit log in words that follow who did it. `roles` may be among the values."""
    if action not in ACTS:
        return f"{action}: {values['object']}"
    shown = _Values(values)
    if "roles" in shown:
        shown["roles"] = role_names(shown["roles"])
    return str(ACTS[action]) % shown


class _Dots(dict[str, Any]):
    """Stands for values that are not named."""

    def __missing__(self, name: str) -> str:
        return "…"


def act_name(action: str) -> str:
    """What a sort of entry is called in a list to choose from."""
    return str(ACTS[action]) % _Dots() if action in ACTS else action
