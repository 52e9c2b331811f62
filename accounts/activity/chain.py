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


@dataclass(frozen=True)
class Broken:
    """The first entry that was changed, deleted, inserted or moved."""

    number: int
    why: str


@dataclass(frozen=True)
class Verified:
    # Of the last entry.
    number: int
    mac: bytes


async def verify(context: Context, kept: tuple[int, str] | None = None) -> Verified | Broken:
    """Verifies the whole chain, its head, and a head that was kept elsewhere (number, MAC in hex).

    Entries that are written during the verification are not checked.
    """
    head = await rows.head(context.db)
    number, mac = 0, b""
    async for entry in _all(context, head.number):
        if entry.number != number + 1:
            return Broken(number + 1, "it is missing")
        if not _fits(context.vault, entry, mac):
            return Broken(entry.number, "it is not what was written")
        number, mac = entry.number, entry.mac
        if kept and kept[0] == number and kept[1] != mac.hex():
            return Broken(number, "it differs from the head that was kept elsewhere")
    if head.number > number:
        return Broken(number + 1, "it is missing at the end")
    if head.mac != mac or not _signed(context.vault, head):
        return Broken(number, "the signature of the head is wrong")
    if kept and kept[0] > number:
        return Broken(number + 1, "it is missing: the head that was kept elsewhere goes further")
    last = await rows.page(context.db, rows.Filter(), None, 1)
    if last and last[0].number > (await rows.head(context.db)).number:
        return Broken(head.number + 1, "the signed head does not know it")
    return Verified(number, mac)


async def sign_empty(database: Database, vault: Vault) -> None:
    """Signs the head of a log without entries, once: otherwise an emptied log would look like a new one."""
    await rows.sign_empty(database, vault.key_id, signature_of(vault, vault.key_id, 0, b""))


async def _all(context: Context, last: int) -> AsyncIterator[rows.Entry]:
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


def _signed(vault: Vault, head: rows.Head) -> bool:
    try:
        return signature_of(vault, head.key_id, head.number, head.mac) == head.signature
    except Unreadable:
        return False
