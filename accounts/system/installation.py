"""What must be right before anything is served: schema, keys, a first administrator. And what is tidied up every
hour.
"""

import asyncio
import itertools
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import db
from accounts import confusables, limits, sessions, vault
from accounts.activity import chain, log
from accounts.context import SYSTEM, Client, Context
from accounts.durations import DAY_SECONDS, HOUR_SECONDS
from accounts.links import reset_requests
from accounts.login import throttle
from accounts.passwords import Hasher
from accounts.system import demo
from accounts.user_import import upload
from accounts.users import users
from accounts.vault import Vault, WrongKey
from config import Config
from db import (
    Database,
    adoption,
    authenticators,
    browsers,
    clock,
    code_attempts,
    links,
    outbox,
    schema,
    settings,
    sso_logins,
    uploads,
)
from db import activity_head as heads
from db import sessions as stored_sessions
from db import users as stored_users
from settings.urls import host_and_port

FINGERPRINT = "key_fingerprint"
# How long the outbox shows that an e-mail was sent, or why it failed.
EMAILS_SECONDS = 30 * DAY_SECONDS
# Less than after which a time counts as one in the future, with room for machines whose clocks differ.
TIDYING_SECONDS = clock.FUTURE_SECONDS // 2

_log = logging.getLogger("two_keys.activity")


def prepare_database(config: Config) -> bool:
    """Makes the data folder and brings the database to the current schema; True if there was something to do."""
    config.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    return schema.migrate(config.database, confusables.skeleton)


async def open_vault(database: Database, config: Config) -> Vault:
    """The vault whose keys this database was written under. Raises WrongKey; never makes a new key for an old
    database.
    """
    stored = await settings.get(database, FINGERPRINT)
    written_under = stored.value.split(",") if stored else []
    where = f"restore {vault.key_file(config.data_dir)} from your backup, or name the key in TWO_KEYS_SECRET_KEYS"
    if stored and not config.secret_keys and not vault.key_file(config.data_dir).exists():
        raise WrongKey(f"the key of this database (fingerprint {stored.value}) is missing: {where}")
    opened = Vault(vault.keys_of(config.secret_keys, config.data_dir))
    missing = [key_id for key_id in written_under if key_id not in opened.key_ids]
    if missing:
        raise WrongKey(
            f"a key under which this database was written (fingerprint {', '.join(missing)}) is missing: {where}"
        )
    # from now on it is written under this one, too
    if opened.key_id not in written_under:
        async with database.transaction():
            await settings.put(database, FINGERPRINT, ",".join([*written_under, opened.key_id]))
            if stored is None:
                await chain.sign_empty(database, opened)
    return opened


def context_of_system(
    database: Database, opened: Vault, hasher: Hasher, config: Config, now: int | None = None
) -> Context:
    """The context of hourly tasks and of the command line."""
    return Context(
        database,
        opened,
        hasher,
        int(time.time()) if now is None else now,
        Client("", "", None),
        config.organisation,
        host_and_port(config.base_url),
        config.issuer,
    )


async def first_administrator(
    context: Context, password: str | None
) -> users.Created | users.Refused | users.UnusablePassword | None:
    """On a database without users, `admin` with the role Administrator; None if there are users already."""
    if await stored_users.exists(context.db):
        return None
    created = await users.create(
        context, users.New("admin", "Administrator", roles=("Administrator",), password=password), SYSTEM
    )
    return None if isinstance(created, users.Refused) and created.problem == "taken" else created


async def is_demonstration(database: Database) -> bool:
    """Whether the people in the database are made up (the command `demo`)."""
    setting = await settings.get(database, demo.SETTING)
    return setting is not None and setting.value == "on"


class TookTooLong(Exception):
    """Nothing was removed: what others had written since would have seemed to lie in the future."""


async def tidy_up(context: Context, present: Callable[[], int] | None = None) -> None:
    """The hourly task: writes the counts of repeated activities, removes what has expired and what lies in the future.

    Harmless when several processes do it, and when this one is stopped in the middle: raises TookTooLong if `present`
    gives another time than `context` does.
    """
    now = context.now
    await log.record_counts(context)
    async with context.db.transaction():
        await throttle.forget(context)
        await stored_sessions.forget(context.db, now - sessions.IDLE_SECONDS, now - sessions.ABSOLUTE_SECONDS, now)
        await authenticators.forget_set_ups(context.db, now - limits.SET_UP_SECONDS, now)
        unsettled = now - code_attempts.UNSETTLED_SECONDS
        await code_attempts.forget(context.db, now - limits.RECENT_SECONDS, unsettled, now)
        await uploads.forget(context.db, now - upload.LIVES_SECONDS, now)
        await browsers.forget(context.db, now - sessions.BROWSER_SECONDS, now)
        await links.forget(context.db, limits.UNSENT_LINK_SECONDS, now)
        await reset_requests.forget(context)
        await sso_logins.forget(context.db, now)
        await outbox.forget(context.db, now - EMAILS_SECONDS, now)
        await adoption.sum_up(context.db)
        if present is not None and abs(present() - now) > TIDYING_SECONDS:
            raise TookTooLong


async def print_head(context: Context) -> None:
    """Prints the head of the activity log daily, so that a copy of the output can show that the log was not rolled
    back.
    """
    head = await heads.find(context.db)
    if head is None:
        _log.warning("the head of the activity log cannot be read: run verify-activity-log")
    elif head.number:
        _log.info("activity log head: %d %s", head.number, head.mac.hex())


@asynccontextmanager
async def opened(config: Config) -> AsyncIterator[tuple[Database, Hasher, Vault]]:
    """The database, the hash threads and the vault, closed again in the end. Raises WrongKey."""
    database, hasher = db.connect(config), Hasher(config.password_cost, workers=config.workers)
    await database.connect()
    try:
        yield database, hasher, await open_vault(database, config)
    finally:
        await database.disconnect()
        hasher.close()


@asynccontextmanager
async def tidied(context: Callable[[], Context]) -> AsyncIterator[None]:
    """While it lasts, the installation is tidied up every hour."""
    tidying = asyncio.create_task(_every_hour(context))
    yield
    tidying.cancel()
    # It must have finished with the database before that closes.
    await asyncio.gather(tidying, return_exceptions=True)


async def _every_hour(context: Callable[[], Context]) -> None:
    """Tidies up now and every hour; prints the head of the activity log at the start and every day. A failure waits
    for the next hour.
    """
    for hour in itertools.count():
        try:
            if hour % 24 == 0:
                await print_head(context())
            await tidy_up(context(), lambda: context().now)
        except db.Unavailable as error:
            _log.warning("tidying up failed, the next try is in an hour: %s", error)
        except TookTooLong:
            _log.warning("tidying up took more than %d s, the next try is in an hour", TIDYING_SECONDS)
        await asyncio.sleep(HOUR_SECONDS)
