"""What of a backup must not go on in an installation that is restored from it."""

from db import Database

# What users hold: each after those that refer to it.
_OPEN = ("upload_parts", "uploads", "set_ups", "sso_logins", "sessions", "links")


async def end_what_was_open(db: Database) -> None:
    """Ends sessions, links, pending set-ups, uploads, sign-ins at the provider, and e-mails that have not left; the log
    is not read for e-mails once more.
    """
    for table in _OPEN:
        await db.execute(f"DELETE FROM {table}")
    await db.execute("DELETE FROM outbox WHERE sent_at IS NULL AND failed_at IS NULL")
    await db.execute("UPDATE leases SET holder = '', until = 0")


async def read_no_entry_again(db: Database) -> None:
    """No e-mail follows from an entry that is in the log by now."""
    await db.execute(
        "UPDATE settings SET value = (SELECT CAST(number AS text) FROM activity_head) WHERE name = 'letters_read_to'"
    )


async def use_up_codes(db: Database, step: int) -> None:
    """No authenticator's code of a time step up to this one is good any more."""
    await db.execute("UPDATE authenticators SET last_step = :step WHERE last_step < :step", {"step": step})


async def delete_recovery_codes(db: Database) -> None:
    await db.execute("DELETE FROM recovery_codes")
