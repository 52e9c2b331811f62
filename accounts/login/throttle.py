"""Every soft limit in one table, on passwords and on sign-ins begun at the provider: guessing becomes slow, nobody is locked out (QUALITIES 1.1).

A thief who stays under the waits has 9 tries in 15 minutes from one network, 864 a day, and 99 in an hour from any number of
networks, 2,376 a day, against a password of at least 15 characters; one who runs into the waits has fewer.
Somebody who signs in from a browser that knows them has a bucket of their own, which no stranger can fill.
"""

from dataclasses import dataclass

from accounts.context import Context
from accounts.vault import Vault
from db import attempts, browsers
from db.attempts import Bucket

FIRST_WAIT_SECONDS = 30


@dataclass(frozen=True)
class Limit:
    free: int  # failures
    window_seconds: int  # within which they are counted
    longest_wait_seconds: int  # waits double up to this


MINUTES, HOUR = 60, 3600
LIMITS = {
    "user and known browser": Limit(10, 15 * MINUTES, 15 * MINUTES),
    "username and network": Limit(10, 15 * MINUTES, 15 * MINUTES),
    "username": Limit(100, HOUR, 5 * MINUTES),
    "network": Limit(300, 15 * MINUTES, 5 * MINUTES),
    "network, by Single Sign-On": Limit(
        100, 10 * MINUTES, 5 * MINUTES
    ),  # or known browser; begun and not brought to an end
}
RESET_REQUESTS = Limit(100, HOUR, 15 * MINUTES)  # from one network, silently: an office behind one address asks less


@dataclass(frozen=True)
class Counted:
    """An attempt that was counted before its password is looked at, and what giving it back needs."""

    whose: dict[str, str]  # bucket → whose it is
    buckets: dict[str, tuple[Bucket, Bucket]]  # bucket → before and after this attempt
    waiting_until: int  # later than now: the attempt must wait, and nothing was counted; else 0


async def count(context: Context, username: str) -> Counted:
    """Counts an attempt at a username in every bucket that it falls into; in none while one of them waits. Inside a transaction."""
    limits = await _buckets(context, username)
    mine = _whose(context.vault, username)
    whose = {name: "" if limit == "network" else mine for name, limit in limits.items()}
    locked = await attempts.lock(context.db, whose)
    waiting_until = max(bucket.waiting_until for bucket in locked.values())
    if waiting_until > context.now:
        await attempts.store(context.db, list(locked.values()))  # the same work as below
        return Counted(whose, {}, waiting_until)
    counted = {name: failed(bucket, LIMITS[limits[name]], context.now) for name, bucket in locked.items()}
    await attempts.store(context.db, list(counted.values()))
    return Counted(whose, {name: (locked[name], bucket) for name, bucket in counted.items()}, 0)


async def give_back(context: Context, counted: Counted, right: bool) -> None:
    """Takes the count back if the password was right; the same work if not, or if nothing was counted. Inside a transaction."""
    locked = await attempts.lock(context.db, counted.whose)
    given_back = right and not counted.waiting_until
    stored = [taken_back(bucket, *counted.buckets[name]) if given_back else bucket for name, bucket in locked.items()]
    await attempts.store(context.db, stored)


def failed(bucket: Bucket, limit: Limit, now: int) -> Bucket:
    """A bucket after one more failure, which may begin to wait: 30 s after the last free one, then doubling."""
    fresh = now >= bucket.forget_at
    failures = 1 if fresh else bucket.failures + 1
    if failures < limit.free:
        return Bucket(
            bucket.bucket, bucket.whose, failures, 0, now + limit.window_seconds if fresh else bucket.forget_at
        )
    doublings = min(failures - limit.free, 20)
    until = now + min(FIRST_WAIT_SECONDS << doublings, limit.longest_wait_seconds)
    return Bucket(bucket.bucket, bucket.whose, failures, until, until + limit.window_seconds)


def taken_back(bucket: Bucket, before: Bucket, after: Bucket) -> Bucket:
    """A bucket without the failure that changed it from `before` to `after`; a waiting that this failure began ends."""
    waiting_until = 0 if bucket.waiting_until == after.waiting_until else bucket.waiting_until
    first = after.failures == 1  # it began the window, in which others may have failed since
    forget_at = before.forget_at if bucket.forget_at == after.forget_at and not first else bucket.forget_at
    return Bucket(bucket.bucket, bucket.whose, max(0, bucket.failures - 1), waiting_until, forget_at)


async def _buckets(context: Context, username: str) -> dict[str, str]:
    """The buckets of an attempt: name (a keyed hash: people type passwords as usernames) → limit."""
    browser = context.client.browser_hash
    if browser is not None and await browsers.knows(context.db, browser, username):
        return {_name(context.vault, "user and known browser", username, browser.hex()): "user and known browser"}
    network = context.client.network
    return {
        _name(context.vault, "username and network", username, network): "username and network",
        _name(context.vault, "username", username): "username",
        _name(context.vault, "network", network): "network",
    }


def _name(vault: Vault, *parts: str) -> str:
    return vault.keyed_hash("bucket", "\n".join(parts)).hex()


def _whose(vault: Vault, username: str) -> str:
    return _name(vault, "whose", username)


async def may_ask_for_reset(context: Context) -> bool:
    """Counts a request for a password reset from a network; False while that has to wait. Inside a transaction."""
    name = _name(context.vault, "requests for a reset", context.client.network)
    bucket = (await attempts.lock(context.db, {name: ""}))[name]
    waits = bucket.waiting_until > context.now
    counted = bucket if waits else failed(bucket, RESET_REQUESTS, context.now)
    await attempts.store(context.db, [counted])
    return not waits


async def begin_single_sign_on(context: Context) -> int:
    """Counts a sign-in that is begun at the provider; until when this network must wait, and nothing is counted, or 0. Inside a transaction."""
    bucket = await _single_sign_on(context)
    if bucket.waiting_until > context.now:
        return bucket.waiting_until
    await attempts.store(context.db, [failed(bucket, LIMITS["network, by Single Sign-On"], context.now)])
    return 0


async def end_single_sign_on(context: Context) -> None:
    """Takes the count back: that sign-in came to its end. Inside a transaction."""
    bucket = await _single_sign_on(context)
    left = Bucket(bucket.bucket, bucket.whose, max(0, bucket.failures - 1), 0, bucket.forget_at)
    await attempts.store(context.db, [left])


async def _single_sign_on(context: Context) -> Bucket:
    browser, whose = context.client.browser_hash, context.client.network
    if browser is not None and await browsers.knows_anybody(context.db, browser):
        whose = browser.hex()  # one of its own, which nobody else behind the same address can fill
    name = _name(context.vault, "network, by Single Sign-On", whose)
    return (await attempts.lock(context.db, {name: ""}))[name]


async def waiting_until(context: Context, username: str) -> int:
    """Until when some sign-in of this user has to wait; at most now if none has."""
    return await attempts.waiting_until(context.db, _whose(context.vault, username))


async def let_try_again(context: Context, username: str) -> None:
    """Ends the waiting of a user's sign-ins. Inside a transaction."""
    await attempts.clear(context.db, _whose(context.vault, username))
