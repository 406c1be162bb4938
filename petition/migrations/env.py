"""Runs the migrations on the application's own engine."""

from alembic import context
from flask import current_app

from petition.core.db import Base, db, unhurried

config = context.config


def _options() -> dict:
    return {
        "target_metadata": Base.metadata,
        "compare_type": True,
        "user_module_prefix": "types.",
    }


def run_migrations_offline() -> None:
    """Writes the SQL instead of running it."""
    context.configure(url=current_app.config["SQLALCHEMY_DATABASE_URI"], literal_binds=True, **_options())
    with context.begin_transaction():
        context.run_migrations()


def run_migrations_online() -> None:
    """Migrates in one writing transaction."""
    with db.engine.connect().execution_options(writes=True) as connection:
        # Alembic thinks that SQLite cannot undo a change of tables, and would commit after each migration.
        context.configure(connection=connection, transactional_ddl=True, **_options())
        with context.begin_transaction():
            unhurried(connection)
            context.run_migrations()
        connection.commit()


if context.is_offline_mode():
    run_migrations_offline()
else:
    run_migrations_online()
