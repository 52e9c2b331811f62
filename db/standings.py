"""What an act on many users would do to a portion of them: how many stand how, and the first by name, in one query."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from db import Database, many
from db.bulk import ENTERED, Person, Question, planted, portion, standing
from db.reads.user_order import Place
from db.users import Method


@dataclass(frozen=True)
class Standing:
    """How many of a login method have it. `numbers`: the sum of theirs, in which two sets differ."""

    standing: str
    login_method: Method
    number: int
    numbers: int
    planted: int
    entered: int
    # Of the administrators asked about.
    administrators: int
    first: str
    last: str
    # of the first
    first_name: str
    first_email_set_by: int | None


@dataclass(frozen=True)
class Stood:
    """How many of a portion stand how, and the first of them by name, in the order of usernames."""

    standings: list[Standing]
    people: list[Person]


_EVERY = dict.fromkeys([*Standing.__dataclass_fields__, *Person.__dataclass_fields__])


async def find(db: Database, question: Question, place: Place, administrators: Sequence[int], shown: int = 0) -> Stood:
    """At most `shown` by name. In one query, whose rows are standings and people."""
    found, asked = await portion(db, question.whom, place)
    among = ", ".join(map(str, administrators)) or "NULL"
    stands, loses = standing(question.reasons), planted(question)
    counted = (
        "SELECT standing, login_method, count(*) AS number, sum(id) AS numbers, sum(planted) AS planted,"
        " sum(entered) AS entered,"
        f" sum(CASE WHEN id IN ({among}) THEN 1 ELSE 0 END) AS administrators, min(username) AS first,"
        " max(username) AS last"
        f" FROM (SELECT u.id, u.username, u.login_method, {stands} AS standing, {loses} AS planted,"
        f" {f'CASE WHEN {ENTERED} THEN 1 ELSE 0 END' if question.asks_entered else '0'} AS entered"
        f" FROM ({found}) AS hits CROSS JOIN users u WHERE u.id = hits.id) AS counted GROUP BY standing, login_method"
    )
    of_first = {"first_name": "f.name", "first_email_set_by": "f.email_set_by"}
    of_number = {name: f"found.{name}" for name in Standing.__dataclass_fields__} | of_first
    of_person = {name: f"u.{name}" for name in Person.__dataclass_fields__} | {"standing": stands, "planted": loses}
    sql = (
        f"SELECT {_of(of_number)} FROM ({counted}) AS found CROSS JOIN users f WHERE f.username = found.first"
        f" UNION ALL SELECT {_of(of_person)} FROM (SELECT id FROM ({found}) AS found LIMIT :shown) AS hits"
        " CROSS JOIN users u WHERE u.id = hits.id ORDER BY username, standing, login_method"
    )
    rows = await db.scan(sql, asked | vars(question.values) | {"shown": shown})
    numbers, people = ([row for row in rows if (row["number"] is None) is named] for named in (False, True))
    return Stood(many(Standing, numbers), many(Person, people))


def _of(columns: Mapping[str, str]) -> str:
    """Those of both kinds of rows."""
    return ", ".join(f"{columns.get(name, 'NULL')} AS {name}" for name in _EVERY)
