"""In which order the overview shows users, and where a page of it begins. No page skips rows."""

from dataclasses import dataclass
from typing import Any, Literal, Protocol

from db.folding import folded

Sort = Literal["", "name", "unit", "last_login", "last_reminded"]
Key = tuple[str | int, ...]

# "": the order of usernames, which are unique, and come second in each other order.
USERNAME = "u.username"
COLUMNS: dict[Sort, str] = {
    "": USERNAME,
    "name": "u.name_beginning",
    "unit": "u.unit",
    # 0: never
    "last_login": "COALESCE(u.last_login_at, 0)",
    "last_reminded": "COALESCE(u.last_reminded_at, 0)",
}


class Sortable(Protocol):
    @property
    def username(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def unit(self) -> str: ...
    @property
    def last_login_at(self) -> int | None: ...
    @property
    def last_reminded_at(self) -> int | None: ...


@dataclass(frozen=True)
class Place:
    """At most `size` users in an order, after those with the `key`; `backwards`: before it. (): from the beginning."""

    size: int
    sort: Sort = ""
    descending: bool = False
    key: Key = ()
    backwards: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        return (USERNAME,) if self.sort == "" else (COLUMNS[self.sort], USERNAME)

    @property
    def reads_down(self) -> bool:
        return self.descending != self.backwards

    @property
    def order(self) -> str:
        """For ORDER BY, in the order of reading: of a page backwards, from its end."""
        return ", ".join(f"{column}{' DESC' if self.reads_down else ''}" for column in self.columns)

    @property
    def ranges(self) -> tuple[tuple[str, str], ...]:
        """Conditions, one of which is true of each user beyond the key, and the order of those: each is one range of an
        index.
        """
        if not self.key:
            return (("", self.order),)
        down = self.reads_down
        beyond, direction = ("<", " DESC") if down else (">", "")
        if self.sort == "":
            return ((f"{USERNAME} {beyond} :key0", self.order),)
        first = COLUMNS[self.sort]
        tied = f"{first} = :key0 AND {USERNAME} {beyond} :key1"
        return (tied, f"{USERNAME}{direction}"), (f"{first} {beyond} :key0", self.order)

    @property
    def values(self) -> dict[str, Any]:
        return {f"key{number}": value for number, value in enumerate(self.key)} | {"size": self.size}


def key_of(user: Sortable, sort: Sort) -> Key:
    """Where a user is in an order."""
    match sort:
        case "":
            return (user.username,)
        case "name":
            return (folded(user.name), user.username)
        case "unit":
            return (user.unit, user.username)
        case "last_login":
            return (user.last_login_at or 0, user.username)
        case "last_reminded":
            return (user.last_reminded_at or 0, user.username)
