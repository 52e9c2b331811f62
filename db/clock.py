"""The clock may have been wrong when a time was stored: one that lies more than FUTURE_SECONDS ahead counts as none."""

FUTURE_SECONDS = 60


def latest(now: int) -> int:
    """The latest time of something that has happened. In SQL it is `:latest`."""
    return now + FUTURE_SECONDS


def is_since(at: int | None, since: int, now: int) -> bool:
    """Whether something happened after `since`."""
    return at is not None and since < at <= latest(now)


def lasts(until: int | None, seconds: int, now: int) -> bool:
    """Whether something goes on that lasts `seconds` at most from its beginning."""
    return until is not None and now < until <= latest(now) + seconds
