"""What the two databases spell differently."""

from dataclasses import dataclass

# In LIKE … ESCAPE; PostgreSQL's own without one.
ESCAPE = "\\"


def like_pattern(text: str) -> str:
    """A text as LIKE finds it, and nothing else."""
    for sign in (ESCAPE, "%", "_"):
        text = text.replace(sign, ESCAPE + sign)
    return text


@dataclass(frozen=True)
class Dialect:
    is_sqlite: bool
    # The larger and the smaller of two numbers.
    larger: str
    smaller: str
    # Before a column that no index is to be used for. PostgreSQL decides by its statistics.
    unindexed: str
    # LIKE that takes capital and small letters of ASCII for the same.
    like: str
    # The values of the fields of an entry, as `value`; none if its detail is no JSON.
    fields: str
    # All values of a column as a JSON list, NULL or empty if there are none.
    json_list: str
    # Values of a row as a JSON list.
    json_row: str
    # Behind a SELECT: locks the rows in their order. On SQLite a transaction that has written anything has them all.
    locking: str
    # Ends a walk along an index, from within the recursion or from outside.
    within: str
    outside: str


SQLITE = Dialect(
    is_sqlite=True,
    larger="max",
    smaller="min",
    unindexed="+",
    like="LIKE",
    fields="json_each(CASE WHEN json_valid(activity.detail) THEN activity.detail ELSE '{}' END)",
    json_list="json_group_array",
    json_row="json_array",
    locking="",
    within=" LIMIT :size",
    outside="",
)
POSTGRESQL = Dialect(
    is_sqlite=False,
    larger="greatest",
    smaller="least",
    unindexed="",
    like="ILIKE",
    fields="field_values(activity.detail)",
    json_list="json_agg",
    json_row="json_build_array",
    locking=" FOR NO KEY UPDATE",
    within="",
    outside=" LIMIT :size",
)
