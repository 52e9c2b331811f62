"""Users from a file, all or nothing. Read twice: to check without a lock, then to store in one transaction."""

import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import IO

from accounts import administrators, confusables, ways_in
from accounts.activity import changed_fields, kinds, log
from accounts.context import COMMAND_LINE, NOBODY, Context, Principal
from accounts.permissions import USERS_EDIT
from accounts.sessions import Current, lock_session
from accounts.user_import.changes import Change
from accounts.user_import.csv_file import Bad
from accounts.user_import.reader import Reader, Report, Source
from db import links, roles, uploads, users
from db import user_import as rows
from db.makers import OWN, Makers

# Of the writing connection's cache, in MiB: during an import, and otherwise.
CACHE_MEBIBYTES = (32, 2)


@dataclass(frozen=True)
class _Stored:
    """What the log keeps of one user. `method`: of a new user, "" of one who existed."""

    user_id: int
    username: str
    method: str
    before: str
    after: str
    roles: str
    old_email: str

    @property
    def activity(self) -> kinds.Activity:
        if self.method:
            return kinds.UserCreated(self.method, self.roles)
        return kinds.UserImported(self.before, self.after, self.old_email)


class _RolledBack(Exception):
    """Nothing of what was written stays."""


async def check(context: Context, source: Source, current: Current | None) -> Report:
    """What the file would do. `current`: the session of the user who imports; None for the command line."""
    reader = Reader(context, source, current)
    async for _ in reader.changes():
        pass
    return reader.report


async def run(
    context: Context, source: Source, current: Current | None, *, upload_id: int | None = None
) -> Report | None:
    """Imports a file that was checked; it is checked again, and nothing is stored if anything is bad. Raises
    sessions.SessionEnded.

    Returns None if this upload is imported already, or gone, or the user may not edit users any more.
    """
    reader = Reader(context, source, current)
    with tempfile.TemporaryFile("w+", encoding="utf-8") as stored:
        try:
            async with context.db.transaction():
                await administrators.lock(context)
                if current is not None:
                    await lock_session(context, current)
                    # As the rows are now: a permission may have been taken in the meantime.
                    held = await roles.permissions_of(context.db, current.session.user_id)
                    if USERS_EDIT not in held:
                        return None
                    reader = Reader(context, source, replace(current, permissions=held))
                if upload_id is not None and not await uploads.claim(context.db, upload_id, context.now):
                    return None
                await _store_all(context, reader, stored)
                await _record(context, reader.report, current, stored)
        except _RolledBack:
            pass
    return reader.report


async def _store_all(context: Context, reader: Reader, stored: IO[str]) -> None:
    """Raises _RolledBack if anything is bad, or if no administrator who can sign in would remain."""
    reader.stores = True
    had_administrator = await administrators.one_remains(context)
    await rows.keep_pages(context.db, CACHE_MEBIBYTES[0])
    try:
        async for changes in reader.changes():
            if not reader.report.bad:
                await _store(context, changes, reader.importer_id, stored)
        if not reader.report.bad and had_administrator and not await administrators.one_remains(context):
            reader.refuse(Bad(0, "last_administrator"))
    finally:
        await rows.keep_pages(context.db, CACHE_MEBIBYTES[1])
    if reader.report.bad:
        raise _RolledBack


async def _store(context: Context, changes: list[Change], importer_id: int | None, stored: IO[str]) -> None:
    """Stores a portion. What the log keeps of it is set aside, because the head of the log is taken last."""
    numbers = await _store_users(context, changes, importer_id)
    replaced = [change for change in changes if change.existing and change.role_ids is not None]
    await rows.take_roles(context.db, [numbers[change.line.username] for change in replaced])
    pairs = [(numbers[change.line.username], role) for change in changes for role in sorted(change.role_ids or ())]
    await rows.give_roles(context.db, pairs)
    moved = [change for change in changes if change.existing and "email" in change.after]
    await links.revoke_mailed(context.db, [numbers[change.line.username] for change in moved])
    for change in changes:
        stored.write(json.dumps(vars(_entry(change, numbers[change.line.username]))) + "\n")
    await _end_planted(context, [numbers[change.line.username] for change in changes if change.gained], stored)
    await ways_in.end_of_makers(context, [numbers[change.line.username] for change in replaced])


async def _end_planted(context: Context, promoted: list[int], stored: IO[str]) -> None:
    """Ends what others made, who may not act on those whose roles allow more now."""
    if not promoted:
        return
    for ended, who in await ways_in.end_planted(context, lambda: ways_in.planted_in(context, promoted)):
        stored.write(json.dumps({"ended": vars(ended), "user_id": who.id, "username": who.username}) + "\n")


async def _store_users(context: Context, changes: list[Change], importer_id: int | None) -> dict[str, int]:
    """Username → number."""
    new = [change for change in changes if change.existing is None]
    old = [change for change in changes if change.existing is not None]
    numbers = await rows.add(context.db, [_row(context, change, importer_id) for change in new])
    # One set of columns: those of the file.
    for columns in sorted({tuple(change.line.texts) for change in old if change.line.texts}):
        derived = ("name_beginning", "email_beginning", "search_text", "email_set_by", "email_set_with")
        stored = [_row(context, change, importer_id) for change in old]
        numbers |= await rows.change(context.db, stored, [*columns, *derived])
    numbers |= {change.line.username: change.existing.id for change in old if change.existing}
    if len(numbers) != len(changes):
        raise RuntimeError("a user was added in the meantime")
    return numbers


def _row(context: Context, change: Change, importer_id: int | None) -> users.New:
    """An address that the file changes was entered by the one who imports it; None: the command line."""
    line, values, old = change.line, change.values, change.existing
    made = Makers(importer_id)
    if old and "email" not in change.after:
        made = Makers(old.email_set_by, old.email_set_with)
    made = made if values["email"] else OWN
    return users.New(
        username=line.username,
        skeleton=None if change.existing else confusables.skeleton(line.username),
        name=values["name"],
        email=values["email"],
        company=values["company"],
        unit=values["unit"],
        login_method=old.login_method if old else line.login_method or "password",
        created_at=context.now,
        email_set_by=made.by,
        email_set_with=made.with_,
    )


def _entry(change: Change, user_id: int) -> _Stored:
    before, after = changed_fields.written(change.before), changed_fields.written(change.after)
    return _Stored(
        user_id=user_id,
        username=change.line.username,
        method="" if change.existing else change.line.login_method or "password",
        before=before if change.existing else "",
        after=after,
        roles=change.after.get("role", ""),
        old_email=change.before.get("email", "") if change.existing else "",
    )


async def _record(context: Context, report: Report, current: Current | None, stored: IO[str]) -> None:
    if report.new or report.changed:
        by = current.principal if current else COMMAND_LINE
        await log.record_all(context, _activities(stored, report), by)


def _activities(stored: IO[str], report: Report) -> Iterator[tuple[kinds.Activity, Principal]]:
    """One for each user, and one for the whole."""
    stored.seek(0)
    listed = 0
    for line in stored:
        listed += 1
        facts = json.loads(line)
        if "ended" in facts:
            yield kinds.WaysInEnded(**facts["ended"]), Principal(facts["user_id"], facts["username"])
            continue
        entry = _Stored(**facts)
        yield entry.activity, Principal(entry.user_id, entry.username)
    counted = str(report.new), str(report.changed), str(report.unchanged)
    yield kinds.UsersImported(*counted, report.sha256, str(listed)), NOBODY
