"""Who signs in while one network posts logins as fast as it can."""

import asyncio
import itertools
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from accounts.context import Context
from accounts.sessions import know_browser
from db import users
from tests.bench import client, crowd, load
from tests.bench.client import Connection
from tests.bench.crowd import PASSWORD, Crowd
from tests.bench.figure import Figure, Reading, at_least, at_most, percentile
from tests.bench.server import Server

CONNECTIONS = 100
SIGN_INS = 100
# Between two sign-ins of each sort.
PAUSE_SECONDS = 0.25
GOAL_SECONDS = 3
# The attacker's network; people come from networks of their own.
ATTACKER = "198.51.100.1"
VICTIM = "user-0000000"

Form = Callable[[int], dict[str, str]]


@dataclass
class People:
    """Sign-ins of one sort: how they were answered, and after how long."""

    statuses: Counter[int] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)

    @property
    def share(self) -> float:
        return 100 * self.statuses[303] / self.statuses.total()


@dataclass
class Attack:
    statuses: Counter[int] = field(default_factory=Counter)
    over: bool = False


def fair_queue(folder: Path) -> list[Figure]:
    """100 connections of one network post logins without a pause; 100 people sign in by known browsers, 100 by others.

    Twice: the network guesses, so that after 300 failures it waits and has one place; and it knows the password of a
    user, which counts as no failure, so that it never waits.
    """
    attacks: dict[str, Form] = {
        "guesses": lambda number: {"username": f"user-{number % 5000:07}", "password": f"wrong {number}", "code": ""},
        "right passwords": lambda _number: {"username": VICTIM, "password": PASSWORD, "code": ""},
    }
    figures = []
    for name, form in attacks.items():
        (folder / name).mkdir()
        figures += _under(name, form, folder / name)
    return figures


def _under(name: str, form: Form, folder: Path) -> list[Figure]:
    made = crowd.gather(folder, 2 * SIGN_INS + 1)
    assert next(made.fresh) == VICTIM
    by_known = [next(made.fresh) for _ in range(SIGN_INS)]
    cookies = _known_browsers(made, by_known)
    with Server(folder, TWO_KEYS_TRUSTED_PROXIES="127.0.0.1") as server:
        known, unknown, attack = load.run(_measured(server, made, form, dict(zip(by_known, cookies, strict=True))))
    took = f"median {statistics.median(known.seconds):.2f} s, others {statistics.median(unknown.seconds):.2f} s"
    note = f"the attacker's answers: {_counted(attack.statuses)}"
    what = f"while one network posts {name}"
    return [
        at_least(f"Known browsers that sign in {what}", 99, Reading(known.share, " %", 0, "seconds"), (note,)),
        at_most(
            f"p99 of their sign-ins {what}",
            GOAL_SECONDS,
            Reading(percentile(known.seconds, 99), " s", 2, "seconds"),
            (took,),
        ),
        at_least(f"Other browsers that sign in {what}", 90, Reading(unknown.share, " %", 0, "seconds")),
    ]


def _known_browsers(made: Crowd, usernames: list[str]) -> list[str]:
    """The cookie of a browser that signed each of the users in before."""

    async def know(context: Context) -> list[str]:
        tokens = []
        async with context.db.transaction():
            for username in usernames:
                user = await users.by_username(context.db, username)
                assert user is not None
                tokens.append((await know_browser(context, user.id)).token)
        return tokens

    return [f"two_keys_browser={made.vault.sign(f'browser:{token}')}" for token in crowd.act(made.folder, know)]


async def _measured(server: Server, made: Crowd, form: Form, cookies: dict[str, str]) -> tuple[People, People, Attack]:
    attack, known, unknown = Attack(), People(), People()
    numbers = itertools.count()
    attackers = [asyncio.create_task(_attacks(server, form, numbers, attack)) for _ in range(CONNECTIONS)]
    await asyncio.sleep(2)
    signing_in = []
    for number, (username, cookie) in enumerate(cookies.items()):
        signing_in.append(asyncio.create_task(_signs_in(server, made, username, number, known, cookie)))
        await asyncio.sleep(PAUSE_SECONDS / 2)
        signing_in.append(asyncio.create_task(_signs_in(server, made, next(made.fresh), SIGN_INS + number, unknown)))
        await asyncio.sleep(PAUSE_SECONDS / 2)
    await asyncio.gather(*signing_in)
    attack.over = True
    await asyncio.gather(*attackers)
    return known, unknown, attack


async def _attacks(server: Server, form: Form, numbers: Iterator[int], attack: Attack) -> None:
    connection = Connection(server.port)
    while not attack.over:
        answer = await connection.send(client.post("/login", form(next(numbers)), X_Forwarded_For=ATTACKER))
        attack.statuses[answer.status] += 1
    connection.close()


async def _signs_in(server: Server, made: Crowd, username: str, number: int, people: People, cookie: str = "") -> None:
    """One sign-in with password and code, from a network of its own, on a connection of its own; no second try."""
    typed = {"username": username, "password": PASSWORD, "code": made.totp.now()}
    connection, began = Connection(server.port), time.perf_counter()
    answer = await connection.send(client.post("/login", typed, cookie, X_Forwarded_For=f"203.0.113.{number}"))
    people.seconds.append(time.perf_counter() - began)
    people.statuses[answer.status] += 1
    connection.close()


def _counted(statuses: Counter[int]) -> str:
    return ", ".join(f"{number:,} × {status}" for status, number in sorted(statuses.items()))
