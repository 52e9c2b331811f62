"""What a user's page shows with the user: open sessions, refused sign-ins, and until when sign-ins wait."""

from dataclasses import dataclass

from db import Database
from db.activity import JUDGED, Damaged, Entry, judged
from db.attempts import Waits
from db.open_sessions import Open, Session


@dataclass(frozen=True)
class ShownWith:
    """`sessions` and `refused`: newest first. Until when sign-ins wait, in epoch seconds, 0 if they do not: the longest
    wait of any browser, and the one of all browsers that do not know the user.
    """

    sessions: list[Session]
    refused: list[Entry | Damaged]
    waiting_until: int
    everywhere_until: int


_SESSION_NAMES = [f"session_{name}" for name in Session.__dataclass_fields__]
_SESSION = ", ".join(f"s.{name} AS session_{name}" for name in Session.__dataclass_fields__)
_ENTRY = [*Entry.__dataclass_fields__, "beyond"]
_WAIT = "FROM attempts a WHERE a.whose = :whose AND a.waiting_until >= :soonest AND a.waiting_until < :too_late"
# The sessions stand in the row of the newest entry alone, so that there are no more rows than sessions and entries.
_READ = (
    f"SELECT (SELECT coalesce(max(a.waiting_until), 0) {_WAIT}) AS waiting_until,"
    f" (SELECT coalesce(max(a.waiting_until), 0) {_WAIT} AND a.bucket = :of_username) AS everywhere_until,"
    f" {_SESSION}, e.* FROM (SELECT 1 AS one) o LEFT JOIN (SELECT row_number() OVER (ORDER BY j.number DESC) AS place,"
    f" j.* FROM (SELECT {JUDGED} FROM activity WHERE subject_id = :user AND action = 'login.refused'"
    " ORDER BY number DESC LIMIT :size) j) e ON e.place > 0"
    " LEFT JOIN sessions s ON coalesce(e.place, 1) = 1 AND s.user_id = :user AND s.last_used_at > :used_after"
    " AND s.last_used_at <= :latest AND s.started_at > :started_after AND s.started_at <= :latest"
    " ORDER BY e.place, s.started_at DESC, s.id DESC"
)


async def read(db: Database, user_id: int, opened: Open, waits: Waits, refusals: int) -> ShownWith:
    """In one query; of the refusals the newest so many."""
    rows = await db.fetch_raw(
        _READ,
        {
            "user": user_id,
            **vars(opened),
            "whose": waits.whose,
            "of_username": waits.of_username,
            "soonest": waits.until.start,
            "too_late": waits.until.stop,
            "size": refusals,
        },
    )
    entries = {row["place"]: [row[name] for name in _ENTRY] for row in rows if row["place"] is not None}
    return ShownWith(
        [Session(*[row[name] for name in _SESSION_NAMES]) for row in rows if row["session_id"] is not None],
        judged(list(entries.values())),
        rows[0]["waiting_until"],
        rows[0]["everywhere_until"],
    )
