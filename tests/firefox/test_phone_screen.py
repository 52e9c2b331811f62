"""The set-up in Firefox on the phone that one reads it on: what is new is in view, as in Chromium
(tests/chromium/test_phone_screen.py).
"""

from collections.abc import Iterator

import pyotp
import pytest

from tests.chromium.people import Person, somebody, switch
from tests.chromium.server import Server
from tests.firefox.firefox import Window, firefox

# the swap's fade takes 120 ms
FADED = "new Promise((done) => setTimeout(done, 400))"
SIZES = [(320, 568), (390, 700)]
TOP = "() => Math.round(document.querySelector('{}').getBoundingClientRect().top)"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("server") / "data") as running:
        yield running


@pytest.fixture(scope="module")
def alice(server: Server) -> Person:
    switch(server, True)
    return somebody(server, "alice")


@pytest.fixture(scope="module")
def window(server: Server, alice: Person, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Window]:
    """Alice is signed in."""
    with firefox(tmp_path_factory.mktemp("firefox"), server.address) as opened:
        opened.open("/login")
        opened.run(
            f"""() => {{
                document.querySelector('[name=username]').value = '{alice.username}';
                document.querySelector('[name=password]').value = '{alice.password}';
                document.querySelector('#login-form').requestSubmit();
            }}"""
        )
        opened.wait_for("() => document.querySelector('#user-header') !== null && document.readyState === 'complete'")
        yield opened


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
# as the page opens, and where scroll anchoring held on to the card below
@pytest.mark.parametrize("scrolled", [0, 400])
def test_the_button_is_in_view_and_so_is_the_top_of_what_it_opens(window: Window, size: tuple[int, int], scrolled: int):
    width, height = size
    window.resize(width, height)
    window.open("/my-user")
    assert window.run("() => [innerWidth, matchMedia('(pointer: coarse)').matches]") == [width, True]
    assert window.run("() => document.documentElement.scrollWidth <= innerWidth"), "nothing is wider than the screen"
    bottom = window.run("() => document.querySelector('#two-factor-set-up').getBoundingClientRect().bottom")
    assert bottom <= height, "the button is in view when the page opens"
    window.run(f"() => {{ scrollTo(0, {scrolled}); document.querySelector('#two-factor-set-up').click(); }}")
    window.wait_for("() => document.querySelector('#two-factor-qr svg') !== null")
    window.run(f"() => {FADED}")
    assert 0 <= window.run(TOP.format("#two-factor")) < height - 40
    assert window.run(TOP.format(".open-app")) < window.run(TOP.format("#two-factor-qr")), "on a phone the app is first"
    window.run("() => fetch('/my-user/two-factor/cancel', { method: 'POST' })")


def test_the_recovery_codes_begin_in_view(window: Window):
    window.resize(320, 568)
    window.open("/my-user")
    window.run("() => document.querySelector('#two-factor-set-up').click()")
    window.wait_for("() => document.querySelector('#two-factor-key') !== null")
    key = window.run("() => document.querySelector('#two-factor-key').textContent").replace(" ", "")
    code = pyotp.TOTP(key).now()
    window.run(
        f"""() => {{
            document.querySelector('#two-factor [name=code]').value = '{code}';
            document.querySelector('#two-factor [name=code]').form.requestSubmit();
        }}"""
    )
    window.wait_for("() => document.querySelectorAll('.recovery-code').length === 10")
    window.run(f"() => {FADED}")
    assert 0 <= window.run(TOP.format("#two-factor")) < 528
    assert window.run("() => document.querySelector('#notification').textContent.trim()") == "", "it is gone"
