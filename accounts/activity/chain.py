"""What makes the activity log tamper-evident: an HMAC of each entry over itself and the one before, and a signed head.

It reveals edits, deletions, insertions and reordering, and with a head kept elsewhere a rollback of the whole log.
"""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass

from accounts.context import Context
from accounts.vault import Unreadable, Vault
from db import Database
from db import activity as rows
from db import activity_head as heads
from db.activity_head import Head

# That are named.
MOST_FINDINGS = 20


def mac_of(vault: Vault, entry: rows.Entry, before: bytes) -> bytes:
    """HMAC-SHA256 over the previous MAC and the entry's fields as a JSON array.

    Raises Unreadable if its key is unknown.
    """
    values = [value for name, value in vars(entry).items() if name != "mac"]
    fields = json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    return vault.mac(entry.key_id, "activity", before + fields)


def signature_of(vault: Vault, key_id: str, number: int, mac: bytes) -> bytes:
    """Of the head: the last entry's number and MAC. Raises Unreadable if the key is unknown."""
    return vault.mac(key_id, "activity head", f"{number}:".encode() + mac)


def signature_after(vault: Vault, head: Head, number: int, mac: bytes) -> bytes:
    """Of the next head. After one without a valid signature there is none: an entry must not cover up a damage."""
    signature = signature_of(vault, vault.key_id, number, mac)
    return signature if is_signed(vault, head) else b""


def is_signed(vault: Vault, head: Head) -> bool:
    try:
        return signature_of(vault, head.key_id, head.number, head.mac) == head.signature
    except Unreadable:
        return False


@dataclass(frozen=True)
class Finding:
    """A bad entry, or the place of one that is missing. `number` 0: the head."""

    number: int
    why: str


@dataclass(frozen=True)
class Broken:
    """What was changed, deleted, inserted or moved: in the order of the log, then what is outside; MOST_FINDINGS."""

    findings: tuple[Finding, ...]

    @property
    def number(self) -> int:
        return self.findings[0].number

    @property
    def why(self) -> str:
        return self.findings[0].why


@dataclass(frozen=True)
class Verified:
    # Of the last entry.
    number: int
    mac: bytes


async def verify(context: Context, kept: tuple[int, str] | None = None) -> Verified | Broken:
    """Verifies the whole chain, its head, and a head that was kept elsewhere (number, MAC in hex).

    Entries that are written during the verification are not checked.
    """
    head = await heads.find(context.db)
    walk = _Walk(context.vault, kept)
    async for entry in _all(context, head.number if head else rows.LARGEST_NUMBER):
        walk.step(entry)
    walk.end(head)
    for number in await rows.outside(context.db, MOST_FINDINGS):
        walk.find_outside(number)
    for turns in await heads.odd(context.db):
        walk.find(0, turns)
    return Broken(tuple(walk.findings[:MOST_FINDINGS])) if walk.findings else Verified(walk.number, walk.mac or b"")


class _Walk:
    """Along the chain. After an entry that is missing, or whose MAC cannot be read, the next one cannot be judged."""

    def __init__(self, vault: Vault, kept: tuple[int, str] | None) -> None:
        self.number = 0
        self.mac: bytes | None = b""
        self.findings: list[Finding] = []
        self._vault = vault
        self._kept = kept

    def find(self, number: int, why: str) -> None:
        self.findings.append(Finding(number, why))

    def find_outside(self, number: object) -> None:
        if not isinstance(number, int):
            self.find(0, f"an entry has {number!r} for a number")
        else:
            self.find(number, "the signed head does not know it" if number > 0 else "no entry has such a number")

    def step(self, entry: rows.Entry | rows.Damaged) -> None:
        if entry.number != self.number + 1:
            self.find(self.number + 1, _missing(entry.number - self.number - 1))
            self.mac = None
        if isinstance(entry, rows.Damaged):
            self.find(entry.number, f"the column {entry.column} holds what this program never writes")
        elif self.mac is not None and not _fits(self._vault, entry, self.mac):
            self.find(entry.number, "it is not what was written")
        self.number, self.mac = entry.number, entry.mac
        if self._kept and self._kept[0] == self.number and self._kept[1] != (self.mac or b"").hex():
            self.find(self.number, "it differs from the head that was kept elsewhere")

    def end(self, head: Head | None) -> None:
        if head is None:
            self.find(0, "the head of the log cannot be read")
        elif head.number > self.number:
            self.find(self.number + 1, "it is missing at the end")
        elif head.mac != self.mac or not is_signed(self._vault, head):
            self.find(self.number, "the signature of the head is wrong")
        if self._kept and self._kept[0] > self.number:
            self.find(self.number + 1, "it is missing: the head that was kept elsewhere goes further")


def _missing(number: int) -> str:
    return "it is missing" if number == 1 else f"it is missing, with the {number - 1:,} after it"


async def sign_empty(database: Database, vault: Vault) -> None:
    """Signs the head of a log without entries, once: otherwise an emptied log would look like a new one."""
    await heads.sign_empty(database, vault.key_id, signature_of(vault, vault.key_id, 0, b""))


async def _all(context: Context, last: int) -> AsyncIterator[rows.Entry | rows.Damaged]:
    after = 0
    while portion := await rows.in_order(context.db, after, last, 1000):
        for entry in portion:
            yield entry
        after = portion[-1].number


def _fits(vault: Vault, entry: rows.Entry, before: bytes) -> bool:
    try:
        return mac_of(vault, entry, before) == entry.mac
    except Unreadable:
        return False
