"""Which letters there are, and what they are about: they are derived from the activity log, so that no rule has to think of them.

The log is read on from where it was read last; that number and the letters are one transaction. Nothing is written about what is
older than a day (the mail server was taken away for a while: nobody wants its news), nor about what happened before there was one.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from accounts import permissions
from accounts.context import Context
from accounts.two_factor.attempts import DAYS_30_SECONDS
from db import activity as log
from db import code_attempts, outbox, roles, users
from db.activity import Entry
from db.outbox import Work

DAY_SECONDS = 24 * 3600
HOUR_SECONDS = 3600
PORTION = 500  # entries read at a time
WRONG_CODES_FROM = 3  # in a row, with a right password: QUALITIES 1.1


LinkKind = Literal["invitation", "password_reset", "binding", "new_address"]


@dataclass(frozen=True)
class Kind:
    """A letter: its template is templates/mail/NAME.html. `link`: the kind of link that is made when it leaves, its `link` there."""

    link: LinkKind | Literal[""] = ""


KINDS: dict[str, Kind] = {
    "address_changed": Kind(),
    "binding": Kind(link="binding"),
    "invitation": Kind(link="invitation"),
    "login_method_changed": Kind(),
    "new_address": Kind(link="new_address"),
    "new_browser": Kind(),
    "password_changed": Kind(),
    "password_reset": Kind(link="password_reset"),
    "recovery_code_used": Kind(),
    "recovery_codes_made": Kind(),
    "reminder": Kind(),
    "signed_out": Kind(),
    "two_factor_blocked": Kind(),
    "two_factor_removed": Kind(),
    "two_factor_reset": Kind(),
    "two_factor_set_up": Kind(),
    "two_factor_switched": Kind(),
    "user_deleted": Kind(),
    "user_disabled": Kind(),
    "wrong_codes": Kind(),
}

TO_THE_SUBJECT = {  # what happened → the letter to whom it happened
    "address.requested": "address_changed",
    "password.changed": "password_changed",
    "password.chosen": "password_changed",
    "password.reset": "password_changed",
    "password.set": "password_changed",
    "recovery_code.used": "recovery_code_used",
    "recovery_codes.made": "recovery_codes_made",
    "two_factor.blocked": "two_factor_blocked",
    "two_factor.phone_added": "two_factor_set_up",
    "two_factor.phone_removed": "two_factor_removed",
    "two_factor.removed": "two_factor_removed",
    "two_factor.reset": "two_factor_reset",
    "two_factor.set_up": "two_factor_set_up",
    "user.disabled": "user_disabled",
    "user.login_method_changed": "login_method_changed",
    "user.unbound": "login_method_changed",
}
WRONG_CODES = ("wrong code", "wrong recovery code")


async def add(context: Context, kind: str, user_id: int | None, facts: Mapping[str, str], address: str = "") -> int:
    """Queues a letter to a user, in the transaction of what it is about; its number. It leaves ahead of any flood of reminders.

    `user_id` None: to `address` alone, because the user is deleted; `facts` hold their username, name and time_zone.
    """
    return await outbox.add(context.db, kind, user_id, dict(facts), context.now, context.now - DAY_SECONDS, address)


async def read_portion(context: Context, work: Work) -> int:
    """Reads the log on by a portion and queues its letters, inside a transaction; up to which entry it is read now."""
    read_to = work.read_to
    if work.head - read_to > PORTION:
        read_to = max(read_to, await log.last_before(context.db, context.now - DAY_SECONDS))
    entries = await log.in_order(context.db, read_to, work.head, PORTION)
    read_to = entries[-1].number if entries else work.head
    if not await outbox.read_on(context.db, work.read_to, read_to):
        return work.head
    for entry in entries:
        if entry.at > context.now - DAY_SECONDS:
            await _write(context, entry)
    return read_to


async def _write(context: Context, entry: Entry) -> None:
    """The letters about one entry."""
    facts = _facts(entry)
    if entry.action == "two_factor.switched":
        for user_id in await roles.active_holders(context.db, permissions.GENERAL_SETTINGS_EDIT):
            await _to(context, "two_factor_switched", user_id, facts)
    if entry.subject_id is None:
        return
    if facts.get("old_address"):
        await _to(context, "address_changed", entry.subject_id, facts, facts["old_address"])
    if entry.action in TO_THE_SUBJECT:
        await _to(context, TO_THE_SUBJECT[entry.action], entry.subject_id, facts)
    elif entry.action == "sessions.ended" and not facts["own"] and facts.get("number") != "0":
        await _to(context, "signed_out", entry.subject_id, facts)
    elif entry.action == "login.succeeded" and facts.get("new_browser"):
        await _to(context, "new_browser", entry.subject_id, facts)
    elif entry.action == "login.refused" and facts.get("cause") in WRONG_CODES:
        await _about_wrong_codes(context, entry, facts)
    elif entry.action == "login.refusals_counted":  # wrong passwords, typed on purpose, may have hidden wrong codes
        await _about_wrong_codes(context, entry, facts | {"address": ""})


async def _to(context: Context, kind: str, user_id: int, facts: dict[str, str], address: str = "") -> None:
    """To the user at their own address when it leaves, or at `address`."""
    user = await users.by_id(context.db, user_id)
    if user is not None and (address or user.email):
        await add(context, kind, user_id, facts, address)


async def _about_wrong_codes(context: Context, entry: Entry, facts: dict[str, str]) -> None:
    """From the third wrong code in a row on, at most once an hour: somebody has the password."""
    assert entry.subject_id is not None
    standing = [
        await code_attempts.wrong(context.db, entry.subject_id, kind, context.now - DAYS_30_SECONDS, context.now)
        for kind in ("code", "recovery")
    ]
    in_a_row = max(number for number, _ in standing)
    if in_a_row >= WRONG_CODES_FROM and not await outbox.added_since(
        context.db, "wrong_codes", entry.subject_id, context.now - HOUR_SECONDS
    ):
        await _to(context, "wrong_codes", entry.subject_id, facts | {"number": str(in_a_row)})


def _facts(entry: Entry) -> dict[str, str]:
    """What a letter may say of an entry. No entry holds a secret."""
    try:
        detail = json.loads(entry.detail)
    except ValueError:
        detail = {}
    facts = {str(name): str(value) for name, value in detail.items()} if isinstance(detail, dict) else {}
    own = "yes" if entry.actor_id is not None and entry.actor_id == entry.subject_id else ""
    fixed = {"action": entry.action, "actor": entry.actor, "own": own, "at": str(entry.at), "address": entry.address}
    return facts | fixed | {"before": entry.before, "after": entry.after}
