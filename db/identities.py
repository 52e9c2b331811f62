"""Who users are at the identity provider: (issuer, subject), or nobody yet."""

from db import Database, many, one
from db.users import COLUMNS, User


async def hold(db: Database, issuer: str, subject: str) -> User | None:
    """The user who is that at the identity provider, and who stays as they are until this transaction ends."""
    row = await db.fetch_one(
        "UPDATE users AS u SET access_version = access_version WHERE u.sso_issuer = :issuer AND u.sso_subject = :subject"
        f" RETURNING {COLUMNS.replace('u.', '')}",
        {"issuer": issuer, "subject": subject},
    )
    return one(User, row)


async def unbound(db: Database, email_beginning: str) -> list[User]:
    """Users of Single Sign-On, not bound yet, disabled ones included, whose address is that one but for letter case."""
    rows = await db.fetch_all(
        f"SELECT {COLUMNS} FROM users u WHERE u.login_method = 'sso' AND u.sso_subject IS NULL"
        " AND u.email_beginning = :email ORDER BY u.id LIMIT 20",
        {"email": email_beginning},
    )
    return many(User, rows)


async def bind(db: Database, user_id: int, issuer: str, subject: str) -> None:
    """A user is that at the provider from now on, which sign-ins under way must notice."""
    await db.execute(
        "UPDATE users SET sso_issuer = :issuer, sso_subject = :subject, access_version = access_version + 1 WHERE id = :id",
        {"id": user_id, "issuer": issuer, "subject": subject},
    )
