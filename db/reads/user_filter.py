"""Which users: the filters of the overview, which combine, as SQL."""

from dataclasses import dataclass
from typing import Any

from db.open_sessions import Open


@dataclass(frozen=True)
class Filter:
    # case-folded
    q: str = ""
    # "password" | "sso"
    login_method: str = ""
    # "on" | "off": active users with username/password who have, who have not; "exempt": active ones of Single Sign-On
    two_factor: str = ""
    # "": those without a unit
    unit: str | None = None
    role_id: int | None = None
    # "yes": has chosen a password or is bound to an identity; "no": is active, and has not
    joined: str = ""
    # "active" | "disabled"
    status: str = ""
    # only those with an open session
    signed_in: Open | None = None

    @property
    def columns(self) -> frozenset[str]:
        """The filters that look at a user's row alone."""
        used = {name for name in ("login_method", "two_factor", "joined", "status") if getattr(self, name)}
        return frozenset(used | ({"unit"} if self.unit is not None else set()))


CONDITIONS = {
    ("login_method", "password"): "u.login_method = 'password'",
    ("login_method", "sso"): "u.login_method = 'sso'",
    ("joined", "yes"): "(u.password_set_at IS NOT NULL OR u.sso_subject IS NOT NULL)",
    ("joined", "no"): "u.password_set_at IS NULL AND u.sso_subject IS NULL AND u.disabled_at IS NULL",
    ("status", "active"): "u.disabled_at IS NULL",
    ("status", "disabled"): "u.disabled_at IS NOT NULL",
    ("two_factor", "on"): "u.login_method = 'password' AND u.disabled_at IS NULL AND u.two_factor_at IS NOT NULL",
    ("two_factor", "off"): "u.login_method = 'password' AND u.disabled_at IS NULL AND u.two_factor_at IS NULL",
    ("two_factor", "exempt"): "u.disabled_at IS NULL AND u.login_method = 'sso'",
}
# So written that no index answers them: a scan must take the index that holds the order, or the text, and not one that
# fits the filter and knows neither.
WITHOUT_INDEX = (
    ("u.login_method =", "COALESCE(u.login_method, '') ="),
    ("u.unit =", "COALESCE(u.unit, '') ="),
    ("u.disabled_at IS NULL", "COALESCE(u.disabled_at, 0) = 0"),
    ("u.disabled_at IS NOT NULL", "COALESCE(u.disabled_at, 0) <> 0"),
)


# Few users, each in an index of their own that holds the columns of the other filters.
FEW = (("status", "disabled"), ("joined", "no"))


def conditions(which: Filter) -> tuple[str, dict[str, Any]]:
    """The filters of `which.columns` on a user `u`: joined by AND, "" for none."""
    found = [sql for (name, value), sql in CONDITIONS.items() if getattr(which, name) == value]
    if which.unit is None:
        return " AND ".join(found), {}
    return " AND ".join([*found, "u.unit = :unit"]), {"unit": which.unit}


def without_index(where: str) -> str:
    """The same conditions for a scan."""
    for indexed, scanned in WITHOUT_INDEX:
        where = where.replace(indexed, scanned)
    return where


def scanned_in_part(which: Filter) -> str:
    """All conditions for a scan through the index of the few, or else through all users."""
    few = next(((name, value) for name, value in FEW if getattr(which, name) == value), None)
    where = without_index(conditions(which)[0])
    return f"{CONDITIONS[few]} AND {where}" if few else where
