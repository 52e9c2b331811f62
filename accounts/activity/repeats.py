"""Which repetitions of an activity get an entry of the log: a flood fills nothing, and hides no other signal."""

from dataclasses import dataclass, replace

from accounts.activity import kinds
from accounts.context import Context, Principal
from accounts.durations import HOUR_SECONDS
from accounts.limits import DISTINCT_LOGGED_AN_HOUR, REPEATS_LOGGED_AN_HOUR, WIDER_NETWORKS
from db import clock, refusals
from db.refusals import Counted

# Room for so many entries, by the key of its count.
Rooms = dict[str, int]


@dataclass(frozen=True)
class Repeated:
    """What is repeated. `password_right`: by one who has the password of `who`."""

    activity: kinds.Activity
    who: Principal
    password_right: bool


async def count(context: Context, repeated: Repeated) -> tuple[bool, Counted]:
    """Counts one: whether it gets an entry, and what of an hour that has ended has none.

    The statements are the same for every user, network and cause.
    """
    rest, ways = _rest(context, repeated), _ways(context, repeated)
    room = replace(rest, action="", subject_id=None, subject="", password="")
    rows = [rest, *(replace(room, whose=key) for way in ways for key in way)]
    found = await refusals.lock(context.db, rows)
    current = {row.whose: _within_the_hour(context, found[row.whose]) or row for row in rows}
    way = next((way for way in ways if all(current[key].number < most for key, most in way.items())), None)
    for key in way or {rest.whose: 0}:
        current[key] = replace(current[key], number=current[key].number + 1)
    await refusals.store(context.db, list(current.values()))
    before = found[rest.whose]
    return way is not None, rest if _within_the_hour(context, before) else before


def _within_the_hour(context: Context, counted: Counted) -> Counted | None:
    return counted if clock.is_since(counted.since, context.now - HOUR_SECONDS, context.now) else None


def _rest(context: Context, repeated: Repeated) -> Counted:
    """The count of those without an entry: of a user, or of the widest network."""
    who, password = repeated.who, "right" if repeated.password_right else ""
    key = _key(context, "rest", _whose(context, who, min(WIDER_NETWORKS)), repeated.activity.name, password)
    return Counted(key, context.now, 0, who.id, who.username, repeated.activity.name, password)


def _ways(context: Context, repeated: Repeated) -> list[Rooms]:
    """An entry needs one of these ways, with room in all counts of it."""
    who, activity = repeated.who, repeated.activity
    if activity.apart:
        whose = _whose(context, who, min(WIDER_NETWORKS))
        # 65,536 counts of a user at most, and none can choose which values share one.
        value = _key(context, "value", activity.name, getattr(activity, activity.apart))[:4]
        keys = [_key(context, what, whose, activity.name) for what in (f"first {value}", "distinct", "again")]
        return [{keys[0]: 1, keys[1]: DISTINCT_LOGGED_AN_HOUR}, {keys[2]: REPEATS_LOGGED_AN_HOUR - 1}]
    cause = f"right {getattr(activity, 'cause', '')}" if repeated.password_right else ""
    times = {64: 1} | WIDER_NETWORKS
    return [
        {
            _key(
                context, "room", str(prefix), _whose(context, who, prefix), activity.name, cause
            ): REPEATS_LOGGED_AN_HOUR * as_many
            for prefix, as_many in times.items()
        }
    ]


def _whose(context: Context, who: Principal, prefix: int) -> str:
    return f"user {who.id}" if who.id else f"network {context.client.network_of(prefix)}"


def _key(context: Context, *parts: str) -> str:
    return context.vault.keyed_hash("refusals", "\n".join(parts)).hex()
