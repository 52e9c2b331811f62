"""Recovery codes: make, hash. Spending is one statement in db/recovery_codes.py, in the transaction of what it opens."""

import secrets

from accounts.vault import Vault

NUMBER = 10
DIGITS = 20  # typed on the same keypad as a code; 20 decimal digits are 66 bits (NIST SP 800-63B-4 3.1.2 asks for 20 bits and a limit)
FEW = 3  # fewer than this: the owner is told


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
