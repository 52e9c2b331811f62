"""Users from a file, all or nothing: what it would do, and doing it. Read twice: to check without a lock, then to write in one transaction."""

import hashlib
import json
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import IO

from accounts import administrators
from accounts.activity import kinds, log
from accounts.context import COMMAND_LINE, NOBODY, Context, Principal
from accounts.permissions import USERS_EDIT
from accounts.sessions import Current, hold
from accounts.user_import.changes import Change, Judge
from accounts.user_import.csv_file import Bad, Line, Lines, read
from db import links, uploads, users
from db import user_import as rows

MOST_LINES = 1_000_000  # some 100 bytes of memory each, to find those that come twice
MOST_SHOWN = 1_000  # bad lines that a report names
MOST_EXAMPLES = 20


@dataclass
class Report:
    """What a file would do, or did."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    bad: int = 0
    problems: list[Bad] = field(default_factory=list)  # the first MOST_SHOWN
    examples: list[tuple[int, str, str, str]] = field(default_factory=list)  # line, username, before ("": new), after
    sha256: str = ""

    @property
    def lines(self) -> int:
        """Lines with a user."""
        return self.new + self.changed + self.unchanged + self.bad


Told = Callable[[Bad], None]
Progress = Callable[[int], None]


class _Undone(Exception):
    """Nothing of what was written stays."""


async def check(
    context: Context, lines: Lines, current: Current | None, *, most_lines: int = MOST_LINES, told: Told | None = None,
    progress: Progress | None = None,
) -> Report:  # fmt: skip
    """What the file would do. `current`: the session of the one who imports, who gives and changes only what they hold;
    None for the command line. `told` hears every bad line, `progress` how many lines are read."""
    report = Report()
    async for _ in _changes(context, lines, current, report, most_lines, told, progress):
        pass
    return report


async def run(
    context: Context, lines: Lines, current: Current | None, *, upload_id: int | None = None, most_lines: int = MOST_LINES,
    told: Told | None = None, progress: Progress | None = None,
) -> Report | None:  # fmt: skip
    """Imports a file that was checked; it is checked again, and with anything bad nothing is stored. None: this upload is
    imported already, or gone. Raises sessions.Over."""
    report = Report()
    try:
        with tempfile.TemporaryFile("w+", encoding="utf-8") as entries:
            async with context.db.transaction():
                await administrators.lock(context)
                if current is not None:
                    await hold(context, current)
                    held = await users.permissions(context.db, current.session.user_id)
                    current = replace(
                        current, permissions=held
                    )  # as things stand now: some may have been taken meanwhile
                    if USERS_EDIT not in held:
                        return None
                if upload_id is not None and not await uploads.claim(context.db, upload_id, context.now):
                    return None
                had = await administrators.one_remains(context)
                await rows.keep_pages(context.db, 32)
                try:
                    async for changes in _changes(context, lines, current, report, most_lines, told, progress):
                        if not report.bad:
                            await _write(context, changes, entries)
                    if not report.bad and had and not await administrators.one_remains(context):
                        _note(report, Bad(0, "last_administrator"), told)
                    if report.bad:
                        raise _Undone
                    if report.new or report.changed:
                        by = current.principal if current else COMMAND_LINE
                        await log.record_all(context, _happened(entries, report), by)
                finally:
                    await rows.keep_pages(context.db, 2)
    except _Undone:
        return report
    return report


def _note(report: Report, bad: Bad, told: Told | None) -> None:
    report.bad += 1
    if len(report.problems) < MOST_SHOWN:
        report.problems.append(bad)
    if told is not None:
        told(bad)


async def _changes(
    context: Context, lines: Lines, current: Current | None, report: Report, most_lines: int, told: Told | None,
    progress: Progress | None,
) -> AsyncIterator[list[Change]]:  # fmt: skip
    """What is to be stored, in portions; the rest of what the file says goes into the report."""
    judge = Judge(await rows.roles(context.db), current)
    seen: dict[int, int] = {}  # username, hashed → its line
    digest = hashlib.sha256()

    async def hashed() -> AsyncIterator[list[bytes]]:
        async for some in lines():
            digest.update(b"".join(some))
            yield some

    async for portion in read(hashed):
        good = _good(portion, seen, report, told)
        if len(seen) > most_lines:
            _note(report, Bad(0, "too_many_lines", value=f"{most_lines:,}"), told)
            return
        existing = await rows.by_usernames(context.db, [line.username for line in good]) if good else {}
        held = await rows.roles_held(context.db, [user.id for user in existing.values()])
        changes: list[Change] = []
        for line in good:
            user = existing.get(line.username)
            judged = judge.judge(line, user, held[user.id] if user else set())
            if isinstance(judged, Bad):
                _note(report, judged, told)
            elif judged is None:
                report.unchanged += 1
            else:
                changes.append(judged)
                _count(report, judged)
        if progress is not None:
            progress(report.lines)
        yield changes
    report.sha256 = digest.hexdigest()
    if not report.lines:
        _note(report, Bad(0, "no_users"), told)


def _good(portion: list[Line | Bad], seen: dict[int, int], report: Report, told: Told | None) -> list[Line]:
    """The lines that can be read and whose user did not come before."""
    good: list[Line] = []
    for line in portion:
        if isinstance(line, Bad):
            _note(report, line, told)
        elif (first := seen.setdefault(hash(line.username), line.number)) != line.number:
            _note(report, Bad(line.number, "twice", "username", str(first)), told)
        else:
            good.append(line)
    return good


def _count(report: Report, change: Change) -> None:
    report.new += change.existing is None
    report.changed += change.existing is not None
    if len(report.examples) < MOST_EXAMPLES:
        report.examples.append((change.line.number, change.line.username, *change.described))


async def _write(context: Context, changes: list[Change], entries: IO[str]) -> None:
    """Stores a portion; the log's entries are kept aside, because the log's head is taken last."""
    new = [change for change in changes if change.existing is None]
    old = [change for change in changes if change.existing is not None]
    numbers = await rows.add(context.db, [_row(context, change) for change in new])
    for columns in sorted({tuple(change.line.texts) for change in old if change.line.texts}):  # one: those of the file
        derived = ("name_beginning", "email_beginning", "search_text")
        numbers |= await rows.change(context.db, [_row(context, change) for change in old], [*columns, *derived])
    numbers |= {change.line.username: change.existing.id for change in old if change.existing}
    if len(numbers) != len(changes):
        raise RuntimeError("a user was added meanwhile")  # on SQLite nobody can; elsewhere everything is rolled back
    await rows.take_roles(context.db, [numbers[change.line.username] for change in old if change.role_ids is not None])
    pairs = [(numbers[change.line.username], role) for change in changes for role in sorted(change.role_ids or ())]
    await rows.give_roles(context.db, pairs)
    moved = [change for change in old if "email" in change.after]
    await links.revoke_mailed(context.db, [numbers[change.line.username] for change in moved])
    for change in changes:
        before, after = change.described
        method = "" if change.existing else change.line.login_method or "password"
        fact = (
            numbers[change.line.username],
            change.line.username,
            method,
            before,
            after,
            change.after.get("role", ""),
            change.before.get("email", "") if change.existing else "",
        )
        entries.write(json.dumps(fact) + "\n")


def _row(context: Context, change: Change) -> users.New:
    line, values = change.line, change.values
    return users.New(
        username=line.username,
        name=values["name"],
        email=values["email"],
        company=values["company"],
        unit=values["unit"],
        login_method=change.existing.login_method if change.existing else line.login_method or "password",
        created_at=context.now,
    )


def _happened(entries: IO[str], report: Report) -> Iterator[tuple[kinds.Activity, Principal]]:
    """One entry a user, and one for the whole."""
    entries.seek(0)
    for line in entries:
        user_id, username, method, before, after, given, old_address = json.loads(line)
        what = kinds.UserCreated(method, given) if method else kinds.UserImported(before, after, old_address)
        yield what, Principal(user_id, username)
    yield kinds.UsersImported(str(report.new), str(report.changed), str(report.unchanged), report.sha256), NOBODY
