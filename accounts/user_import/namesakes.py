"""Usernames in a file that are the address of another user, and addresses that are the username of another."""

from collections.abc import Sequence

from accounts import namesakes
from accounts.context import Context
from accounts.user_import.changes import Change
from accounts.user_import.csv_file import Bad, short


class Namesakes:
    """Those that were read so far, since nothing is stored while a file is only checked."""

    def __init__(self, context: Context) -> None:
        self._context = context
        # Hashes of new usernames with an @, and of usernames that addresses of others lead to.
        self._usernames: set[int] = set()
        self._led_to: set[int] = set()

    async def problems(self, changes: Sequence[Change]) -> dict[int, Bad]:
        """Line → what is wrong."""
        new = [each.line.username for each in changes if each.existing is None]
        addresses = {each.after["email"] for each in changes if each.after.get("email")}
        with_address = await namesakes.with_address(self._context, new)
        with_username = await namesakes.with_username(self._context, addresses)
        found: dict[int, Bad] = {}
        for change in changes:
            line, username, address = change.line, change.line.username, change.after.get("email", "")
            if change.existing is None and self._is_address(username, username in with_address):
                found[line.number] = Bad(line.number, "address_of_another", "username", short(username))
            elif address and self._is_username(address, username, with_username.get(address, set())):
                found[line.number] = Bad(line.number, "username_of_another", "email", short(address))
        return found

    def _is_address(self, username: str, is_stored: bool) -> bool:
        if "@" in username:
            self._usernames.add(hash(username))
        return is_stored or hash(username) in self._led_to

    def _is_username(self, address: str, username: str, stored: set[str]) -> bool:
        others = {hash(name) for name in namesakes.led_to_by(address) - {username}}
        self._led_to |= others
        return bool(stored - {username}) or not others.isdisjoint(self._usernames)
