"""TWO_KEYS_DATABASE_URL: what it may be, and that no message repeats it."""

import re

import pytest

from settings.database import PostgresURL, SQLiteFile, database_url


def test_a_file_of_sqlite():
    assert isinstance(found := database_url("sqlite:////srv/keys/x.db"), SQLiteFile)
    assert str(found) == "/srv/keys/x.db"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://keys:s3cret@db.example.org/keys", "postgresql://db.example.org/keys"),
        ("postgres://keys@db.example.org:5433/keys", "postgresql://db.example.org:5433/keys"),
        ("postgresql://keys:p%40ss@[2001:db8::1]:5432/keys", "postgresql://[2001:db8::1]:5432/keys"),
        (
            "postgresql://keys:s3cret@one:5432,two:5433/keys?target_session_attrs=read-write",
            "postgresql://one:5432,two:5433/keys",
        ),
        ("postgresql:///?host=/run/postgresql&dbname=keys&user=keys", "postgresql:///"),
    ],
)
def test_postgresql_as_libpq_knows_it(text, shown):
    found = database_url(text)
    assert isinstance(found, PostgresURL)
    assert str(found) == shown
    assert "s3cret" not in f"{found} {found!r}"


def test_what_is_ours_does_not_reach_the_driver():
    found = database_url("postgresql://keys@db/keys?pool=25&pgbouncer=on&sslmode=require")
    assert isinstance(found, PostgresURL)
    assert (found.pool, found.pgbouncer) == (25, True)
    assert found.dsn == "postgresql://keys@db/keys?sslmode=require"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("mysql://keys:s3cret@db/keys", "must look like sqlite:///PATH or postgresql://"),
        ("sqlite:///", "must look like"),
        ("postgresql://keys:s3cret@db", "must name the database"),
        ("postgresql://keys:s3cret@db/", "must name the database"),
        ("postgresql://keys:s3cret@db:many/keys", "a number from 1 to 65535 as a port"),
        ("postgresql://keys:s3cret@one:5432,two:0/keys", "a number from 1 to 65535 as a port"),
        ("postgresql://keys:s3cret@[db/keys", "must look like postgresql://"),
        ("postgresql://keys:s3cret@db/keys?sslmode=verify", "sslmode must be one of disable, allow"),
        ("postgresql://keys:s3cret@db/keys?target_session_attrs=write", "target_session_attrs must be one of"),
        ("postgresql://keys:s3cret@db/keys?pgbouncer=yes", "pgbouncer must be one of on, off"),
        ("postgresql://keys:s3cret@db/keys?pool=0", "pool must be a number from 1 to 500"),
        ("postgresql://keys:s3cret@db/keys?pool=1_0", "pool must be a number from 1 to 500"),
        ("postgresql://keys:s3cret@db/keys?sslrootcert=/no/such/file", "sslrootcert: there is no file /no/such/file"),
        ("postgresql://keys:s3cret@db/keys?ssl_mode=require", "knows no parameter 'ssl_mode'"),
        ("postgresql://keys:s3cret@db/keys?pool=1&pool=2", "names a parameter twice"),
        ("postgresql://keys:s3cret@db/keys?pool", "must look like postgresql://"),
    ],
)
def test_a_mistake_is_one_clear_line_without_the_password(text, message):
    with pytest.raises(ValueError, match=re.escape(message)) as mistake:
        database_url(text)
    said = " ".join(mistake.value.args)
    assert "s3cret" not in said
