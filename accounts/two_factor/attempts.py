"""Codes and recovery codes where a right password came with them: counted, judged, spent, and blocked when there were too many wrong ones.

The limits are hard, because a rate limit alone leaves a thief who has the password 41 % a year at 5 tries in 15 minutes.
20 wrong codes in a row leave 20 × 3 steps ÷ 10⁶ = 0.006 %; 50 within 30 days, 608 a year, at most 0.2 % (QUALITIES 1.1).
"""

from dataclasses import dataclass
from typing import Literal

from accounts.activity import kinds, log
from accounts.context import SYSTEM, Context, Principal
from accounts.two_factor import recovery_codes, totp
from accounts.vault import Unreadable
from db import authenticators, code_attempts, users
from db import recovery_codes as stored_codes
from db.users import Key

WRONG_IN_A_ROW = 20
WRONG_IN_30_DAYS = 50
DAYS_30_SECONDS = 30 * 24 * 3600
MOST_AUTHENTICATORS = 5  # every login computes that many, so that time does not tell how many there are

NO_KEY_ID, NO_STEP, NO_USER = 0, -1, 0


@dataclass(frozen=True)
class Attempt:
    """A counted attempt; one that stands above the limit is refused without being looked at."""

    id: int
    user_id: int | None  # None: a spare one
    kind: str
    judged: bool


@dataclass(frozen=True)
class Judged:
    """Whom a code belongs to, if to anyone; nothing is spent yet."""

    key_id: int
    step: int
    candidates: tuple[bytes, ...]


async def count(context: Context, user_id: int | None, kind: str) -> Attempt:
    """Counts an attempt with a code or recovery code before it is looked at; without a user the same work on a spare row."""
    since = context.now - DAYS_30_SECONDS
    async with context.db.transaction():
        attempt_id = await code_attempts.add(context.db, user_id, kind, context.now)
        in_a_row, recent = await code_attempts.standing(context.db, user_id, kind, since)
    within = in_a_row <= WRONG_IN_A_ROW and (recent <= WRONG_IN_30_DAYS or kind != "code")
    return Attempt(attempt_id, user_id, kind, judged=within)


def judge(context: Context, user_id: int, keys: tuple[Key, ...], digits: str) -> Judged:
    """Computes three codes for each of five authenticators, real or dummy, and one recovery code's HMAC: always the same work.

    An authenticator that cannot be read matches nothing.
    """
    key_id, step = NO_KEY_ID, NO_STEP
    for number in range(MOST_AUTHENTICATORS):
        row = keys[number] if number < len(keys) else None
        matching = totp.matching_step(_readable(context, user_id, row), digits.zfill(totp.DIGITS), context.now)
        if row is not None and matching is not None:
            key_id, step = row.id, matching
    return Judged(key_id, step, recovery_codes.candidates(context.vault, user_id, digits))


def _readable(context: Context, user_id: int, row: Key | None) -> str:
    dummy_key_id, dummy = context.vault.dummy
    try:
        if row is not None:
            return context.vault.decrypt(row.key_id, row.encrypted_key, associated_data(user_id)).decode()
    except Unreadable:
        pass
    context.vault.decrypt(dummy_key_id, dummy, "nobody")
    return totp.new_key()


def associated_data(user_id: int) -> str:
    """What an encrypted TOTP key is bound to: of two users' rows swapped neither opens."""
    return f"authenticator of user {user_id}"


Outcome = Literal[
    "accepted",
    "wrong code",
    "used code",
    "wrong recovery code",
    "used recovery code",
    "recovery codes refused",
    "blocked",
]


async def spend(context: Context, attempt: Attempt, judged: Judged, *, spendable: bool = True) -> Outcome:
    """Spends what was judged right, and says how it ended. Of parallel attempts with one code one is accepted.

    Inside the transaction that opens something. A spare attempt, or one that is not `spendable`, goes the same way and finds nothing.
    """
    user_id = attempt.user_id or NO_USER
    looked_at = attempt.judged and spendable
    by_code, by_recovery = looked_at and attempt.kind == "code", looked_at and attempt.kind == "recovery"
    claimed = await authenticators.claim_step(
        context.db, judged.key_id if by_code else NO_KEY_ID, judged.step, context.now
    )
    spent_by = await stored_codes.spend(
        context.db, user_id if by_recovery else NO_USER, judged.candidates, attempt.id, context.now
    )
    if attempt.kind == "code":
        if not attempt.judged:
            return "blocked"
        return "accepted" if claimed else "used code" if judged.key_id != NO_KEY_ID else "wrong code"
    if not attempt.judged:
        return "recovery codes refused"
    if spent_by is None:
        return "wrong recovery code"
    return "accepted" if spent_by == attempt.id else "used recovery code"


async def settle(context: Context, attempt: Attempt, outcome: str, owner: Principal) -> None:
    """Ends the attempt: kept if the code was wrong, taken back if it was right, used or not judged. Blocks at the limit."""
    keep = attempt.judged and attempt.user_id is not None and outcome in ("wrong code", "wrong recovery code")
    await code_attempts.settle(context.db, attempt.id, keep, context.now)
    user_id = attempt.user_id or NO_USER
    if outcome == "accepted":
        await code_attempts.clear(context.db, user_id, context.now)
        return
    in_a_row, recent = await code_attempts.wrong(
        context.db, user_id, "code", context.now - DAYS_30_SECONDS, context.now
    )
    at_limit = in_a_row >= WRONG_IN_A_ROW or recent >= WRONG_IN_30_DAYS
    if outcome in ("wrong code", "blocked") and at_limit and await users.block(context.db, user_id, context.now):
        await log.record(context, kinds.TwoFactorBlocked(), SYSTEM, owner)


async def recovery_code_used(context: Context, owner: Principal) -> None:
    """Logs a spent recovery code and how many are left. Inside the transaction that spent it."""
    assert owner.id is not None
    left = await stored_codes.left(context.db, owner.id)
    await log.record(context, kinds.RecoveryCodeUsed(str(left)), owner, owner)
