"""What a line of a file changes of a user, and whether the one who imports may change it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from accounts.permissions import ROLES_EDIT, may_act_on
from accounts.sessions import Current
from accounts.user_import.csv_file import Bad, Line, short
from db.user_import import Existing, Role

DEFAULT_ROLE = "member"


@dataclass(frozen=True)
class Change:
    """A user as the file would have them."""

    line: Line
    # None: new
    existing: Existing | None
    # of what differs
    before: dict[str, str]
    after: dict[str, str]
    # None: as they are
    role_ids: frozenset[int] | None
    # what the roles newly allow a user who existed
    gained: frozenset[str]

    @property
    def values(self) -> dict[str, Any]:
        """Every text, as it will be."""
        old = {name: getattr(self.existing, name, "") for name in ("name", "email", "company", "unit")}
        new = {**old, **self.line.texts}
        return {**new, "name": new["name"] or self.line.username}

    @property
    def described(self) -> tuple[str, str]:
        """What differs: before and after, to be shown before it is imported."""
        before, after = (
            "; ".join(f"{name} {value or '—'}" for name, value in each.items()) for each in (self.before, self.after)
        )
        return ("", after) if self.existing is None else (before, after)


class Judge:
    """Whether the importing user may import a row, and what it changes."""

    def __init__(self, all_roles: list[Role], current: Current | None, issuer: str) -> None:
        self._by_name = {role.name.casefold(): role for role in all_roles}
        self._by_id = {role.id: role for role in all_roles}
        self._permissions = current.permissions if current else None
        self._has_provider = issuer != ""
        self._importer_id = current.session.user_id if current else None

    def judge(self, line: Line, user: Existing | None, held: set[int]) -> Change | Bad | None:
        """The change, what is wrong with it, or None if there is nothing to change."""
        if user is not None and line.login_method not in ("", user.login_method):
            return Bad(line.number, "method_differs", "login_method", user.login_method)
        wanted = self._wanted(line, user)
        if isinstance(wanted, Bad):
            return wanted
        before, after = {}, {}
        for name, text in line.texts.items():
            old, new = getattr(user, name, ""), text or (line.username if name == "name" else "")
            if old != new:
                before[name], after[name] = old, new
        moved = frozenset() if wanted is None else wanted ^ held
        if moved and wanted is not None:
            before["role"], after["role"] = self._named(held), self._named(wanted)
        if user is not None and not after:
            return None
        refused = self._no_provider(line, user) or self._refused(line, user, held, moved)
        refused = refused or self._own_address(line, user, after)
        gained = self._allowed(wanted or ()) - self._allowed(held) if user and moved else frozenset[str]()
        return refused or Change(line, user, before, after, wanted if moved else None, gained)

    def _wanted(self, line: Line, user: Existing | None) -> frozenset[int] | Bad | None:
        if line.roles is None:
            given = self._by_name.get(DEFAULT_ROLE)
            return None if user or given is None else frozenset((given.id,))
        unknown = next((name for name in line.roles if name.casefold() not in self._by_name), None)
        if unknown is not None:
            return Bad(line.number, "unknown_role", "role", short(unknown))
        return frozenset(self._by_name[name.casefold()].id for name in line.roles)

    def _refused(self, line: Line, user: Existing | None, held: set[int], moved: frozenset[int]) -> Bad | None:
        """No user gives, takes or changes what they do not hold; the command line may."""
        if self._permissions is None:
            return None
        if user is not None and not may_act_on(self._permissions, self._allowed(held)):
            return Bad(line.number, "holds_more")
        if moved and line.roles is not None and ROLES_EDIT not in self._permissions:
            return Bad(line.number, "roles_not_yours", "role")
        beyond = [role for role in sorted(moved) if not may_act_on(self._permissions, self._by_id[role].permissions)]
        return Bad(line.number, "gives_more", "role", self._by_id[beyond[0]].name) if beyond else None

    def _no_provider(self, line: Line, user: Existing | None) -> Bad | None:
        """Without a provider no user adds one of Single Sign-On, who could not sign in; the command line may."""
        adds = user is None and line.login_method == "sso" and self._permissions is not None
        return Bad(line.number, "no_provider", "login_method") if adds and not self._has_provider else None

    def _own_address(self, line: Line, user: Existing | None, after: dict[str, str]) -> Bad | None:
        """One's own e-mail address is in force after its link, as on My User."""
        own = user is not None and user.id == self._importer_id
        return Bad(line.number, "own_address", "email") if own and "email" in after else None

    def _allowed(self, role_ids: Iterable[int]) -> frozenset[str]:
        return frozenset().union(*(self._by_id[role].permissions for role in role_ids if role in self._by_id))

    def _named(self, role_ids: frozenset[int] | set[int]) -> str:
        return ", ".join(self._by_id[role].name for role in sorted(role_ids) if role in self._by_id)
