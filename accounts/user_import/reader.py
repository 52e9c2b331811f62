"""Reads a file of users into changes, a portion at a time, and reports what it would do."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from accounts import confusables, usernames
from accounts.context import Context
from accounts.sessions import Current
from accounts.user_import.changes import Change, Judge
from accounts.user_import.csv_file import Bad, Found, Line, Understood, read, short
from accounts.user_import.decoding import GUESSES, Chunks, Encoding, encoding_of
from accounts.user_import.namesakes import Namesakes
from db import user_import as rows
from db import users
from db.folding import former
from db.user_import import Existing

# About 100 bytes of memory each, to find usernames that come twice.
MOST_ROWS = 1_000_000
# Bad rows that a report names, and how many of them with the same mistake. The first of each mistake is always named.
MOST_SHOWN = 1_000
MOST_OF_A_KIND = 300
MOST_EXAMPLES = 20
# Texts with letters beyond ASCII, by which a preview shows whether the encoding was guessed right.
MOST_LETTERS = 5


@dataclass
class Report:
    """What a file would do, or did. `bad`: rows; several things can be wrong with one. `kinds`: how many rows have each
    mistake (Bad.kind). `examples`: line, username, before ("" if new), after. `sha256`: of the file. `shortened`: line
    and username, where a spreadsheet has shortened a number.
    """

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    bad: int = 0
    problems: list[Bad] = field(default_factory=list)
    kinds: dict[str, int] = field(default_factory=dict)
    examples: list[tuple[int, str, str, str]] = field(default_factory=list)
    sha256: str = ""
    # Users who existed, to whom their roles now allow more.
    promoted: int = 0
    # None: not even the heading
    understood: Understood | None = None
    letters: list[str] = field(default_factory=list)
    shortened: list[tuple[int, str]] = field(default_factory=list)

    @property
    def facts(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return asdict(self)

    @classmethod
    def of(cls, facts: dict[str, Any]) -> Report:
        """What `facts` had, after JSON has made lists of its tuples."""
        understood = facts.get("understood")
        if understood:
            columns = [(heading, part) for heading, part in understood["columns"]]
            understood = Understood(**understood | {"columns": columns})
        return cls(
            **facts
            | {
                "problems": [Bad(**each) for each in facts["problems"]],
                "examples": [tuple(each) for each in facts["examples"]],
                "understood": understood,
                "shortened": [(line, username) for line, username in facts.get("shortened", ())],
            }
        )

    @property
    def is_unusable(self) -> bool:
        """Whether the file as a whole cannot be imported, whatever its rows are."""
        return any(bad.is_of_the_file for bad in self.problems)

    @property
    def rows(self) -> int:
        """Rows with a user."""
        return self.new + self.changed + self.unchanged + self.bad


@dataclass(frozen=True)
class Source:
    """A file to import. `on_bad` is called with every bad row, `on_progress` with the number of rows read so far."""

    chunks: Chunks
    # Whether a file may be read that is neither UTF-8 nor UTF-16. Only a person who sees a preview can judge it.
    takes_guesses: bool = False
    most_rows: int = MOST_ROWS
    on_bad: Callable[[Bad], None] | None = None
    on_progress: Callable[[int], None] | None = None


class Reader:
    """One pass over a file. `current`: whose permissions limit the changes; None for the command line."""

    def __init__(self, context: Context, source: Source, current: Current | None) -> None:
        self.report = Report()
        # within a transaction that stores what is read: existing users are locked as they are found
        self.stores = False
        self._context, self._source, self._current = context, source, current
        # Hash of a username → its line.
        self._seen: dict[int, int] = {}
        # The same for what the names of new users look like.
        self._shapes: dict[int, int] = {}
        self._namesakes = Namesakes(context)
        # Its line. None: there is none.
        self._last_bad: int | None = None
        self._digest = hashlib.sha256()

    @property
    def importer_id(self) -> int | None:
        """None: the command line."""
        return self._current.session.user_id if self._current else None

    async def changes(self) -> AsyncIterator[list[Change]]:
        """What is to be stored, a portion at a time; the rest goes into the report."""
        judge = Judge(await rows.roles(self._context.db), self._current, self._context.issuer)
        encoding = await self._encoding()
        if encoding == "workbook":
            self.refuse(Bad(0, "workbook"))
            return
        async for portion in read(self._hashed_chunks, encoding):
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

    async def _encoding(self) -> Encoding | Literal["workbook"]:
        encoding = await encoding_of(self._source.chunks)
        return "UTF-8" if encoding in GUESSES and not self._source.takes_guesses else encoding

    async def _hashed_chunks(self) -> AsyncIterator[bytes]:
        async for chunk in self._source.chunks():
            self._digest.update(chunk)
            yield chunk

    def refuse(self, bad: Bad) -> None:
        """Counts a bad row and tells who listens. What is wrong with one row comes together."""
        self.report.bad += bad.line != self._last_bad
        self._last_bad = bad.line
        number = self.report.kinds[bad.kind] = self.report.kinds.get(bad.kind, 0) + 1
        if number == 1 or (number <= MOST_OF_A_KIND and len(self.report.problems) < MOST_SHOWN):
            self.report.problems.append(bad)
        if self._source.on_bad:
            self._source.on_bad(bad)

    def _readable(self, portion: list[Found]) -> list[Line]:
        """The rows that can be read and whose username did not come before."""
        good: list[Line] = []
        for line in portion:
            if isinstance(line, Understood):
                self.report.understood = line
            elif isinstance(line, Bad):
                self.refuse(line)
            elif (first := self._seen.setdefault(hash(former(line.username)), line.number)) != line.number:
                self.refuse(Bad(line.number, "twice", "username", str(first)))
            else:
                self._note(line)
                good.append(line)
        return good

    def _note(self, line: Line) -> None:
        """What a person should look at before the import."""
        report = self.report
        if line.shortened and len(report.shortened) < MOST_SHOWN:
            report.shortened.append((line.number, line.shortened))
        if report.understood and report.understood.is_guess and len(report.letters) < MOST_LETTERS:
            report.letters += [short(text) for text in line.texts.values() if not text.isascii()][:1]

    async def _judged(self, judge: Judge, good: list[Line]) -> list[Change]:
        db = self._context.db
        names = [line.username for line in good]
        existing = await rows.by_usernames(db, names, lock=self.stores) if good else {}
        good = _as_stored(await self._acceptable(good, existing), existing)
        existing = {user.username: user for user in existing.values()}
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
                    changes.append(change)
        return await self._told_apart(changes)

    async def _told_apart(self, changes: list[Change]) -> list[Change]:
        """Without those by which a username and another user's address would be the same."""
        problems = await self._namesakes.problems(changes)
        for bad in problems.values():
            self.refuse(bad)
        good = [change for change in changes if change.line.number not in problems]
        for change in good:
            self._count(change)
        return good

    async def _acceptable(self, good: list[Line], existing: dict[str, Existing]) -> list[Line]:
        """Without the new users whose names are not acceptable, or look like another one."""
        new = {line.number: confusables.skeleton(line.username) for line in good if line.username not in existing}
        alike = await users.resembling(self._context.db, list(new.values())) if new else {}
        found: list[Line] = []
        for line in good:
            shape = new.get(line.number)
            if shape is not None and (unusable := usernames.problem_with(line.username)):
                self.refuse(Bad(line.number, unusable, "username", short(line.username)))
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


def _as_stored(good: list[Line], existing: dict[str, Existing]) -> list[Line]:
    """With the usernames that are stored: some are in their former form."""
    return [
        replace(line, username=existing[line.username].username) if line.username in existing else line for line in good
    ]
