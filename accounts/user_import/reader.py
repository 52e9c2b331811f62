"""Reads a file of users into changes, a portion at a time, and reports what it would do."""

import hashlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

from accounts import confusables, usernames
from accounts.context import Context
from accounts.sessions import Current
from accounts.user_import.changes import Change, Judge
from accounts.user_import.csv_file import Bad, Line, Lines, read, short
from db import user_import as rows
from db import users
from db.user_import import Existing

# About 100 bytes of memory each, to find usernames that come twice.
MOST_ROWS = 1_000_000
# Bad rows that a report names.
MOST_SHOWN = 1_000
MOST_EXAMPLES = 20


@dataclass
class Report:
    """What a file would do, or did. `examples`: line, username, before ("" if new), after. `sha256`: of the file."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    bad: int = 0
    problems: list[Bad] = field(default_factory=list)
    examples: list[tuple[int, str, str, str]] = field(default_factory=list)
    sha256: str = ""
    # Users who existed, to whom their roles now allow more.
    promoted: int = 0

    @property
    def rows(self) -> int:
        """Rows with a user."""
        return self.new + self.changed + self.unchanged + self.bad


@dataclass(frozen=True)
class Source:
    """A file to import. `on_bad` is called with every bad row, `on_progress` with the number of rows read so far."""

    lines: Lines
    most_rows: int = MOST_ROWS
    on_bad: Callable[[Bad], None] | None = None
    on_progress: Callable[[int], None] | None = None


class Reader:
    """One pass over a file. `current`: whose permissions limit the changes; None for the command line."""

    def __init__(self, context: Context, source: Source, current: Current | None) -> None:
        self.report = Report()
        self._context, self._source, self._current = context, source, current
        # Hash of a username → its line.
        self._seen: dict[int, int] = {}
        # The same for what the names of new users look like.
        self._shapes: dict[int, int] = {}
        self._digest = hashlib.sha256()

    @property
    def importer_id(self) -> int | None:
        """None: the command line."""
        return self._current.session.user_id if self._current else None

    async def changes(self) -> AsyncIterator[list[Change]]:
        """What is to be stored, a portion at a time; the rest goes into the report."""
        judge = Judge(await rows.roles(self._context.db), self._current)
        async for portion in read(self._hashed_lines):
            good = self._readable(portion)
            if len(self._seen) > self._source.most_rows:
                self.refuse(Bad(0, "too_many_lines", value=f"{self._source.most_rows:,}"))
                return
            judged = await self._judged(judge, good)
            if self._source.on_progress:
                self._source.on_progress(self.report.rows)
            yield judged
        self.report.sha256 = self._digest.hexdigest()
        if not self.report.rows:
            self.refuse(Bad(0, "no_users"))

    async def _hashed_lines(self) -> AsyncIterator[list[bytes]]:
        async for lines in self._source.lines():
            self._digest.update(b"".join(lines))
            yield lines

    def refuse(self, bad: Bad) -> None:
        """Counts a bad row and tells who listens."""
        self.report.bad += 1
        if len(self.report.problems) < MOST_SHOWN:
            self.report.problems.append(bad)
        if self._source.on_bad:
            self._source.on_bad(bad)

    def _readable(self, portion: list[Line | Bad]) -> list[Line]:
        """The rows that can be read and whose username did not come before."""
        good: list[Line] = []
        for line in portion:
            if isinstance(line, Bad):
                self.refuse(line)
            elif (first := self._seen.setdefault(hash(line.username), line.number)) != line.number:
                self.refuse(Bad(line.number, "twice", "username", str(first)))
            else:
                good.append(line)
        return good

    async def _judged(self, judge: Judge, good: list[Line]) -> list[Change]:
        db = self._context.db
        existing = await rows.by_usernames(db, [line.username for line in good]) if good else {}
        good = await self._acceptable(good, existing)
        held = await rows.roles_held(db, [user.id for user in existing.values()])
        changes: list[Change] = []
        for line in good:
            user = existing.get(line.username)
            match judge.judge(line, user, held[user.id] if user else set()):
                case None:
                    self.report.unchanged += 1
                case Bad() as bad:
                    self.refuse(bad)
                case Change() as change:
                    self._count(change)
                    changes.append(change)
        return changes

    async def _acceptable(self, good: list[Line], existing: dict[str, Existing]) -> list[Line]:
        """Without the new users whose names are not acceptable, or look like another one."""
        new = {line.number: confusables.skeleton(line.username) for line in good if line.username not in existing}
        alike = await users.resembling(self._context.db, list(new.values())) if new else {}
        found: list[Line] = []
        for line in good:
            shape = new.get(line.number)
            if shape is not None and not usernames.is_acceptable(line.username):
                self.refuse(Bad(line.number, "not usable", "username", short(line.username)))
            elif shape is not None and self._is_alike(line, shape, alike):
                self.refuse(Bad(line.number, "lookalike", "username", short(line.username)))
            else:
                found.append(line)
        return found

    def _is_alike(self, line: Line, shape: str, alike: dict[str, str]) -> bool:
        return shape in alike or self._shapes.setdefault(hash(shape), line.number) != line.number

    def _count(self, change: Change) -> None:
        self.report.new += change.existing is None
        self.report.changed += change.existing is not None
        self.report.promoted += change.gained != frozenset()
        if len(self.report.examples) < MOST_EXAMPLES:
            self.report.examples.append((change.line.number, change.line.username, *change.described))
