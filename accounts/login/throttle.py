"""Soft limits on password attempts, reset requests and pending sign-ins. The figures are in accounts/limits.py."""

from dataclasses import dataclass, replace

from accounts import places
from accounts.context import Context
from accounts.limits import FIRST_WAIT_SECONDS, RESET_REQUESTS, THROTTLES, WIDER_NETWORKS, Throttle
from accounts.login import named
from accounts.login.named import Name
from accounts.places import Claim
from accounts.vault import Vault
from db import attempts, browsers, clock
from db.attempts import Bucket, Waits
from db.reads import login as reads


@dataclass(frozen=True)
class Counted:
    """An attempt that was counted before its password is verified, and what giving it back needs."""

    # Bucket → the keyed hash of its username; "" for a network.
    whose: dict[str, str]
    # Bucket → before and after this attempt.
    buckets: dict[str, tuple[Bucket, Bucket]]
    # Epoch seconds; later than now: the attempt must wait. Else 0.
    waiting_until: int
    # Nothing but the bucket of the username waits: a right password with a right code passes.
    code_passes: bool
    # If this attempt fails, the username waits in all unknown browsers from now on.
    username_waits_next: bool


@dataclass(frozen=True)
class _Limit:
    throttle: Throttle
    # The keyed hash of a username; "" for a network.
    whose: str


async def claim(context: Context, name: Name) -> tuple[Claim, str]:
    """The claim of a sign-in to a place in front of the hash threads, and the username that it counts for: of the user
    whom the name means, else what was typed. One read, which is the same for every name.

    Strangers share by network; in IPv6 by the widest, since an attacker has many of those within it.
    """
    client = context.client
    # In IPv4 they are one.
    widening = dict.fromkeys(client.network_of(prefix) for prefix in sorted({*WIDER_NETWORKS, 64}))
    networks = {network: _name(context.vault, "network", network) for network in widening}
    buckets, browser = list(networks.values()), client.browser_hash or b""
    waiting, candidates = await reads.waiting_and_candidates(context.db, buckets, _waits(context), browser, name.sought)
    user = named.who(name, candidates)
    username = user.username if user else name.username
    if user and user.known:
        return places.of_user(username), username
    for network, bucket in networks.items():
        if bucket in waiting:
            return Claim(f"network {network}", known=False, waits=True), username
    return Claim(f"network {next(iter(networks))}", known=False), username


async def count(context: Context, username: str, *, code_may_pass: bool = False) -> Counted:
    """Counts an attempt in each of its buckets, or in none while one of them waits. Expects a transaction.

    `code_may_pass`: while the bucket of the username alone waits, the attempt is counted in the others.
    """
    limits, of_username = await _limits(context, username), _of_username(context.vault, username)
    whose = {name: limit.whose for name, limit in limits.items()}
    locked = _believed(context, await attempts.lock(context.db, whose), limits)
    waiting = {name for name, bucket in locked.items() if bucket.waiting_until > context.now}
    code_passes = code_may_pass and waiting == {of_username}
    after = {
        name: after_failure(bucket, limits[name].throttle, context.now)
        for name, bucket in locked.items()
        if not waiting or (code_passes and name != of_username)
    }
    # The same work, whatever is counted.
    await attempts.store(context.db, list((locked | after).values()))
    return Counted(
        whose,
        {name: (locked[name], bucket) for name, bucket in after.items()},
        max((locked[name].waiting_until for name in waiting), default=0),
        code_passes,
        of_username in after and after[of_username].waiting_until > context.now,
    )


def _believed(context: Context, buckets: dict[str, Bucket], limits: dict[str, _Limit]) -> dict[str, Bucket]:
    """Buckets, empty where they would last longer than their throttle can: the clock was ahead when they counted."""
    return {
        name: bucket
        if bucket.forget_at <= clock.latest(context.now) + limits[name].throttle.longest_seconds
        else replace(bucket, failures=0, waiting_until=0, forget_at=0)
        for name, bucket in buckets.items()
    }


async def give_back(context: Context, counted: Counted, right: bool) -> None:
    """Takes what was counted back if the password was right, else does the same work. Expects a transaction."""
    locked = await attempts.lock(context.db, counted.whose)
    stored = [
        without(bucket, *counted.buckets[name]) if right and name in counted.buckets else bucket
        for name, bucket in locked.items()
    ]
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


async def _limits(context: Context, username: str) -> dict[str, _Limit]:
    """The buckets of an attempt. Their names are keyed hashes: people type passwords as usernames."""
    vault, browser, whose = context.vault, context.client.browser_hash, _whose(context.vault, username)
    if browser is not None and await browsers.knows(context.db, browser, username, context.now):
        name = _name(vault, "user and known browser", username, browser.hex())
        return {name: _Limit(THROTTLES["user and known browser"], whose)}
    of_both = _name(vault, "username and network", username, context.client.network)
    return {
        of_both: _Limit(THROTTLES["username and network"], whose),
        _of_username(vault, username): _Limit(THROTTLES["username"], whose),
        **_of_networks(context, "network", THROTTLES["network"]),
    }


def _of_networks(context: Context, what: str, throttle: Throttle) -> dict[str, _Limit]:
    """The bucket of the network, and those of the wider ones that it is part of."""
    client = context.client
    times = {client.network_of(prefix): times for prefix, times in WIDER_NETWORKS.items()} | {client.network: 1}
    return {
        _name(context.vault, what, network): _Limit(
            replace(throttle, free_failures=throttle.free_failures * as_many), ""
        )
        for network, as_many in times.items()
    }


def _of_username(vault: Vault, username: str) -> str:
    return _name(vault, "username", username)


def _name(vault: Vault, *parts: str) -> str:
    return vault.keyed_hash("bucket", "\n".join(parts)).hex()


def _whose(vault: Vault, username: str) -> str:
    return _name(vault, "whose", username)


async def may_request_reset(context: Context) -> bool:
    """Counts a reset request from a network; False while the network has to wait. Expects a transaction."""
    return not await _count_for(context, _of_networks(context, "requests for a reset", RESET_REQUESTS))


async def begin_single_sign_on(context: Context) -> int:
    """Counts a pending sign-in and returns 0; or returns until when the network must wait. Expects a transaction."""
    return await _count_for(context, await _single_sign_on(context))


async def end_single_sign_on(context: Context) -> None:
    """Takes the count of a sign-in back that has ended. Expects a transaction."""
    locked = await attempts.lock(context.db, dict.fromkeys(await _single_sign_on(context), ""))
    ended = [replace(each, failures=max(0, each.failures - 1), waiting_until=0) for each in locked.values()]
    await attempts.store(context.db, ended)


async def _count_for(context: Context, limits: dict[str, _Limit]) -> int:
    """Counts a request in each of its buckets and returns 0, or in none and returns until when it must wait."""
    stored = await attempts.lock(context.db, {name: limit.whose for name, limit in limits.items()})
    locked = _believed(context, stored, limits)
    until = max(bucket.waiting_until for bucket in locked.values())
    if until > context.now:
        return until
    counted = [after_failure(bucket, limits[name].throttle, context.now) for name, bucket in locked.items()]
    await attempts.store(context.db, counted)
    return 0


async def _single_sign_on(context: Context) -> dict[str, _Limit]:
    browser, what = context.client.browser_hash, "network, by Single Sign-On"
    if browser is not None and await browsers.knows_any_user(context.db, browser, context.now):
        # A bucket that no other client of the same network can fill.
        return {_name(context.vault, what, browser.hex()): _Limit(THROTTLES[what], "")}
    return _of_networks(context, what, THROTTLES[what])


def _waits(context: Context) -> range:
    """Until when a wait lasts now: no longer than the longest of all."""
    longest = max(throttle.longest_wait_seconds for throttle in THROTTLES.values())
    return range(context.now + 1, clock.latest(context.now) + longest + 1)


def waits_of(context: Context, username: str) -> Waits:
    """What to look for to find until when sign-ins of this user wait."""
    return Waits(_whose(context.vault, username), _of_username(context.vault, username), _waits(context))


async def forget(context: Context) -> None:
    """Deletes buckets that no longer count. Expects a transaction."""
    longest = max(throttle.longest_seconds for throttle in (*THROTTLES.values(), RESET_REQUESTS))
    await attempts.forget(context.db, context.now, longest)


async def clear(context: Context, username: str) -> bool:
    """Forgets the failed sign-ins of a user, and ends all waits; False if none was counted. Expects a transaction."""
    return await attempts.clear(context.db, _whose(context.vault, username), context.now)
