"""Indexes by which a search takes milliseconds among a million users (`make bench ARGS=--large`)."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    for column in ("name_beginning", "email_beginning"):
        op.drop_index(f"users_by_{column}", "users")
        for letters in (1, 2):  # one or two letters are a beginning; the usernames behind keep the order
            op.execute(f"CREATE INDEX users_by_{column}_{letters} ON users (substr({column}, 1, {letters}), username)")
    if op.get_bind().dialect.name == "postgresql":
        # An entry of an index there holds no more than 2,704 bytes, fewer than a search text may have.
        return
    # Walked along for common words, with the filters, without a look at the table.
    op.execute("CREATE INDEX users_walk ON users (username, search_text, login_method, disabled_at, two_factor_at)")
