"""The user who is signed in, as every template sees them."""

from dataclasses import dataclass
from typing import Literal

from accounts.sessions import Current


@dataclass(frozen=True)
class Me:
    """`me` in every template; None without a session."""

    id: int
    username: str
    name: str
    company: str
    unit: str
    login_method: Literal["password", "sso"]
    permissions: frozenset[str]
    time_zone: str
    # Has two-factor authentication set up: shows the two keys.
    set_up: bool
    # The notification shows.
    notification: bool
    # Signed in with a one-time password: may only choose a password.
    confined: bool


def me_of(current: Current | None) -> Me | None:
    if current is None:
        return None
    session = current.session
    return Me(
        id=session.user_id,
        username=session.username,
        name=session.name,
        company=session.company,
        unit=session.unit,
        login_method=session.login_method,
        permissions=current.permissions,
        time_zone=session.time_zone,
        set_up=current.set_up,
        notification=current.notified,
        confined=current.confined,
    )
