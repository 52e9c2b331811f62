"""Who has not joined yet: active, and no password chosen, or not bound to an identity; and who of them can be
invited.
"""

from dataclasses import dataclass
from typing import Any, Literal

from db import Database, many, one
from db.clock import FUTURE_SECONDS
from db.roles import may_let_in

# as in migration 0009
NOT_JOINED = "password_set_at IS NULL AND sso_subject IS NULL AND disabled_at IS NULL"

# A link that a user has or will get: not one whose e-mail failed for good.
LINK_WORKS_OF = (
    "EXISTS (SELECT 1 FROM links l WHERE l.user_id = {users}.id AND l.kind IN ('invitation', 'binding') AND l.used_at"
    " IS NULL"
    f" AND l.expires_at > :now AND l.created_at <= :now + {FUTURE_SECONDS}"
    " AND NOT (l.detail <> '' AND EXISTS (SELECT 1 FROM outbox o WHERE o.user_id = l.user_id"
    " AND o.letter = l.kind AND o.created_at >= l.created_at AND o.failed_at IS NOT NULL)))"
)
LINK_WORKS = LINK_WORKS_OF.format(users="users")


def address_of(users: str) -> str:
    """The condition that links may be sent to the address of the users of that alias."""
    return (
        f"({users}.email <> '' AND ({users}.email_set_by IS NULL OR {users}.email_set_by = {users}.id"
        f" OR {may_let_in(f'{users}.email_set_by', f'{users}.id', f'{users}.email_set_with')}))"
    )


ADDRESS = address_of("users")
KIND = "CASE WHEN login_method = 'sso' THEN 'binding' ELSE 'invitation' END AS kind"


@dataclass(frozen=True)
class Candidate:
    id: int
    username: str
    name: str
    email: str
    # Of the link and of its e-mail.
    kind: Literal["invitation", "binding"]


def _beyond(held: frozenset[str]) -> tuple[str, dict[str, Any]]:
    """The condition that a user holds a permission which is not among these."""
    values: dict[str, Any] = {f"p{number}": permission for number, permission in enumerate(sorted(held))}
    names = ", ".join(f":{name}" for name in values)
    condition = (
        "EXISTS (SELECT 1 FROM user_roles r JOIN role_permissions p ON p.role_id = r.role_id"
        f" WHERE r.user_id = users.id AND p.permission NOT IN ({names}))"
    )
    return condition, values


async def standings(db: Database, held: frozenset[str], now: int, most: int) -> dict[str, int]:
    """How many who have not joined yet are "invitable", "invited", "without_address" or "beyond" the one who asks, who
    holds the permissions `held`. No more than `most` are counted.
    """
    beyond, values = _beyond(held)
    rows = await db.fetch_all(
        f"SELECT standing, count(*) AS number FROM (SELECT CASE WHEN {beyond} THEN 'beyond' WHEN {LINK_WORKS} THEN"
        f" 'invited'"
        f" WHEN NOT ({ADDRESS}) THEN 'without_address' ELSE 'invitable' END AS standing"
        f" FROM users WHERE {NOT_JOINED} ORDER BY id LIMIT :most) AS counted GROUP BY standing",
        {**values, "now": now, "most": most},
    )
    return {row["standing"]: row["number"] for row in rows}


async def first(db: Database, held: frozenset[str], now: int) -> Candidate | None:
    """The first by number who can be invited, as an example."""
    beyond, values = _beyond(held)
    return one(
        Candidate,
        await db.fetch_one(
            f"SELECT id, username, name, email, {KIND} FROM users WHERE {NOT_JOINED} AND {ADDRESS} AND NOT"
            f" {LINK_WORKS}"
            f" AND NOT {beyond} ORDER BY id LIMIT 1",
            {**values, "now": now},
        ),
    )


async def lock_batch(db: Database, held: frozenset[str], after: int, size: int, now: int) -> list[Candidate]:
    """The next `size` by number who can be invited, who stay as they are until this transaction ends. Take the lock
    `administrators` first.
    """
    beyond, values = _beyond(held)
    portion = (
        f"SELECT id FROM users WHERE id > :after AND {NOT_JOINED} AND {ADDRESS} AND NOT {LINK_WORKS} AND NOT {beyond}"
        " ORDER BY id LIMIT :size"
    )
    rows = await db.fetch_all(
        f"UPDATE users SET access_version = access_version WHERE id IN ({portion}) AND {NOT_JOINED} AND {ADDRESS}"
        f" RETURNING id, username, name, email, {KIND}",
        {**values, "after": after, "size": size, "now": now},
    )
    return sorted(many(Candidate, rows), key=lambda user: user.id)
