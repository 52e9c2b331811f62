"""Samples of the overview of users, and of adoption."""

from dataclasses import replace
from datetime import date

from accounts.bulk.acts import ALL
from db.adoption import Figures
from gallery.people import BOB, ago
from gallery.sample import Samples
from routes.users.adoption import AdoptionPage, Month, Numbers
from routes.users.filter import Chip
from routes.users.overview import UserCount, UserList, UserRow, UsersPage
from routes.users.view import SIZES, Heading

ROWS = (
    UserRow(3, "bob", BOB.name, "Acme", BOB.unit, "password", True, ago(minutes=3), False),
    UserRow(2, "alice", "Alice Arden", "Acme", "Accounting", "password", False, ago(days=1), False),
    UserRow(4, "cleo", "Cleo Carver", "Acme", "Sales", "sso", False, ago(days=9), False),
    UserRow(5, "dora", "Dora Diaz", "Acme", "", "password", False, None, False, joined=False, invited=True),
    UserRow(8, "finn", "Finn Fuchs", "Acme", "Sales", "sso", False, None, False, joined=False),
    UserRow(6, "eve", "Eve Ellison", "Acme Logistics", "Warehouse", "password", True, ago(days=90), True),
    UserRow(
        7, "frederick.longfellow-wadsworth@subsidiary.acme.example", "", "", "", "password", True, ago(days=2), False
    ),
)
CHIPS = (
    Chip("all", "/users", selected=True),
    Chip("on", "/users?two_factor=on", selected=False),
    Chip("off", "/users?two_factor=off", selected=False),
    Chip("password", "/users?login_method=password", selected=False),
    Chip("sso", "/users?login_method=sso", selected=False),
    Chip("not_joined", "/users?joined=no", selected=False),
)
FIGURES = Figures(31, 212, 18, 30, 4)
COUNT = UserCount(295, more=False)
LIST = UserList(
    rows=ROWS,
    count=COUNT,
    asked=(),
    chips=CHIPS,
    roles=((1, "Administrator"), (2, "User manager"), (4, "Member")),
    sizes=SIZES,
    headings={
        "name": Heading("name", "/users?sort=name", ""),
        "unit": Heading("unit", "/users?sort=unit", ""),
        "last_login": Heading("last_login", "/users?sort=last_login", ""),
        "last_reminded": Heading("last_reminded", "/users?sort=last_reminded", ""),
    },
    filtered=False,
    csv_url="/users.csv",
    first_url="",
    previous_url="",
    next_url="/users?after=frederick",
)
SORTED = replace(
    LIST,
    count=UserCount(1000, more=True, first=101, last=102, sort="last_login", descending=True),
    rows=tuple(
        replace(row, email=f"{row.username}@acme.example", roles=("Administrator", "Member") if row.id == 3 else ())
        for row in ROWS[:5]
    ),
    asked=(
        ("status", "active"),
        ("joined", "yes"),
        ("sort", "last_login"),
        ("size", "25"),
        ("show_role", "on"),
        ("show_address", "on"),
    ),
    chips=(
        *CHIPS,
        Chip("joined", "/users", selected=True),
        Chip("active", "/users", selected=True),
        Chip("signed_in", "/users", selected=True),
        Chip("disabled", "/users", selected=True),
    ),
    headings={
        **LIST.headings,
        "last_login": Heading("last_login", "/users?sort=last_login&order=asc", "descending"),
    },
    filtered=True,
    first_url="/users?sort=last_login",
    previous_url="/users?sort=last_login&before=1",
    hidden=("sort", "order"),
)
FILTERED = replace(
    LIST,
    rows=ROWS[1:2],
    asked=(("two_factor", "off"),),
    count=UserCount(1, more=False),
    filtered=True,
    chips=tuple(replace(chip, selected=chip.name == "off") for chip in CHIPS),
)
OF_A_UNIT = replace(
    LIST,
    rows=ROWS[:2],
    chips=(
        *CHIPS,
        Chip("exempt", "/users", selected=False),
        Chip("unit", "/users", selected=True, text="Information Technology and Operations"),
        Chip("unit", "/users", selected=True),
        Chip("role", "/users", selected=True, text="User manager"),
    ),
)
ASKING = replace(
    LIST,
    acts=tuple(ALL),
    filters=(("two_factor", "off"),),
    rows=tuple(replace(row, last_reminded_at=ago(days=8) if row.id == 2 else None) for row in ROWS),
)

NOBODY = replace(FILTERED, rows=(), asked=(("q", "zzz"),), next_url="", count=UserCount(0, more=False))


def numbers(name: str, set_up: int, not_set_up: int, exempt: int) -> Numbers:
    urls = ("/users?two_factor=on", "/users?two_factor=off", "/users", "/users?joined=no")
    return Numbers(name, set_up, not_set_up, exempt, 3, *urls)


UNITS = (
    numbers("", 0, 3, 0),
    numbers("Accounting", 12, 30, 0),
    numbers(BOB.unit, 18, 2, 1),
    numbers("Warehouse", 1, 177, 17),
)
ROLES = (numbers("Administrator", 3, 0, 0), numbers("User manager", 4, 2, 0), numbers("Member", 24, 210, 18))
SET_UPS = (0, 0, 1, 0, 4, 2, 7, 3, 5, 0, 9, 4)
MONTHS = (date(2025, 12, 1), *(date(2026, month, 1) for month in range(1, 12)))
ADOPTION = AdoptionPage(
    adoption=FIGURES,
    whole=numbers("", 31, 212, 18),
    units=UNITS,
    units_first_url="",
    units_next_url="/users/adoption?after=Warehouse",
    roles=ROLES,
    months=tuple(
        Month(day, number, round(100 * number / max(SET_UPS))) for day, number in zip(MONTHS, SET_UPS, strict=True)
    ),
)

SAMPLES: Samples = {
    "users": (BOB, UsersPage(FIGURES, LIST, COUNT)),
    "users, filtered": (BOB, UsersPage(FIGURES, FILTERED, FILTERED.count)),
    "users, sorted, with more columns": (BOB, UsersPage(FIGURES, SORTED, SORTED.count)),
    "users, of a unit and a role": (BOB, UsersPage(FIGURES, OF_A_UNIT, COUNT)),
    "users, nobody matches": (BOB, UsersPage(FIGURES, NOBODY, NOBODY.count)),
    "users, with acts on many": (BOB, UsersPage(FIGURES, ASKING, COUNT)),
    "adoption": (BOB, ADOPTION),
    "adoption, nobody yet": (
        BOB,
        replace(
            ADOPTION,
            adoption=Figures(0, 0, 18, 0, 0),
            whole=numbers("", 0, 0, 18),
            units=(),
            units_next_url="",
            roles=(),
            months=tuple(Month(day, 0, 0) for day in MONTHS),
        ),
    ),
}
