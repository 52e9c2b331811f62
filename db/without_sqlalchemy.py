"""Imports `databases` without SQLAlchemy, of which it takes two names that statements in text do not need: 12 MB and
0.1 s.
"""

import sys
from types import ModuleType

STAND_INS: dict[str, dict[str, type]] = {"sqlalchemy": {"text": str}, "sqlalchemy.sql": {"ClauseElement": object}}


def _import_databases() -> None:
    for name, content in STAND_INS.items():
        sys.modules[name] = ModuleType(name)
        vars(sys.modules[name]).update(content)
    try:
        import databases.core
        import databases.interfaces  # noqa: F401  # because db/sqlite.py takes its classes from there
    finally:
        # Alembic, which migrates the database, needs SQLAlchemy itself.
        for name in STAND_INS:
            del sys.modules[name]


if "sqlalchemy" not in sys.modules and "databases" not in sys.modules:
    _import_databases()
