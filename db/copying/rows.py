"""All rows of a database, from one to the other: in portions, and summed up on both sides."""

import hashlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from db.tables import TABLES, Table
from settings.database import Location

Problem = Literal[
    "same",
    "exists",
    "not_empty",
    "busy",
    "served",
    "other_version",
    "no_source",
    "older_source",
    "unstorable",
    "no_backup",
    "not_a_backup",
    "damaged",
]
# What the target is: a new database, a backup in a new file, or one in place of a database that is there.
How = Literal["new", "backup", "replace"]
# What is being done with which table, how many rows of how many are done.
Progress = Callable[[str, str, int, int], None]


class Refused(Exception):
    """Nothing was changed, or only what an unfinished copy had left."""

    def __init__(self, problem: Problem, found: str = "") -> None:
        super().__init__(problem)
        self.problem: Problem = problem
        self.found = found


class Source(Protocol):
    """A database in one moment: what is written later is not seen, and nothing waits."""

    async def counts(self) -> dict[str, int]: ...

    def portions(self, table: Table) -> AsyncIterator[list[tuple[Any, ...]]]: ...

    async def last_numbers(self) -> dict[str, int]:
        """By table, the largest id that was ever given."""


class Target(Protocol):
    """A database that is being filled: until `finish` the program refuses to run on it."""

    # Where it is until then.
    draft: Location

    async def write(self, table: Table, rows: list[tuple[Any, ...]]) -> None: ...

    async def end_writing(self, last_numbers: dict[str, int]) -> None:
        """Afterwards the draft can be opened."""

    async def finish(self) -> None: ...


@dataclass(frozen=True)
class Sum:
    """The rows of a table: how many, and SHA-256 over them in the order of their key."""

    rows: int
    hash: str


Sums = dict[str, Sum]


class _Adding:
    """Each row as a JSON array in ASCII, bytes in hexadecimal: the same from every database and in every version."""

    def __init__(self) -> None:
        self.rows = 0
        self._hash = hashlib.sha256()

    def add(self, rows: list[tuple[Any, ...]]) -> None:
        self.rows += len(rows)
        self._hash.update(json.dumps(rows, default=_hexadecimal, separators=(",", ":"))[1:-1].encode() + b",")

    @property
    def sum(self) -> Sum:
        return Sum(self.rows, self._hash.hexdigest())


def _hexadecimal(value: bytes) -> dict[str, str]:
    return {"hex": value.hex()}


async def fill(source: Source, target: Target, progress: Progress) -> Sums:
    """Copies all tables, in their order. What was read, summed up."""
    counts = await source.counts()
    last_numbers = await source.last_numbers()
    sums = {}
    for table in TABLES:
        adding = _Adding()
        async for rows in source.portions(table):
            await target.write(table, rows)
            adding.add(rows)
            progress("copying", table.name, adding.rows, counts[table.name])
        sums[table.name] = adding.sum
    await target.end_writing(last_numbers)
    return sums


async def sum_up(source: Source, progress: Progress) -> Sums:
    """Reads all tables, and counts them by a statement, too."""
    counts = await source.counts()
    sums = {}
    for table in TABLES:
        adding = _Adding()
        async for rows in source.portions(table):
            adding.add(rows)
            progress("comparing", table.name, adding.rows, counts[table.name])
        sums[table.name] = Sum(counts[table.name], adding.sum.hash)
    return sums


def differing(left: Sums, right: Sums) -> list[str]:
    """The tables that are not the same."""
    return [name for name, sum_ in left.items() if right[name] != sum_]
