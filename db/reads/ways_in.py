"""Who made ways into accounts of other users, and whether these count."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from db import Database, many, numbered
from db.roles import may_let_in
from db.users import Method


@dataclass(frozen=True)
class Maker:
    """Who made a way in for another user. `username`: "" of a deleted one; `may`: whether it counts."""

    username: str
    may: bool


def maker_columns(column: str, name: str) -> str:
    """The maker that a column of users (`u`) or links names, under `name`; the user themselves counts as none."""
    return (
        f"NULLIF({column}, u.id) AS {name}_by, (SELECT m.username FROM users m WHERE m.id = {column}) AS {name}_maker,"
        f" {may_let_in(column, 'u.id', _with(column))} AS {name}_may"
    )


def _with(column: str) -> str:
    return f"{column.removesuffix('_by')}_with"


def maker_of(row: Any, name: str) -> Maker | None:
    """From `maker_columns`; None: made by no other user."""
    return None if row[f"{name}_by"] is None else Maker(row[f"{name}_maker"] or "", bool(row[f"{name}_may"]))


@dataclass(frozen=True)
class MadeByOthers:
    """What others made of a user's ways in: the address, what they sign in with, and the newest link that works."""

    email: Maker | None
    sign_in: Maker | None
    link: Maker | None

    @property
    def anything(self) -> bool:
        return (self.email, self.sign_in, self.link) != (None, None, None)


@dataclass(frozen=True)
class Planted:
    """A user with such ways in, each with the username of its maker: None if there is none, "" if they are deleted.

    `sign_in_maker`: the number of who made the sign-in, whether it counts or not.
    """

    id: int
    username: str
    login_method: Method
    sign_in_maker: int | None
    sign_in_by: str | None
    email_by: str | None
    link_by: str | None


def _by(column: str) -> str:
    """The maker's username, if what they made does not count."""
    return (
        f"CASE WHEN {column} IS NOT NULL AND {column} <> u.id AND NOT {may_let_in(column, 'u.id', _with(column))}"
        f" THEN coalesce((SELECT m.username FROM users m WHERE m.id = {column}), '') END"
    )


SELECT = (
    "SELECT u.id, u.username, u.login_method, u.sign_in_made_by AS sign_in_maker,"
    f" {_by('u.sign_in_made_by')} AS sign_in_by,"
    f" {_by('u.email_set_by')} AS email_by,"
    f" (SELECT max({_by('l.made_by')}) FROM links l WHERE l.user_id = u.id AND l.used_at IS NULL) AS link_by"
    " FROM users u WHERE "
)


async def planted(db: Database, user_ids: Sequence[int]) -> list[Planted]:
    """Of these users, in the order of their numbers."""
    names, values = numbered(user_ids)
    rows = await db.fetch_all(f"{SELECT} u.id IN ({names}) ORDER BY u.id", values)
    return _with_any(many(Planted, rows))


async def planted_among(db: Database, role_id: int, gained: Sequence[str]) -> list[Planted]:
    """Of the holders of a role to whom one of the permissions that it `gained` is new."""
    names, values = numbered(gained)
    rows = await db.fetch_all(
        f"{SELECT} u.id IN (SELECT r.user_id FROM user_roles r WHERE r.role_id = :role)"
        " AND (u.sign_in_made_by IS NOT NULL OR u.email_set_by IS NOT NULL"
        " OR EXISTS (SELECT 1 FROM links l WHERE l.user_id = u.id AND l.used_at IS NULL AND l.made_by IS NOT NULL))"
        f" AND EXISTS (SELECT 1 FROM role_permissions g WHERE g.role_id = :role AND g.permission IN ({names})"
        " AND g.permission NOT IN (SELECT p.permission FROM user_roles o JOIN role_permissions p"
        " ON p.role_id = o.role_id WHERE o.user_id = u.id AND o.role_id <> :role)) ORDER BY u.id",
        {**values, "role": role_id},
    )
    return _with_any(many(Planted, rows))


def _with_any(found: list[Planted]) -> list[Planted]:
    return [each for each in found if (each.sign_in_by, each.email_by, each.link_by) != (None, None, None)]
