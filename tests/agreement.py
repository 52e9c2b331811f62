"""What must hold after anything that happened: state and activity log agree."""

import asyncio
from pathlib import Path

import config
import db
from accounts.activity import chain
from accounts.passwords import Hasher
from accounts.system import installation
from tests import postgres
from tests.server import environment, rows


def check_that_state_and_log_agree(folder: Path) -> None:
    """The chain verifies, every change stands in the log, every entry's change was made, figures equal counted rows."""
    if not postgres.in_use():
        assert rows(folder, "PRAGMA integrity_check") == [("ok",)]
        assert rows(folder, "PRAGMA foreign_key_check") == []
    assert isinstance(verified(folder), chain.Verified), verified(folder)

    switched = rows(
        folder, "SELECT after FROM activity WHERE action = 'two_factor.switched' ORDER BY number DESC LIMIT 1"
    )
    assert rows(folder, "SELECT value FROM settings WHERE name = 'two_factor'") == (switched or [("off",)])

    for user_id, since in rows(folder, "SELECT id, two_factor_at FROM users"):
        last = rows(
            folder,
            f"SELECT action FROM activity WHERE subject_id = {user_id} AND action IN"
            " ('two_factor.set_up', 'two_factor.removed', 'two_factor.reset') ORDER BY number DESC LIMIT 1",
        )
        assert (since is not None) == (last == [("two_factor.set_up",)]), user_id
        phones = rows(folder, f"SELECT count(*) FROM authenticators WHERE user_id = {user_id}")
        codes = rows(folder, f"SELECT count(*) FROM recovery_codes WHERE user_id = {user_id}")
        assert (phones, codes) == ([(1,)], [(10,)]) if since is not None else ([(0,)], [(0,)]), user_id

    logins = rows(folder, "SELECT count(*) FROM activity WHERE action = 'login.succeeded'")[0][0]
    ended = rows(folder, "SELECT count(*) FROM sessions")[0][0]
    assert int(str(ended)) <= int(str(logins))
    without_entry = rows(
        folder,
        "SELECT s.id FROM sessions s WHERE NOT EXISTS (SELECT 1 FROM activity a WHERE a.action = 'login.succeeded'"
        " AND a.subject_id = s.user_id AND a.at = s.started_at)",
    )
    assert without_entry == []

    counted = rows(
        folder,
        "SELECT count(CASE WHEN login_method = 'password' AND two_factor_at IS NOT NULL THEN 1 END),"
        " count(CASE WHEN login_method = 'password' AND two_factor_at IS NULL THEN 1 END),"
        " count(CASE WHEN login_method = 'sso' THEN 1 END) FROM users WHERE disabled_at IS NULL"
        " AND (password_set_at IS NOT NULL OR sso_subject IS NOT NULL)",
    )
    assert rows(folder, "SELECT set_up, not_set_up, sso FROM adoption") == counted


def verified(folder: Path) -> chain.Verified | chain.Broken:
    """What `verify-activity-log` would say."""
    settings = config.read({name: value for name, value in environment(folder).items() if name.startswith("TWO_KEYS_")})

    async def verify() -> chain.Verified | chain.Broken:
        database, hasher = db.connect(settings), Hasher("test")
        await database.connect()
        try:
            vault = await installation.open_vault(database, settings)
            return await chain.verify(installation.context_of_system(database, vault, hasher, settings))
        finally:
            await database.disconnect()
            hasher.close()

    return asyncio.run(verify())
