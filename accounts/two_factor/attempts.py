"""Code attempts: uses of a code or recovery code with the right password. Each is counted before it is checked.

The limits are hard: too many wrong codes lock the authenticators. The figures are in accounts/limits.py.
"""

from dataclasses import dataclass
from typing import Literal

from accounts.activity import kinds, log
from accounts.context import SYSTEM, Context, Principal
from accounts.limits import AUTHENTICATORS, CONSECUTIVE_WRONG_CODES, RECENT_SECONDS, RECENT_WRONG_CODES
from accounts.two_factor import recovery_codes, totp
from accounts.vault import Unreadable
from db import authenticators, clock, code_attempts, users
from db import recovery_codes as stored_codes
from db.reads.login import Key

NO_AUTHENTICATOR, NO_STEP, NO_USER = 0, -1, 0

Outcome = Literal["accepted"] | kinds.CodeCause


@dataclass(frozen=True)
class CodeAttempt:
    """A counted code attempt. One beyond the limits is refused whatever the code is."""

    id: int
    # None: the login demands no code, or fails without it; a spare row takes the same work.
    user_id: int | None
    # Of what was typed, also of a spare row: what is done for it depends on nothing else.
    kind: str
    within_limits: bool


@dataclass(frozen=True)
class Match:
    """What a code matches, if anything. Nothing is spent yet."""

    authenticator_id: int
    step: int
    recovery_code_hashes: tuple[bytes, ...]


async def count(context: Context, user_id: int | None, kind: str) -> CodeAttempt:
    """Counts a code attempt before the code is checked, in a transaction of its own; without a user on a spare row."""
    since = context.now - RECENT_SECONDS
    async with context.db.transaction(keyed=True):
        attempt_id = await code_attempts.add(context.db, user_id, kind, context.now, context.client.ip_address)
        consecutive, recent = await code_attempts.counted(context.db, user_id, kind, since, context.now)
    within = consecutive <= CONSECUTIVE_WRONG_CODES and (recent <= RECENT_WRONG_CODES or kind != "code")
    return CodeAttempt(attempt_id, user_id, kind, within_limits=within)


def match(context: Context, user_id: int, keys: tuple[Key, ...], digits: str) -> Match:
    """Computes the codes of five authenticators, real or dummy, and a recovery code's HMAC: always the same work.

    An authenticator whose secret cannot be decrypted matches nothing.
    """
    authenticator_id, step = NO_AUTHENTICATOR, NO_STEP
    code = digits.zfill(totp.DIGITS)
    for number in range(AUTHENTICATORS):
        row = keys[number] if number < len(keys) else None
        secret = _secret(context, user_id, row) if row else None
        matching = totp.matching_step(secret or _dummy(context), code, context.now)
        if row and secret and matching is not None:
            authenticator_id, step = row.id, matching
    return Match(authenticator_id, step, recovery_codes.candidates(context.vault, user_id, digits))


def _secret(context: Context, user_id: int, row: Key) -> str | None:
    """The decrypted secret."""
    try:
        return context.vault.decrypt(row.key_id, row.encrypted_key, associated_data(user_id)).decode()
    except Unreadable:
        return None


def _dummy(context: Context) -> str:
    """A secret that belongs to no user, after the same work."""
    key_id, encrypted_key = context.vault.dummy
    return context.vault.decrypt(key_id, encrypted_key, "nobody").decode()


def associated_data(user_id: int) -> str:
    """Associated data (AAD) of a TOTP secret: ties the ciphertext to its user, so that swapped rows do not decrypt."""
    return f"authenticator of user {user_id}"


async def spend(context: Context, attempt: CodeAttempt, matched: Match, *, spendable: bool = True) -> Outcome:
    """Spends the code that matched. Of parallel attempts with one code, one is accepted. Expects a transaction.

    A spare attempt, or one that is not `spendable`, runs the same statement and spends nothing.
    """
    checked = attempt.within_limits and spendable
    if attempt.kind != "code":
        user_id = attempt.user_id if checked and attempt.user_id else NO_USER
        spent_by = await stored_codes.spend(context.db, user_id, matched.recovery_code_hashes, attempt.id, context.now)
        return _of_recovery_code(attempt, spent_by)
    claimed = await authenticators.claim_step(
        context.db,
        matched.authenticator_id if checked else NO_AUTHENTICATOR,
        matched.step,
        context.now,
        totp.step_at(clock.latest(context.now)),
    )
    return _of_code(attempt, matched, claimed)


def _of_code(attempt: CodeAttempt, matched: Match, claimed: bool) -> Outcome:
    if not attempt.within_limits:
        return "blocked"
    if claimed:
        return "accepted"
    return "wrong code" if matched.authenticator_id == NO_AUTHENTICATOR else "used code"


def _of_recovery_code(attempt: CodeAttempt, spent_by: int | None) -> Outcome:
    if not attempt.within_limits:
        return "recovery codes refused"
    if spent_by is None:
        return "wrong recovery code"
    return "accepted" if spent_by == attempt.id else "used recovery code"


async def settle(context: Context, attempt: CodeAttempt, outcome: Outcome | None, owner: Principal) -> None:
    """Ends a code attempt. It stays counted if the code was wrong; at the limit the authenticators lock.

    Expects a transaction. `outcome` None: the code did not decide the login.
    """
    wrong = attempt.within_limits and attempt.user_id is not None and outcome in ("wrong code", "wrong recovery code")
    await code_attempts.settle(context.db, attempt.id, wrong, context.now)
    user_id = attempt.user_id or NO_USER
    if outcome == "accepted":
        await code_attempts.reset_consecutive(context.db, user_id, context.now)
        return
    since = context.now - RECENT_SECONDS
    consecutive, recent = await code_attempts.failures(context.db, user_id, "code", since, context.now)
    at_limit = consecutive >= CONSECUTIVE_WRONG_CODES or recent >= RECENT_WRONG_CODES
    if outcome in ("wrong code", "blocked") and at_limit and await users.block(context.db, user_id, context.now):
        await log.record(context, kinds.TwoFactorBlocked(), SYSTEM, owner)


async def record_recovery_code_used(context: Context, owner: Principal) -> None:
    """Records a spent recovery code and how many are left, in the transaction that spent it."""
    assert owner.id is not None
    left = await stored_codes.left(context.db, owner.id)
    await log.record(context, kinds.RecoveryCodeUsed(str(left), context.client.browser), owner, owner)
