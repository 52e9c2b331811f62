"""Soft limits on password attempts, reset requests and pending sign-ins. The figures are in accounts/limits.py."""

from dataclasses import dataclass, replace

from accounts.context import Context
from accounts.limits import FIRST_WAIT_SECONDS, RESET_REQUESTS, THROTTLES, Throttle
from accounts.vault import Vault
from db import attempts, browsers
from db.attempts import Bucket


@dataclass(frozen=True)
class Counted:
    """An attempt that was counted before its password is verified, and what giving it back needs."""

    # Bucket → the keyed hash of its username; "" for a network.
    whose: dict[str, str]
    # Bucket → before and after this attempt.
    buckets: dict[str, tuple[Bucket, Bucket]]
    # Epoch seconds; later than now: the attempt must wait, and nothing was counted. Else 0.
    waiting_until: int


async def count(context: Context, username: str) -> Counted:
    """Counts an attempt in each of its buckets, or in none while one of them waits. Expects a transaction."""
    throttles = await _throttles(context, username)
    of_username = _whose(context.vault, username)
    whose = {name: "" if throttle == "network" else of_username for name, throttle in throttles.items()}
    locked = await attempts.lock(context.db, whose)
    waiting_until = max(bucket.waiting_until for bucket in locked.values())
    if waiting_until > context.now:
        # The same work as below.
        await attempts.store(context.db, list(locked.values()))
        return Counted(whose, {}, waiting_until)
    counted = {name: after_failure(bucket, THROTTLES[throttles[name]], context.now) for name, bucket in locked.items()}
    await attempts.store(context.db, list(counted.values()))
    return Counted(whose, {name: (locked[name], bucket) for name, bucket in counted.items()}, 0)


async def give_back(context: Context, counted: Counted, right: bool) -> None:
    """Takes the count back if the password was right, else does the same work. Expects a transaction."""
    locked = await attempts.lock(context.db, counted.whose)
    given_back = right and not counted.waiting_until
    stored = [without(bucket, *counted.buckets[name]) if given_back else bucket for name, bucket in locked.items()]
    await attempts.store(context.db, stored)


def after_failure(bucket: Bucket, throttle: Throttle, now: int) -> Bucket:
    """A bucket after one more failure. The last free one starts a wait of FIRST_WAIT_SECONDS, later ones double it."""
    fresh = now >= bucket.forget_at
    failures = 1 if fresh else bucket.failures + 1
    if failures < throttle.free_failures:
        forget_at = now + throttle.window_seconds if fresh else bucket.forget_at
        return replace(bucket, failures=failures, waiting_until=0, forget_at=forget_at)
    doublings = min(failures - throttle.free_failures, 20)
    until = now + min(FIRST_WAIT_SECONDS << doublings, throttle.longest_wait_seconds)
    return replace(bucket, failures=failures, waiting_until=until, forget_at=until + throttle.window_seconds)


def without(bucket: Bucket, before: Bucket, after: Bucket) -> Bucket:
    """A bucket without the failure that changed it from `before` to `after`; a wait that this failure started ends."""
    waiting_until = 0 if bucket.waiting_until == after.waiting_until else bucket.waiting_until
    # It started the window, in which other attempts may have failed since.
    first = after.failures == 1
    forget_at = before.forget_at if bucket.forget_at == after.forget_at and not first else bucket.forget_at
    return replace(bucket, failures=max(0, bucket.failures - 1), waiting_until=waiting_until, forget_at=forget_at)


async def _throttles(context: Context, username: str) -> dict[str, str]:
    """The buckets of an attempt → their throttles. The names are keyed hashes: people type passwords as usernames."""
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


async def may_request_reset(context: Context) -> bool:
    """Counts a reset request from a network; False while the network has to wait. Expects a transaction."""
    name = _name(context.vault, "requests for a reset", context.client.network)
    bucket = (await attempts.lock(context.db, {name: ""}))[name]
    waits = bucket.waiting_until > context.now
    counted = bucket if waits else after_failure(bucket, RESET_REQUESTS, context.now)
    await attempts.store(context.db, [counted])
    return not waits


async def begin_single_sign_on(context: Context) -> int:
    """Counts a pending sign-in and returns 0; or returns until when the network must wait. Expects a transaction."""
    bucket = await _lock_single_sign_on(context)
    if bucket.waiting_until > context.now:
        return bucket.waiting_until
    counted = after_failure(bucket, THROTTLES["network, by Single Sign-On"], context.now)
    await attempts.store(context.db, [counted])
    return 0


async def end_single_sign_on(context: Context) -> None:
    """Takes the count of a sign-in back that has ended. Expects a transaction."""
    bucket = await _lock_single_sign_on(context)
    await attempts.store(context.db, [replace(bucket, failures=max(0, bucket.failures - 1), waiting_until=0)])


async def _lock_single_sign_on(context: Context) -> Bucket:
    browser, whose = context.client.browser_hash, context.client.network
    if browser is not None and await browsers.knows_any_user(context.db, browser):
        # A bucket that no other client of the same network can fill.
        whose = browser.hex()
    name = _name(context.vault, "network, by Single Sign-On", whose)
    return (await attempts.lock(context.db, {name: ""}))[name]


async def waiting_until(context: Context, username: str) -> int:
    """Until when a sign-in of this user has to wait; at most now if none has to."""
    return await attempts.waiting_until(context.db, _whose(context.vault, username))


async def clear(context: Context, username: str) -> None:
    """Ends all waits of a user's sign-ins. Expects a transaction."""
    await attempts.clear(context.db, _whose(context.vault, username))
