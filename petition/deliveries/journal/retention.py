"""What is kept of deliveries, and for how long."""

from __future__ import annotations

from flask_babel import lazy_gettext as __

from petition.core.retention import Rule, keeps

keeps(
    Rule(
        what=__("Deliveries: who handed a list to whom, witnesses, what was said, photographs"),
        why=__("they are the public journal; people are named there only if they agreed"),
        how_long=__("as long as the petition; words and photographs until somebody asks for their removal"),
    )
)
