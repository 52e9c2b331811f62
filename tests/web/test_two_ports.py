"""Two installations on one host, at two ports: browsers send the cookies of a host to all of its ports."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from routes.web import cookies
from tests.browser import Installation
from tests.people import somebody
from tests.server import PASSWORD, Server, command, rows

OURS = ("session", "browser", "sso_login")


@pytest.fixture
def production(tmp_path: Path) -> Iterator[Server]:
    yield from served(tmp_path / "production")


@pytest.fixture
def staging(tmp_path: Path) -> Iterator[Server]:
    yield from served(tmp_path / "staging")


def served(folder: Path) -> Iterator[Server]:
    done = command(folder, "create-user", "alice", "--password-stdin", typed=f"{PASSWORD}\n")
    assert done.status == 0, done.err
    with Server(folder) as running:
        yield running


def url(server: Server, path: str) -> str:
    return f"http://localhost:{server.port}{path}"


def signs_in(browser: httpx2.Client, server: Server) -> None:
    typed = {"username": "alice", "password": PASSWORD}
    answer = browser.post(url(server, "/login"), data=typed, headers={"Sec-Fetch-Site": "same-origin"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")


def signed_in(browser: httpx2.Client, server: Server) -> bool:
    return browser.get(url(server, "/")).status_code == 200


def test_a_sign_in_at_one_ends_no_session_at_the_other_and_each_knows_its_browser(production, staging, tmp_path):
    with httpx2.Client(trust_env=False) as browser:
        for server in (production, staging, production, staging):
            signs_in(browser, server)
            assert signed_in(browser, production)
            browser.post(url(server, "/logout"), headers={"Sec-Fetch-Site": "same-origin"})
            assert not signed_in(browser, server)
            signs_in(browser, server)
        assert signed_in(browser, production)
        assert signed_in(browser, staging)
        names = {cookie.name for cookie in browser.cookies.jar}
    ports = (production.port, staging.port)
    assert names == {f"two_keys_{name}_{port}" for name in ("session", "browser") for port in ports}
    for folder in ("production", "staging"):
        found = rows(tmp_path / folder, "SELECT detail FROM activity WHERE action = 'login.succeeded'")
        assert len(found) == 3
        assert not [detail for (detail,) in found if "new_browser" in json.loads(str(detail))], (
            "none but the first is new"
        )
        assert len(rows(tmp_path / folder, "SELECT id FROM browsers")) == 1


@pytest.mark.parametrize("name", OURS)
@pytest.mark.parametrize(
    ("base_url", "expected"),
    [
        ("http://localhost:8720", "two_keys_{}_8720"),
        ("https://keys.localhost:8720", "__Host-two_keys_{}_8720"),
        ("https://keys.localhost", "__Host-two_keys_{}"),
        ("https://keys.localhost:443", "__Host-two_keys_{}"),
        ("http://localhost:80", "two_keys_{}"),
        ("http://localhost", "two_keys_{}"),
        ("http://localhost:443", "two_keys_{}_443"),
        ("http://[::1]:8720", "two_keys_{}_8720"),
    ],
)
def test_a_port_other_than_the_schemes_own_is_part_of_the_name(tmp_path, name: str, base_url: str, expected: str):
    with Installation(tmp_path / "data", TWO_KEYS_BASE_URL=base_url) as installation:
        assert cookies.name_of(installation.config, name) == expected.format(name)


@pytest.mark.parametrize("host", ["localhost", "localhost:80", "localhost:9999", "127.0.0.1:8720", "other.localhost:1"])
def test_the_base_url_decides_and_not_the_host_header(tmp_path, host: str):
    with Installation(tmp_path / "data", TWO_KEYS_BASE_URL="http://localhost:8720") as installation:
        alice = somebody(installation, "alice")
        typed = {"username": "alice", "password": alice.password}
        answer = alice.browser.post("/login", typed, Host=host, Sec_Fetch_Site="same-origin")
        set_ = {value.partition("=")[0] for value in answer.headers.get_list("set-cookie")}
        assert set_ == {"two_keys_session_8720", "two_keys_browser_8720"}


def test_cookies_from_before_ports_were_part_of_the_names_are_still_read(tmp_path):
    """Whoever updates is not signed out, and their browser stays known."""
    with Installation(tmp_path / "data", TWO_KEYS_BASE_URL="http://localhost:8720") as installation:
        alice = somebody(installation, "alice")
        jar = alice.signs_in().client.cookies
        for name in ("session", "browser"):
            value = jar[f"two_keys_{name}_8720"]
            jar.delete(f"two_keys_{name}_8720")
            jar.set(f"two_keys_{name}", value)
        known = jar["two_keys_browser"]
        assert alice.browser.get("/").status == 200
        alice.browser.post("/logout")
        assert alice.browser.get("/").status == 303, "the session ended, whatever the browser still sends"
        alice.signs_in()
        assert jar["two_keys_browser_8720"] == known


def test_a_cookie_of_the_plain_name_that_another_installation_signed_changes_nothing(tmp_path):
    with (
        Installation(tmp_path / "one", TWO_KEYS_BASE_URL="http://localhost") as one,
        Installation(tmp_path / "other", TWO_KEYS_BASE_URL="http://localhost:8720") as other,
    ):
        there = somebody(one, "alice").signs_in().client.cookies["two_keys_session"]
        alice = somebody(other, "alice")
        alice.browser.client.cookies.set("two_keys_session", there)
        assert alice.browser.get("/").status == 303
        alice.signs_in()
        assert alice.browser.get("/").status == 200
