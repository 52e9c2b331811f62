"""A user with all that their page and My User show, in one query."""

from dataclasses import dataclass, replace
from typing import Any

from db import Database, one
from db.authenticators import Authenticator, SetUp
from db.links import IS_WAY_IN, Link
from db.reads import units
from db.reads.deliveries import Delivery
from db.reads.ways_in import Maker, maker_columns, maker_of
from db.users import COLUMNS, User


@dataclass(frozen=True)
class Detail:
    """A user with all that their page shows, but for sessions and the log."""

    user: User
    roles: tuple[str, ...]
    permissions: frozenset[str]
    # oldest first
    phones: tuple[Authenticator, ...]
    codes_left: int
    # under way in the session asked for
    set_up: SetUp | None
    # waits for its link
    new_address: str | None = None
    new_address_until: int | None = None
    # who entered the address, if it was another user
    email_by: Maker | None = None
    # only of `find_for_page`: the newest way in by a link, redeemed or not, its kind, and who made it for the user
    link: Link | None = None
    link_kind: str = ""
    link_by: Maker | None = None
    # what became of the newest e-mail of that kind
    link_email: Delivery | None = None
    # only if they are asked for: the names of units that there are
    units: tuple[str, ...] = ()

    @property
    def phone_used_at(self) -> int | None:
        """When any of the phones was last used."""
        return max((phone.last_used_at for phone in self.phones), default=None)


_SET_UP_NAMES = [f"set_up_{name}" for name in SetUp.__dataclass_fields__]
_PHONE_NAMES = [f"phone_{name}" for name in Authenticator.__dataclass_fields__]
_SET_UP = ", ".join(f"t.{name} AS set_up_{name}" for name in SetUp.__dataclass_fields__)
_PHONE = ", ".join(f"a.{name} AS phone_{name}" for name in Authenticator.__dataclass_fields__)
# Of new addresses that wait there is at most one.
_FIND = (
    f"SELECT {COLUMNS}, {_SET_UP}, {_PHONE}, o.name AS role, p.permission, l.detail AS new_address,"
    f" l.expires_at AS new_address_until, {maker_columns('u.email_set_by', 'email')},"
    " (SELECT count(*) FROM recovery_codes c WHERE c.user_id = u.id AND c.used_at IS NULL) AS codes_left"
    " FROM users u LEFT JOIN user_roles r ON r.user_id = u.id LEFT JOIN roles o ON o.id = r.role_id"
    " LEFT JOIN role_permissions p ON p.role_id = o.id LEFT JOIN set_ups t ON t.session_id = :session"
    " LEFT JOIN authenticators a ON a.user_id = u.id LEFT JOIN links l ON l.user_id = u.id"
    " AND l.kind = 'new_address' AND l.used_at IS NULL WHERE u.id = :id ORDER BY o.id, a.id"
)


async def find(db: Database, user_id: int, session_id: int = 0) -> Detail | None:
    """A user, roles, permissions, phones, codes left and the set-up under way in a session, in one query.

    It answers with a row for each of the few permissions and phones, times the other: one way to the database instead
    of three.
    """
    rows = await db.fetch_all(_FIND, {"id": user_id, "session": session_id})
    return _detail(rows) if rows else None


def _detail(rows: list[Any]) -> Detail:
    first = rows[0]
    set_up = [first[name] for name in _SET_UP_NAMES]
    user = one(User, first)
    assert user is not None
    return Detail(
        user,
        tuple(dict.fromkeys(row["role"] for row in rows if row["role"])),
        frozenset(row["permission"] for row in rows if row["permission"]),
        tuple(
            dict.fromkeys(
                Authenticator(*[row[name] for name in _PHONE_NAMES]) for row in rows if row["phone_id"] is not None
            )
        ),
        first["codes_left"],
        SetUp(*set_up) if set_up[0] is not None else None,
        first["new_address"],
        first["new_address_until"],
        maker_of(first, "email"),
    )


_LINK_NAMES = [f"link_{name}" for name in Link.__dataclass_fields__]
_LINK = ", ".join(f"n.{name} AS link_{name}" for name in Link.__dataclass_fields__)
_EMAIL_NAMES = [f"link_email_{name}" for name in Delivery.__dataclass_fields__]
_EMAIL = ", ".join(f"x.{name} AS link_email_{name}" for name in Delivery.__dataclass_fields__)
_FIND_FOR_PAGE = _FIND.replace(
    "SELECT ",
    f"SELECT {_LINK}, n.kind AS link_kind, {maker_columns('n.made_by', 'link')}, x.id AS link_email_id, {_EMAIL}, ",
    1,
).replace(
    " WHERE u.id = :id",
    f" LEFT JOIN links n ON n.id = (SELECT max(w.id) FROM links w WHERE w.user_id = u.id AND w.{IS_WAY_IN})"
    " LEFT JOIN outbox x ON x.id = (SELECT max(y.id) FROM outbox y WHERE y.user_id = u.id AND y.letter = n.kind)"
    " WHERE u.id = :id",
)


async def find_for_page(db: Database, user_id: int, most_units: int = 0) -> Detail | None:
    """As `find`, with the newest way in by a link, and so many names of units, in the same query."""
    sql, asked = _FIND_FOR_PAGE, {"id": user_id, "session": 0}
    if most_units:
        sql, asked = (
            sql.replace("SELECT ", f"SELECT {units.column(db.dialect)}, ", 1),
            asked | {"most_units": most_units},
        )
    rows = await db.fetch_all(sql, asked)
    if not rows:
        return None
    first = rows[0]
    return replace(
        _detail(rows),
        link=Link(*[first[name] for name in _LINK_NAMES]) if first["link_id"] is not None else None,
        link_kind=first["link_kind"] or "",
        link_by=maker_of(first, "link"),
        link_email=Delivery(*[first[name] for name in _EMAIL_NAMES]) if first["link_email_id"] is not None else None,
        units=units.of_column(first) if most_units else (),
    )
