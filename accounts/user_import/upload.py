"""A file of users between its preview and its import: kept for its session, 30 minutes at most."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import BinaryIO, Literal

from accounts.context import Context
from accounts.durations import MINUTE_SECONDS
from accounts.sessions import Current, lock_session
from accounts.user_import import apply
from accounts.user_import.decoding import Chunks
from accounts.user_import.reader import Report, Source
from db import uploads

LIVES_SECONDS = 30 * MINUTE_SECONDS
# some 2 s in one transaction, while no other can write: others wait 5 s before they are refused
MOST_LINES = 10_000
LARGEST_BYTES = 20 * 1024 * 1024
PART_BYTES = 64 * 1024


@dataclass(frozen=True)
class Kept:
    id: int
    file_name: str
    imported: bool
    report: Report


async def keep(context: Context, current: Current, file_name: str, file: BinaryIO) -> Kept:
    """Keeps a file in place of the one before, with what it would do. Raises sessions.SessionEnded."""
    async with context.db.transaction():
        await lock_session(context, current)
        upload_id = await uploads.start(context.db, current.session.id, file_name[:200], context.now)
        number = 0
        while part := file.read(PART_BYTES):
            await uploads.add_part(context.db, upload_id, number, part)
            number += 1
    report = await apply.check(context, _source(context, upload_id), current)
    await _note(context, upload_id, report)
    return Kept(upload_id, file_name, False, report)


def _source(context: Context, upload_id: int) -> Source:
    return Source(_chunks(context, upload_id), takes_guesses=True, most_rows=MOST_LINES)


def _chunks(context: Context, upload_id: int) -> Chunks:
    """The stored file from its beginning."""

    async def chunks() -> AsyncIterator[bytes]:
        async for part in uploads.parts(context.db, upload_id):
            yield part

    return chunks


async def _note(context: Context, upload_id: int, report: Report) -> None:
    async with context.db.transaction():
        await uploads.set_preview(context.db, upload_id, json.dumps(report.facts))


async def under_way(context: Context, current: Current) -> Kept | None:
    """The file of this session, with what it would do or did."""
    upload = await uploads.of_session(context.db, current.session.id, context.now - LIVES_SECONDS, context.now)
    if upload is None or not upload.preview:
        return None
    report = Report.of(json.loads(upload.preview))
    return Kept(upload.id, upload.file_name, upload.imported_at is not None, report)


async def confirm(context: Context, current: Current, upload_id: int) -> Kept | Literal["gone"]:
    """Imports the file that was previewed; it is checked anew. If another request was first, says what that did."""
    kept = await under_way(context, current)
    if kept is None or kept.id != upload_id:
        return "gone"
    if kept.imported:
        return kept
    report = await apply.run(context, _source(context, upload_id), current, upload_id=upload_id)
    if report is None:
        return await under_way(context, current) or "gone"
    await _note(context, upload_id, report)
    if report.bad:
        return Kept(kept.id, kept.file_name, False, report)
    async with context.db.transaction():
        await uploads.empty(context.db, upload_id)
    return Kept(kept.id, kept.file_name, True, report)


async def cancel(context: Context, current: Current) -> None:
    """Deletes the file. Raises sessions.SessionEnded."""
    async with context.db.transaction():
        await lock_session(context, current)
        await uploads.delete(context.db, current.session.id)
