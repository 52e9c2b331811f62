"""PostgreSQL for tests: each test process has databases of its own, copied from a migrated one, emptied in between."""

import asyncio
import itertools
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg

from accounts import confusables
from db import schema
from settings.database import database_url

# The URL of a cluster that the tests may do anything with, without a database; unset: the tests run on SQLite.
CLUSTER = "TWO_KEYS_TESTS_CLUSTER"

_numbers = itertools.count()
_process = os.getpid()
_template = f"template_{_process}"


@dataclass
class _Lent:
    name: str
    folder: Path
    # The test that asked for it.
    test: str
    # How many installations run on it.
    running: int = 0


_lent: list[_Lent] = []


def in_use() -> bool:
    return CLUSTER in os.environ


def url_of(folder: Path) -> str:
    """The database of the installation in a folder; an empty one, migrated, when it is asked for first."""
    return f"{os.environ[CLUSTER]}/{_of(folder).name}"


def runs(folder: Path, change: int) -> None:
    """An installation on that folder's database starts (1) or ends (-1)."""
    _of(folder).running += change


def _of(folder: Path) -> _Lent:
    found = next((lent for lent in _lent if lent.folder == folder), None)
    if found is None:
        found = asyncio.run(_lend(folder))
        _lent.append(found)
    return found


async def _lend(folder: Path) -> _Lent:
    test = os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" ")[0]
    free = next((lent for lent in _lent if not lent.running and lent.test != test), None)
    if free is None:
        return _Lent(await _create(), folder, test)
    _lent.remove(free)
    await _on(free.name, "SELECT seed.begin_again()")
    return _Lent(free.name, folder, test)


async def _on(name: str, sql: str) -> None:
    connection: Any = await asyncpg.connect(f"{os.environ[CLUSTER]}/{name}")
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


async def _create() -> str:
    name = f"test_{_process}_{next(_numbers)}"
    if name.endswith("_0"):
        await _on("postgres", f"CREATE DATABASE {_template}")
        url = database_url(f"{os.environ[CLUSTER]}/{_template}")
        await asyncio.to_thread(schema.migrate, url, confusables.skeleton)
        await _on(_template, BEGIN_AGAIN)
    await _on("postgres", f"CREATE DATABASE {name} TEMPLATE {_template}")
    return name


# Keeps what a migrated database has, and brings it back: emptied tables take 5 ms, a new database 50.
BEGIN_AGAIN = """
CREATE SCHEMA seed;
DO $do$ DECLARE t text; body text := ''; BEGIN
  FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
    EXECUTE format('CREATE TABLE seed.%I AS TABLE public.%I', t, t);
    body := body || format('DELETE FROM public.%I;', t);
  END LOOP;
  FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
    IF t = 'adoption_changes' THEN CONTINUE; END IF;
    body := body || format('INSERT INTO public.%I SELECT * FROM seed.%I;', t, t);
  END LOOP;
  FOR t IN SELECT sequencename FROM pg_sequences WHERE schemaname = 'public' LOOP
    body := body || format('PERFORM setval(%L, %s, %L);', 'public.' || t,
      COALESCE((SELECT last_value FROM pg_sequences WHERE schemaname = 'public' AND sequencename = t), 1),
      (SELECT last_value IS NOT NULL FROM pg_sequences WHERE schemaname = 'public' AND sequencename = t));
  END LOOP;
  EXECUTE format('CREATE FUNCTION seed.begin_again() RETURNS void LANGUAGE plpgsql'
    ' SET session_replication_role = replica AS %L', 'BEGIN ' || body || ' END');
END $do$;
"""
