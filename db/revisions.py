"""The revisions of the schema. Alembic (11 MB) is imported only when there is something to do."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from db.statement import Unavailable

MIGRATIONS = Path(__file__).parent / "migrations"
# In front of the revision of a database that is being filled.
UNFINISHED = "unfinished copy "
# In front of the revision of a backup, on which nothing runs.
BACKUP = "backup "
# What a username looks like, a rule that a migration needs.
Skeleton = Callable[[str], str]


class UnusableSchema(Exception):
    """Nothing can be done with the database as it is; the message says what helps."""


class NewerDatabase(UnusableSchema):
    """The database was written by a newer version of this program."""


class UnfinishedCopy(UnusableSchema):
    """The database is being filled by copy-database or restore, or was when that was ended."""

    def __init__(self, where: object) -> None:
        super().__init__(f"{where} is a copy that was not finished: run copy-database again, or restore, or remove it")


class IsBackup(UnusableSchema):
    """The database is what the command backup made."""

    def __init__(self) -> None:
        super().__init__("the database is a backup, on which nothing runs: make an installation of it with restore")


def head() -> str:
    """The revision that this program needs."""
    return _revisions()[-1]


def _revisions() -> list[str]:
    return sorted(path.name.split("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def known(revision: str | None) -> str | None:
    """A revision that a database has, None of a new one. Raises NewerDatabase, UnfinishedCopy and IsBackup."""
    if revision and revision.startswith(BACKUP):
        raise IsBackup
    if revision and revision.startswith(UNFINISHED):
        raise UnfinishedCopy("the database")
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
