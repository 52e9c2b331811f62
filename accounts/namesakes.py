"""What is typed at the sign-in names one user: a new username is not the e-mail address of another, and an address that
is entered for another is not the username of a third (decision 72).
"""

from collections.abc import Collection

from accounts import email_addresses, usernames
from accounts.context import Context
from db import user_import
from db.reads import login


def led_to_by(address: str) -> set[str]:
    """The usernames for which the sign-in takes this address, however its domain is spelled."""
    found = {usernames.canonical(spelling) for spelling in email_addresses.spellings(address)}
    return {name for name in found if name is not None}


async def with_address(context: Context, names: Collection[str]) -> dict[str, str]:
    """Username → another user whose address leads to it, the first of them; for those that there are."""
    asked = {name: {each.casefold() for each in email_addresses.spellings(name)} for name in names if "@" in name}
    if not asked:
        return {}
    found: dict[str, str] = {}
    for username, address in await login.with_addresses(context.db, sorted(set().union(*asked.values()))):
        for name in led_to_by(address) & asked.keys() - {username}:
            found.setdefault(name, username)
    return found


async def with_username(context: Context, addresses: Collection[str]) -> dict[str, set[str]]:
    """Address → the users for whom the sign-in takes it, for those that there are."""
    names = {address: led_to_by(address) for address in addresses if address}
    asked = sorted(set().union(*names.values()))
    users = await user_import.by_usernames(context.db, asked) if asked else {}
    found = {address: {users[name].username for name in each & users.keys()} for address, each in names.items()}
    return {address: whose for address, whose in found.items() if whose}


async def has_username_of_another(context: Context, address: str, username: str) -> bool:
    """Whether the address is the username of another user than that one."""
    return bool((await with_username(context, [address])).get(address, set()) - {username})
