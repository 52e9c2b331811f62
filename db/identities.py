"""How users sign in: by a password here, or as (issuer, subject) at the identity provider; columns of `users` that
change together.
"""

from collections.abc import Sequence

from db import Database, makers, many, one
from db.makers import Makers
from db.users import COLUMNS, RETURNED, User


async def lock(db: Database, issuer: str, subject: str) -> User | None:
    """The user who is that at the identity provider, and who stays as they are until this transaction ends."""
    row = await db.fetch_one(
        "UPDATE users AS u SET access_version = access_version WHERE u.sso_issuer = :issuer AND u.sso_subject ="
        " :subject"
        f" RETURNING {RETURNED}",
        {"issuer": issuer, "subject": subject},
    )
    return one(User, row)


async def unbound(db: Database, email_beginnings: Sequence[str]) -> list[User]:
    """Users of Single Sign-On, not bound yet, disabled ones included, with one of those e-mail addresses in any
    case.
    """
    names = {f"email{number}": email for number, email in enumerate(email_beginnings)}
    rows = await db.fetch_all(
        f"SELECT {COLUMNS} FROM users u WHERE u.login_method = 'sso' AND u.sso_subject IS NULL"
        f" AND u.email_beginning IN ({', '.join(f':{name}' for name in names)}) ORDER BY u.id LIMIT 20",
        names,
    )
    return many(User, rows)


async def bind(db: Database, user: User, issuer: str, subject: str, made: Makers) -> None:
    """A user is that at the provider from now on, which sign-ins under way must notice.

    `user`: as they were before their ways in ended for it. Pending sign-ins at the provider go on, unless they were
    over before: only this identity can come back with them, in another tab.
    """
    await makers.keep(db, [user.id])
    await db.execute(
        "UPDATE users SET sso_issuer = :issuer, sso_subject = :subject, sign_in_made_by = :maker,"
        " sign_in_made_with = :with, sso_logins_over = :over, access_version = access_version + 1 WHERE id = :id",
        {
            "id": user.id,
            "issuer": issuer,
            "subject": subject,
            "maker": made.by,
            "with": made.with_,
            "over": user.sso_logins_over,
        },
    )


async def change_login_method(db: Database, user_id: int, method: str) -> User | None:
    """Another login method; what was kept of the one before is gone, in one statement, and a login under way notices.
    The user as it is now.
    """
    await makers.keep(db, [user_id])
    row = await db.fetch_one(
        "UPDATE users AS u SET login_method = :method, password_hash = NULL, password_set_at = NULL, one_time_until ="
        " NULL,"
        " two_factor_at = NULL, codes_blocked_at = NULL, sso_issuer = NULL, sso_subject = NULL, sso_amr = '', sso_acr"
        " = '', sign_in_made_by = NULL, sign_in_made_with = NULL,"
        f" access_version = access_version + 1 WHERE u.id = :id AND u.login_method <> :method RETURNING {RETURNED}",
        {"id": user_id, "method": method},
    )
    return one(User, row)


async def unbind(db: Database, user_id: int) -> bool:
    """Forgets who a user is at the provider; False if that was not known."""
    await makers.keep(db, [user_id])
    row = await db.fetch_one(
        "UPDATE users SET sso_issuer = NULL, sso_subject = NULL, sso_amr = '', sso_acr = '', sign_in_made_by = NULL,"
        " sign_in_made_with = NULL, access_version = access_version + 1"
        " WHERE id = :id AND sso_subject IS NOT NULL RETURNING id",
        {"id": user_id},
    )
    return row is not None


async def unbind_all(db: Database, issuer: str, after: int, size: int) -> list[tuple[int, str, str]]:
    """The same for the users of one issuer, some at a time, by number after `after`: number, username and
    subject.
    """
    chosen = "sso_issuer = :issuer AND sso_subject IS NOT NULL AND id > :after"
    held = await db.fetch_all(
        f"UPDATE users SET access_version = access_version WHERE id IN (SELECT id FROM users WHERE {chosen} ORDER BY"
        f" id LIMIT :size)"
        " RETURNING id, username, sso_subject",
        {"issuer": issuer, "after": after, "size": size},
    )
    found = sorted(held, key=lambda row: int(row["id"]))
    if found:
        await makers.keep(db, [row["id"] for row in found])
        values = {"issuer": issuer, "after": after, "last": found[-1]["id"]}
        await db.execute(
            "UPDATE users SET sso_issuer = NULL, sso_subject = NULL, sso_amr = '', sso_acr = '',"
            " sign_in_made_by = NULL, sign_in_made_with = NULL, access_version = access_version + 1"
            " WHERE sso_issuer = :issuer AND id > :after AND id <= :last",
            values,
        )
    return [(row["id"], row["username"], row["sso_subject"]) for row in found]
