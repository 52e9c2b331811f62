"""Who is meant by the beginning of a username or of a name: users, and all whom the activity log knows."""

from dataclasses import dataclass

from db import Database
from db.dialect import like_pattern
from db.folding import folded

# More than that are a crowd: entries are then looked at one by one.
MOST = 20
# Hits of the full-text index that are looked at: it also finds e-mail addresses.
MOST_HITS = 1_000


@dataclass(frozen=True)
class Person:
    username: str
    # "": not a user any more, or one who never was.
    name: str


# Steps along an index from one username to the next.
STEPS = """{name} (step) AS (
    SELECT (SELECT {column} FROM activity WHERE {column} >= :beginning AND {column} < :end AND number > 0
            ORDER BY {column} LIMIT 1)
    UNION ALL
    SELECT (SELECT {column} FROM activity WHERE {column} > step AND {column} < :end AND number > 0
            ORDER BY {column} LIMIT 1)
    FROM {name} WHERE step IS NOT NULL{within})"""
IN_LOG = (
    "SELECT * FROM (SELECT step AS username, '' AS name FROM {name} WHERE step IS NOT NULL{outside}) AS {name}_found"
)
BY_USERNAME = (
    "SELECT * FROM (SELECT username, name FROM users WHERE username >= :beginning AND username < :end"
    " ORDER BY username LIMIT :size) AS by_username"
)
BY_LETTER = (
    "SELECT * FROM (SELECT username, name FROM users WHERE substr(name_beginning, 1, 1) = :folded"
    " ORDER BY username LIMIT :size) AS by_letter"
)
# A line of the text that is searched begins with a username, a name or an address.
BY_WORD = (
    "SELECT * FROM (SELECT u.username, u.name"
    f" FROM ({{hits}} LIMIT {MOST_HITS}) AS hits"
    " CROSS JOIN users u WHERE u.id = hits.id"
    " AND (u.name_beginning >= :folded AND u.name_beginning < :folded_end OR instr(u.name_beginning, :word) > 0)"
    " LIMIT :size) AS by_word"
)
WORDS = {
    True: "SELECT rowid AS id FROM users_search WHERE users_search MATCH :words",
    False: "SELECT id FROM users WHERE search_text LIKE :line OR search_text LIKE :blank",
}


async def beginning(db: Database, text: str, users: bool) -> list[Person]:
    """At most MOST + 1 in the log whose username begins with `text`, which is case-folded; with `users`, also those
    who are not in it, and those of whose name a word begins so.
    """
    outside, within = db.dialect.outside, db.dialect.within
    found = [IN_LOG.format(name=name, outside=outside) for name in ("actors", "subjects")]
    values = {"beginning": text, "end": text + "\U0010ffff", "size": MOST + 1}
    if users:
        found += [BY_USERNAME, BY_LETTER if len(text) == 1 else BY_WORD.format(hits=WORDS[db.dialect.is_sqlite])]
        plain = folded(text)
        quoted, pattern = plain.replace('"', '""'), like_pattern(plain)
        values |= {
            "folded": plain,
            "folded_end": plain + "\U0010ffff",
            "word": f" {plain}",
            "words": f'"\n{quoted}" OR " {quoted}"',
            "line": f"%\n{pattern}%",
            "blank": f"% {pattern}%",
        }
    steps = ", ".join(STEPS.format(name=f"{column}s", column=column, within=within) for column in ("actor", "subject"))
    rows = await db.fetch_raw(f"WITH RECURSIVE {steps} {' UNION ALL '.join(found)}", values)
    # A damaged row may hold anything.
    known = sorted((row["username"], row["name"]) for row in rows if isinstance(row["username"], str))
    return [Person(*each) for each in list(dict(known).items())[: MOST + 1]]
