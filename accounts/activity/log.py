"""How activities get into the log. What makes the log tamper-evident is in chain.py."""

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from accounts.activity import chain, changed_fields, kinds, repeats, stored
from accounts.context import NOBODY, SYSTEM, Context, Principal
from accounts.durations import HOUR_SECONDS
from db import activity as rows
from db import activity_head as heads
from db import refusals
from db.activity_head import Head

# Entries written with one statement.
BATCH = 100

_log = logging.getLogger("two_keys.activity")


async def record(
    context: Context,
    activity: kinds.Activity,
    by: Principal,
    to: Principal = NOBODY,
    *,
    password_right: bool = False,
) -> None:
    """Appends an entry, as the last statements of the change's transaction: they lock the head until the commit.

    Of a repeatable activity only those that repeats.py has room for.
    """
    if not activity.repeatable:
        await _append(context, activity, by, to)
        return
    repeated = repeats.Repeated(activity, to if to.username else by, password_right)
    is_logged, before = await repeats.count(context, repeated)
    await _record_count(context, before)
    if is_logged:
        await _append(context, activity, by, to)
    else:
        await _append_nothing(context, activity, by, to)


async def _record_count(context: Context, counted: refusals.Counted) -> None:
    """Records how many of an hour that has ended have no entry, if any."""
    if counted.number == 0 or not counted.action:
        return
    number, password = str(counted.number), counted.password
    what: kinds.Activity = kinds.RepeatsCounted(counted.action, number, password)
    if counted.action == kinds.LoginRefused.name:
        what = kinds.RefusalsCounted(number, password)
    await _append(context, what, SYSTEM, Principal(counted.subject_id, counted.subject))


async def record_counts(context: Context) -> None:
    """Records the numbers of hours that have ended, for the hourly task."""
    async with context.db.transaction():
        for counted in await refusals.take_over(context.db, context.now - HOUR_SECONDS, context.now):
            await _record_count(context, counted)


async def _append(context: Context, activity: kinds.Activity, by: Principal, to: Principal) -> None:
    head = await heads.take(context.db)
    entry = _entry(context, activity, by, to, head.number + 1)
    entry = replace(entry, mac=chain.mac_of(context.vault, entry, head.mac))
    await rows.append(context.db, [entry])
    await heads.move(context.db, _after(context, head, entry))
    if activity.to_standard_output:
        _log.info("activity log head: %d %s", entry.number, entry.mac.hex())


async def _append_nothing(context: Context, activity: kinds.Activity, by: Principal, to: Principal) -> None:
    """Does the work of `_append` without an entry, so that response time does not reveal which usernames exist."""
    head = await heads.take(context.db)
    entry = _entry(context, activity, by, to, rows.SPARE_NUMBER)
    entry = replace(entry, mac=chain.mac_of(context.vault, entry, head.mac))
    await rows.append_spare(context.db, replace(entry, action="", subject_id=None))
    _after(context, head, entry)
    await heads.move(context.db, head)


def _after(context: Context, head: Head, last: rows.Entry) -> Head:
    signature = chain.signature_after(context.vault, head, last.number, last.mac)
    return Head(last.number, last.mac, last.key_id, signature)


async def record_all(context: Context, happened: Iterator[tuple[kinds.Activity, Principal]], by: Principal) -> None:
    """Appends many entries (what, to whom) in batches: 100,000 in seconds."""
    head = await heads.take(context.db)
    number, mac = head.number, head.mac
    while some := list(islice(happened, BATCH)):
        entries = []
        for what, to in some:
            number += 1
            entry = _entry(context, what, by, to, number)
            mac = chain.mac_of(context.vault, entry, mac)
            entries.append(replace(entry, mac=mac))
        await rows.append(context.db, entries)
        head = _after(context, head, entries[-1])
        await heads.move(context.db, head)


def _entry(context: Context, activity: kinds.Activity, by: Principal, to: Principal, number: int) -> rows.Entry:
    facts = {name: value for name, value in vars(activity).items() if value != ""}
    return rows.Entry(
        number=number,
        at=context.now,
        actor_id=by.id,
        actor=by.username,
        action=activity.name,
        subject_id=to.id,
        subject=to.username,
        before=facts.pop("before", ""),
        after=facts.pop("after", ""),
        address=context.client.ip_address,
        detail=json.dumps(facts, ensure_ascii=False, sort_keys=True),
        key_id=context.vault.key_id,
        mac=b"",
    )


def facts_of(entry: rows.Entry) -> dict[str, str] | None:
    """The detail of an entry; None if the entry cannot be read."""
    if changed_fields.is_damaged(entry.action, entry.before, entry.after):
        return None
    return stored.read(entry.detail)


async def record_once(context: Context, activity: kinds.Activity, by: Principal, to: Principal, seconds: int) -> None:
    """Appends an entry, unless there is one of the kind about the same user within so many seconds, or no such user:
    then the work is the same.
    """
    lately = await rows.number_since(context.db, to.id or 0, activity.name, context.now - seconds, context.now)
    if to.id is not None and lately == 0:
        await _append(context, activity, by, to)
    else:
        await _append_nothing(context, activity, by, to)
