"""How the overview is shown: its order, the place in the list, the length of a page, and which columns."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

from starlette.exceptions import HTTPException
from starlette.requests import Request

from db.reads.overview import Listed
from db.reads.user_order import Key, Place, Sort, key_of
from routes.web.numbers import row_number

SIZES = (25, 50, 100)
USUAL_SIZE = 50
SORTS: dict[str, Sort] = {sort: sort for sort in get_args(Sort) if sort}
# Newest first.
BY_TIME = ("last_login", "last_reminded")
COLUMNS = ("show_role", "show_address")
# Their names in the URL; those of the place are not kept when filters or order change.
VALUES = ("sort", "order", "size", *COLUMNS)
PLACE = ("after", "before", "at")
# Digits of a time in a key.
MOST_DIGITS = 15


@dataclass(frozen=True)
class Heading:
    """Of a column by which the list can be sorted. `sorted`: how it is now; "": by another one."""

    name: Sort
    url: str
    sorted: Literal["", "ascending", "descending"]


@dataclass(frozen=True)
class View:
    place: Place
    # What the URL has of it, without the place.
    values: dict[str, str]
    # Which of all the first user of the page is, as the link that led here says: nothing is counted for it. 0: unknown.
    at: int = 0

    @property
    def size(self) -> int:
        return self.place.size - 1

    def page(self, users: list[Listed]) -> list[Listed]:
        """Without the one more that was read to know whether there is another page."""
        return users[-self.size :] if self.place.backwards else users[: self.size]

    def neighbours(self, users: list[Listed]) -> tuple[str | None, str | None]:
        """The keys before and after this page, as a URL has them; None: nothing is there. `users`: one more than shown,
        if there are so many.
        """
        shown, more = self.page(users), len(users) > self.size
        begins, ends = (not more, False) if self.place.backwards else (not self.place.key, not more)
        if not shown:
            return None, None
        first, last = (_written(key_of(user, self.place.sort)) for user in (shown[0], shown[-1]))
        return None if begins else first, None if ends else last

    def first(self, shown: int, number: int, *, begins: bool, ends: bool) -> int:
        """Which of all `number` (0: unknown) the first of those shown is; 0: unknown. The ends of the list are certain,
        whatever a link of before says.
        """
        if begins:
            return 1
        if ends and number:
            return number - shown + 1
        return 0 if number and self.at + shown > number else self.at

    def headings(self, url: Callable[..., str]) -> dict[str, Heading]:
        return {name: self._heading(sort, url) for name, sort in SORTS.items()}

    def _heading(self, sort: Sort, url: Callable[..., str]) -> Heading:
        if sort != self.place.sort:
            return Heading(sort, url(sort=sort, order=None), "")
        usual = sort in BY_TIME
        order = ("asc" if usual else "desc") if self.place.descending == usual else None
        return Heading(sort, url(sort=sort, order=order), "descending" if self.place.descending else "ascending")


def _written(key: Key) -> str:
    """No part but the username, which is the last, can have a line break in it."""
    return "\n".join(str(part) for part in key)


def view_of(request: Request) -> View:
    """The view of a request's URL. Raises HTTPException for values that no link of ours has."""
    asked = request.query_params
    sort, order, size = asked.get("sort", ""), asked.get("order", ""), asked.get("size", "") or str(USUAL_SIZE)
    if sort not in ("", *SORTS) or order not in ("", "asc", "desc") or size not in map(str, SIZES):
        raise HTTPException(422)
    usual = "desc" if sort in BY_TIME else "asc"
    values = {
        **({"sort": sort} if sort else {}),
        **({"order": order} if order not in ("", usual) else {}),
        **({"size": size} if size != str(USUAL_SIZE) else {}),
        **{name: "on" for name in COLUMNS if asked.get(name) == "on"},
    }
    backwards = asked.get("before", "") != ""
    key = _read(SORTS.get(sort, ""), asked.get("before" if backwards else "after", ""))
    place = Place(int(size) + 1, SORTS.get(sort, ""), (order or usual) == "desc", key, backwards)
    return View(place, values, row_number(asked.get("at", "0")) or 0)


def _read(sort: Sort, text: str) -> Key:
    if not text:
        return ()
    if sort == "":
        return (text,)
    first, _, username = text.partition("\n")
    if sort not in BY_TIME:
        return (first, username)
    if not (first.isascii() and first.isdigit() and len(first) <= MOST_DIGITS):
        raise HTTPException(422)
    return (int(first), username)
