"""Requests for a password reset at the login page. Whatever was typed, the same is done and answered.

The outbox keeps what was typed, encrypted (people type passwords there), and its worker answers some seconds later.
"""

import json
from base64 import b64decode, b64encode
from dataclasses import replace
from typing import Literal

from accounts import fields, ways_in
from accounts.activity import kinds
from accounts.activity import log as activities
from accounts.context import UNKNOWN_USER, Client, Context, Principal
from accounts.durations import HOUR_SECONDS
from accounts.limits import RESET_EMAILS_AN_HOUR, RESET_REQUEST_SECONDS, RESET_REQUESTS_WAITING
from accounts.links import links
from accounts.login import named, throttle
from accounts.vault import Unreadable
from db import activity as log
from db import clock, outbox, users
from db.outbox import QueuedEmail
from db.reads import login as reads
from db.users import User

# A row of the outbox that is no e-mail.
KIND = "reset_request"
ASSOCIATED_DATA = "request for a reset"
# One more than an address can have: too long stays too long.
KEPT_CHARACTERS = fields.LONGEST_EMAIL + 1
# In UTF-8 at most four bytes each; always as many, so that the row does not tell the length.
PADDED_BYTES = 4 * KEPT_CHARACTERS

Answer = Literal["password_reset", "invitation", "sso", "disabled", "no_address", "not_confirmed"]


async def request(context: Context, typed: str) -> None:
    """Keeps a request, or drops it if its network asked too often or too many wait. The answer does not tell which."""
    typed_bytes = typed[:KEPT_CHARACTERS].encode("utf-8", "replace")
    key_id, sealed = context.vault.encrypt(typed_bytes.ljust(PADDED_BYTES, b"\0"), ASSOCIATED_DATA)
    facts = {"key": key_id, "sealed": b64encode(sealed).decode(), "address": context.client.ip_address}
    async with context.db.transaction():
        if not await throttle.may_request_reset(context):
            return
        if await outbox.fewer_wait(context.db, KIND, RESET_REQUESTS_WAITING):
            new = outbox.New(KIND, None, facts)
            await outbox.add(context.db, new, context.now, context.now - RESET_REQUEST_SECONDS)


async def answer(context: Context, request: QueuedEmail) -> None:
    """Takes a request out of the outbox and queues the e-mail that it leads to, if any."""
    facts: dict[str, str] = json.loads(request.facts)
    name = named.read(_typed(context, facts))
    async with context.db.transaction():
        if not await outbox.take(context.db, request.id):
            return
        in_time = clock.is_since(request.created_at, context.now - RESET_REQUEST_SECONDS, context.now)
        if not in_time:
            return
        found = named.who(name, await reads.candidates(context.db, name.sought))
        user = await users.lock(context.db, found.id) if found else None
        if user is not None:
            await _answer_user(replace(context, client=Client(facts.get("address", ""), "", None)), user)


def _typed(context: Context, facts: dict[str, str]) -> str:
    """What was typed; "" if it cannot be decrypted: the key was taken away, or the row is damaged."""
    try:
        padded = context.vault.decrypt(facts["key"], b64decode(facts["sealed"]), ASSOCIATED_DATA)
    except (Unreadable, KeyError, ValueError):
        return ""
    return padded.rstrip(b"\0").decode("utf-8", "replace")


async def _answer_user(context: Context, user: User) -> None:
    """The e-mail and the entry of the log, within the limit. Expects the user's row locked.

    Beyond it an e-mail goes if no link that works is out: early requests of a stranger do not deny the owner the link.
    """
    action, answer = kinds.PasswordResetRequested.name, await answer_to(context, user)
    lately = await log.number_since(context.db, user.id, action, context.now - HOUR_SECONDS, context.now)
    if lately >= RESET_EMAILS_AN_HOUR and not await _lacks_a_link(context, user, answer):
        return
    if answer in ("password_reset", "invitation"):
        facts = {"action": action, "address": context.client.ip_address, "at": str(context.now)}
        # Anybody can ask for any username: asking alone revokes no link.
        await links.send(context, user, links.LinkEmail(answer, user.email, facts, revoke_older=False))
    to = Principal(user.id, user.username)
    await activities.record(context, kinds.PasswordResetRequested(answer), UNKNOWN_USER, to)


async def _lacks_a_link(context: Context, user: User, answer: Answer) -> bool:
    """Whether the user needs a link, and none that works is on its way or in the mailbox."""
    return answer in ("password_reset", "invitation") and not await links.is_out(context, user, answer)


async def answer_to(context: Context, user: User) -> Answer:
    """Which link a user gets, or why none."""
    if user.login_method != "password":
        return "sso"
    if user.disabled_at is not None:
        return "disabled"
    if not user.email:
        return "no_address"
    if not await ways_in.may_be_used(context, user.email_makers, user.id):
        return "not_confirmed"
    return "password_reset" if links.applies_to(user, "password_reset") else "invitation"


async def forget(context: Context) -> None:
    """Deletes requests that were not answered, because the mail server was taken away. Expects a transaction."""
    await outbox.drop(context.db, KIND, context.now - RESET_REQUEST_SECONDS, context.now)
