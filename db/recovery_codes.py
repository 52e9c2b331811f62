"""Recovery codes: keyed hashes, looked up by user."""

from databases import Database


async def replace(db: Database, user_id: int, key_id: str, hashes: list[bytes], now: int) -> None:
    """Voids what a user had and stores new ones."""
    await delete_all(db, user_id)
    for code_hash in hashes:
        await db.execute(
            "INSERT INTO recovery_codes (user_id, key_id, code_hash, created_at) VALUES (:user, :key, :hash, :now)",
            {"user": user_id, "key": key_id, "hash": code_hash, "now": now},
        )


async def spend(db: Database, user_id: int, hashes: tuple[bytes, ...], now: int) -> bool:
    """Spends a code, given as its hash under each key; False if it is none, or was used."""
    for code_hash in hashes:
        row = await db.fetch_one(
            "UPDATE recovery_codes SET used_at = :now WHERE user_id = :user AND code_hash = :hash AND used_at IS NULL RETURNING id",
            {"user": user_id, "hash": code_hash, "now": now},
        )
        if row is not None:
            return True
    return False


async def known(db: Database, user_id: int, hashes: tuple[bytes, ...]) -> bool:
    """Whether a code is one of this user's, used or not: tells a used one from a wrong one, for the log."""
    for code_hash in hashes:
        values = {"user": user_id, "hash": code_hash}
        if (
            await db.fetch_one("SELECT id FROM recovery_codes WHERE user_id = :user AND code_hash = :hash", values)
            is not None
        ):
            return True
    return False


async def left(db: Database, user_id: int) -> int:
    """How many codes a user can still use (at most ten rows)."""
    row = await db.fetch_one(
        "SELECT count(*) AS number FROM recovery_codes WHERE user_id = :user AND used_at IS NULL", {"user": user_id}
    )
    assert row is not None
    return int(row["number"])


async def delete_all(db: Database, user_id: int) -> None:
    """Voids all codes of a user."""
    await db.execute("DELETE FROM recovery_codes WHERE user_id = :user", {"user": user_id})
