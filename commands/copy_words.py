"""The sentences of the command line about copies of a database: copy-database, backup, restore."""

from db.copying import rows

COPY: dict[rows.Problem, str] = {
    "same": "{target} is the database of this installation",
    "exists": "{found} exists already: name a file that does not exist, or move it away",
    "not_empty": "{target} is not empty, it has rows or tables of its own: {found}. Name an empty database",
    "busy": "another copy-database fills {target}, or something else has locked it: wait until it has ended",
    "other_version": "{target} is an unfinished copy of another version ({found}): make an empty database in its place",
    "no_source": "there is no database {found} to copy",
    "older_source": "the database of this installation has an old schema ({found}): run migrate before",
    "served": "{target} is in use by others, {found} connections: stop the servers, and PgBouncer if there is one",
    "no_backup": "there is no file {found}",
    "not_a_backup": "{database} is not a backup ({found}): name a file that the command backup has made",
    "damaged": "{database} is damaged ({found}): use another backup",
    "unstorable": "the database holds what cannot be copied, and nothing was. {found}",
}
# Where restore says it otherwise.
RESTORE: dict[rows.Problem, str] = {
    "exists": "{found} exists already: with --replace the backup takes its place, and the former database is kept",
    "not_empty": "{target} is not empty, it has rows or tables of its own: {found}. With --replace they are deleted",
    "busy": "another copy-database or restore fills {target}, or something else has locked it: wait until it has ended",
}
