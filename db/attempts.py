"""Buckets of password attempts. accounts/login/throttle.py decides what they mean."""

from dataclasses import dataclass

from db import Database, clock, many


@dataclass(frozen=True)
class Bucket:
    # A keyed hash.
    bucket: str
    # A keyed hash of the username; "" for the bucket of a network.
    whose: str
    failures: int
    waiting_until: int
    forget_at: int


@dataclass(frozen=True)
class Waits:
    """The buckets of a username, that of all unknown browsers among them, and until when a wait lasts now."""

    whose: str
    of_username: str
    until: range


async def lock(db: Database, buckets: dict[str, str]) -> dict[str, Bucket]:
    """Locks buckets (name → whose), after adding missing ones. In one order, so that two never wait for each other."""
    rows = await db.fetch_all(
        "INSERT INTO attempts (bucket, whose, failures, waiting_until, forget_at) VALUES "
        + ", ".join(f"(:b{number}, :o{number}, 0, 0, 0)" for number in range(len(buckets)))
        + " ON CONFLICT (bucket) DO UPDATE SET failures = attempts.failures"
        " RETURNING bucket, whose, failures, waiting_until, forget_at",
        {
            f"{letter}{number}": value
            for number, name in enumerate(sorted(buckets))
            for letter, value in (("b", name), ("o", buckets[name]))
        },
    )
    return {bucket.bucket: bucket for bucket in many(Bucket, rows)}


async def store(db: Database, buckets: list[Bucket]) -> None:
    """Stores locked buckets."""
    values: dict[str, str | int] = {}
    for number, bucket in enumerate(buckets):
        values |= {f"b{number}": bucket.bucket, f"o{number}": bucket.whose, f"f{number}": bucket.failures}
        values |= {f"w{number}": bucket.waiting_until, f"g{number}": bucket.forget_at}
    await db.execute(
        "INSERT INTO attempts (bucket, whose, failures, waiting_until, forget_at) VALUES "
        + ", ".join(f"(:b{number}, :o{number}, :f{number}, :w{number}, :g{number})" for number in range(len(buckets)))
        + " ON CONFLICT (bucket) DO UPDATE SET failures = excluded.failures,"
        " waiting_until = excluded.waiting_until, forget_at = excluded.forget_at",
        values,
    )


async def clear(db: Database, whose: str, now: int) -> bool:
    """Deletes the buckets of a username; whether failures were counted in one of them that still counts."""
    rows = await db.fetch_all(
        "DELETE FROM attempts WHERE whose = :whose RETURNING failures, forget_at", {"whose": whose}
    )
    return any(row["failures"] > 0 and row["forget_at"] > now for row in rows)


async def forget(db: Database, now: int, longest_seconds: int) -> None:
    """Deletes buckets that no longer count, and those that would for longer than so many seconds."""
    await db.execute(
        "DELETE FROM attempts WHERE (forget_at <= :now AND waiting_until <= :now) OR forget_at > :latest",
        {"now": now, "latest": clock.latest(now) + longest_seconds},
    )
