"""Repeatable activities within an hour: how many got an entry, and how many did not."""

from dataclasses import dataclass
from typing import Any

from db import Database, clock, many


@dataclass(frozen=True)
class Counted:
    """Within an hour, of one user or network: those of a kind without an entry; without an action, those with one."""

    whose: str
    since: int
    number: int
    subject_id: int | None
    subject: str
    # Its name.
    action: str
    # "right": with the right password.
    password: str


COLUMNS = ", ".join(Counted.__dataclass_fields__)


async def lock(db: Database, rows: list[Counted]) -> dict[str, Counted]:
    """Locks the counts, after adding those that are missing, as they are given: by `whose`."""
    found = await db.fetch_all(
        f"{_insert(len(rows))} ON CONFLICT (whose) DO UPDATE SET number = refusals.number RETURNING {COLUMNS}",
        _values(rows),
    )
    return {row.whose: row for row in many(Counted, found)}


async def store(db: Database, rows: list[Counted]) -> None:
    """Stores locked counts."""
    await db.execute(
        f"{_insert(len(rows))} ON CONFLICT (whose) DO UPDATE SET since = excluded.since, number = excluded.number",
        _values(rows),
    )


def _insert(number: int) -> str:
    names = tuple(Counted.__dataclass_fields__)
    places = ", ".join(f"({', '.join(f':{name}{place}' for name in names)})" for place in range(number))
    return f"INSERT INTO refusals ({COLUMNS}) VALUES {places}"


def _values(rows: list[Counted]) -> dict[str, Any]:
    """In one order, so that two never wait for each other."""
    ordered = sorted(rows, key=lambda row: row.whose)
    return {f"{name}{place}": value for place, row in enumerate(ordered) for name, value in vars(row).items()}


async def take_over(db: Database, before: int, now: int) -> list[Counted]:
    """Deletes and returns the counts whose hour has ended."""
    rows = await db.fetch_all(
        f"DELETE FROM refusals WHERE since <= :before OR since > :latest RETURNING {COLUMNS}",
        {"before": before, "latest": clock.latest(now)},
    )
    return many(Counted, rows)
