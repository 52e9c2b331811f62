"""How many repeatable activities of one kind happened within an hour, those that have no entry included."""

from dataclasses import dataclass

from db import Database, clock, many


@dataclass(frozen=True)
class Counted:
    """Activities of one kind, of one user or network, within an hour."""

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


async def count(db: Database, new: Counted, hour_ago: int) -> tuple[int, int]:
    """Counts one: its number within the hour, and the total of the hour that has ended (0 before that)."""
    row = await db.fetch_one(
        f"INSERT INTO refusals ({COLUMNS})"
        " VALUES (:whose, :since, 0 * :number, :subject_id, :subject, :action, :password)"
        " ON CONFLICT (whose) DO UPDATE SET number = refusals.number RETURNING since, number",
        vars(new),
    )
    assert row is not None
    over = not clock.is_since(row["since"], hour_ago, new.since)
    number = 1 if over else int(row["number"]) + 1
    await db.execute(
        "UPDATE refusals SET since = :since, number = :number WHERE whose = :whose",
        {"whose": new.whose, "since": new.since if over else row["since"], "number": number},
    )
    return number, int(row["number"]) if over else 0


async def take_over(db: Database, before: int, now: int) -> list[Counted]:
    """Deletes and returns the counts whose hour has ended."""
    rows = await db.fetch_all(
        f"DELETE FROM refusals WHERE since <= :before OR since > :latest RETURNING {COLUMNS}",
        {"before": before, "latest": clock.latest(now)},
    )
    return many(Counted, rows)
