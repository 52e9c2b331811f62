"""Recovery codes: make, hash, renew. They are spent by attempts.py."""

import math
import secrets
from dataclasses import dataclass
from typing import Literal

from accounts.activity import kinds, log
from accounts.context import Context
from accounts.sessions import Current, lock_session
from accounts.vault import Vault
from db import code_attempts, sessions, users
from db import recovery_codes as rows

NUMBER = 10
# Typed on the same keypad as a code. 20 decimal digits are 66 bits; NIST SP 800-63B-4 3.1.2 asks for 20 bits and a
# limit.
DIGITS = 20
BITS = int(DIGITS * math.log2(10))
# With fewer than this the user is warned.
FEW = 3


def make() -> list[str]:
    """New codes, digits alone."""
    return ["".join(secrets.choice("0123456789") for _ in range(DIGITS)) for _ in range(NUMBER)]


def written(code: str) -> str:
    """As it is shown: in four groups of five."""
    return " ".join(code[start : start + 5] for start in range(0, DIGITS, 5))


def stored(vault: Vault, user_id: int, code: str) -> bytes:
    """The HMAC that is stored; it is different for each user."""
    return vault.keyed_hash("recovery code", f"{user_id}:{code}")


def candidates(vault: Vault, user_id: int, code: str) -> tuple[bytes, ...]:
    """The HMACs under each key, one of which may be stored."""
    return vault.keyed_hashes("recovery code", f"{user_id}:{code}")


async def replace(context: Context, user_id: int) -> tuple[str, ...]:
    """Replaces the user's codes and returns the new ones as they are shown, once. Expects a transaction."""
    user = await users.by_id(context.db, user_id)
    assert user is not None
    await users.next_generation(context.db, user_id, user.codes_generation)
    codes = make()
    hashes = [stored(context.vault, user_id, code) for code in codes]
    await rows.replace(context.db, user_id, context.vault.key_id, hashes, context.now)
    return tuple(written(code) for code in codes)


@dataclass(frozen=True)
class Renewed:
    # Shown once.
    codes: tuple[str, ...]


@dataclass(frozen=True)
class NotRenewed:
    why: Literal["function_off", "exempt", "not_set_up", "shown_already"]


async def renew(context: Context, current: Current, generation: int | None) -> Renewed | NotRenewed:
    """Replaces the recovery codes. `generation`: of those on the page, so that a form sent twice changes nothing."""
    if current.session.login_method != "password":
        return NotRenewed("exempt")
    if not current.function_on:
        return NotRenewed("function_off")
    user_id = current.session.user_id
    async with context.db.transaction():
        await lock_session(context, current)
        user = await users.lock(context.db, user_id)
        if user is None or user.two_factor_at is None:
            return NotRenewed("not_set_up")
        if generation is not None and generation != user.codes_generation:
            return NotRenewed("shown_already")
        codes = await replace(context, user_id)
        await code_attempts.delete_kind(context.db, user_id, "recovery")
        await sessions.end_others(context.db, user_id, current.session.id)
        await log.record(context, kinds.RecoveryCodesMade(), current.principal, current.principal)
    return Renewed(codes)
