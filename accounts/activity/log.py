"""How activities get into the log. What makes the log tamper-evident is in chain.py."""

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from accounts.activity import chain, kinds
from accounts.context import NOBODY, SYSTEM, Context, Principal
from db import activity as rows

HOUR_SECONDS = 3600


ENTRIES_AN_HOUR = 10  # refused logins of one user, or of unknown names from one network, that get an entry each


_log = logging.getLogger("two_keys.activity")


async def record(context: Context, activity: kinds.Activity, by: Principal, to: Principal = NOBODY) -> None:
    """Appends an entry, in the transaction of the change and as its last act: the head is held for the commit alone."""
    head = await rows.take_head(context.db)
    entry = _entry(context, activity, by, to, head.number + 1)
    entry = replace(entry, mac=chain.mac_of(context.vault, entry, head.mac))
    await rows.append(context.db, entry, chain.signature_of(context.vault, entry.key_id, entry.number, entry.mac))
    if activity.to_standard_output:
        _log.info("activity log head: %d %s", entry.number, entry.mac.hex())


async def record_all(context: Context, happened: Iterator[tuple[kinds.Activity, Principal]], by: Principal) -> None:
    """Appends many entries (what, to whom) as `record` does one, some at a time: 100,000 in seconds."""
    head = await rows.take_head(context.db)
    number, mac = head.number, head.mac
    while some := list(islice(happened, 100)):
        entries = []
        for what, to in some:
            number += 1
            entry = _entry(context, what, by, to, number)
            mac = chain.mac_of(context.vault, entry, mac)
            entries.append(replace(entry, mac=mac))
        await rows.append_all(context.db, entries, chain.signature_of(context.vault, context.vault.key_id, number, mac))


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
        address=context.client.address,
        detail=json.dumps(facts, ensure_ascii=False, sort_keys=True),
        key_id=context.vault.key_id,
        mac=b"",
    )


async def record_refusal(
    context: Context, activity: kinds.LoginRefused | kinds.ProofRefused, by: Principal, to: Principal
) -> None:
    """Appends a refused login; from the eleventh in an hour on it is only counted, and the first after that hour says how many."""
    whose = f"user {to.id}" if to.id else f"network {context.client.network}"
    key = context.vault.keyed_hash("refusals", whose).hex()
    number, hour_before = await rows.count_refusal(
        context.db, key, to.id, to.username, context.now, context.now - HOUR_SECONDS
    )
    if hour_before > ENTRIES_AN_HOUR:
        await record(context, kinds.RefusalsCounted(str(hour_before - ENTRIES_AN_HOUR)), SYSTEM, to)
    if number <= ENTRIES_AN_HOUR:
        await record(context, activity, by, to)
    else:
        await _pretend(context, activity, by, to)


async def _pretend(context: Context, activity: kinds.Activity, by: Principal, to: Principal) -> None:
    """The work of an entry without an entry: else the time would tell users, who are counted one by one, from names that nobody has."""
    head = await rows.take_head(context.db)
    entry = _entry(context, activity, by, to, rows.SPARE_NUMBER)
    mac = chain.mac_of(context.vault, entry, head.mac)
    chain.signature_of(context.vault, entry.key_id, entry.number, mac)
    await rows.append_spare(context.db, replace(entry, mac=mac, action="", subject_id=None), head)


async def count_hours(context: Context) -> None:
    """Writes the entries of hours that are over, for the hourly task."""
    async with context.db.transaction():
        for counted in await rows.hours_over(context.db, context.now - HOUR_SECONDS):
            if counted.number > ENTRIES_AN_HOUR:
                number = str(counted.number - ENTRIES_AN_HOUR)
                await record(
                    context, kinds.RefusalsCounted(number), SYSTEM, Principal(counted.subject_id, counted.subject)
                )
