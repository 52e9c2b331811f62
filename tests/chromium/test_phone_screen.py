"""The set-up on the phone that one reads it on: what is new is in view, at every width."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.chromium.people import Person, somebody, switch
from tests.chromium.server import Server
from tests.chromium.windows import Windows

# small phones, a large one, a low window on a desk
SIZES = [(320, 568), (360, 640), (390, 700), (1280, 500)]


@pytest.fixture(scope="module")
def alice(server: Server) -> Person:
    switch(server, True)
    return somebody(server, "alice")


def top_of(page: Page, selector: str) -> float:
    return float(page.evaluate("(selector) => document.querySelector(selector).getBoundingClientRect().top", selector))


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
# as the page opens, and where scroll anchoring held on to the card below
@pytest.mark.parametrize("scrolled", [0, 400])
def test_the_button_is_in_view_and_so_is_what_it_opens(
    server: Server, alice: Person, windows: Windows, size: tuple[int, int], scrolled: int
):
    width, height = size
    page = windows.open(server, viewport={"width": width, "height": height}, has_touch=width < 500)
    alice.signs_in(page, "/my-user")
    button = page.get_by_role("button", name="Set up two-factor authentication")
    box = button.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= height, "the button is in view when the page opens"
    page.evaluate("(top) => scrollTo(0, top)", scrolled)
    page.evaluate("document.querySelector('#two-factor-set-up').click()")
    expect(page.locator("#two-factor-qr svg")).to_be_attached()
    # the swap's fade takes 120 ms
    page.wait_for_timeout(400)
    assert 0 <= top_of(page, "#two-factor") < height - 40
    page.evaluate("fetch('/my-user/two-factor/cancel', { method: 'POST' })")


@pytest.mark.parametrize("touch", [True, False], ids=["on a phone", "on a desk"])
def test_the_app_comes_first_on_the_phone_and_the_qr_code_on_a_desk(server: Server, windows: Windows, touch: bool):
    switch(server, True)
    person = somebody(server, f"reader-{touch}".lower())
    width = 390 if touch else 1280
    page = windows.open(server, viewport={"width": width, "height": 800}, has_touch=touch, is_mobile=touch)
    person.signs_in(page, "/my-user")
    page.get_by_role("button", name="Set up two-factor authentication").click()
    link = page.get_by_role("link", name="Open in your authenticator app")
    expect(link).to_have_attribute("href", re.compile("^otpauth://totp/"))
    expect(page.get_by_label("Name of this phone")).to_have_count(0)
    assert (top_of(page, ".open-app") < top_of(page, "#two-factor-qr")) == touch


def test_set_up_on_another_phone_begins_at_its_question(server: Server, windows: Windows):
    switch(server, True)
    person = somebody(server, "second", phone=True)
    page = windows.open(server, viewport={"width": 390, "height": 700}, has_touch=True, is_mobile=True)
    person.signs_in(page, "/my-user")
    page.locator("#two-factor-set-up").click()
    title = page.get_by_role("heading", name="Set up on another phone")
    expect(title).to_be_attached()
    # the swap's fade takes 120 ms
    page.wait_for_timeout(400)
    assert 0 <= top_of(page, "#two-factor h3") < 600


def test_the_bar_leaves_room_on_a_small_phone(server: Server, windows: Windows):
    switch(server, True)
    keeper = somebody(server, "keeper", "Administrator")
    page = windows.open(server, viewport={"width": 320, "height": 568}, has_touch=True, is_mobile=True)
    keeper.signs_in(page, "/")
    expect(page.locator("#notification p")).to_be_visible()
    assert top_of(page, "main") <= 245
