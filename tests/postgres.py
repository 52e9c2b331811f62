"""PostgreSQL for tests: each test process has databases of its own, copied from a migrated one, emptied in between."""

import asyncio
import itertools
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg

from accounts import confusables
from db import schema
from settings.database import database_url

# The URL of a cluster that the tests may do anything with, without a database; unset: the tests run on SQLite.
CLUSTER = "TESTS_CLUSTER"

_numbers = itertools.count()
_process = os.getpid()
_template = f"template_{_process}"


# Folder of an installation → its database; of each cluster, databases whose test has ended, once there is a template.
_names: dict[Path, str] = {}
_free: dict[str, list[str]] = {}


def in_use() -> bool:
    return CLUSTER in os.environ


def url_of(folder: Path) -> str:
    """The database of the installation in a folder; an empty one, migrated, when it is asked for first."""
    if folder not in _names:
        _names[folder] = asyncio.run(_lend())
    return f"{os.environ[CLUSTER]}/{_names[folder]}"


def name_of(folder: Path) -> str:
    """The database of the installation in a folder."""
    url_of(folder)
    return _names[folder]


def told(cluster: str, sql: str) -> None:
    """Runs a statement about a cluster as a whole."""

    async def tell() -> None:
        connection: Any = await asyncpg.connect(f"{cluster}/postgres")
        try:
            await connection.execute(sql)
        finally:
            await connection.close()

    asyncio.run(tell())


def give_back(tmp_path: Path) -> None:
    """A test that had this folder has ended."""
    ended = [each for each in _names if each.is_relative_to(tmp_path)]
    _free.setdefault(os.environ[CLUSTER], []).extend(_names.pop(folder) for folder in ended)


def copy(made: Path, folder: Path) -> None:
    """The installation in another folder gets a database like that one's."""
    name = f"test_{_process}_{next(_numbers)}"
    asyncio.run(_on("postgres", f"CREATE DATABASE {name} TEMPLATE {_names[made]}"))
    _names[folder] = name


def ask(folder: Path, sql: str, *values: object) -> list[tuple[object, ...]]:
    """What a statement finds in the database of an installation, past the program. `?` is a value."""
    return asyncio.run(_ask(url_of(folder), sql, values))


async def _ask(url: str, sql: str, values: tuple[object, ...]) -> list[tuple[object, ...]]:
    numbers = itertools.count(1)
    connection: Any = await asyncpg.connect(url)
    try:
        spelled = re.sub(r"\bx'([0-9a-f]*)'", r"'\\x\1'::bytea", sql)
        rows = await connection.fetch(re.sub(r"\?", lambda _: f"${next(numbers)}", spelled), *values)
    finally:
        await connection.close()
    return [tuple(row) for row in rows]


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Nobody can write what a sign-in writes."""
    with asyncio.Runner() as runner:
        connection: Any = runner.run(asyncpg.connect(url_of(folder)))
        try:
            runner.run(connection.execute("BEGIN; LOCK TABLE attempts IN EXCLUSIVE MODE"))
            yield
        finally:
            runner.run(connection.close())


async def _lend() -> str:
    cluster = os.environ[CLUSTER]
    if not _free.get(cluster):
        return await _create(is_first=cluster not in _free)
    name = _free[cluster].pop()
    await _on(name, "SELECT seed.begin_again()")
    return name


async def _on(name: str, sql: str) -> None:
    connection: Any = await asyncpg.connect(f"{os.environ[CLUSTER]}/{name}")
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


async def _create(*, is_first: bool) -> str:
    name = f"test_{_process}_{next(_numbers)}"
    if is_first:
        _free[os.environ[CLUSTER]] = []
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
