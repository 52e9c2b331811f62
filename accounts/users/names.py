"""Which usernames, from before the rules, could not be given to a new user."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Literal

from accounts import confusables, namesakes, usernames
from accounts.context import Context
from db import users as rows

PORTION = 1000


@dataclass(frozen=True)
class Doubtful:
    """`problem`: why a new user could not have it; "": it looks like `other`, which came first; or it is the address of
    `other`.
    """

    username: str
    problem: Literal["", "address_of_another", usernames.Problem]
    other: str = ""


async def doubtful(context: Context) -> AsyncIterator[Doubtful]:
    """In the order in which they were added."""
    first: dict[str, str] = {}
    after = 0
    while portion := await rows.names(context.db, after, PORTION):
        addressed = await namesakes.with_address(context, [username for _, username in portion])
        for _, username in portion:
            other = first.setdefault(confusables.skeleton(username), username)
            if other != username:
                yield Doubtful(username, "", other)
            elif problem := usernames.problem_with(username):
                yield Doubtful(username, problem)
            elif username in addressed:
                yield Doubtful(username, "address_of_another", addressed[username])
        after = portion[-1][0]
