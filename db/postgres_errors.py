"""What can go wrong with PostgreSQL, and what it means."""

import asyncpg

# What says that the server, or the way to it, is gone: no connection of the pool is trusted any more.
_GONE = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    # The driver's own state after a connection was lost in the middle of a statement.
    asyncpg.InternalClientError,
    asyncpg.OperatorInterventionError,
    asyncpg.ReadOnlySQLTransactionError,
    OSError,
)
TROUBLE = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError)
LOCKED_OUT = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError)


def is_gone(error: BaseException | None) -> bool:
    """Whether an error says so. Waiting in vain, for a row or for a connection of a busy pool, does not."""
    return isinstance(error, _GONE) and not isinstance(error, TimeoutError | asyncpg.QueryCanceledError)
