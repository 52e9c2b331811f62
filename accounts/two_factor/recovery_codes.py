"""Recovery codes: make, hash, renew. Spending is one statement in db/recovery_codes.py, in the transaction of what it opens."""

import secrets
from dataclasses import dataclass
from typing import Literal

from accounts.activity import kinds, log
from accounts.context import Context
from accounts.sessions import Current, hold
from accounts.vault import Vault
from db import code_attempts, sessions, users
from db import recovery_codes as rows

NUMBER = 10
# Typed on the same keypad as a code; 20 decimal digits are 66 bits (NIST SP 800-63B-4 3.1.2 asks for 20 bits and a limit)
DIGITS = 20
# Fewer than this: the owner is told.
FEW = 3


def make() -> list[str]:
    """Ten fresh codes, bare digits."""
    return ["".join(secrets.choice("0123456789") for _ in range(DIGITS)) for _ in range(NUMBER)]


def written(code: str) -> str:
    """In four groups of five."""
    return " ".join(code[start : start + 5] for start in range(0, DIGITS, 5))


def stored(vault: Vault, user_id: int, code: str) -> bytes:
    """How a code is stored: its HMAC, bound to its user."""
    return vault.keyed_hash("recovery code", f"{user_id}:{code}")


def candidates(vault: Vault, user_id: int, code: str) -> tuple[bytes, ...]:
    """How it may have been stored, under each key."""
    return vault.keyed_hashes("recovery code", f"{user_id}:{code}")


async def replace(context: Context, user_id: int) -> tuple[str, ...]:
    """Ten new codes in place of those that there were, written out to be shown once. In the transaction that gives the reason."""
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
    """New recovery codes in place of the old. `generation` is the set that the page showed: sent again, nothing changes."""
    if current.session.login_method != "password":
        return NotRenewed("exempt")
    if not current.function_on:
        return NotRenewed("function_off")
    user_id = current.session.user_id
    async with context.db.transaction():
        await hold(context, current)
        user = await users.hold(context.db, user_id)
        if user is None or user.two_factor_at is None:
            return NotRenewed("not_set_up")
        if generation is not None and generation != user.codes_generation:
            return NotRenewed("shown_already")
        codes = await replace(context, user_id)
        await code_attempts.delete_kind(context.db, user_id, "recovery")
        await sessions.end_others(context.db, user_id, current.session.id)
        await log.record(context, kinds.RecoveryCodesMade(), current.principal, current.principal)
    return Renewed(codes)
