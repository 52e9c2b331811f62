"""How many refusals of one kind happened within an hour, those without an entry in the activity log included."""

from dataclasses import dataclass

from db import Database, many


@dataclass(frozen=True)
class Counted:
    """Refusals of one user or network within an hour."""

    whose: str
    since: int
    number: int
    subject_id: int | None
    subject: str


async def count(db: Database, new: Counted, hour_ago: int) -> tuple[int, int]:
    """Counts a refusal: its number within the hour, and the total of the hour that has ended (0 before that)."""
    row = await db.fetch_one(
        "INSERT INTO refusals (whose, since, number, subject_id, subject) VALUES (:whose, :since, 0, :id, :subject)"
        " ON CONFLICT (whose) DO UPDATE SET number = refusals.number RETURNING since, number",
        {"whose": new.whose, "since": new.since, "id": new.subject_id, "subject": new.subject},
    )
    assert row is not None
    over = row["since"] <= hour_ago
    number = 1 if over else int(row["number"]) + 1
    await db.execute(
        "UPDATE refusals SET since = :since, number = :number WHERE whose = :whose",
        {"whose": new.whose, "since": new.since if over else row["since"], "number": number},
    )
    return number, int(row["number"]) if over else 0


async def take_over(db: Database, before: int) -> list[Counted]:
    """Deletes and returns the counts whose hour has ended."""
    rows = await db.fetch_all(
        "DELETE FROM refusals WHERE since <= :before RETURNING whose, since, number, subject_id, subject",
        {"before": before},
    )
    return many(Counted, rows)
