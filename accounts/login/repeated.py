"""The same login form sent twice: without JavaScript a second click drops the first answer, and with it the session's
cookie. The second sign-in then joins that session instead of failing at the used code.
"""

from accounts.context import Context
from accounts.sessions import MOST
from accounts.two_factor.attempts import Match
from accounts.vault import token, token_hash
from db import repeated_logins as rows
from db import sessions

# From the first to the last time that the form is sent: a second click, or a try after a lost answer.
REPEATED_SECONDS = 10


async def join(context: Context, user_id: int, spent: Match) -> str | None:
    """The token of another session like the one that this very code opened in this very browser; None without one.

    The browser is known by its cookie, 256 random bits that no other client has; IP address and name alone are what
    colleagues in one office share. Expects a transaction with the user locked, and a right password; `user_id`
    attempts.NO_USER does the same work.
    """
    session_token = token()
    repeated = rows.Repeated(
        user_id=user_id,
        authenticator_id=spent.authenticator_id,
        step=spent.step,
        recovery_code_hashes=spent.recovery_code_hashes,
        browser_hash=context.client.browser_hash or b"",
        address=context.client.ip_address,
        browser=context.client.browser,
        since=context.now - REPEATED_SECONDS,
        now=context.now,
    )
    if not await rows.repeat(context.db, repeated, token_hash(session_token)):
        return None
    await sessions.keep_newest(context.db, user_id, MOST, context.now)
    return session_token
