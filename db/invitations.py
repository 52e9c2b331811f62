"""Who has not joined yet: active, and no password chosen, or not bound to an identity; and to whom links may go."""

from db.clock import FUTURE_SECONDS
from db.roles import may_let_in

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
