"""The package `databases`, imported without SQLAlchemy, which costs 12 MB and 0.1 s of every start and command.

`databases` takes two names from it: a type for annotations, and `text`, for SQL that is not handed over as a Statement.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any


class ClauseElement:
    """In annotations of `databases` alone; nothing here is one."""


def text(sql: str) -> Any:
    """SQLAlchemy's own, imported when it is called."""
    import sqlalchemy

    return sqlalchemy.text(sql)


@contextmanager
def _stand_ins() -> Iterator[None]:
    """Lets an import find the two names; afterwards SQLAlchemy can be imported as ever."""
    if "sqlalchemy" in sys.modules:
        yield
        return
    package, sql = ModuleType("sqlalchemy"), ModuleType("sqlalchemy.sql")
    vars(package).update(text=text, sql=sql)
    vars(sql).update(ClauseElement=ClauseElement)
    found = {"sqlalchemy": package, "sqlalchemy.sql": sql}
    sys.modules.update(found)
    try:
        yield
    finally:
        for name in found:
            del sys.modules[name]


with _stand_ins():
    import databases
    from databases.core import DatabaseURL
    from databases.interfaces import ConnectionBackend, DatabaseBackend, TransactionBackend

__all__ = ["ConnectionBackend", "DatabaseBackend", "DatabaseURL", "TransactionBackend", "databases"]
