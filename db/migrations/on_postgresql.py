"""What migrations make on PostgreSQL in place of SQLite's triggers and full-text index (decision 66)."""

from collections.abc import Callable, Sequence

from alembic import op

# Figure by figure, what the row of a user adds to it: 1 or 0. The row is called as it is asked for.
Each = Callable[[str], list[str]]


def search() -> None:
    """An index of three-letter groups over what the overview searches, and a function that SQLite has."""
    op.execute("CREATE INDEX users_search ON users USING gin (search_text gin_trgm_ops)")
    op.execute(
        "CREATE FUNCTION instr(text, text) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE"
        " AS 'SELECT strpos($1, $2)'"
    )


def activity_fields() -> None:
    """What an entry's detail says, without the names of its fields; nothing if it is no JSON."""
    op.execute(
        "CREATE FUNCTION field_values(detail text) RETURNS TABLE (value text) LANGUAGE plpgsql IMMUTABLE AS $body$"
        " BEGIN RETURN QUERY SELECT f.value FROM jsonb_each_text(detail::jsonb) f;"
        " EXCEPTION WHEN data_exception THEN RETURN; END $body$"
    )


def adoption(counted: Sequence[str], each: Each) -> None:
    """The table of changes, the views that are tables on SQLite, and the triggers on users and their roles. `counted`:
    the names of the figures.
    """
    figures = ", ".join(f"{kind} integer NOT NULL DEFAULT 0" for kind in (*counted, "set_ups"))
    op.execute(
        "CREATE TABLE adoption_changes (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
        f' unit text COLLATE "C", role_id bigint, month text COLLATE "C", {figures})'
    )
    for column in ("unit", "role_id", "month"):
        op.execute(
            f"CREATE INDEX adoption_changes_by_{column} ON adoption_changes ({column}) WHERE {column} IS NOT NULL"
        )
    op.execute(
        "CREATE INDEX adoption_changes_of_all ON adoption_changes (id)"
        " WHERE unit IS NULL AND role_id IS NULL AND month IS NULL"
    )
    _views(counted)
    _triggers(", ".join(counted), each)


def _views(counted: Sequence[str]) -> None:
    sums = ", ".join(f"COALESCE(sum({kind}), 0)::integer AS {kind}" for kind in counted)
    alone = "unit IS NULL AND role_id IS NULL AND month IS NULL"
    op.execute(f"CREATE VIEW adoption AS SELECT 1 AS id, {sums} FROM adoption_changes WHERE {alone}")
    for view, column in {"adoption_by_unit": "unit", "adoption_by_role": "role_id"}.items():
        op.execute(
            f"CREATE VIEW {view} AS SELECT {column}, {sums} FROM adoption_changes WHERE {column} IS NOT NULL"
            f" GROUP BY {column}"
        )
    op.execute(
        "CREATE VIEW adoption_by_month AS SELECT month, sum(set_ups)::integer AS set_ups FROM adoption_changes"
        " WHERE month IS NOT NULL GROUP BY month"
    )


def _triggers(names: str, each: Each) -> None:
    added = ", ".join(f"sum({one})" for one in each("u"))
    lost = ", ".join(f"-sum({one})" for one in each("u"))
    new, old = ", ".join(each("new")), ", ".join(f"-({one})" for one in each("old"))
    moved = ", ".join(f"({after}) - ({before})" for after, before in zip(each("new"), each("old"), strict=True))
    insert = "INSERT INTO adoption_changes"
    held = "SELECT r.role_id, {figures} FROM user_roles r WHERE r.user_id = {row}.id"
    _trigger(
        "users_insert",
        "AFTER INSERT ON users REFERENCING NEW TABLE AS added FOR EACH STATEMENT",
        f"{insert} (unit, {names}) SELECT u.unit, {added} FROM added u GROUP BY u.unit;"
        f" {insert} ({names}) SELECT {added} FROM added u HAVING count(*) > 0;",
    )
    columns = ("unit", "login_method", "disabled_at", "two_factor_at", "password_set_at", "sso_subject")
    changed = " OR ".join(f"old.{column} IS DISTINCT FROM new.{column}" for column in columns)
    _trigger(
        "users_update",
        f"AFTER UPDATE OF {', '.join(columns)} ON users FOR EACH ROW WHEN ({changed})",
        f"{insert} (unit, {names}) VALUES (old.unit, {old}), (new.unit, {new});"
        f" {insert} ({names}) VALUES ({moved});"
        f" {insert} (role_id, {names}) {held.format(figures=moved, row='new')};"
        " IF old.two_factor_at IS NULL AND new.two_factor_at IS NOT NULL THEN"
        f" {insert} (month, set_ups) VALUES"
        " (to_char(to_timestamp(new.two_factor_at) AT TIME ZONE 'UTC', 'YYYY-MM'), 1); END IF;",
    )
    # Before: afterwards the roles of the user are gone, and so is what they held of them.
    _trigger(
        "users_delete",
        "BEFORE DELETE ON users FOR EACH ROW",
        f"{insert} (unit, {names}) VALUES (old.unit, {old}); {insert} ({names}) VALUES ({old});"
        f" {insert} (role_id, {names}) {held.format(figures=old, row='old')};",
        "old",
    )
    # The users' rows are locked, so that none is counted for a role as it was before.
    lock = "PERFORM 1 FROM users u WHERE u.id IN (SELECT r.user_id FROM {rows} r) ORDER BY u.id FOR NO KEY UPDATE;"
    for name, event, rows, figures in (
        ("user_roles_insert", "AFTER INSERT ON user_roles REFERENCING NEW TABLE AS", "added", added),
        ("user_roles_delete", "AFTER DELETE ON user_roles REFERENCING OLD TABLE AS", "taken", lost),
    ):
        _trigger(
            name,
            f"{event} {rows} FOR EACH STATEMENT",
            f"{lock.format(rows=rows)} {insert} (role_id, {names})"
            f" SELECT r.role_id, {figures} FROM {rows} r JOIN users u ON u.id = r.user_id GROUP BY r.role_id;",
        )


def _trigger(name: str, event: str, body: str, answer: str = "NULL") -> None:
    op.execute(
        f"CREATE FUNCTION adoption_{name}() RETURNS trigger LANGUAGE plpgsql AS"
        f" $body$ BEGIN {body} RETURN {answer}; END $body$"
    )
    op.execute(f"CREATE TRIGGER adoption_{name} {event} EXECUTE FUNCTION adoption_{name}()")
