"""Attempts with a code or recovery code: one row each while under way, and while it counts as wrong."""

from db import Database

UNJUDGED_SECONDS = 60  # an attempt whose process died never comes back: after a minute it counts as wrong


async def add(db: Database, user_id: int | None, kind: str, now: int) -> int:
    """Counts an attempt; its number. Without a user: a spare row, so that every login does the same work."""
    row = await db.fetch_one(
        "INSERT INTO code_attempts (user_id, kind, at) VALUES (:user, :kind, :now) RETURNING id",
        {"user": user_id, "kind": kind, "now": now},
    )
    assert row is not None
    return int(row["id"])


async def standing(db: Database, user_id: int | None, kind: str, since: int) -> tuple[int, int]:
    """How many attempts count in a row (wrong or under way), and how many since `since`."""
    row = await db.fetch_one(
        "SELECT count(CASE WHEN at > :since THEN 1 END) AS recent, count(CASE WHEN cleared_at IS NULL THEN 1 END) AS in_a_row"
        " FROM code_attempts WHERE user_id = :user AND kind = :kind",
        {"user": user_id, "kind": kind, "since": since},
    )
    assert row is not None
    return int(row["in_a_row"]), int(row["recent"])


async def wrong(db: Database, user_id: int, kind: str, since: int, now: int) -> tuple[int, int]:
    """Like `standing`, of those judged wrong alone (and those whose process died)."""
    row = await db.fetch_one(
        "SELECT count(CASE WHEN at > :since THEN 1 END) AS recent, count(CASE WHEN cleared_at IS NULL THEN 1 END) AS in_a_row"
        " FROM code_attempts WHERE user_id = :user AND kind = :kind AND (judged_at IS NOT NULL OR at < :unjudged)",
        {"user": user_id, "kind": kind, "since": since, "unjudged": now - UNJUDGED_SECONDS},
    )
    assert row is not None
    return int(row["in_a_row"]), int(row["recent"])


async def settle(db: Database, attempt_id: int, keep: bool, now: int) -> None:
    """Ends an attempt: kept as wrong, or taken back."""
    if keep:
        await db.execute("UPDATE code_attempts SET judged_at = :now WHERE id = :id", {"id": attempt_id, "now": now})
    else:
        await db.execute("DELETE FROM code_attempts WHERE id = :id", {"id": attempt_id})


async def clear(db: Database, user_id: int, now: int) -> None:
    """A success ends the row of wrong ones."""
    await db.execute(
        "UPDATE code_attempts SET cleared_at = :now WHERE user_id = :user AND cleared_at IS NULL"
        " AND (judged_at IS NOT NULL OR at < :unjudged)",
        {"user": user_id, "now": now, "unjudged": now - UNJUDGED_SECONDS},
    )


async def delete_all(db: Database, user_id: int) -> None:
    """A new set-up or a reset begins with no wrong codes at all."""
    await db.execute("DELETE FROM code_attempts WHERE user_id = :user", {"user": user_id})


async def forget(db: Database, before: int, spare_before: int) -> None:
    """Removes what no longer counts: old ones that a success cleared, and spare ones that a dead process left."""
    await db.execute(
        "DELETE FROM code_attempts WHERE (at <= :before AND cleared_at IS NOT NULL)"
        " OR (user_id IS NULL AND at <= :spare_before)",
        {"before": before, "spare_before": spare_before},
    )


async def delete_kind(db: Database, user_id: int, kind: str) -> None:
    """New recovery codes begin with no wrong ones."""
    await db.execute(
        "DELETE FROM code_attempts WHERE user_id = :user AND kind = :kind", {"user": user_id, "kind": kind}
    )
