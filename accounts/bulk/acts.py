"""The acts on many users, each once: who may do it, whom it leaves out, and what it does to a batch."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from accounts import permissions, ways_in
from accounts.activity import kinds
from accounts.activity.changed_fields import written
from accounts.context import NOBODY, Context, Principal
from accounts.links import invitations
from accounts.links.invitations import Invited
from accounts.mail import senders
from accounts.permissions import ROLES_EDIT, USERS_EDIT
from accounts.sessions import Current
from accounts.two_factor import reminders
from accounts.users import status
from accounts.users.role_change import give_and_take
from db import bulk as rows
from db import outbox
from db import reminders as stored_reminders
from db.bulk import Person
from db.roles import Role

Name = Literal["remind", "invite", "disable", "enable", "give-role", "take-role", "set-unit", "end-sessions"]
Entry = tuple[kinds.Activity, Principal]


@dataclass(frozen=True)
class Doing:
    """By whom, the role or unit that is given, and the sentence that the sender adds to e-mails (without a problem by
    accounts/mail/senders.py).
    """

    context: Context
    current: Current
    role: Role | None = None
    unit: str = ""
    sentence: str = ""


Do = Callable[[Doing, Sequence[Person]], Awaitable[Iterator[Entry]]]


@dataclass(frozen=True)
class Act:
    """`reasons`: why it leaves a user out, the first that is true. `needs`: what is chosen with it. `ends`: an
    administrator may end by it; `promotes`: they may do more afterwards, so ways in end that were made by others who
    hold less.
    """

    name: Name
    do: Do
    reasons: tuple[str, ...]
    permission: str = USERS_EDIT
    needs: Literal["", "role", "unit"] = ""
    by_mail: bool = False
    reauthenticates: bool = True
    ends: bool = False
    promotes: bool = False
    # Users in one transaction: 30 to 100 ms, in which no other can write.
    batch: int = 200

    def may(self, held: frozenset[str], role: Role | None) -> bool:
        """Whether a user who holds these may do it. Whom they may act on is a reason."""
        return permissions.may_act_on(held, role.permissions if role else frozenset(), self.permission)


def _ids(people: Sequence[Person]) -> list[int]:
    return [person.id for person in people]


def _each(people: Sequence[Person], what: kinds.Activity) -> Iterator[Entry]:
    return ((what, Principal(person.id, person.username)) for person in people)


async def _remind(doing: Doing, people: Sequence[Person]) -> Iterator[Entry]:
    context = doing.context
    await rows.mark_reminded(context.db, _ids(people), context.now)
    session = doing.current.session
    facts = senders.facts_of(session.username, session.name, doing.sentence)
    await outbox.add_same(context.db, reminders.KIND, _ids(people), facts, context.now)
    number = str(len(people))
    # The entries of the users come right before that of the whole.
    return iter([*_each(people, kinds.ReminderSent()), (kinds.RemindersSent(number, number, doing.sentence), NOBODY)])


async def _invite(doing: Doing, people: Sequence[Person]) -> Iterator[Entry]:
    chosen = [
        Invited(user.id, user.username, user.email, "binding" if user.login_method == "sso" else "invitation")
        for user in people
    ]
    return await invitations.queue(doing.context, doing.current, chosen, doing.sentence)


async def _disable(doing: Doing, people: Sequence[Person]) -> Iterator[Entry]:
    await status.shut_out(doing.context, _ids(people))
    return _each(people, kinds.UserDisabled())


async def _enable(doing: Doing, people: Sequence[Person]) -> Iterator[Entry]:
    await rows.enable(doing.context.db, _ids(people))
    return _each(people, kinds.UserEnabled())


async def _give_role(doing: Doing, people: Sequence[Person]) -> Iterator[Entry]:
    assert doing.role is not None
    return await give_and_take(doing.context, _principals(people), [doing.role], [])


async def _take_role(doing: Doing, people: Sequence[Person]) -> Iterator[Entry]:
    assert doing.role is not None
    return await give_and_take(doing.context, _principals(people), [], [doing.role])


def _principals(people: Sequence[Person]) -> list[Principal]:
    return [Principal(person.id, person.username) for person in people]


async def _set_unit(doing: Doing, people: Sequence[Person]) -> Iterator[Entry]:
    await rows.set_unit(doing.context.db, people, doing.unit)
    after = written({"unit": doing.unit})
    return (
        (kinds.UserChanged(written({"unit": user.unit}), after), Principal(user.id, user.username)) for user in people
    )


async def _end_sessions(doing: Doing, people: Sequence[Person]) -> Iterator[Entry]:
    numbers = await rows.sessions_of(doing.context.db, _ids(people))
    await ways_in.end(doing.context, _ids(people))
    return ((kinds.SessionsEnded(str(numbers[user.id])), Principal(user.id, user.username)) for user in people)


OTHERS = ("own", "beyond")
ALL: dict[Name, Act] = {
    act.name: act
    for act in (
        Act(
            "remind",
            _remind,
            (*stored_reminders.NEVER, "reminded"),
            by_mail=True,
            reauthenticates=False,
        ),
        Act(
            "invite",
            _invite,
            ("disabled", "joined", *OTHERS, "no_provider", "invited", "no_address", "address_of_others"),
            by_mail=True,
        ),
        Act("disable", _disable, ("disabled", *OTHERS), ends=True),
        Act("enable", _enable, ("active", *OTHERS)),
        Act("give-role", _give_role, ("has_role",), permission=ROLES_EDIT, needs="role", promotes=True),
        Act("take-role", _take_role, ("without_role",), permission=ROLES_EDIT, needs="role", ends=True),
        Act("set-unit", _set_unit, ("in_unit", "beyond"), needs="unit", batch=50),
        Act("end-sessions", _end_sessions, ("nothing_to_end", *OTHERS)),
    )
}
