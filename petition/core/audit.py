"""Who did what to which object when. Entries are only ever added."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from petition.core.clock import now
from petition.core.db import Base
from petition.core.ids import new_id


class AuditEntry(Base):
    """One act. `actor` is an account's id, or `command line`; `details` hold no personal data of signers."""

    __tablename__ = "audit_entry"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(default=now)
    actor: Mapped[str] = mapped_column(sa.String(80))
    action: Mapped[str] = mapped_column(sa.String(60))
    object: Mapped[str] = mapped_column(sa.String(200))
    details: Mapped[dict[str, Any]] = mapped_column(sa.JSON, default=dict)


def record(session: Session, actor: str, action: str, object_: str, **details: object) -> None:
    """Adds an entry, in the transaction of the act itself."""
    session.add(AuditEntry(actor=actor, action=action, object=object_, details=details))
