"""The pictures in docs, by `make screenshots`; with `--all DIR` every page in every state, light and dark.

The organisation in them is made up, its three weeks of history by the rules of accounts/ at moments in the past.
"""

import argparse
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from playwright.sync_api import Page, expect

import config
from accounts.context import Client, Context, Principal
from accounts.login import login
from accounts.system import installation
from accounts.two_factor import switch
from accounts.users import users
from gallery import SAMPLES
from tests import acts
from tests.chromium import people
from tests.chromium.phone import Phone
from tests.chromium.server import ROOT, Server
from tests.chromium.windows import Windows, chromium
from tests.prepare import how_to_install, path_of

PICTURES = ROOT / "docs" / "screenshots"
LARGEST_BYTES = 150_000
WIDE, NARROW, HEIGHT = 1000, 320, 640
PASSWORD = "eleven geese cross a wet road"
MINUTE, DAY = 60, 24 * 3600
ENVIRONMENT = {"TWO_KEYS_ORGANISATION": "Fernhill Trust", "TWO_KEYS_TIME_ZONE": "Europe/Berlin"}

# username, name, unit, role, whether they use Single Sign-On
STAFF = (
    ("miriam.holt", "Miriam Holt", "IT", "Administrator", False),
    ("amara.okafor", "Amara Okafor", "Finance", "Member", False),
    ("ben.lindqvist", "Ben Lindqvist", "Finance", "Auditor", False),
    ("chiara.rossi", "Chiara Rossi", "Gardens", "Member", False),
    ("daniel.weber", "Daniel Weber", "IT", "User manager", False),
    ("elif.kaya", "Elif Kaya", "Client Services", "Member", False),
    ("farid.haddad", "Farid Haddad", "Gardens", "Member", False),
    ("grace.mbeki", "Grace Mbeki", "Director’s Office", "Member", False),
    ("hana.sato", "Hana Satō", "Client Services", "Member", True),
    ("ivan.petrov", "Ivan Petrov", "Client Services", "Member", True),
    ("jana.novak", "Jana Nováková", "Archive", "Member", False),
    ("luis.ortega", "Luis Ortega", "Archive", "Member", False),
)
# minutes ago
SWITCHED_ON = 394
HAVE_SET_IT_UP = {"miriam.holt": 388, "daniel.weber": 341, "amara.okafor": 127}
SIGNED_IN = {
    "grace.mbeki": 246,
    "chiara.rossi": 93,
    "elif.kaya": 26 * 60,
    "ben.lindqvist": 28 * 60,
    "jana.novak": 49 * 60,
}
MISTYPED = {"grace.mbeki": 247, "admni": 61}


def at(context: Context, seconds_ago: int, address: str = "192.0.2.17", browser: str = "Firefox on Windows") -> Context:
    """The desk of somebody's request in the past."""
    return replace(context, now=context.now - seconds_ago, client=Client(address, browser, None))


async def found_the_organisation(context: Context) -> dict[str, people.Person]:
    """Three weeks ago: the first administrator, and everybody whom she adds."""
    first = await installation.first_administrator(at(context, 21 * DAY), PASSWORD)
    assert isinstance(first, users.Created), first
    staff = {}
    for number, (username, name, unit, role, sso) in enumerate(STAFF):
        new = users.New(
            username=username,
            name=name,
            email=f"{username}@fernhill.example",
            unit=unit,
            roles=(role,),
            login_method="sso" if sso else "password",
            password=None if sso else PASSWORD,
        )
        past = at(context, 21 * DAY - (20 + 3 * number) * MINUTE)
        created = await users.create(past, new, Principal(first.user_id, first.username))
        assert isinstance(created, users.Created), created
        staff[username] = people.Person(username, PASSWORD, created.user_id)
    async with context.db.transaction():
        await context.db.execute(
            "UPDATE users SET sso_issuer = 'https://login.fernhill.example', sso_subject = username WHERE"
            " login_method = 'sso'"
        )
    await acts.disable(at(context, 6 * DAY), "luis.ortega")
    return staff


async def live_through_the_switch(context: Context, staff: dict[str, people.Person]) -> None:
    """The function is switched on; some set it up, others sign in and do not, one mistypes."""
    acts = [(SWITCHED_ON, "switch", "miriam.holt")]
    acts += [(minutes, "set up", username) for username, minutes in HAVE_SET_IT_UP.items()]
    acts += [(minutes, "sign in", username) for username, minutes in SIGNED_IN.items()]
    acts += [(minutes, "mistype", username) for username, minutes in MISTYPED.items()]
    for minutes, act, username in sorted(acts, reverse=True):
        past = at(context, minutes * MINUTE - len(username), f"192.0.2.{20 + len(username)}")
        match act:
            case "switch":
                await switch.switch(past, True, Principal(staff[username].id, username))
            case "set up":
                await people.set_up(past, staff[username])
            case "sign in":
                await login.sign_in(past, login.Typed(username, PASSWORD, ""))
            case "mistype":
                await login.sign_in(past, login.Typed(username, "eleven geese cross a wet raod", ""))


@contextmanager
def fernhill(folder: Path, *, switched_on: bool) -> Iterator[tuple[Server, dict[str, people.Person]]]:
    """The organisation's server, before or after the function was switched on."""
    server = Server(folder, **ENVIRONMENT)
    installation.prepare_database(config.read(server.environment))

    async def past(context: Context) -> dict[str, people.Person]:
        staff = await found_the_organisation(context)
        if switched_on:
            await live_through_the_switch(context, staff)
        return staff

    staff = server.let(past)
    with server:
        yield server, staff


class Album:
    """Takes pictures of windows."""

    def __init__(self, windows: Windows, folder: Path) -> None:
        self._windows, self._folder = windows, folder
        folder.mkdir(parents=True, exist_ok=True)

    def window(self, server: Server) -> Page:
        """A window of a browser of its own."""
        size = {"width": WIDE, "height": HEIGHT}
        return self._windows.open(server, viewport=size, reduced_motion="reduce")

    def take(self, page: Page, name: str, *, most: int = 1600) -> None:
        """The whole page, or what there is of it down to `most` px."""
        height = page.evaluate("() => document.documentElement.scrollHeight")
        path = self._folder / f"{name}.png"
        width = (page.viewport_size or {"width": WIDE})["width"]
        clip = {"x": 0, "y": 0, "width": width, "height": min(height, most)}
        page.mouse.move(0, 0)
        page.screenshot(path=path, clip=clip, full_page=True)  # type: ignore[arg-type]  # because playwright wants its own dict type
        size = path.stat().st_size
        assert size < LARGEST_BYTES, f"{path} has {size:,} bytes: show less of it"
        print(f"{path.relative_to(ROOT) if path.is_relative_to(ROOT) else path}  {size // 1024} KB", flush=True)


def take_the_story(album: Album, folder: Path) -> None:
    """The pictures in docs, in the order of the story."""
    with fernhill(folder / "before", switched_on=False) as (server, staff):
        page = staff["miriam.holt"].signs_in(album.window(server), "/general-settings/security")
        page.get_by_role("link", name="Edit").click()
        page.get_by_role("switch").check()
        album.take(page, "settings-edit")
    with fernhill(folder / "after", switched_on=True) as (server, staff):
        take_the_login(album, server)
        take_a_set_up(album, server, staff["elif.kaya"])
        take_what_the_administrator_sees(album, server, staff["miriam.holt"])


def take_the_login(album: Album, server: Server) -> None:
    page = album.window(server)
    page.goto("/login")
    people.type_login(page, "ben.lindqvist", PASSWORD, "492 031")
    album.take(page, "login")


def take_a_set_up(album: Album, server: Server, person: people.Person) -> None:
    page = person.signs_in(album.window(server))
    album.take(page, "notification")
    page.goto("/my-user")
    page.get_by_role("button", name="Set up two-factor authentication").click()
    expect(page.locator("#two-factor-qr")).to_be_visible()
    album.take(page, "qr-step", most=1000)
    page.set_viewport_size({"width": NARROW, "height": HEIGHT})
    album.take(page, "qr-step-narrow", most=1150)
    page.set_viewport_size({"width": WIDE, "height": HEIGHT})
    phone = Phone.with_key("".join(page.locator("#two-factor-key").inner_text().split()))
    page.get_by_role("textbox", name="Code").fill(phone.code())
    page.get_by_role("button", name="Confirm").click()
    expect(page.locator(".recovery-code")).to_have_count(10)
    album.take(page, "recovery-codes", most=800)


def take_what_the_administrator_sees(album: Album, server: Server, miriam: people.Person) -> None:
    page = miriam.signs_in(album.window(server), "/users")
    album.take(page, "users", most=860)
    page.emulate_media(color_scheme="dark")
    album.take(page, "users-dark", most=860)
    page.emulate_media(color_scheme="light")
    page.goto("/activity-log")
    album.take(page, "activity-log", most=1060)


def take_everything(windows: Windows, folder: Path, into: Path) -> None:
    """Every sample of the gallery, which are all pages in all states, four times."""
    into.mkdir(parents=True, exist_ok=True)
    with Server(folder / "gallery", TWO_KEYS_DEVELOPMENT="on") as server:
        page = windows.open(server, reduced_motion="reduce")
        for number, name in enumerate(SAMPLES):
            page.goto(f"/gallery/{name}")
            for width in (1280, NARROW):
                page.set_viewport_size({"width": width, "height": 800})
                for scheme in ("light", "dark"):
                    page.emulate_media(color_scheme=scheme)
                    file = f"{number:02} {re.sub(r'[^a-z0-9]+', '-', name.lower()).strip('-')} {width} {scheme}.png"
                    page.screenshot(path=into / file, full_page=True)
            print(f"{number + 1} of {len(SAMPLES)}: {name}", flush=True)


def main() -> None:
    reading = argparse.ArgumentParser(prog="python -m tests.screenshots", description=__doc__)
    reading.add_argument("--all", metavar="DIR", type=Path, help="every page in every state into this folder instead")
    reading.add_argument("--into", metavar="DIR", type=Path, default=PICTURES, help="another folder for the story")
    asked = reading.parse_args()
    if missing := [program for program in ("chromium", "oathtool") if path_of(program) is None]:
        sys.exit(f"The pictures need {', '.join(missing)}: {how_to_install(*missing)}")
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        windows = Windows(browser)
        if asked.all:
            take_everything(windows, Path(folder), asked.all)
        else:
            take_the_story(Album(windows, asked.into), Path(folder))
        windows.close()
        if windows.findings:
            sys.exit("\n".join(windows.findings))


if __name__ == "__main__":
    main()
