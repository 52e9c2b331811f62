"""What an export of the overview says of a user."""

from collections.abc import Sequence
from dataclasses import dataclass

from db import Database, numbered
from db.users import Method


@dataclass(frozen=True)
class Exported:
    """A user as a line of the export."""

    id: int
    username: str
    name: str
    email: str
    company: str
    unit: str
    login_method: Method
    password_set_at: int | None
    sso_subject: str | None
    disabled_at: int | None
    two_factor_at: int | None
    phone_used_at: int | None
    last_reminded_at: int | None
    last_login_at: int | None

    @property
    def has_joined(self) -> bool:
        """Whether the user has chosen a password, or is bound to an identity."""
        return self.password_set_at is not None or self.sso_subject is not None


async def roles_of(db: Database, user_ids: Sequence[int]) -> dict[int, list[str]]:
    """User → names of their roles."""
    names, values = numbered(user_ids)
    rows = await db.fetch_all(
        f"SELECT h.user_id, r.name FROM user_roles h JOIN roles r ON r.id = h.role_id WHERE h.user_id IN ({names})"
        " ORDER BY r.id",
        values,
    )
    found: dict[int, list[str]] = {user_id: [] for user_id in user_ids}
    for row in rows:
        found[row["user_id"]].append(row["name"])
    return found


async def open_sessions(db: Database, user_ids: Sequence[int], used_after: int, started_after: int) -> dict[int, int]:
    """User → number of open sessions."""
    names, values = numbered(user_ids)
    rows = await db.fetch_all(
        f"SELECT user_id, count(*) AS number FROM sessions WHERE user_id IN ({names}) AND last_used_at > :used"
        " AND started_at > :started GROUP BY user_id",
        values | {"used": used_after, "started": started_after},
    )
    return dict.fromkeys(user_ids, 0) | {row["user_id"]: row["number"] for row in rows}
