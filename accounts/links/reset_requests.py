"""Somebody who is not signed in asks for a link to choose a new password.

Whatever was typed, the same is done and answered: a row of the outbox keeps it, sealed (people type passwords there), until the
delivery looks it up some seconds later. The delivery does not hurry for it: what is done for a name cannot be told from outside.
"""

import json
from base64 import b64decode, b64encode
from dataclasses import replace
from typing import Literal

from accounts import usernames
from accounts.activity import kinds
from accounts.activity import log as activities
from accounts.context import UNKNOWN_USER, Client, Context, Principal
from accounts.links import links
from accounts.login import throttle
from accounts.vault import Unreadable
from db import activity as log
from db import outbox, users
from db.users import User

LETTER = "reset_request"  # a row of the outbox that is no letter
MOST_WAITING = 1_000  # requests of everybody: some 1 MB
MOST_AN_HOUR = 3  # letters to one user, and entries about them in the log
HOUR_SECONDS, DAY_SECONDS = 3600, 24 * 3600
ASSOCIATED_DATA = "request for a reset"
KEPT_LETTERS = usernames.LONGEST + 1  # one more than fits: too long stays too long
SEALED_BYTES = 4 * KEPT_LETTERS  # in UTF-8 at most four bytes each; always as many: the row does not tell the length


async def ask(context: Context, typed: str) -> None:
    """Keeps a request, or drops it where its network asked too often or too many wait; nobody learns which."""
    typed_bytes = typed[:KEPT_LETTERS].encode("utf-8", "replace")
    key_id, sealed = context.vault.encrypt(typed_bytes.ljust(SEALED_BYTES, b"\0"), ASSOCIATED_DATA)
    facts = {"key": key_id, "sealed": b64encode(sealed).decode(), "address": context.client.address}
    async with context.db.transaction():
        if await throttle.may_ask_for_reset(context) and await outbox.fewer_wait(context.db, LETTER, MOST_WAITING):
            await outbox.add(context.db, LETTER, None, facts, context.now, context.now - DAY_SECONDS)


async def look_up(context: Context, kept: outbox.Letter) -> None:
    """Takes a request out of the outbox and queues the letter that it leads to, if any."""
    facts: dict[str, str] = json.loads(kept.facts)
    username = usernames.canonical(_typed(context, facts))
    async with context.db.transaction():
        if (
            not await outbox.take(context.db, kept.id)
            or username is None
            or kept.created_at <= context.now - DAY_SECONDS
        ):
            return
        found = await users.by_username(context.db, username)
        user = await users.hold(context.db, found.id) if found else None
        if user is not None:
            from_there = replace(context, client=Client(facts.get("address", ""), "", None))
            await _answer(from_there, user)


def _typed(context: Context, facts: dict[str, str]) -> str:
    try:
        return (
            context.vault.decrypt(facts["key"], b64decode(facts["sealed"]), ASSOCIATED_DATA)
            .rstrip(b"\0")
            .decode("utf-8", "replace")
        )
    except (Unreadable, KeyError, ValueError):  # its key was taken away, or somebody damaged the row
        return ""


async def _answer(context: Context, user: User) -> None:
    """The letter to a user, who is held, and the entry of the log; neither from the fourth within an hour on."""
    action = kinds.PasswordResetRequested.name
    if await log.number_since(context.db, user.id, action, context.now - HOUR_SECONDS) >= MOST_AN_HOUR:
        return
    answer = answer_to(user)
    match answer:
        case "password_reset" | "invitation":
            facts = {"action": action, "address": context.client.address, "at": str(context.now)}
            await links.mail(context, user, answer, user.email, facts, void=False)  # a stranger voids no link by asking
    to = Principal(user.id, user.username)
    await activities.record(context, kinds.PasswordResetRequested(answer), UNKNOWN_USER, to)


def answer_to(user: User) -> Literal["password_reset", "invitation", "sso", "disabled", "no_address"]:
    """Which letter a user gets, or why none."""
    if user.login_method != "password":
        return "sso"
    if user.disabled_at is not None:
        return "disabled"
    if not user.email:
        return "no_address"
    return "password_reset" if links.fits(user, "password_reset") else "invitation"


async def forget(context: Context) -> None:
    """Removes requests that nobody looked up, because the mail server was taken away. Inside a transaction."""
    await outbox.drop(context.db, LETTER, context.now - DAY_SECONDS)
