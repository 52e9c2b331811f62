"""The tables as both databases have them, for what reads or writes all of them. A test compares the list with the
schemas.
"""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["int", "text", "bytes"]


@dataclass(frozen=True)
class Table:
    name: str
    # Name and kind of each column, in the order of the schema.
    columns: dict[str, str]
    # The order of the rows: both databases compare the text in it byte by byte.
    key: tuple[str, ...]
    # How many rows are held in memory at a time.
    portion: int = 2000

    @property
    def is_numbered(self) -> bool:
        """Whether the database gives its rows their ids, none of them twice."""
        return self.key == ("id",)


def _table(name: str, columns: str, *key: str, portion: int = 2000) -> Table:
    pairs = (column.split() for column in columns.split(", "))
    return Table(name, {column: kind for column, kind in pairs}, key or ("id",), portion)  # noqa: C416  # because pairs are lists


# Each after those that its rows refer to.
#
# What triggers keep is not here: the search index, and how many users have set up two-factor authentication by unit,
# role and in all. It is made anew from users and their roles. The months are here: they cannot be told from users.
TABLES = (
    _table(
        "users",
        "id int, username text, name text, email text, name_beginning text, email_beginning text, search_text text,"
        " company text, unit text, login_method text, password_hash text, password_set_at int, one_time_until int,"
        " time_zone text, created_at int, disabled_at int, last_login_at int, last_login_address text,"
        " two_factor_at int, codes_blocked_at int, codes_generation int, access_version int, last_reminded_at int,"
        " sso_issuer text, sso_subject text, sso_amr text, sso_acr text, email_set_by int, sign_in_made_by int,"
        " skeleton text, skeleton_of int, email_set_with int, sign_in_made_with int, sso_logins_over int",
    ),
    _table("roles", "id int, name text"),
    _table("role_permissions", "role_id int, permission text", "role_id", "permission"),
    _table("user_roles", "user_id int, role_id int", "user_id", "role_id"),
    _table(
        "authenticators",
        "id int, user_id int, name text, key_id text, encrypted_key bytes, confirmed_at int, last_used_at int,"
        " last_step int",
    ),
    _table(
        "recovery_codes",
        "id int, user_id int, key_id text, code_hash bytes, created_at int, used_at int, used_by int",
    ),
    _table("code_attempts", "id int, user_id int, kind text, at int, judged_at int, cleared_at int, address text"),
    _table("browsers", "id int, token_hash bytes, seen_at int"),
    _table("browser_users", "browser_id int, user_id int", "browser_id", "user_id"),
    _table(
        "sessions",
        "id int, user_id int, token_hash bytes, previous_token_hash bytes, previous_until int, started_at int,"
        " last_used_at int, password_proved_at int, code_proved_at int, one_time_until int, address text, browser text,"
        " browser_id int, set_up_confirmed_at int, previous_login_at int, previous_login_address text, factor text,"
        " set_up_purpose text, end_session_endpoint text",
    ),
    _table(
        "set_ups",
        "id int, session_id int, user_id int, key_id text, encrypted_key bytes, started_at int, wrong_codes int,"
        " purpose text, name text",
    ),
    _table(
        "links",
        "id int, kind text, user_id int, token_hash bytes, created_at int, expires_at int, used_at int, detail text,"
        " made_by int, made_with int",
    ),
    _table(
        "outbox",
        "id int, letter text, user_id int, address text, facts text, created_at int, due_at int, tries int,"
        " sent_at int, failed_at int, error text",
    ),
    # A preview is as long as the file.
    _table(
        "uploads",
        "id int, session_id int, uploaded_at int, imported_at int, file_name text, preview text",
        portion=10,
    ),
    _table("upload_parts", "upload_id int, number int, content bytes", "upload_id", "number", portion=100),
    _table(
        "sso_logins",
        "id int, state_hash bytes, browser_hash bytes, purpose text, session_id int, link_id int, key_id text,"
        " sealed bytes, next text, asked text, created_at int, expires_at int, used_at int",
    ),
    _table("attempts", "bucket text, whose text, failures int, waiting_until int, forget_at int", "bucket"),
    _table(
        "refusals",
        "whose text, since int, number int, subject_id int, subject text, action text, password text",
        "whose",
    ),
    _table("leases", "name text, holder text, until int", "name"),
    _table("locks", "name text, turns int", "name"),
    _table("settings", "name text, value text, changed_at int, changed_by text", "name"),
    _table("adoption_by_month", "month text, set_ups int", "month"),
    _table(
        "activity",
        "number int, at int, actor_id int, actor text, action text, subject_id int, subject text, before text,"
        " after text, address text, detail text, key_id text, mac bytes",
        "number",
    ),
    _table("activity_head", "id int, turns int, number int, mac bytes, key_id text, signature bytes"),
)
# What migrations put in, and a command on an empty database: rows here do not make a database a used one.
SEEDED = ("roles", "role_permissions", "leases", "locks", "settings", "activity_head")
# On PostgreSQL the figures of adoption are views that sum this table (decision 66).
CHANGES = "adoption_changes"
DERIVED = ("adoption", "adoption_by_unit", "adoption_by_role")


def columns_of(table: Table) -> str:
    return ", ".join(f'"{name}"' for name in table.columns)


def in_order(table: Table) -> str:
    """The statement that finds all rows in the order of their key."""
    return f"SELECT {columns_of(table)} FROM {table.name} ORDER BY {', '.join(table.key)}"
