"""Files of users between preview and import: one a session, in parts that end with a line; they go with the session."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from db import Database, clock, one


@dataclass(frozen=True)
class Upload:
    id: int
    uploaded_at: int
    imported_at: int | None
    file_name: str
    # JSON
    preview: str


async def of_session(db: Database, session_id: int, uploaded_after: int, now: int) -> Upload | None:
    """The file of a session, unless it lies there too long."""
    row = await db.fetch_one(
        "SELECT id, uploaded_at, imported_at, file_name, preview FROM uploads WHERE session_id = :session AND"
        " uploaded_at > :after AND uploaded_at <= :latest",
        {"session": session_id, "after": uploaded_after, "latest": clock.latest(now)},
    )
    return one(Upload, row)


async def start(db: Database, session_id: int, file_name: str, now: int) -> int:
    """A new file in place of the one before; its number."""
    await delete(db, session_id)
    row = await db.fetch_one(
        "INSERT INTO uploads (session_id, uploaded_at, file_name, preview) VALUES (:session, :now, :name, '')"
        " RETURNING id",
        {"session": session_id, "now": now, "name": file_name},
    )
    assert row is not None
    return int(row["id"])


async def add_part(db: Database, upload_id: int, number: int, content: bytes) -> None:
    """The next part."""
    await db.execute(
        "INSERT INTO upload_parts (upload_id, number, content) VALUES (:upload, :number, :content)",
        {"upload": upload_id, "number": number, "content": content},
    )


async def parts(db: Database, upload_id: int) -> AsyncIterator[bytes]:
    """The file, part by part."""
    number = 0
    while row := await db.fetch_one(
        "SELECT content FROM upload_parts WHERE upload_id = :upload AND number = :number",
        {"upload": upload_id, "number": number},
    ):
        yield row["content"]
        number += 1


async def set_preview(db: Database, upload_id: int, preview: str) -> None:
    """Stores what the file would do, or did."""
    await db.execute("UPDATE uploads SET preview = :preview WHERE id = :id", {"id": upload_id, "preview": preview})


async def claim(db: Database, upload_id: int, now: int) -> bool:
    """Marks a file as imported, in the transaction that imports it; False if it is already, or gone."""
    row = await db.fetch_one(
        "UPDATE uploads SET imported_at = :now WHERE id = :id AND imported_at IS NULL RETURNING id",
        {"id": upload_id, "now": now},
    )
    return row is not None


async def empty(db: Database, upload_id: int) -> None:
    """Deletes the contents of an imported file; that it was imported is kept."""
    await db.execute("DELETE FROM upload_parts WHERE upload_id = :upload", {"upload": upload_id})


async def delete(db: Database, session_id: int) -> None:
    """Removes the file of a session."""
    await db.execute("DELETE FROM uploads WHERE session_id = :session", {"session": session_id})


async def forget(db: Database, uploaded_before: int, now: int) -> None:
    """Removes files that lay there too long."""
    await db.execute(
        "DELETE FROM uploads WHERE uploaded_at <= :before OR uploaded_at > :latest",
        {"before": uploaded_before, "latest": clock.latest(now)},
    )
