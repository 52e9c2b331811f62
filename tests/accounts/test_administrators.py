"""An administrator who can sign in always remains: six acts against every kind of administrator who would be left."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace

import pytest

from accounts.context import Context
from accounts.sessions import Current
from accounts.user_import import apply
from accounts.user_import.reader import Source
from accounts.users import login_method, roles, status
from tests.browser import Installation
from tests.people import Person, session_of, somebody

DAY = 24 * 3600
ISSUER, FORMER = "https://login.example.org", "https://former.example.org"

# What the row of the one who would be left holds, and whether they could sign in.
LEFT = {
    "a password": ("password_hash = 'x'", True),
    "a one-time password": ("password_hash = 'x', one_time_until = :later", True),
    "an expired one-time password": ("password_hash = 'x', one_time_until = :now", False),
    "an invitation": ("password_hash = NULL", False),
    "the provider": (f"login_method = 'sso', password_hash = NULL, sso_issuer = '{ISSUER}', sso_subject = 's'", True),
    "a former provider": (
        f"login_method = 'sso', password_hash = NULL, sso_issuer = '{FORMER}', sso_subject = 's'",
        False,
    ),
    "no identity yet": ("login_method = 'sso', password_hash = NULL", False),
    "a password, disabled": ("password_hash = 'x', disabled_at = 1", False),
    "a password, codes blocked": ("password_hash = 'x', two_factor_at = 1, codes_blocked_at = 1", True),
}
# A disabled administrator may act on nobody: `holds_more`.
REFUSED = {"last_administrator", "holds_more"}
Act = Callable[[Context, Person, Current], Awaitable[object]]


async def disable(context: Context, last: Person, by: Current) -> object:
    return await status.disable(context, last.user_id, by)


async def delete(context: Context, last: Person, by: Current) -> object:
    return await status.delete(context, last.user_id, by)


async def take_roles(context: Context, last: Person, by: Current) -> object:
    refused = await roles.assign(context, last.user_id, frozenset(), by)
    return refused.problem if refused else "taken"


async def import_without(context: Context, last: Person, by: Current) -> object:
    async def rows() -> AsyncIterator[bytes]:
        yield f"username,role\n{last.username},Member\n".encode()

    report = await apply.run(context, Source(rows), by)
    assert report is not None
    assert report.changed == 1
    return report.problems[0].problem if report.problems else "imported"


async def change_method(context: Context, last: Person, by: Current) -> object:
    return await login_method.change(context, last.user_id, "sso", by)


async def unbind(context: Context, last: Person, by: Current) -> object:
    await leave(
        context, last, f"login_method = 'sso', password_hash = NULL, sso_issuer = '{ISSUER}', sso_subject = 'l'"
    )
    return await login_method.unbind(context, last.user_id, by)


ACTS: dict[str, Act] = {
    "disable": disable,
    "delete": delete,
    "take roles": take_roles,
    "import": import_without,
    "change the login method": change_method,
    "unbind": unbind,
}


async def leave(context: Context, person: Person, columns: str) -> None:
    async with context.db.transaction():
        await context.db.execute(
            f"UPDATE users SET {columns} WHERE id = :id",
            {"id": person.user_id} | ({"now": context.now} if ":now" in columns else {})
            | ({"later": context.now + DAY} if ":later" in columns else {}),
        )  # fmt: skip


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("left", LEFT)
def test_an_administrator_who_can_sign_in_remains(installation: Installation, act: str, left: str):
    """The one who acts is the one who would be left: their session outlives what they could sign in with again."""
    last, other = somebody(installation, "last", "Administrator"), somebody(installation, "other", "Administrator")
    columns, can_sign_in = LEFT[left]

    async def run(context: Context) -> object:
        context = replace(context, issuer=ISSUER)
        by = await session_of(context, other)
        await leave(context, other, columns)
        return await ACTS[act](context, last, by)

    refused = installation.run(run) in REFUSED
    assert refused == (not can_sign_in)
