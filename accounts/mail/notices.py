"""Notices: e-mails derived from the activity log and from wrong codes, so that no rule has to think of them.

The number of the last entry read and the e-mails queued are one transaction. Entries older than a day get no e-mail.
"""

from collections.abc import Mapping

from accounts import permissions
from accounts.activity import kinds
from accounts.activity import log as activities
from accounts.context import Context
from accounts.durations import DAY_SECONDS
from accounts.limits import WRONG_CODES_BEFORE_EMAIL, WRONG_CODES_EMAIL_SECONDS
from db import activity as log
from db import clock, outbox, roles, users
from db.activity import Entry
from db.code_attempts import UNSETTLED_SECONDS
from db.outbox import Work
from db.reads import wrong_codes
from db.reads.wrong_codes import Reported

# Entries read at a time.
BATCH = 500

# Kinds of e-mail, as the outbox stores them. The template is templates/mail/KIND.html. A kind of link among them
# holds a link.
KINDS = (
    "address_changed",
    "binding",
    "invitation",
    "login_method_changed",
    "new_address",
    "new_browser",
    "password_changed",
    "password_reset",
    "recovery_code_used",
    "recovery_codes_made",
    "reminder",
    "signed_out",
    "two_factor_blocked",
    "two_factor_removed",
    "two_factor_reset",
    "two_factor_set_up",
    "two_factor_switched",
    "user_deleted",
    "user_disabled",
    "wrong_codes",
)

WRONG_CODES = "wrong_codes"


async def add(context: Context, kind: str, user_id: int | None, facts: Mapping[str, str], email: str = "") -> int:
    """Queues an e-mail ahead of all reminders, in the transaction of what it is about. Returns its id.

    `user_id` None: to `email` alone, because the user is deleted; `facts` hold their username, name and time_zone.
    """
    new = outbox.New(kind, user_id, facts, email)
    return await outbox.add(context.db, new, context.now, context.now - DAY_SECONDS)


async def read_batch(context: Context, work: Work) -> int:
    """Reads a batch of the log and queues its e-mails.

    Returns the number of the last entry read. Expects a transaction.
    """
    read_to = work.read_to
    if work.head - read_to > BATCH:
        read_to = max(read_to, await log.last_before(context.db, context.now - DAY_SECONDS))
    entries = await log.in_order(context.db, read_to, work.head, BATCH)
    read_to = entries[-1].number if entries else work.head
    if not await outbox.read_on(context.db, work.read_to, read_to):
        return work.head
    for entry in entries:
        if isinstance(entry, Entry) and entry.at > context.now - DAY_SECONDS:
            await _queue(context, entry)
    return read_to


async def _queue(context: Context, entry: Entry) -> None:
    """Queues the e-mails that follow from one entry."""
    facts = _facts(entry)
    if entry.action == kinds.TwoFactorSwitched.name:
        for user_id in await roles.active_holders(context.db, permissions.GENERAL_SETTINGS_EDIT):
            await _to_user(context, "two_factor_switched", user_id, facts)
    if entry.subject_id is None:
        return
    if facts.get("old_address"):
        await _to_user(context, "address_changed", entry.subject_id, facts, facts["old_address"])
    if kind := _kind(entry, facts):
        await _to_user(context, kind, entry.subject_id, facts)


def _kind(entry: Entry, facts: dict[str, str]) -> str:
    """The kind of e-mail to the user to whom it happened; "" if none."""
    if entry.action in (kinds.SessionEnded.name, kinds.SessionsEnded.name):
        return "" if facts["own"] or facts.get("number") == "0" else "signed_out"
    if entry.action == kinds.WaysInEnded.name and facts.get("sign_in") == "password":
        return "password_changed"
    if entry.action == kinds.LoginSucceeded.name and facts.get("new_browser"):
        # the e-mail about the recovery code names the browser
        return "" if facts.get("factor") == "password and recovery code" else "new_browser"
    return kinds.NOTICES.get(entry.action, "")


async def _to_user(context: Context, kind: str, user_id: int, facts: dict[str, str], email: str = "") -> None:
    """Queues an e-mail to `email`, or to the address that the user has when it leaves."""
    user = await users.by_id(context.db, user_id)
    if user is not None and (email or user.email):
        await add(context, kind, user_id, facts, email)


async def unreported_wrong_codes(context: Context) -> list[Reported]:
    """The newest run of wrong codes of each user whom no e-mail told about it, from the third on, once an hour."""
    window = wrong_codes.Window(
        since=context.now - DAY_SECONDS,
        hour_ago=context.now - WRONG_CODES_EMAIL_SECONDS,
        latest=clock.latest(context.now),
        unsettled=context.now - UNSETTLED_SECONDS,
    )
    return await wrong_codes.unreported(context.db, WRONG_CODES, window, WRONG_CODES_BEFORE_EMAIL)


async def report_wrong_codes(context: Context) -> None:
    """Queues the e-mails about wrong codes: from the attempts themselves, whatever the log holds.

    Expects a transaction.
    """
    for each in await unreported_wrong_codes(context):
        facts = {"number": str(each.number), "at": str(each.at), "address": each.address, "own": "yes"}
        await add(context, WRONG_CODES, each.user_id, facts)


def _facts(entry: Entry) -> dict[str, str]:
    """What an e-mail may say of an entry. No entry holds a secret."""
    facts = activities.facts_of(entry) or {}
    own = "yes" if entry.actor_id is not None and entry.actor_id == entry.subject_id else ""
    fixed = {"action": entry.action, "actor": entry.actor, "own": own, "at": str(entry.at), "address": entry.address}
    return facts | fixed | {"before": entry.before, "after": entry.after}
