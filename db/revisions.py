"""The revisions of the schema. Alembic (11 MB) is imported only when there is something to do."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from db.statement import Unavailable

MIGRATIONS = Path(__file__).parent / "migrations"
# What a username looks like, a rule that a migration needs.
Skeleton = Callable[[str], str]


class NewerDatabase(Exception):
    """The database was written by a newer version of this program."""


def head() -> str:
    """The revision that this program needs."""
    return _revisions()[-1]


def _revisions() -> list[str]:
    return sorted(path.name.split("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def known(revision: str | None) -> str | None:
    """A revision that a database has, None of a new one. Raises NewerDatabase."""
    if revision and revision not in _revisions():
        raise NewerDatabase(
            f"the database has the schema {revision}, which is newer than this program ({head()}); install the newer"
            f" version"
        )
    return revision


def upgrade(connection: Any, skeleton: Skeleton, revision: str = "head") -> None:
    """Runs the missing migrations on a connection of SQLAlchemy, in its transaction. Raises Unavailable."""
    from alembic import command
    from alembic.config import Config as AlembicConfig
    from sqlalchemy.exc import DBAPIError

    settings = AlembicConfig()
    settings.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    settings.attributes |= {"connection": connection, "skeleton": skeleton}
    try:
        command.upgrade(settings, revision)
    except DBAPIError as error:
        raise Unavailable(str(error.orig)) from error
