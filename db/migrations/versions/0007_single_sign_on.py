"""Single Sign-On: who is who at the provider, what it said about the last sign-in, and sign-ins under way."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

Time = sa.BigInteger
Id = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    # Who a user is at the provider; both NULL until a row that was made beforehand is bound.
    op.add_column("users", sa.Column("sso_issuer", sa.Text))
    op.add_column("users", sa.Column("sso_subject", sa.Text))
    # What the provider said about the strength of the last sign-in (RFC 8176; OpenID Connect Core 2).
    op.add_column("users", sa.Column("sso_amr", sa.Text, nullable=False, server_default=""))  # blank-separated
    op.add_column("users", sa.Column("sso_acr", sa.Text, nullable=False, server_default=""))
    bound = sa.text("sso_subject IS NOT NULL")
    op.create_index(
        "users_by_identity",
        "users",
        ["sso_issuer", "sso_subject"],
        unique=True,
        sqlite_where=bound,
        postgresql_where=bound,
    )
    unbound = sa.text("login_method = 'sso' AND sso_subject IS NULL")
    op.create_index("users_unbound", "users", ["email_beginning"], sqlite_where=unbound, postgresql_where=unbound)

    op.add_column(
        "sessions", sa.Column("end_session_endpoint", sa.Text, nullable=False, server_default="")
    )  # where the provider that opened it can be signed out of; "": nowhere, or opened with a password

    op.create_table(
        "sso_logins",  # sign-ins under way at the provider
        sa.Column("id", Id, primary_key=True, autoincrement=True),
        sa.Column("state_hash", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("browser_hash", sa.LargeBinary, nullable=False),  # of the cookie in the browser that began
        sa.Column("purpose", sa.Text, nullable=False),  # "login" | "binding" | "proof"
        sa.Column("session_id", Id, sa.ForeignKey("sessions.id", ondelete="CASCADE")),  # whose proof it is to be
        sa.Column("link_id", Id, sa.ForeignKey("links.id", ondelete="CASCADE")),  # that binds
        sa.Column("key_id", sa.Text, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),  # nonce and PKCE verifier, encrypted
        sa.Column("next", sa.Text, nullable=False),
        sa.Column("asked", sa.Text, nullable=False),  # of a proof: "max_age" | "prompt"
        sa.Column("created_at", Time, nullable=False),
        sa.Column("expires_at", Time, nullable=False),
        sa.Column("used_at", Time),
        sqlite_autoincrement=True,
    )
    op.create_index("sso_logins_by_expires_at", "sso_logins", ["expires_at"])
    op.create_index("sso_logins_by_session", "sso_logins", ["session_id"])
    op.create_index("sso_logins_by_link", "sso_logins", ["link_id"])
