"""A backup of an installation, and an installation restored from it."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from accounts import confusables
from accounts.activity import chain, kinds, log
from accounts.context import COMMAND_LINE, Context
from accounts.system import copying, installation
from accounts.two_factor import totp
from config import Config
from db import restoring
from db.copying import backups, rows
from settings.database import SQLiteFile

# In the data folder, while it is being restored.
UNPACKED = "restoring.sqlite3"


async def back_up(
    context: Context, config: Config, file: Path, progress: rows.Progress, broken_log: bool
) -> copying.Copied | copying.Differs | chain.Broken:
    """One file with everything but the keys, as it is in one moment, compared with what was read before it gets its
    name. Raises Refused, UnusableSchema, OSError and Unavailable.
    """
    target = copying.Target(SQLiteFile(file), "backup", broken_log)
    return await copying.copy(context, config.database, target, progress)


@dataclass(frozen=True)
class Chosen:
    """The options of a restore."""

    replace: bool
    new_recovery_codes: bool
    broken_log: bool


@dataclass(frozen=True)
class Restored:
    made_at: int
    copied: copying.Copied


async def restore(
    config: Config, backup: Path, chosen: Chosen, progress: rows.Progress
) -> Restored | copying.Differs | chain.Broken:
    """Makes an installation of a backup, in the empty database of the settings, or with `replace` in place of the one
    that is there. Sessions, links and what else users held of the former one have ended. Raises Refused, WrongKey,
    UnusableSchema, OSError and Unavailable; nothing is changed then.
    """
    config.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    unpacked = config.data_dir / UNPACKED
    try:
        _remove(unpacked)
        found = backups.unpack(backup, unpacked, confusables.skeleton)
        made = replace(config, database=SQLiteFile(unpacked))
        async with installation.opened(made) as (database, hasher, vault):
            context = installation.context_of_system(database, vault, hasher, made)
            await _begin_again(context, _what_is_restored(backup, found.made_at), chosen.new_recovery_codes)
            copied = await copying.copy(
                context,
                made.database,
                copying.Target(config.database, "replace" if chosen.replace else "new", chosen.broken_log),
                progress,
            )
        return Restored(found.made_at, copied) if isinstance(copied, copying.Copied) else copied
    finally:
        _remove(unpacked)


def _remove(database: Path) -> None:
    for ending in ("", "-wal", "-shm", "-journal"):
        Path(f"{database}{ending}").unlink(missing_ok=True)


def _what_is_restored(backup: Path, made_at: int) -> kinds.InstallationRestored:
    return kinds.InstallationRestored(backup.name, f"{datetime.fromtimestamp(made_at, UTC):%Y-%m-%d %H:%M:%S} UTC")


async def _begin_again(context: Context, activity: kinds.InstallationRestored, new_recovery_codes: bool) -> None:
    async with context.db.transaction():
        await restoring.end_what_was_open(context.db)
        await restoring.use_up_codes(context.db, totp.step_at(context.now))
        if new_recovery_codes:
            await restoring.delete_recovery_codes(context.db)
            activity = replace(activity, recovery_codes="ended")
        await log.record(context, activity, COMMAND_LINE)
        await restoring.read_no_entry_again(context.db)
