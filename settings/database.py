"""Where the database is: a file of SQLite, or PostgreSQL as its own programs write its address."""

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

SQLITE = "sqlite:///"
POSTGRESQL = ("postgresql://", "postgres://")

# What libpq calls so (PostgreSQL 17, 32.1.2) and the driver understands.
_SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
_SESSION_ATTRIBUTES = ("any", "read-write", "read-only", "primary", "standby", "prefer-standby")
_FILES = ("passfile", "sslrootcert", "sslcert", "sslkey", "sslcrl")
_CHOICES = {"sslmode": _SSL_MODES, "target_session_attrs": _SESSION_ATTRIBUTES, "pgbouncer": ("on", "off")}
_OTHERS = ("host", "port", "dbname", "user", "password", "sslpassword", "application_name", "pool")
MOST_CONNECTIONS = 500


@dataclass(frozen=True)
class SQLiteFile:
    path: Path

    def __str__(self) -> str:
        return str(self.path)


@dataclass(frozen=True)
class PostgresURL:
    # With the password; the driver reads the rest of libpq's parameters from it.
    dsn: str = field(repr=False)
    # How many connections a process opens at most.
    pool: int = 10
    # Transaction pooling: nothing is kept on a connection from one transaction to the next.
    pgbouncer: bool = False

    def __str__(self) -> str:
        """Without user, password and parameters."""
        parts = urlsplit(self.dsn)
        return f"postgresql://{parts.netloc.rpartition('@')[2]}{parts.path}"


Location = SQLiteFile | PostgresURL


def database_url(text: str) -> Location:
    """The message of its ValueError never repeats the text: it may hold a password."""
    if text.startswith(POSTGRESQL):
        return _postgresql(text)
    if not text.startswith(SQLITE) or text == SQLITE or "?" in text:
        raise ValueError("must look like sqlite:///PATH or postgresql://USER:PASSWORD@HOST/DATABASE")
    return SQLiteFile(Path(text.removeprefix(SQLITE)).absolute())


def _postgresql(text: str) -> PostgresURL:
    try:
        parts = urlsplit(text)
        parameters = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
    except ValueError:
        raise ValueError("must look like postgresql://USER:PASSWORD@HOST/DATABASE, percent-encoded") from None
    values = dict(parameters)
    if mistakes := [*_mistakes(values), *_bad_hosts(parts.netloc)]:
        raise ValueError(*mistakes)
    if len(values) < len(parameters):
        raise ValueError("names a parameter twice")
    if not unquote(parts.path).strip("/") and "dbname" not in values:
        raise ValueError("must name the database: postgresql://USER:PASSWORD@HOST/DATABASE")
    pool, pgbouncer = int(values.pop("pool", "10")), values.pop("pgbouncer", "off") == "on"
    query = f"?{urlencode(values)}" if values else ""
    return PostgresURL(f"postgresql://{parts.netloc}{parts.path}{query}", pool, pgbouncer)


def _mistakes(values: dict[str, str]) -> list[str]:
    known = (*_CHOICES, *_FILES, *_OTHERS)
    mistakes = [
        f"knows no parameter {name!r}; there are {', '.join(sorted(known))}" for name in values if name not in known
    ]
    mistakes += [
        f"{name} must be one of {', '.join(choices)}"
        for name, choices in _CHOICES.items()
        if values.get(name, choices[0]) not in choices
    ]
    mistakes += [
        f"{name}: there is no file {values[name]}"
        for name in _FILES
        if name in values and not Path(values[name]).is_file()
    ]
    pool = values.get("pool", "10")
    if not (pool.isascii() and pool.isdigit() and 0 < int(pool[:9]) <= MOST_CONNECTIONS):
        mistakes.append(f"pool must be a number from 1 to {MOST_CONNECTIONS}")
    return mistakes


def _bad_hosts(netloc: str) -> list[str]:
    """Several hosts, each with a port of its own, are separated by commas."""
    ports = [host.rpartition(":")[2] for host in netloc.rpartition("@")[2].split(",") if ":" in host.rpartition("]")[2]]
    bad = any(not (port.isascii() and port.isdigit() and 0 < int(port[:9]) < 65536) for port in ports)
    return ["must have a number from 1 to 65535 as a port"] if bad else []
