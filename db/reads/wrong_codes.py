"""Wrong codes typed after a right password of which no e-mail has told their user."""

from dataclasses import dataclass

from db import Database, many


@dataclass(frozen=True)
class Reported:
    user_id: int
    # Consecutive ones, at that moment.
    number: int
    at: int
    address: str


@dataclass(frozen=True)
class Window:
    """Epoch seconds: attempts after `since` count, unless there was an e-mail after `hour_ago`.

    Those before `unsettled` that were never settled were wrong.
    """

    since: int
    hour_ago: int
    latest: int
    unsettled: int


async def unreported(db: Database, letter: str, window: Window, at_least: int) -> list[Reported]:
    """The newest attempt of each user that ended a run of `at_least`, after their last e-mail of that kind.

    A success after the run changes nothing: the owner may have signed in while a stranger tried.
    """
    told = "SELECT 1 FROM outbox o WHERE o.user_id = a.user_id AND o.letter = :letter AND o.created_at <= :latest"
    run = (
        "SELECT count(*) FROM code_attempts r WHERE r.user_id = a.user_id AND r.kind = a.kind AND r.id <= a.id"
        " AND (r.cleared_at IS NULL OR r.cleared_at >= a.at) AND (r.judged_at IS NOT NULL OR r.at < :unsettled)"
    )
    rows = await db.fetch_all(
        f"SELECT a.user_id, ({run}) AS number, a.at, a.address FROM code_attempts a JOIN users u ON u.id = a.user_id"
        " WHERE a.at > :since AND a.at <= :latest AND (a.judged_at IS NOT NULL OR a.at < :unsettled) AND u.email <> ''"
        f" AND NOT EXISTS ({told} AND (o.created_at > :hour_ago OR o.created_at >= a.at)) ORDER BY a.id",
        vars(window) | {"letter": letter},
    )
    newest = {each.user_id: each for each in many(Reported, rows) if each.number >= at_least}
    return list(newest.values())
