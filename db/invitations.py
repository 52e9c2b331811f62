"""Who has not joined yet: active, and no password chosen, or not bound to an identity; and who of them can be
invited.
"""

from dataclasses import dataclass
from typing import Any, Literal

from db import Database, many, one
from db.clock import FUTURE_SECONDS
from db.roles import may_let_in
from db.users import Method

# as in migration 0009
NOT_JOINED = "password_set_at IS NULL AND sso_subject IS NULL AND disabled_at IS NULL"

# A link that a user has or will get: not one whose e-mail failed for good.
LINK_WORKS_OF = (
    "EXISTS (SELECT 1 FROM links l WHERE l.user_id = {users}.id AND l.kind IN ('invitation', 'binding') AND l.used_at"
    " IS NULL"
    f" AND l.expires_at > :now AND l.created_at <= CAST(:now AS BIGINT) + {FUTURE_SECONDS}"
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
KIND = "CASE WHEN login_method = 'sso' THEN 'binding' ELSE 'invitation' END"


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


# Without a provider no user can sign in by Single Sign-On.
CAN_JOIN = "(login_method = 'password' OR :issuer <> '')"


@dataclass(frozen=True)
class Asker:
    """Who asks, and when. `issuer`: of the provider, "" without one."""

    held: frozenset[str]
    issuer: str
    now: int


async def standings(db: Database, asker: Asker, most: int) -> dict[str, int]:
    """How many who have not joined yet can get an "invitation" or a "binding", are "invited", "without_address",
    "without_provider" or "beyond" the one who asks. No more than `most` are counted.
    """
    beyond, values = _beyond(asker.held)
    rows = await db.fetch_all(
        f"SELECT standing, count(*) AS number FROM (SELECT CASE WHEN {beyond} THEN 'beyond'"
        f" WHEN NOT {CAN_JOIN} THEN 'without_provider' WHEN {LINK_WORKS} THEN 'invited'"
        f" WHEN NOT ({ADDRESS}) THEN 'without_address' ELSE {KIND} END AS standing"
        f" FROM users WHERE {NOT_JOINED} ORDER BY id LIMIT :most) AS counted GROUP BY standing",
        {**values, "issuer": asker.issuer, "now": asker.now, "most": most},
    )
    return {row["standing"]: row["number"] for row in rows}


async def first(db: Database, asker: Asker, method: Method) -> Candidate | None:
    """The first by number with a login method who can be invited, as an example."""
    beyond, values = _beyond(asker.held)
    return one(
        Candidate,
        await db.fetch_one(
            f"SELECT id, username, name, email, {KIND} AS kind FROM users WHERE {NOT_JOINED} AND login_method = :method"
            f" AND {CAN_JOIN} AND {ADDRESS} AND NOT {LINK_WORKS} AND NOT {beyond} ORDER BY id LIMIT 1",
            {**values, "issuer": asker.issuer, "now": asker.now, "method": method},
        ),
    )


async def lock_batch(db: Database, asker: Asker, after: int, size: int) -> list[Candidate]:
    """The next `size` by number who can be invited, who stay as they are until this transaction ends. Take the lock
    `administrators` first.
    """
    beyond, values = _beyond(asker.held)
    portion = (
        f"SELECT id FROM users WHERE id > :after AND {NOT_JOINED} AND {CAN_JOIN} AND {ADDRESS} AND NOT {LINK_WORKS}"
        f" AND NOT {beyond} ORDER BY id LIMIT :size"
    )
    rows = await db.fetch_all(
        f"UPDATE users SET access_version = access_version WHERE id IN ({portion}) AND {NOT_JOINED} AND {ADDRESS}"
        f" RETURNING id, username, name, email, {KIND} AS kind",
        {**values, "issuer": asker.issuer, "after": after, "size": size, "now": asker.now},
    )
    return sorted(many(Candidate, rows), key=lambda user: user.id)
