"""Whether the response time reveals why a login was refused: the twelve causes, two of them by address, too."""

import random
import statistics
import time
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import pyotp

from accounts.context import Context
from accounts.login import throttle
from accounts.two_factor import recovery_codes, totp
from tests.bench import client, crowd
from tests.bench.client import Connection
from tests.bench.crowd import PASSWORD, Crowd
from tests.bench.figure import Figure, percentile
from tests.bench.load import run
from tests.bench.server import Server

SAMPLES = 240
WARM_UP = 5
MOST_SECONDS = 90
SHUFFLES = 30
# A recovery code that its users have used already.
SPENT = "12345678901234567890"
ANOTHERS = pyotp.TOTP(totp.new_key())
# Cause → the SQL that prepares its user.
CAUSES = {
    "unknown user": "",
    "wrong password": "",
    "no code": "",
    "wrong code": "",
    "used code": "",
    "another user's code": "",
    "used recovery code": "",
    "blocked": "UPDATE users SET codes_blocked_at = 1 WHERE id = :id",
    "waiting": "",
    "disabled": "UPDATE users SET disabled_at = 1 WHERE id = :id",
    "sso user": "UPDATE users SET login_method = 'sso', password_hash = NULL, two_factor_at = NULL WHERE id = :id",
    "over-long input": "",
    "unknown address": "",
    # Typed is the user's address, whose domain is the username, so that it is the user's own.
    "wrong password, by address": "UPDATE users SET email = 'a@' || username || '.example', email_beginning ="
    " 'a@' || username || '.example' WHERE id = :id",
}
# The cause in the log, where it is another.
LOGGED_AS = {
    "another user's code": "wrong code",
    "unknown address": "unknown user",
    "wrong password, by address": "wrong password",
}
GOAL = 0.55


def timing(folder: Path) -> list[Figure]:
    """The largest AUC (Mann–Whitney) between the times of two causes of a refused login; 0.5 is no difference.

    Over HTTP on one connection, one login after the other, 240 of each cause (fewer if that takes over 90 s), in
    rounds of all in random order, each of another user from another network, so that no login affects the
    next. The noise: the same figure with the causes shuffled within each round (median and 95th percentile of 30
    shufflings), and each cause against itself, one half of its times against the other. Above the goal but
    within the noise is not judged.
    """
    rounds = SAMPLES + WARM_UP
    people = crowd.gather(folder, rounds * len(CAUSES))
    plan = _prepare(people, rounds)
    with Server(folder, TWO_KEYS_TRUSTED_PROXIES="127.0.0.1") as server:
        took: list[dict[str, float]] = run(_measure(server, people, plan))
    _check_causes(people, len(took))
    return [_judged(took[WARM_UP:])]


def _judged(took: list[dict[str, float]]) -> Figure:
    times = {cause: [each[cause] for each in took] for cause in CAUSES}
    worst, pair = _worst(times)
    by_chance = [_worst(_shuffled(took))[0] for _ in range(SHUFFLES)]
    chance = percentile(by_chance, 95)
    halves = max(_away(values[::2], values[1::2]) for values in times.values())
    typical = {cause: statistics.median(values) * 1000 for cause, values in times.items()}
    everywhere = statistics.median(typical.values())
    shown = ", ".join(
        f"{cause} {value - everywhere:+.2f}" for cause, value in sorted(typical.items(), key=lambda each: each[1])
    )
    return Figure(
        f"Timing of the 12 causes and of addresses, largest AUC ({pair[0]} / {pair[1]})",
        f"≤ {GOAL}",
        f"{worst:.3f}",
        True if worst <= GOAL else None if worst <= chance else False,
        (
            f"by chance alone {statistics.median(by_chance):.3f} (95 %: {chance:.3f})",
            f"each cause against itself at most {halves:.3f}",
            f"{len(took)} of each; medians around {everywhere:.1f} ms: {shown}",
        ),
    )


def _prepare(people: Crowd, rounds: int) -> list[dict[str, str]]:
    """Round → cause → username, whose state in the database makes it that cause."""
    plan = [{cause: next(people.fresh) for cause in CAUSES} for _ in range(rounds)]
    with people.connect() as connection:
        ids = dict(connection.execute("SELECT username, id FROM users"))
        for each in plan:
            for cause, statement in CAUSES.items():
                if statement:
                    connection.execute(statement, {"id": ids[each[cause]]})
            spent = ids[each["used recovery code"]]
            connection.execute(
                "INSERT INTO recovery_codes (user_id, key_id, code_hash, created_at, used_at, used_by)"
                " VALUES (?, ?, ?, 1, 2, 0)",
                (spent, people.vault.key_id, recovery_codes.stored(people.vault, spent, SPENT)),
            )
    connection.close()
    crowd.act(people.folder, lambda context: _let_wait(context, [each["waiting"] for each in plan]))
    return plan


async def _let_wait(context: Context, usernames: list[str]) -> None:
    async with context.db.transaction():
        for username in usernames:
            await context.db.execute(
                "INSERT INTO attempts (bucket, whose, failures, waiting_until, forget_at)"
                " VALUES (:bucket, :whose, 100, :later, :later)",
                {
                    "bucket": throttle._name(context.vault, "username", username),
                    "whose": throttle._whose(context.vault, username),
                    "later": context.now + 3600,
                },
            )


def _spend_code(people: Crowd, username: str) -> None:
    """Of this moment, before the round is timed: a step that lies further in the future would count as none."""
    step = int(time.time()) // totp.STEP_SECONDS + 1
    with people.connect() as connection:
        connection.execute(
            "UPDATE authenticators SET last_step = ? WHERE user_id = (SELECT id FROM users WHERE username = ?)",
            (step, username),
        )
    connection.close()


async def _measure(server: Server, people: Crowd, plan: list[dict[str, str]]) -> list[dict[str, float]]:
    connection, number = Connection(server.port), 0
    took: list[dict[str, float]] = []
    until = time.monotonic() + MOST_SECONDS
    for each in plan:
        if time.monotonic() > until:
            break
        took.append({})
        _spend_code(people, each["used code"])
        for cause in random.sample(list(CAUSES), len(CAUSES)):
            number += 1
            form = {"username": each[cause], "password": PASSWORD, "code": people.totp.now()}
            form |= _typed(cause, each[cause])
            request = client.post(
                "/login", form, X_Forwarded_For=f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
            )
            began = time.perf_counter()
            answer = await connection.send(request)
            took[-1][cause] = time.perf_counter() - began
            assert answer.status == 422, (cause, answer)
    connection.close()
    return took


def _typed(cause: str, username: str) -> dict[str, str]:
    return {
        "unknown user": {"username": f"nobody-{random.randrange(10**7):07}"},
        "wrong password": {"password": "wrong horse battery staple"},
        "no code": {"code": ""},
        # With a right code it would pass: only the username waits.
        "waiting": {"code": ""},
        "wrong code": {"code": f"{random.randrange(10**6):06}"},
        "another user's code": {"code": ANOTHERS.now()},
        "used recovery code": {"code": SPENT},
        "over-long input": {"password": "x" * 1025},
        "unknown address": {"username": f"a@nobody-{random.randrange(10**7):07}.example"},
        "wrong password, by address": {
            "username": f"a@{username}.example",
            "password": "wrong horse battery staple",
        },
    }.get(cause, {})


def _check_causes(people: Crowd, rounds: int) -> None:
    """Fails unless the activity log holds each cause as often as it was tried."""
    sql = "SELECT json_extract(detail, '$.cause'), count(*) FROM activity WHERE action = 'login.refused' GROUP BY 1"
    with people.connect() as connection:
        logged = dict(connection.execute(sql))
    connection.close()
    expected = dict.fromkeys(CAUSES, rounds)
    for seen, cause in LOGGED_AS.items():
        expected[cause] += expected.pop(seen)
    wrong = {cause: number for cause, number in expected.items() if abs(logged.get(cause, 0) - number) > 2}
    assert not wrong, f"the log tells other causes than were meant: {logged}"


def _worst(times: dict[str, list[float]]) -> tuple[float, tuple[str, str]]:
    return max((_away(times[one], times[other]), (one, other)) for one, other in combinations(times, 2))


def _away(one: Sequence[float], other: Sequence[float]) -> float:
    """The AUC of telling two samples apart, in the better direction: 0.5 – 1."""
    ordered = sorted(other)
    below = sum(bisect_left(ordered, value) + bisect_right(ordered, value) for value in one) / 2
    area = below / (len(one) * len(other))
    return max(area, 1 - area)


def _shuffled(took: list[dict[str, float]]) -> dict[str, list[float]]:
    shuffled: dict[str, list[float]] = {cause: [] for cause in CAUSES}
    for each in took:
        for cause, value in zip(CAUSES, random.sample(list(each.values()), len(each)), strict=True):
            shuffled[cause].append(value)
    return shuffled
