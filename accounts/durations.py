"""Durations in seconds."""

MINUTE_SECONDS = 60
# By how much a stored time may lie ahead of the clock: further ahead it counts as none.
FUTURE_SECONDS = MINUTE_SECONDS
HOUR_SECONDS = 60 * MINUTE_SECONDS
DAY_SECONDS = 24 * HOUR_SECONDS
YEAR_SECONDS = 365 * DAY_SECONDS
