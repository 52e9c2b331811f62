"""The ways into an account: all of them, who made each, and the one function that ends what others could hold."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from accounts.context import Context
from db import browsers, links, sessions, users
from db.links import LINK_KINDS


@dataclass(frozen=True)
class WayIn:
    """`made_by`: where its maker is kept. `ends`: always when the others end, or only if its maker may not act on the
    user; "judged": it stays, and is judged whenever it is used.
    """

    name: str
    made_by: str
    ends: Literal["always", "planted", "judged"]


ALL = (
    WayIn("password", "users.sign_in_made_by", "planted"),
    WayIn("identity at the provider", "users.sign_in_made_by", "planted"),
    # Begun with a password or an identity, whose maker is theirs.
    WayIn("session", "users.sign_in_made_by", "always"),
    WayIn("known browser", "users.sign_in_made_by", "always"),
    WayIn("pending set-up", "its session", "always"),
    WayIn("pending sign-in at the provider", "its session or link", "always"),
    WayIn("link", "links.made_by, and users.email_set_by if it is mailed", "always"),
    WayIn("e-mail address", "users.email_set_by", "judged"),
    WayIn("waiting e-mail address", "links.made_by", "always"),
)


async def end(context: Context, user_ids: Sequence[int], *, but_session: int = 0) -> int:
    """Ends every way into these accounts that ends "always": what sign-in, set-up or binding is under way fails, too.
    Returns the number of sessions. Expects the users' rows locked.

    `but_session`: the session of the one who acts, which is kept, with its browser and its set-up.
    """
    if not user_ids:
        return 0
    await users.raise_access_versions(context.db, user_ids)
    # With a session go its set-up and its pending proof at the provider, with a link the pending binding.
    number = await sessions.end_all(context.db, user_ids, but_session)
    kept_browser = context.client.browser_hash if but_session else None
    await browsers.unbind(context.db, user_ids, kept_browser or b"")
    await links.revoke_all_of(context.db, user_ids, LINK_KINDS)
    return number
