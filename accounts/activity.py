"""The things that can happen, and the log that proves them: each entry carries an HMAC over itself and the one before."""

import json
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import ClassVar

from accounts.desk import NOBODY, SYSTEM, Desk, Person
from accounts.vault import Unreadable, Vault
from db import Database
from db import activity as rows

HOUR_SECONDS = 3600
ENTRIES_AN_HOUR = 10  # refused logins of one user, or of unknown names from one network, that get an entry each


@dataclass(frozen=True)
class Activity:
    """Something that happened. Its fields are what the log keeps: `before` and `after`, the others as detail."""

    name: ClassVar[str]
    to_standard_output: ClassVar[bool] = False


@dataclass(frozen=True)
class TwoFactorSwitched(Activity):
    name = "two_factor.switched"
    to_standard_output = True
    before: str
    after: str


@dataclass(frozen=True)
class TwoFactorSetUp(Activity):
    name = "two_factor.set_up"
    replaced: str = ""


@dataclass(frozen=True)
class TwoFactorRemoved(Activity):
    name = "two_factor.removed"


@dataclass(frozen=True)
class TwoFactorReset(Activity):
    name = "two_factor.reset"
    reason: str


@dataclass(frozen=True)
class TwoFactorBlocked(Activity):
    name = "two_factor.blocked"


@dataclass(frozen=True)
class RecoveryCodesMade(Activity):
    name = "recovery_codes.made"


@dataclass(frozen=True)
class RecoveryCodeUsed(Activity):
    name = "recovery_code.used"
    left: str


@dataclass(frozen=True)
class LoginSucceeded(Activity):
    name = "login.succeeded"
    factor: str  # "password" | "password and code" | "password and recovery code"
    one_time: str = ""


@dataclass(frozen=True)
class LoginRefused(Activity):
    name = "login.refused"
    cause: str


@dataclass(frozen=True)
class RefusalsCounted(Activity):
    name = "login.refusals_counted"
    number: str


@dataclass(frozen=True)
class LetTryAgain(Activity):
    name = "login.let_try_again"


@dataclass(frozen=True)
class ProofRefused(Activity):
    name = "proof.refused"
    cause: str


@dataclass(frozen=True)
class PasswordChanged(Activity):
    name = "password.changed"


@dataclass(frozen=True)
class PasswordChosen(Activity):
    name = "password.chosen"


@dataclass(frozen=True)
class PasswordSet(Activity):
    name = "password.set"


@dataclass(frozen=True)
class ProfileChanged(Activity):
    name = "profile.changed"
    before: str
    after: str


@dataclass(frozen=True)
class UserCreated(Activity):
    name = "user.created"
    after: str
    roles: str


@dataclass(frozen=True)
class UserDisabled(Activity):
    name = "user.disabled"


@dataclass(frozen=True)
class UserEnabled(Activity):
    name = "user.enabled"


@dataclass(frozen=True)
class SignedOut(Activity):
    name = "session.signed_out"


@dataclass(frozen=True)
class SessionEnded(Activity):
    name = "session.ended"


@dataclass(frozen=True)
class SessionsEnded(Activity):
    name = "sessions.ended"
    number: str


@dataclass(frozen=True)
class AccessRefused(Activity):
    name = "access.refused"
    route: str


@dataclass(frozen=True)
class LogExported(Activity):
    name = "activity_log.exported"
    filter: str


NAMES = tuple(sorted(kind.name for kind in Activity.__subclasses__()))

_log = logging.getLogger("two_keys.activity")


async def record(desk: Desk, activity: Activity, by: Person, to: Person = NOBODY) -> None:
    """Appends an entry, in the transaction of the change and as its last act: the head is held for the commit alone."""
    head = await rows.take_head(desk.db)
    entry = _entry(desk, activity, by, to, head.number + 1)
    mac = desk.vault.mac(entry.key_id, "activity", head.mac + _canonical(entry))
    entry = replace(entry, mac=mac)
    signature = desk.vault.mac(entry.key_id, "activity head", _head_message(entry.number, mac))
    await rows.append(desk.db, entry, signature)
    if activity.to_standard_output:
        _log.info("activity log head: %d %s", entry.number, mac.hex())


def _entry(desk: Desk, activity: Activity, by: Person, to: Person, number: int) -> rows.Entry:
    facts = {name: value for name, value in vars(activity).items() if value != ""}
    return rows.Entry(
        number=number,
        at=desk.now,
        actor_id=by.id,
        actor=by.username,
        action=activity.name,
        subject_id=to.id,
        subject=to.username,
        before=facts.pop("before", ""),
        after=facts.pop("after", ""),
        address=desk.visitor.address,
        detail=json.dumps(facts, ensure_ascii=False, sort_keys=True),
        key_id=desk.vault.key_id,
        mac=b"",
    )


def _canonical(entry: rows.Entry) -> bytes:
    """An entry as bytes that no two different entries share: JSON of its fields in their order."""
    values = [value for name, value in vars(entry).items() if name != "mac"]
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def _head_message(number: int, mac: bytes) -> bytes:
    return f"{number}:".encode() + mac


async def record_refusal(desk: Desk, activity: LoginRefused | ProofRefused, by: Person, to: Person) -> None:
    """Appends a refused login; from the eleventh in an hour on it is only counted, and the first after that hour says how many."""
    whose = f"user {to.id}" if to.id else f"network {desk.visitor.network}"
    key = desk.vault.keyed_hash("refusals", whose).hex()
    number, hour_before = await rows.count_refusal(desk.db, key, to.id, to.username, desk.now, desk.now - HOUR_SECONDS)
    if hour_before > ENTRIES_AN_HOUR:
        await record(desk, RefusalsCounted(str(hour_before - ENTRIES_AN_HOUR)), SYSTEM, to)
    if number <= ENTRIES_AN_HOUR:
        await record(desk, activity, by, to)
    else:
        await _pretend(desk, activity, by, to)


async def _pretend(desk: Desk, activity: Activity, by: Person, to: Person) -> None:
    """The work of an entry without an entry: else the time would tell users, who are counted one by one, from names that nobody has."""
    head = await rows.take_head(desk.db)
    entry = _entry(desk, activity, by, to, rows.SPARE_NUMBER)
    mac = desk.vault.mac(entry.key_id, "activity", head.mac + _canonical(entry))
    desk.vault.mac(entry.key_id, "activity head", _head_message(entry.number, mac))
    await rows.append_spare(desk.db, replace(entry, mac=mac, action="", subject_id=None), head)


async def count_hours(desk: Desk) -> None:
    """Writes the entries of hours that are over, for the hourly task."""
    async with desk.db.transaction():
        for counted in await rows.hours_over(desk.db, desk.now - HOUR_SECONDS):
            if counted.number > ENTRIES_AN_HOUR:
                number = str(counted.number - ENTRIES_AN_HOUR)
                await record(desk, RefusalsCounted(number), SYSTEM, Person(counted.subject_id, counted.subject))


@dataclass(frozen=True)
class Broken:
    """The first entry that does not fit: changed, deleted, inserted or moved."""

    number: int
    why: str


@dataclass(frozen=True)
class Verified:
    number: int  # the last entry's
    mac: bytes


async def verify(desk: Desk, kept: tuple[int, str] | None = None) -> Verified | Broken:
    """Checks the whole chain and its head, and a head kept elsewhere (number, MAC in hex) if there is one.

    Entries that are written meanwhile are left to the next time.
    """
    head = await rows.head(desk.db)
    number, mac = 0, b""
    async for entry in _all(desk, head.number):
        if entry.number != number + 1:
            return Broken(number + 1, "it is missing")
        if not _matches(desk.vault, entry.key_id, "activity", mac + _canonical(entry), entry.mac):
            return Broken(entry.number, "it is not what was written")
        number, mac = entry.number, entry.mac
        if kept and kept[0] == number and kept[1] != mac.hex():
            return Broken(number, "it differs from the head that was kept elsewhere")
    if head.number > number:
        return Broken(number + 1, "it is missing at the end")
    if head.mac != mac or not _matches(
        desk.vault, head.key_id, "activity head", _head_message(number, mac), head.signature
    ):
        return Broken(number, "the signature of the head is wrong")
    if kept and kept[0] > number:
        return Broken(number + 1, "it is missing: the head that was kept elsewhere goes further")
    last = await rows.page(desk.db, rows.Filter(), None, 1)
    if last and last[0].number > (await rows.head(desk.db)).number:
        return Broken(head.number + 1, "the signed head does not know it")
    return Verified(number, mac)


async def sign_empty(database: Database, vault: Vault) -> None:
    """Signs the head of a log without entries, once: else an emptied log would look like a fresh one."""
    signature = vault.mac(vault.key_id, "activity head", _head_message(0, b""))
    await rows.sign_empty(database, vault.key_id, signature)


async def _all(desk: Desk, last: int) -> AsyncIterator[rows.Entry]:
    after = 0
    while portion := await rows.in_order(desk.db, after, last, 1000):
        for entry in portion:
            yield entry
        after = portion[-1].number


def _matches(vault: Vault, key_id: str, purpose: str, message: bytes, mac: bytes) -> bool:
    try:
        return vault.mac(key_id, purpose, message) == mac
    except Unreadable:
        return False
