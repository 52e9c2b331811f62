"""A sample organisation: 300 people in 12 units and their year, by the same records as a real one. The same each time,
but for the password.
"""

import random
import unicodedata
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Literal

from accounts import confusables, passwords
from accounts.activity import kinds, log
from accounts.activity.kinds import Activity
from accounts.context import COMMAND_LINE, SYSTEM, Client, Context, Principal
from accounts.durations import DAY_SECONDS, HOUR_SECONDS, YEAR_SECONDS
from accounts.two_factor import attempts, recovery_codes, switch, totp
from db import authenticators, roles, settings, users
from db import recovery_codes as stored_codes
from db.reads.home import FIRST_DAY

# every page says so while it is "on"
SETTING = "sample_data"
PEOPLE, SSO, DISABLED, BLOCKED = 300, 18, 7, 4
# days before today on which the function was switched on
SWITCHED_ON_DAYS = 300
COMPANY, DOMAIN = "Fernhill Trust", "fernhill.example"
# where those of Single Sign-On are known, but for the last of them, who wait for their first sign-in
ISSUER = f"https://login.{DOMAIN}"
WAITING = 2
# and how soon its people set things up: 1 is average
UNITS = {
    "IT": 3.0,
    "Finance": 2.0,
    "Director’s Office": 1.5,
    "Personnel": 1.5,
    "Communications": 1.2,
    "Archive": 1.0,
    "Gardens": 0.5,
    "Client Services": 0.6,
    "Education": 0.9,
    "Collections": 0.8,
    "Buildings": 0.6,
    "Shop and Café": 0.4,
}
FIRST = (
    *("Amara", "Ben", "Chiara", "Daniel", "Elif", "Farid", "Grace", "Hana", "Ivan", "Jana", "Karim", "Luis", "Mei"),
    *("Nils", "Olga", "Pavel", "Quinn", "Rosa", "Sven", "Tomás", "Uma", "Vera", "Wren", "Yusuf", "Zoë"),
)
LAST = (
    *("Holt", "Okafor", "Lindqvist", "Rossi", "Weber", "Kaya", "Haddad", "Mbeki", "Satō", "Petrov", "Nováková"),
    *("Ortega", "Tanaka", "Berg", "Silva", "Moreau", "Ahmed", "Kowalski", "Jensen", "Reyes"),
)
# all others: Member
ROLES = {
    0: "Administrator",
    1: "Administrator",
    2: "User manager",
    3: "User manager",
    4: "Auditor",
}
# Visitors sign in as these users, who have no phone.
STAY_WITHOUT = (0, 2, 4, 5)


@dataclass(frozen=True)
class Made:
    # The same for all users.
    password: str
    # an administrator, a user manager, an auditor, a member; none has a second factor
    usernames: tuple[str, ...]


@dataclass
class _Somebody:
    number: int
    name: str
    username: str
    unit: str
    sso: bool
    # for the first sign-in by Single Sign-On
    waiting: bool
    address: str
    # once they are stored
    principal: Principal = SYSTEM
    set_up_at: int | None = None


# when, in which order at that moment, what
Act = tuple[int, int, Callable[[Context], Awaitable[None]]]


async def fill(context: Context) -> Made | Literal["not empty"]:
    """Makes the organisation in one transaction; refuses a database that holds more than the first `admin`."""
    password = passwords.one_time()
    password_hash = await context.hasher.hash(password)
    rng = random.Random(12)  # noqa: S311  # because nothing secret comes of it: the same people each time
    people = _people(rng)
    async with context.db.transaction():
        if not await _is_fresh(context):
            return "not empty"
        history = _History(context, rng, password_hash)
        for at, _, act in sorted(history.of(people), key=lambda each: each[:2]):
            await act(replace(context, now=at))
        await settings.put(context.db, SETTING, "on")
        await settings.put(context.db, FIRST_DAY, "off")
    return Made(password, tuple(people[number].username for number in STAY_WITHOUT))


async def _is_fresh(context: Context) -> bool:
    """Whether there is no user but the first `admin`. (At most two rows are looked at.)"""
    names = await users.first_names(context.db, 2)
    return names in ([], ["admin"])


def _people(rng: random.Random) -> list[_Somebody]:
    names = [(first, last) for first in FIRST for last in LAST]
    rng.shuffle(names)
    units = list(UNITS)
    sso = set(rng.sample(range(10, PEOPLE), SSO))
    return [
        _Somebody(
            number,
            f"{first} {last}",
            _plain(f"{first}.{last}"),
            "IT" if number < 2 else units[min(int(rng.random() ** 1.3 * len(units)), len(units) - 1)],
            number in sso,
            number in sorted(sso)[-WAITING:],
            f"192.0.2.{number % 250 + 1}",
        )
        for number, (first, last) in enumerate(names[:PEOPLE])
    ]


def _plain(name: str) -> str:
    """Without accents, so that every keyboard types it."""
    parts = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in parts if not unicodedata.combining(letter))


class _History:
    """What happens to all users in a year, as acts at moments. Each act goes through the functions that keep figures
    and log.
    """

    def __init__(self, context: Context, rng: random.Random, password_hash: str) -> None:
        self._context, self._rng, self._hash = context, rng, password_hash
        self._acts: list[Act] = []

    def of(self, people: list[_Somebody]) -> list[Act]:
        """All acts, in no order."""
        now, rng = self._context.now, self._rng
        self._at(now - SWITCHED_ON_DAYS * DAY_SECONDS, self._switch)
        leavers = rng.sample([each.number for each in people if each.number >= 10 and not each.sso], DISABLED + BLOCKED)
        for each in people:
            # Most were there from the beginning; every ninth came later.
            early = each.number % 9 or each.number < 10
            came = now - YEAR_SECONDS + each.number if early else self._working_time(360, 20)
            self._at(came, self._add(each))
            self._set_up_of(each, came)
            self._sign_ins_of(each, came)
        for number in leavers[:DISABLED]:
            self._at(self._working_time(18, 1), self._disable(people[number], people[0]))
        for number in leavers[DISABLED:]:
            self._block_of(people[number])
        return self._acts

    def _at(self, when: int, act: Callable[[Context], Awaitable[None]]) -> None:
        self._acts.append((min(when, self._context.now - 60), len(self._acts), act))

    def _working_time(self, most_days_ago: float, least_days_ago: float) -> int:
        """A moment of a weekday between eight and five, UTC."""
        day = int((self._context.now - self._rng.uniform(least_days_ago, most_days_ago) * DAY_SECONDS) // DAY_SECONDS)
        # 1 January 1970 was a Thursday
        day -= {5: 1, 6: 2}.get((day + 3) % 7, 0)
        return day * DAY_SECONDS + 8 * HOUR_SECONDS + self._rng.randrange(9 * HOUR_SECONDS)

    def _set_up_of(self, each: _Somebody, came: int) -> None:
        """Adoption grows: quickly in some units, slowly in others, never to 100 %."""
        if each.sso or each.number in STAY_WITHOUT:
            return
        days = self._rng.expovariate(UNITS[each.unit] / 420)
        start = max(came, self._context.now - SWITCHED_ON_DAYS * DAY_SECONDS)
        ago = (self._context.now - start) / DAY_SECONDS - days
        if ago > 1:
            each.set_up_at = self._working_time(ago, ago - 0.5)
            self._at(max(each.set_up_at, start + HOUR_SECONDS), self._set_up(each))

    def _sign_ins_of(self, each: _Somebody, came: int) -> None:
        if each.waiting:
            return
        for _ in range(self._rng.randrange(4, 26)):
            when = max(self._working_time((self._context.now - came) / DAY_SECONDS, 0.2), came + 600)
            if self._rng.random() < 0.06 and not each.sso:
                self._at(when - 40, self._refuse(each))
            self._at(when, self._sign_in(each))

    def _block_of(self, each: _Somebody) -> None:
        each.set_up_at = self._working_time(90, 60)
        self._at(each.set_up_at, self._set_up(each))
        self._at(self._working_time(9, 1), self._block(each))

    # What the acts do.

    async def _switch(self, context: Context) -> None:
        if await settings.change(context.db, switch.NAME, "on", context.now, COMMAND_LINE.username):
            await log.record(context, kinds.TwoFactorSwitched("off", "on"), COMMAND_LINE)

    def _add(self, each: _Somebody) -> Callable[[Context], Awaitable[None]]:
        async def act(context: Context) -> None:
            bound = each.sso and not each.waiting
            method: users.Method = "sso" if each.sso else "password"
            role = ROLES.get(each.number, "Member")
            new = users.New(
                username=each.username,
                skeleton=confusables.skeleton(each.username),
                name=each.name,
                email=f"{each.username}@{DOMAIN}",
                company=COMPANY,
                unit=each.unit,
                login_method=method,
                password_hash=None if each.sso else self._hash,
                password_set_at=None if each.sso else context.now,
                created_at=context.now,
                sso_issuer=ISSUER if bound else None,
                sso_subject=f"{COMPANY} {each.number}" if bound else None,
                sso_amr="pwd otp mfa" if bound else "",
            )
            user_id = await users.insert(context.db, new)
            assert user_id is not None
            each.principal = Principal(user_id, each.username)
            role_id = await roles.id_by_name(context.db, role)
            if role_id is not None:
                await roles.give(context.db, user_id, role_id)
            await log.record(context, kinds.UserCreated(method, role), COMMAND_LINE, each.principal)

        return act

    def _set_up(self, each: _Somebody) -> Callable[[Context], Awaitable[None]]:
        async def act(context: Context) -> None:
            user = await users.by_id(context.db, each.principal.id or 0)
            if user is None or user.two_factor_at is not None:
                return
            key_id, key = context.vault.encrypt(totp.new_key().encode(), attempts.associated_data(user.id))
            await authenticators.add(
                context.db, authenticators.New(user.id, "", key_id, key, context.now // 30), context.now
            )
            await users.set_two_factor(context.db, user.id, context.now)
            hashes = [recovery_codes.stored(context.vault, user.id, code) for code in recovery_codes.make()]
            await stored_codes.replace(context.db, user.id, context.vault.key_id, hashes, context.now)
            await log.record(self._from(context, each), kinds.TwoFactorSetUp(), each.principal, each.principal)

        return act

    def _sign_in(self, each: _Somebody) -> Callable[[Context], Awaitable[None]]:
        async def act(context: Context) -> None:
            user = await users.by_id(context.db, each.principal.id or 0)
            if user is None or user.disabled_at is not None or user.codes_blocked_at is not None:
                return
            factor = "single sign-on" if each.sso else "password and code" if user.two_factor_at else "password"
            await users.record_login(context.db, user.id, context.now, each.address)
            await log.record(self._from(context, each), kinds.LoginSucceeded(factor), each.principal, each.principal)

        return act

    def _refuse(self, each: _Somebody) -> Callable[[Context], Awaitable[None]]:
        return self._record(each, kinds.LoginRefused("wrong password"))

    def _record(self, each: _Somebody, what: Activity) -> Callable[[Context], Awaitable[None]]:
        async def act(context: Context) -> None:
            await log.record(self._from(context, each), what, each.principal, each.principal)

        return act

    def _disable(self, each: _Somebody, by: _Somebody) -> Callable[[Context], Awaitable[None]]:
        async def act(context: Context) -> None:
            user = await users.disable(context.db, each.principal.id or 0, context.now)
            if user is not None:
                await log.record(self._from(context, by), kinds.UserDisabled(), by.principal, each.principal)

        return act

    def _block(self, each: _Somebody) -> Callable[[Context], Awaitable[None]]:
        async def act(context: Context) -> None:
            if await users.block(context.db, each.principal.id or 0, context.now):
                await log.record(self._from(context, each), kinds.TwoFactorBlocked(), SYSTEM, each.principal)

        return act

    def _from(self, context: Context, each: _Somebody) -> Context:
        return replace(context, client=Client(each.address, "Firefox on Windows", None))
