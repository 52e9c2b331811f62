"""Recovery codes: keyed hashes, looked up by user."""

from db import Database


async def replace(db: Database, user_id: int, key_id: str, hashes: list[bytes], now: int) -> None:
    await delete_all(db, user_id)
    for code_hash in hashes:
        await db.execute(
            "INSERT INTO recovery_codes (user_id, key_id, code_hash, created_at) VALUES (:user, :key, :hash, :now)",
            {"user": user_id, "key": key_id, "hash": code_hash, "now": now},
        )


async def spend(db: Database, user_id: int, hashes: tuple[bytes, ...], attempt_id: int, now: int) -> int | None:
    """Spends a code, given as its hash under each key, for a code attempt.

    Returns the attempt that spent it, this or an earlier one; None if it is no code of this user.
    """
    row = await db.fetch_one(
        "UPDATE recovery_codes SET used_at = COALESCE(used_at, :now), used_by = COALESCE(used_by, :attempt)"
        f" WHERE user_id = :user AND code_hash IN ({', '.join(f':hash{number}' for number in range(len(hashes)))})"
        " RETURNING used_by",
        {"user": user_id, "attempt": attempt_id, "now": now}
        | {f"hash{number}": code_hash for number, code_hash in enumerate(hashes)},
    )
    return row["used_by"] if row else None


async def left(db: Database, user_id: int) -> int:
    """The number of codes that are not spent."""
    row = await db.fetch_one(
        "SELECT count(*) AS number FROM recovery_codes WHERE user_id = :user AND used_at IS NULL", {"user": user_id}
    )
    assert row is not None
    return int(row["number"])


async def delete_all(db: Database, user_id: int) -> None:
    await db.execute("DELETE FROM recovery_codes WHERE user_id = :user", {"user": user_id})
