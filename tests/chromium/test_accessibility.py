"""axe-core without findings, nothing wider than a phone, everything by keyboard, no motion for those who want none."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote
from urllib.request import urlopen

import pytest
from playwright.sync_api import Page, expect

from gallery import SAMPLES
from tests.chromium.people import Person, somebody, switch, type_login
from tests.chromium.phone import Phone
from tests.chromium.server import Server, one_time_password
from tests.chromium.windows import Windows
from tests.programs import axe_script

Scheme = Literal["light", "dark"]
WIDE, NARROW = 1280, 320
HEIGHT = 900
# In the dark other colours may be wrong, and nothing else.
IN_LIGHT: dict[str, Any] = {"rules": {"target-size": {"enabled": True}}}
IN_DARK: dict[str, Any] = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}


def findings(
    page: Page, name: str, widths: tuple[int, ...] = (WIDE, NARROW), schemes: tuple[Scheme, ...] = ("dark", "light")
) -> list[str]:
    """What axe-core finds on a page, and what sticks out of a narrow one."""
    found: list[str] = []
    for width in widths:
        if page.viewport_size != {"width": width, "height": HEIGHT}:
            page.set_viewport_size({"width": width, "height": HEIGHT})
        for scheme in schemes:
            page.emulate_media(color_scheme=scheme)
            options = IN_DARK if scheme == "dark" else IN_LIGHT
            found += [f"{name}, {scheme}, {width} px: {violation}" for violation in page.evaluate(VIOLATIONS, options)]
        if width == NARROW and (sticking_out := page.evaluate(WIDER_THAN, NARROW)):
            found.append(f"{name}: scrolls sideways at {NARROW} px: {'; '.join(sticking_out)}")
    return found


# What is still fading in has less contrast than it will have in a moment.
VIOLATIONS = """async (options) => {
    await Promise.allSettled(document.getAnimations().map((animation) => animation.finished));
    return (await axe.run({ ...options, resultTypes: ["violations"] })).violations.map((rule) =>
        `${rule.id} (${rule.help}): ${rule.nodes.map(
            (node) => `${node.html.slice(0, 200)} ${node.failureSummary}`).join("; ")}`);
}"""
WIDER_THAN = """(width) => document.documentElement.scrollWidth <= width ? [] :
    [...document.body.querySelectorAll("*")].filter((one) => one.getBoundingClientRect().right > width)
        .map((one) => `${one.tagName}#${one.id}.${one.getAttribute("class")}`).slice(0, 5)"""


# ------------------------------------------------------------------------------- every part in every state, as drawn


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with /gallery, as `serve --reload` starts one, without the reloading."""
    folder: Path = tmp_path_factory.mktemp("gallery") / "data"
    with Server(folder, TWO_KEYS_DEVELOPMENT="on") as running:
        yield running


def samples() -> list[str]:
    """All but those that differ from another by a sentence alone."""
    told_apart = [name for name in SAMPLES if not name.startswith(("password, ", "my user, message "))]
    return [
        *told_apart,
        "password, asked",
        "password, wrong_current",
        "password, too_short",
        "my user, message removed",
    ]


Attributes = dict[str, str | None]
Kind = Callable[[str, Attributes], object]


def by_class(name: str, attributes: Attributes) -> object:
    """Colours and heights come with an element's name and classes."""
    return name, attributes.get("class")


def by_attributes(name: str, attributes: Attributes) -> object:
    """What an element is to a screen reader comes with its attributes."""
    return name, attributes.get("class"), frozenset(attributes)


class Elements(HTMLParser):
    """The elements of a page, of each kind one."""

    def __init__(self, html: str, kind: Kind) -> None:
        super().__init__()
        self.kinds: set[object] = set()
        self._kind = kind
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.kinds.add(self._kind(tag, dict(attrs)))


@cache
def samples_of_all_kinds(gallery: Server, kind: Kind) -> list[str]:
    """As few as show every kind of element."""
    seen: set[object] = set()
    kept = []
    for name in samples():
        with urlopen(f"{gallery.address}/gallery/{quote(name)}") as answer:
            kinds = Elements(answer.read().decode(), kind).kinds
        if kinds - seen:
            kept.append(name)
        seen |= kinds
    return kept


# tests that several processes can share out among them
PARTS = 4


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize(
    ("width", "touch", "schemes", "kind"),
    [(WIDE, False, ("dark",), by_class), (NARROW, True, ("light",), by_attributes)],
    ids=["on a desk", "on a phone"],
)
def test_no_findings_in_any_state_of_any_page(
    gallery: Server, windows: Windows, width: int, touch: bool, schemes: tuple[Scheme, ...], kind: Kind, part: int
):
    page = windows.open(gallery, viewport={"width": width, "height": HEIGHT}, has_touch=touch, is_mobile=touch)
    page.add_init_script(axe_script())
    found: list[str] = []
    for name in samples_of_all_kinds(gallery, kind)[part::PARTS]:
        page.goto(f"/gallery/{name}")
        found += findings(page, name, (width,), schemes)
        found += [f"{name}: lower than 32 px: {small}" for small in ([] if touch else page.evaluate(LOWER, 32))]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("part", range(PARTS))
def test_on_a_phone_nothing_sticks_out_and_all_can_be_tapped_in_any_state_of_any_page(
    gallery: Server, windows: Windows, part: int
):
    page = windows.open(
        gallery, viewport={"width": NARROW, "height": HEIGHT}, has_touch=True, is_mobile=True, java_script_enabled=False
    )
    found: list[str] = []
    for name in samples()[part::PARTS]:
        page.goto(f"/gallery/{name}")
        found += [f"{name}: scrolls sideways: {wide}" for wide in page.evaluate(WIDER_THAN, NARROW)]
        found += [f"{name}: lower than 44 px: {small}" for small in page.evaluate(LOWER, 44)]
    assert not found, "\n".join(found)


# Links within sentences are as high as their line (WCAG 2.5.8 excepts them); a checkbox or a radio button counts with
# its label.
LOWER = """(least) => [
    ...document.querySelectorAll("button, .button, input, select, nav a, label.switch, label.option")]
    .filter((one) => one.checkVisibility() && !["checkbox", "radio"].includes(one.type))
    .map((one) => [one, one.getBoundingClientRect().height]).filter(([one, height]) => height < least - 0.5)
    .map(([one, height]) => `${Math.round(height)} px: ${one.outerHTML.slice(0, 90)}`)"""


@pytest.mark.parametrize("width", [320, 600, 900, 1000, WIDE])
def test_the_recovery_codes_stay_in_their_box(gallery: Server, windows: Windows, width: int):
    page = windows.open(gallery, viewport={"width": width, "height": HEIGHT})
    page.goto("/gallery/my user, first recovery codes")
    box = page.locator(".recovery").bounding_box()
    assert box is not None
    for code in page.locator(".recovery-code").all():
        place = code.bounding_box()
        assert place is not None
        assert place["x"] + place["width"] <= box["x"] + box["width"] - 15, "16 px of brass around the codes"


@pytest.mark.parametrize("width", [780, 800, 900, 1000])
def test_the_overview_fits_between_phone_and_desk_with_names_that_can_be_read(
    gallery: Server, windows: Windows, width: int
):
    page = windows.open(gallery, viewport={"width": width, "height": HEIGHT})
    page.goto("/gallery/users, with acts on many")
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width
    name = page.get_by_role("rowheader").filter(has_text="Alice Arden").bounding_box()
    assert name is not None
    assert name["width"] >= 120, "not letter below letter"


# --------------------------------------------------------------------------------- the same as people come upon them


@dataclass
class Cast:
    """Who is there: an administrator, one without a phone, one with."""

    server: Server
    bob: Person
    alice: Person
    dora: Person


@pytest.fixture(scope="module")
def cast(server: Server) -> Cast:
    """The function is on."""
    switch(server, True)
    somebody(server, "cleo", login_method="sso", password=None)
    return Cast(
        server,
        somebody(server, "bob", "Administrator", unit="Information Technology"),
        somebody(server, "alice", name="Alice Arden"),
        somebody(server, "dora", phone=True),
    )


def login_failed(page: Page, cast: Cast) -> None:
    page.goto("/login")
    type_login(page, "alice", "not this one", "123456")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("alert")).to_be_visible()


def choosing_a_password(page: Page, cast: Cast) -> None:
    printed = cast.server.command("create-user", "emil")
    page.goto("/login")
    type_login(page, "emil", one_time_password(printed, "emil"))
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_label("New password").fill("too short")
    page.get_by_role("button", name="Save password").click()
    expect(page.get_by_text("This password is too short")).to_be_visible()


def signed_out(page: Page, cast: Cast) -> None:
    cast.alice.signs_in(page)
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You are signed out")


def home_of_an_administrator(page: Page, cast: Cast) -> None:
    cast.bob.signs_in(page)


def qr_step_with_a_wrong_code(page: Page, cast: Cast) -> None:
    cast.alice.signs_in(page, "/my-user")
    page.get_by_role("button", name="Set up two-factor authentication").click()
    page.get_by_role("textbox", name="Code").fill("12345")
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_text("A code has 6 digits.")).to_be_visible()


def recovery_codes(page: Page, cast: Cast) -> None:
    somebody(cast.server, "frida").signs_in(page, "/my-user")
    page.get_by_role("button", name="Set up two-factor authentication").click()
    expect(page.locator("#two-factor-qr")).to_be_visible()
    phone = Phone.with_key("".join(page.locator("#two-factor-key").inner_text().split()))
    page.get_by_role("textbox", name="Code").fill(phone.code())
    page.get_by_role("button", name="Confirm").click()
    expect(page.locator(".recovery-code")).to_have_count(10)


def removal_with_a_wrong_code(page: Page, cast: Cast) -> None:
    cast.dora.signs_in(page, "/my-user")
    page.get_by_role("link", name="Remove two-factor authentication").click()
    page.get_by_role("textbox", name="Code").fill("11111 22222 33333 44444")
    page.get_by_role("button", name="Remove two-factor authentication").click()
    expect(page.locator("#two-factor").get_by_role("alert")).to_be_visible()


def switch_edited(page: Page, cast: Cast) -> None:
    cast.bob.signs_in(page, "/general-settings/security")
    page.get_by_role("link", name="Edit").click()
    expect(page.get_by_role("switch")).to_be_focused()


def switch_saved(page: Page, cast: Cast) -> None:
    switch_edited(page, cast)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").filter(has_text="Nothing has changed")).to_be_visible()


def users_filtered(page: Page, cast: Cast) -> None:
    cast.bob.signs_in(page, "/users")
    page.get_by_role("link", name="With two-factor", exact=True).click()
    expect(page.locator("#chip-on")).to_have_attribute("aria-current", "true")
    expect(page.locator("#users tbody .two-keys").first).to_be_visible()


def users_of_single_sign_on(page: Page, cast: Cast) -> None:
    cast.bob.signs_in(page, "/users?login_method=sso")


def login_method_asked(page: Page, cast: Cast) -> None:
    cast.bob.signs_in(page, "/users?q=cleo")
    page.get_by_role("link", name="cleo").click()
    page.get_by_role("link", name="Change the login method").click()
    expect(page.get_by_role("button", name="Change to username/password")).to_be_visible()


def reset_asks_for_a_reason(page: Page, cast: Cast) -> None:
    cast.bob.signs_in(page, f"/users/{cast.dora.id}")
    page.get_by_role("link", name="Reset two-factor authentication").click()
    page.get_by_role("button", name="Reset two-factor authentication").click()
    expect(page.get_by_text("Enter a reason.")).to_be_visible()


def activity_log(page: Page, cast: Cast) -> None:
    cast.bob.signs_in(page, "/activity-log")


def not_allowed(page: Page, cast: Cast) -> None:
    cast.alice.signs_in(page, "/users")
    expect(page.get_by_role("heading", level=1)).to_have_text("Not allowed")


def not_there(page: Page, cast: Cast) -> None:
    page.goto("/nowhere")
    expect(page.get_by_role("heading", level=1)).to_have_text("There is nothing here")


@pytest.mark.parametrize(
    "comes_upon",
    [
        login_failed,
        choosing_a_password,
        signed_out,
        home_of_an_administrator,
        qr_step_with_a_wrong_code,
        recovery_codes,
        removal_with_a_wrong_code,
        switch_edited,
        switch_saved,
        users_filtered,
        users_of_single_sign_on,
        login_method_asked,
        reset_asks_for_a_reason,
        activity_log,
        not_allowed,
        not_there,
    ],
    ids=lambda function: function.__name__.replace("_", " "),
)
def test_no_findings(cast: Cast, windows: Windows, comes_upon: Callable[[Page, Cast], None]):
    windows.expect_refusals(403, 404, 422)
    page = windows.open(cast.server)
    page.add_init_script(axe_script())
    comes_upon(page, cast)
    found = findings(page, comes_upon.__name__)
    assert not found, "\n".join(found)


# ------------------------------------------------------------------------------------------------------- by keyboard

FOCUS = """() => {
    const focused = document.activeElement, style = getComputedStyle(focused);
    return {
        name: focused.name || focused.id || focused.textContent.trim(),
        ring: style.outlineStyle !== "none" ? parseFloat(style.outlineWidth) : 0,
        distance: parseFloat(style.outlineOffset),
    };
}"""


def tab(page: Page) -> str:
    """Presses Tab; the name of what has the focus then, which must be seen to have it."""
    page.keyboard.press("Tab")
    focus = page.evaluate(FOCUS)
    assert focus["ring"] >= 2, f"the focus on {focus['name']!r} is not seen"
    assert focus["distance"] >= 2, f"the ring around {focus['name']!r} is not 2 px away"
    return str(focus["name"])


def tab_to(page: Page, name: str) -> None:
    """Tab, until it is there."""
    seen = []
    while (reached := tab(page)) != name:
        seen.append(reached)
        assert len(seen) < 40, f"Tab does not lead to {name!r}, but to {seen}"


def test_the_login_form_by_keyboard(cast: Cast, windows: Windows):
    page = windows.open(cast.server)
    page.goto("/login")
    expect(page.get_by_label("Username")).to_be_focused()
    page.keyboard.type("alice")
    assert tab(page) == "password", "one Tab from the username to the password, as fingers know it"
    page.keyboard.type(cast.alice.password)
    tab_to(page, "code")
    assert tab(page) == "Sign in"
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Hello, Alice Arden")


def test_the_switch_by_keyboard(cast: Cast, windows: Windows):
    page = cast.bob.signs_in(windows.open(cast.server))
    assert tab(page) == "Skip to the content"
    expect(page.get_by_text("Skip to the content")).to_be_in_viewport()
    tab_to(page, "General Settings")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=2, name="Installation")).to_be_visible()
    tab_to(page, "Security")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=2)).to_have_text("Two-Factor Authentication")
    for state in ("Off", "On"):
        tab_to(page, "security-settings-act")
        page.keyboard.press("Enter")
        expect(page.get_by_role("switch")).to_be_focused()
        page.keyboard.press("Space")
        tab_to(page, "Save")
        page.keyboard.press("Enter")
        expect(page.locator("#security-settings .state")).to_have_text(state)
        expect(page.locator("#security-settings")).to_be_focused()


def test_the_skip_link_leads_past_the_bar(cast: Cast, windows: Windows):
    page = cast.alice.signs_in(windows.open(cast.server))
    tab(page)
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    assert tab(page) == "Set up two-factor authentication"


# --------------------------------------------------------------------------------------------------------- no motion


@pytest.mark.parametrize("wanted", ["no-preference", "reduce"])
def test_what_was_swapped_fades_only_for_those_who_like_motion(cast: Cast, windows: Windows, wanted: str):
    page = cast.bob.signs_in(windows.open(cast.server, reduced_motion=wanted), "/general-settings/security")
    page.evaluate(
        """() => {
            const animate = Element.prototype.animate;
            window.durations = [];
            Element.prototype.animate = function (frames, options) {
                window.durations.push(options);
                return animate.call(this, frames, options);
            };
        }"""
    )
    page.get_by_role("link", name="Edit").click()
    expect(page.get_by_role("switch")).to_be_visible()
    durations = page.evaluate("() => window.durations")
    assert durations == ([] if wanted == "reduce" else [120])
    moving = page.evaluate(
        """() => [...document.querySelectorAll("*")].map((one) => getComputedStyle(one))
            .filter((style) => style.transitionDuration !== "0s" || style.animationName !== "none").length"""
    )
    assert moving == 0, "one motion alone: the fade of a part that was swapped"


def test_with_forced_colours_the_chosen_filter_and_the_bar_are_seen(gallery: Server, windows: Windows):
    page = windows.open(gallery, viewport={"width": WIDE, "height": HEIGHT}, forced_colors="active")
    page.goto("/gallery/users, with acts on many")
    ground = "(one) => getComputedStyle(one).backgroundColor"
    chosen, other = page.locator(".chips a[aria-current]").first, page.locator(".chips a:not([aria-current])").first
    assert chosen.evaluate(ground) != other.evaluate(ground)
    assert page.locator(".adoption progress").evaluate("(one) => getComputedStyle(one).borderTopStyle") == "solid"
