"""What Home shows of all users: the adoption, and while the checklist of the first day is there, what it ticks."""

from dataclasses import dataclass

from db import Database, one
from db.administrators import CAN_SIGN_IN
from db.adoption import Figures
from db.invitations import LINK_WORKS, NOT_JOINED

# The name of the setting: "on" until it is put away.
FIRST_DAY = "first_day"


@dataclass(frozen=True)
class Facts:
    """1 or 0. `others`: there are other users. `uninvited`: users who have not joined and have no link that works."""

    own_address: int
    second_administrator: int
    others: int
    uninvited: int
    # a role that makes an administrator
    administrators_role: int | None


@dataclass(frozen=True)
class Asked:
    """For whom and when. `issuer`: "" without a provider. `latest`: when a one-time password that works may expire."""

    user_id: int
    administrator: tuple[str, str]
    now: int
    latest: int
    issuer: str


async def read(db: Database, asked: Asked) -> tuple[Figures, Facts | None]:
    """The adoption and the facts, None after the checklist was put away: then nothing is looked up for them."""
    permission0, permission1 = asked.administrator
    facts = {
        "own_address": "EXISTS (SELECT 1 FROM users WHERE id = :without AND email <> '')",
        "second_administrator": f"EXISTS ({CAN_SIGN_IN})",
        "others": "EXISTS (SELECT 1 FROM users WHERE id <> :without)",
        # without a provider no user can be invited to sign in by it
        "uninvited": f"EXISTS (SELECT 1 FROM users WHERE {NOT_JOINED} AND (login_method = 'password' OR :issuer <> '')"
        f" AND NOT {LINK_WORKS})",
        "administrators_role": "(SELECT min(p.role_id) FROM role_permissions p JOIN role_permissions q"
        " ON q.role_id = p.role_id WHERE p.permission = :permission0 AND q.permission = :permission1)",
    }
    each = ", ".join(f"CASE WHEN s.value = 'on' THEN {fact} END AS {name}" for name, fact in facts.items())
    figures = ", ".join(f"a.{name}" for name in Figures.__dataclass_fields__)
    row = await db.fetch_one(
        f"SELECT {figures}, s.value AS first_day, {each}"
        f" FROM adoption a LEFT JOIN settings s ON s.name = '{FIRST_DAY}' WHERE a.id = 1",
        {
            "without": asked.user_id,
            "permission0": permission0,
            "permission1": permission1,
            "now": asked.now,
            "latest": asked.latest,
            "issuer": asked.issuer,
        },
    )
    adoption = one(Figures, row)
    assert adoption is not None
    return adoption, one(Facts, row) if row["first_day"] == "on" else None
