"""Code attempts: a row for each one that is not decided yet, and for each wrong code that still counts."""

from db import Database, clock

# An attempt whose process died is never settled: after a minute it counts as wrong.
UNSETTLED_SECONDS = 60
WRONG = "(judged_at IS NOT NULL OR at < :unsettled OR at > :latest)"


def _times(now: int) -> dict[str, int]:
    return {"unsettled": now - UNSETTLED_SECONDS, "latest": clock.latest(now)}


async def add(db: Database, user_id: int | None, kind: str, now: int, address: str) -> int:
    """Counts an attempt and returns its id. Without a user: a spare row, so that every login does the same work."""
    row = await db.fetch_one(
        "INSERT INTO code_attempts (user_id, kind, at, address) VALUES (:user, :kind, :now, :address) RETURNING id",
        {"user": user_id, "kind": kind, "now": now, "address": address},
    )
    assert row is not None
    return int(row["id"])


async def counted(db: Database, user_id: int | None, kind: str, since: int, now: int) -> tuple[int, int]:
    """How many attempts count, wrong or not decided yet: since the last success, and after `since`."""
    row = await db.fetch_one(
        "SELECT count(CASE WHEN at > :since AND at <= :latest THEN 1 END) AS recent,"
        " count(CASE WHEN cleared_at IS NULL THEN 1 END) AS consecutive"
        " FROM code_attempts WHERE user_id = :user AND kind = :kind",
        {"user": user_id, "kind": kind, "since": since, "latest": clock.latest(now)},
    )
    assert row is not None
    return int(row["consecutive"]), int(row["recent"])


async def failures(db: Database, user_id: int, kind: str, since: int, now: int) -> tuple[int, int]:
    """How many wrong codes count, and attempts never settled: since the last success, and after `since`."""
    row = await db.fetch_one(
        "SELECT count(CASE WHEN at > :since AND at <= :latest THEN 1 END) AS recent,"
        " count(CASE WHEN cleared_at IS NULL THEN 1 END) AS consecutive"
        f" FROM code_attempts WHERE user_id = :user AND kind = :kind AND {WRONG}",
        {"user": user_id, "kind": kind, "since": since, **_times(now)},
    )
    assert row is not None
    return int(row["consecutive"]), int(row["recent"])


async def settle(db: Database, attempt_id: int, wrong: bool, now: int) -> None:
    """Ends an attempt: a wrong one stays, any other is deleted."""
    if wrong:
        await db.execute("UPDATE code_attempts SET judged_at = :now WHERE id = :id", {"id": attempt_id, "now": now})
    else:
        await db.execute("DELETE FROM code_attempts WHERE id = :id", {"id": attempt_id})


async def reset_consecutive(db: Database, user_id: int, now: int) -> None:
    """Resets the count of consecutive failures after a success."""
    await db.execute(
        f"UPDATE code_attempts SET cleared_at = :now WHERE user_id = :user AND cleared_at IS NULL AND {WRONG}",
        {"user": user_id, "now": now, **_times(now)},
    )


async def delete_all(db: Database, user_id: int) -> None:
    await db.execute("DELETE FROM code_attempts WHERE user_id = :user", {"user": user_id})


async def forget(db: Database, before: int, spare_before: int, now: int) -> None:
    """Deletes what no longer counts: failures before the last success, and spare rows that a dead process left."""
    await db.execute(
        "DELETE FROM code_attempts WHERE ((at <= :before OR at > :latest) AND cleared_at IS NOT NULL)"
        " OR (user_id IS NULL AND (at <= :spare_before OR at > :latest))",
        {"before": before, "spare_before": spare_before, "latest": clock.latest(now)},
    )


async def delete_kind(db: Database, user_id: int, kind: str) -> None:
    await db.execute(
        "DELETE FROM code_attempts WHERE user_id = :user AND kind = :kind", {"user": user_id, "kind": kind}
    )
