"""Passwords: hashing off the event loop, equal work for unknown users, what a new password must satisfy."""

import asyncio
import os
import re
import secrets
import unicodedata
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager
from typing import Literal

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from accounts import password_owner, password_strength, visible
from accounts.password_owner import Owner
from accounts.places import Claim, Places

LONGEST = 1024
# NIST SP 800-63B-4 3.1.1.2: for many users it is the only factor.
SHORTEST = 15
FEWEST_CHARACTERS = 5
# Without what is known of its owner.
LEAST_REMAINING = 8
# log10: zxcvbn's "very unguessable". At 2,376 guesses a day (limits.py) it lasts 11,000 years.
FEWEST_GUESSES_LOG10 = 10
# Logins in front of the hash threads: about 1.2 s of hashing on two cores. Who gets them is decided in places.py.
PLACES = 64
COSTS = {
    # KiB, passes: OWASP Password Storage Cheat Sheet, Argon2id, 19 MiB, t=2, p=1.
    "owasp": (19 * 1024, 2),
    "test": (8, 1),
}

Problem = Literal[
    "missing",
    "bad_characters",
    "too_short",
    "too_long",
    "common",
    "repeated",
    "few_characters",
    "run",
    "personal",
    "guessable",
]


class Hasher:
    """Argon2id in as many threads as cores. argon2-cffi releases the GIL, so that the event loop goes on."""

    def __init__(self, cost: str, threads: int | None = None, places: int = PLACES, workers: int = 1) -> None:
        """`workers`: processes that share the cores and the places."""
        memory_kib, passes = COSTS[cost]
        self._argon2 = PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=1)
        threads = threads or max(1, (os.cpu_count() or 1) // workers)
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="hash")
        self.places = Places(max(1, places // workers), threads)
        self._dummy = _hash_of_nothing(memory_kib, passes)

    def place(self, claim: Claim) -> AbstractAsyncContextManager[None]:
        """Takes a place in the queue and waits for its turn, before anything is counted. Raises places.Full."""
        return self.places.take(claim)

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """Whether the password is right. Without a hash, or with a corrupt one, False after the same work."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._verify, password_hash, password)

    def _verify(self, password_hash: str | None, password: str) -> bool:
        try:
            self._argon2.verify(password_hash or self._dummy, _bytes(password))
        except VerificationError:
            return False
        # A corrupt hash.
        except (InvalidHashError, ValueError):
            return self._verify(None, password)
        return password_hash is not None

    async def hash(self, password: str) -> str:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._argon2.hash, _bytes(password))

    def outdated(self, password_hash: str) -> bool:
        """Whether a hash was computed with other parameters than today's."""
        return self._argon2.check_needs_rehash(password_hash)

    def close(self) -> None:
        self._threads.shutdown()


def _hash_of_nothing(memory_kib: int, passes: int) -> str:
    """A hash that no password matches, as expensive to verify.

    It is random, not computed: the start does not wait for it.
    """
    salt, digest = (b64encode(secrets.token_bytes(size)).decode().rstrip("=") for size in (16, 32))
    return f"$argon2id$v=19$m={memory_kib},t={passes},p=1${salt}${digest}"


def normalise(password: str) -> str:
    """NFKC alone (NIST SP 800-63B-4 3.1.1.2). Cut before: NFKC of 200,000 combining marks takes 37 s."""
    return unicodedata.normalize("NFKC", password[:LONGEST])


def _bytes(password: str) -> bytes:
    return normalise(password).encode("utf-8", "surrogatepass")


async def judge(password: str, owner: Owner) -> Problem | None:
    """As `problem_with`, off the event loop: the first call reads the lists, and a bad password takes 10 ms."""
    return await asyncio.to_thread(problem_with, password, owner)


def problem_with(password: str, owner: Owner) -> Problem | None:
    """What is wrong with a new password; None if it may be used."""
    if not password:
        return "missing"
    if len(password) > LONGEST:
        return "too_long"
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in password):
        return "bad_characters"
    chosen = normalise(password)
    # U+FDFA alone becomes 18 characters, and combining marks become fewer.
    if min(len(password), len(chosen)) < SHORTEST:
        return "too_short"
    # U+FDFA alone becomes many different ones, too.
    if min(len(set(password.lower())), len(set(chosen.lower()))) < FEWEST_CHARACTERS:
        return "few_characters"
    return _problem_with_chosen(chosen, owner)


def _problem_with_chosen(chosen: str, owner: Owner) -> Problem | None:
    """The reasons from the plainest to the estimate, which alone would refuse nearly all that the others do."""
    lower = chosen.lower()
    if lower in password_strength.common():
        return "common"
    if _is_run(lower):
        return "run"
    if _repeats(lower):
        return "repeated"
    if password_owner.remaining(lower, owner) < LEAST_REMAINING:
        return "personal"
    if password_strength.guesses_log10(chosen, owner.words()) < FEWEST_GUESSES_LOG10:
        return "guessable"
    return None


def _repeats(lower: str) -> bool:
    """Whether it repeats one common password."""
    lengths = (length for length in range(1, len(lower) // 2 + 1) if len(lower) % length == 0)
    common = password_strength.common()
    return any(lower[:length] in common and lower[:length] * (len(lower) // length) == lower for length in lengths)


_RUNS = (
    "abcdefghijklmnopqrstuvwxyz",
    "0123456789",
    "1234567890",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiopasdfghjklyxcvbnm",
)


def _is_run(lower: str) -> bool:
    """Whether it follows the alphabet, the digits or the keyboard, in either direction and around the end."""
    for run in _RUNS:
        circle = run * (len(lower) // len(run) + 2)
        if lower in circle or lower in circle[::-1]:
            return True
    return False


# Without characters that look alike.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


_ONE_TIME = re.compile(f"[{_LETTERS}]{{20}}")
# Word processors make typographic ones of hyphens.
_WITHOUT_HYPHENS = dict.fromkeys(map(ord, "-\u2010\u2011\u2012\u2013\u2014\u2212"))


def one_time() -> str:
    """A one-time password: four groups of five characters, 99 bits."""
    return _in_groups("".join(secrets.choice(_LETTERS) for _ in range(20)))


def _in_groups(letters: str) -> str:
    return "-".join(letters[start : start + 5] for start in range(0, 20, 5))


def to_verify(typed: str, *, one_time: bool) -> str:
    """What is verified against the stored hash: of a `one_time` password the letters, as they were printed.

    White space, characters of no width, capitals and missing hyphens come from copying it. Other passwords stay as
    they were typed, after the same work.
    """
    seen = visible.IGNORABLE.sub("", typed[:LONGEST])
    letters = "".join(seen.split()).translate(_WITHOUT_HYPHENS).lower()
    as_printed = _in_groups(letters)
    return as_printed if one_time and _ONE_TIME.fullmatch(letters) else typed
