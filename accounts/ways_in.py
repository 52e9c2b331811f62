"""The ways into an account: all of them, who made each, and the one function that ends what others could hold."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from accounts import permissions
from accounts.activity import kinds
from accounts.context import Context, Principal
from db import browsers, links, makers, sessions, users
from db.links import LINK_KINDS, WAYS_IN, Link
from db.makers import Makers
from db.reads import ways_in as reads
from db.reads.user_detail import Detail
from db.reads.ways_in import Maker, Planted
from db.users import User


@dataclass(frozen=True)
class WayIn:
    """`made_by`: where its maker is kept. `ends`: always when the others end, or only if its maker may not act on the
    user; "judged": it stays, is judged whenever it is used, and no longer counts then.
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


@dataclass(frozen=True)
class Ended:
    """How many, and whether anything was there to end: also a known browser or a link."""

    sessions: int
    anything: bool


async def end(context: Context, user_ids: Sequence[int], *, but_session: int = 0) -> Ended:
    """Ends every way into these accounts that ends "always": what sign-in, set-up or binding is under way fails, too.
    Expects the users' rows locked.

    `but_session`: the session of the one who acts, which is kept, with its browser and its set-up.
    """
    if not user_ids:
        return Ended(0, anything=False)
    await users.end_sign_ins_under_way(context.db, user_ids)
    # With a session go its set-up and its pending proof at the provider, with a link the pending binding.
    number = await sessions.end_all(context.db, user_ids, but_session)
    kept_browser = context.client.browser_hash if but_session else None
    forgotten = await browsers.unbind(context.db, user_ids, kept_browser or b"")
    revoked = await links.revoke_all_of(context.db, user_ids, LINK_KINDS)
    return Ended(number, anything=number + forgotten + revoked > 0)


async def may_be_used(context: Context, made: Makers, user_id: int) -> bool:
    """Whether a way in may be used now: its maker, and who made what the maker signs in with, or did then, may act on
    its user. A disabled or deleted maker may act on no user.
    """
    return made.by in (None, user_id) or await permissions.user_may_let_in(context.db, made, user_id)


async def link_may_be_used(context: Context, link: Link, user: User) -> bool:
    """Whether creator and address of a link that opens the account allow its use."""
    by_address = not link.detail or await may_be_used(context, user.email_makers, user.id)
    return _may_be_used(link, user, by_address, await may_be_used(context, link.makers, user.id))


def newest_link_may_be_used(detail: Detail, link: Link) -> bool:
    """The same of the newest link, by what was read with it."""
    return _may_be_used(link, detail.user, _counts(detail.email_by), _counts(detail.link_by))


def _may_be_used(link: Link, user: User, by_address: bool, by_maker: bool) -> bool:
    """A mailed one goes to the address that the user has, and its setter may act on them."""
    return by_maker and (not link.detail or (link.detail == user.email and by_address))


def _counts(maker: Maker | None) -> bool:
    return maker is None or maker.may


def makers_by(link: Link, user: User) -> Makers:
    """Who makes what is done with a link: who entered the address if it was mailed there, else who created it."""
    return user.email_makers if link.detail else link.makers


# Those of the promoted with ways in that others made, who may not act on them any more.
Find = Callable[[], Awaitable[list[Planted]]]


async def end_planted(context: Context, find: Find) -> list[tuple[kinds.Activity, Principal]]:
    """Ends what others made who may not act on these users any more; for the log. For a promotion, in its transaction,
    after the roles were given.

    With password or identity go all ways that `end` ends; an address stays, and no link is sent there. What the
    accounts made is their maker's then, so that it is looked again: it may have let others of the promoted in.
    """
    ended: dict[int, Planted] = {}
    while found := await find():
        await makers.end_addresses(context.db, [each.id for each in found if each.email_by is not None])
        planted = [each for each in found if each.id not in ended or each.sign_in_by is not None]
        if not planted:
            break
        await _end(context, planted)
        ended |= {each.id: each for each in planted}
    return [(_ended(each), Principal(each.id, each.username)) for each in ended.values()]


async def _end(context: Context, planted: Sequence[Planted]) -> None:
    await links.revoke_all_of(context.db, [each.id for each in planted], WAYS_IN)
    signed_in_by_others = [each.id for each in planted if each.sign_in_by is not None]
    if not signed_in_by_others:
        return
    await end(context, signed_in_by_others)
    await users.forget_sign_in(context.db, signed_in_by_others)
    made_by = {each.id: each.sign_in_maker for each in planted if each.sign_in_by is not None and each.sign_in_maker}
    accounts_of: dict[int, list[int]] = {}
    for user_id in made_by:
        accounts_of.setdefault(_first_maker(user_id, made_by), []).append(user_id)
    for maker_id, accounts in accounts_of.items():
        await users.attribute(context.db, accounts, maker_id)
        await links.attribute(context.db, accounts, maker_id)


def _first_maker(user_id: int, made_by: Mapping[int, int]) -> int:
    """Who began the chain of accounts that made sign-ins for one another; in a ring, the last before it closes."""
    passed = {user_id}
    while (maker_id := made_by.get(user_id, user_id)) not in passed:
        user_id = maker_id
        passed.add(user_id)
    return user_id


def _ended(planted: Planted) -> kinds.WaysInEnded:
    found = {planted.sign_in_by, planted.email_by, planted.link_by} - {None}
    sign_in = "" if planted.sign_in_by is None else planted.login_method
    names = ", ".join(sorted(maker or "" for maker in found))
    return kinds.WaysInEnded(sign_in, "" if planted.email_by is None else "yes", names)


async def end_of_makers(context: Context, user_ids: Sequence[int]) -> None:
    """Ends, for good, addresses and links that these users made for others on whom they may not act any more. In the
    transaction that took roles from them, or disabled them.
    """
    if user_ids:
        await makers.end_what_these_made(context.db, user_ids)


async def end_of_holders(context: Context, role_id: int) -> None:
    """The same for all who hold a role that allows less now."""
    await makers.end_what_holders_made(context.db, role_id)


async def planted_in(context: Context, user_ids: Sequence[int]) -> list[Planted]:
    """Those of the users whose ways in were made by others who may not act on them as the rows are now."""
    return await reads.planted(context.db, user_ids)


async def planted_among(context: Context, role_id: int, gained: frozenset[str]) -> list[Planted]:
    """The same of those to whom a role now gives what they did not hold before."""
    return await reads.planted_among(context.db, role_id, sorted(gained))
