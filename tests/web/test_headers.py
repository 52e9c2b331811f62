"""What goes with every answer, and what is asked of every request: headers, cookies, hosts, origins, lengths,
proxies.
"""

import gzip
import re
from collections.abc import Iterator

import pytest

from routes.web.proxies import HEADERS, MOST_PEERS
from tests.browser import Installation, Page
from tests.cookies import BROWSER, SESSION
from tests.people import PASSWORDS, Person, somebody
from tests.raw import ask

SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
CSP = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "font-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "object-src 'none'",
}


@pytest.fixture
def https(tmp_path) -> Iterator[Installation]:
    """An installation behind a proxy with TLS."""
    with Installation(
        tmp_path / "https", TWO_KEYS_BASE_URL="https://keys.example.org", TWO_KEYS_PASSWORD_COST="owasp"
    ) as running:
        yield running


def static_address(page: Page) -> str:
    return next(link.get("href", "") for link in page.all("link") if link.get("rel") == "stylesheet")


# --------------------------------------------------------------------------------------------------- on every answer


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/login", 200),
        ("GET", "/", 303),
        ("GET", "/health", 200),
        ("GET", "/nowhere", 404),
        ("GET", "/static/two_keys.0000000000000000.css", 404),
        ("GET", "/static/../app.py", 404),
        ("DELETE", "/login", 405),
        ("POST", "/login", 422),
        ("GET", "/login/two-factor-field?shown=off", 204),
        ("GET", "/notification", 204),
        ("POST", "/health", 405),
    ],
)
def test_the_security_headers_are_on(installation, method, path, status):
    answer = installation.browser().client.request(method, path, headers={"Origin": "http://localhost:8000"})
    assert answer.status_code == status
    check_security_headers(answer.headers)
    assert answer.headers["Cache-Control"] == "no-store"


def check_security_headers(headers) -> None:
    assert {name: headers.get(name) for name in SECURITY} == SECURITY
    assert {part.strip() for part in headers["Content-Security-Policy"].split(";")} == CSP
    assert "camera=()" in headers["Permissions-Policy"]
    assert "Server" not in headers
    # on plain http it would mean nothing
    assert "Strict-Transport-Security" not in headers


def test_they_are_on_refusals_before_any_route(installation):
    browser = installation.browser()
    for status, answer in (
        (400, browser.client.get("/login", headers={"Host": "evil.example"})),
        (403, browser.client.post("/login", data={})),
        (413, browser.client.post("/login", content=b"x" * 70_000, headers={"Origin": "http://localhost:8000"})),
    ):
        assert answer.status_code == status
        check_security_headers(answer.headers)


def test_they_are_on_static_files_pages_and_downloads(bob):
    browser = bob.signs_in()
    page = browser.get("/")
    check_security_headers(page.headers)
    check_security_headers(browser.client.get(static_address(page)).headers)
    check_security_headers(browser.client.get("/activity-log.csv").headers)


@pytest.mark.parametrize(
    "path", ["/", "/my-user", "/my-user/password", "/users", "/general-settings", "/activity-log", "/activity-log.csv"]
)
def test_nothing_behind_the_login_is_stored(bob, path):
    assert bob.signs_in().get(path).headers["Cache-Control"] == "no-store"


def test_on_https_browsers_are_told_to_stay_there(https):
    client = https.browser().client
    for answer in (client.get("/login"), client.get("/nowhere"), client.get("/health"), client.post("/login")):
        assert re.match(r"max-age=\d{8,}", answer.headers["Strict-Transport-Security"])


# ------------------------------------------------------------------------------------------------------ static files


def test_static_files_have_hashed_names_and_are_kept_forever(installation):
    browser = installation.browser()
    page = browser.get("/login")
    addresses = [
        *(link.get("href", "") for link in page.all("link")),
        *(script.get("src", "") for script in page.all("script")),
    ]
    assert len(addresses) == 3
    for address in addresses:
        assert re.fullmatch(r"/static/[a-z_]+\.[0-9a-f]{16}\.(css|js|svg)", address), address
        answer = browser.client.get(address)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert browser.client.get(address.replace(".", ".0", 1)).status_code == 404


def test_static_files_are_compressed_for_those_who_take_it(installation):
    browser = installation.browser()
    address = static_address(browser.get("/login"))
    plain = ask(installation, path=address, headers=[(b"host", b"localhost")])
    packed = ask(installation, path=address, headers=[(b"host", b"localhost"), (b"accept-encoding", b"br, gzip")])
    assert plain.all("content-encoding") == []
    assert packed.all("content-encoding") == ["gzip"]
    assert packed.all("vary") == ["Accept-Encoding"]
    assert gzip.decompress(packed.body) == plain.body
    assert len(packed.body) < len(plain.body) / 2


def test_the_login_page_loads_nothing_from_elsewhere(installation):
    page = installation.browser().get("/login")
    assert not re.search(r'(src|href)="(https?:)?//', page.html)


# ----------------------------------------------------------------------------------------------------------- cookies


def cookies(answer) -> dict[str, dict[str, str]]:
    """Each cookie that an answer sets: its name, and what was said about it."""
    found = {}
    for line in answer.headers.get_list("Set-Cookie"):
        name, *attributes = line.split("; ")
        said = {part.partition("=")[0].lower(): part.partition("=")[2] for part in attributes}
        found[name.partition("=")[0]] = said | {"value": name.partition("=")[2]}
    return found


def signs_in(person: Person, **headers: str):
    return person.browser.client.post(
        "/login",
        data={"username": person.username, "password": person.password},
        headers={"Sec-Fetch-Site": "same-origin", **headers},
    )


def test_a_sign_in_sets_two_cookies_that_scripts_cannot_read(alice):
    set_ = cookies(signs_in(alice))
    assert set(set_) == {SESSION, BROWSER}
    for cookie in set_.values():
        assert "httponly" in cookie
        assert cookie["samesite"].lower() == "lax"
        assert cookie["path"] == "/"
        assert "domain" not in cookie
        assert "secure" not in cookie
        assert "alice" not in cookie["value"]
    assert "max-age" not in set_[SESSION]
    assert "expires" not in set_[SESSION]
    assert set_[BROWSER]["max-age"] == str(365 * 24 * 3600)


def test_on_https_they_are_bound_to_the_host(https):
    set_ = cookies(signs_in(somebody(https, "alice")))
    assert set(set_) == {"__Host-two_keys_session", "__Host-two_keys_browser"}
    for cookie in set_.values():
        assert "secure" in cookie
        assert "httponly" in cookie
        assert cookie["path"] == "/"
        assert "domain" not in cookie


def test_on_https_a_cookie_of_the_plain_name_counts_nothing(https):
    alice = somebody(https, "alice")
    value = cookies(signs_in(alice))["__Host-two_keys_session"]["value"]
    stranger = https.browser()
    stranger.client.cookies.set(SESSION, value)
    assert stranger.get("/").status == 303
    stranger.client.cookies.set("__Host-two_keys_session", value)
    assert stranger.get("/").status == 200


def test_no_other_cookie_is_ever_set(function_on, bob):
    browser = bob.signs_in()
    bob.sets_up()
    for path in ("/", "/users", "/my-user", "/activity-log", "/general-settings/security/edit", "/nowhere"):
        assert not cookies(browser.client.get(path)), path
    assert set(browser.client.cookies) == {SESSION, BROWSER}


def test_a_refused_login_sets_no_cookie(alice):
    assert not cookies(
        alice.browser.client.post("/login", data={"username": "alice"}, headers={"Sec-Fetch-Site": "same-origin"})
    )


def test_sign_out_takes_the_session_and_leaves_the_known_browser(alice):
    signs_in(alice)
    answer = alice.browser.client.post("/logout", headers={"Sec-Fetch-Site": "same-origin"})
    set_ = cookies(answer)
    assert set(set_) == {SESSION}
    assert set_[SESSION]["max-age"] == "0"
    assert set(alice.browser.client.cookies) == {BROWSER}


def test_the_known_browser_is_renewed_at_each_sign_in_and_stays_the_same(alice):
    first = cookies(signs_in(alice))
    alice.browser.client.post("/logout", headers={"Sec-Fetch-Site": "same-origin"})
    second = cookies(signs_in(alice))
    assert second[BROWSER]["value"] == first[BROWSER]["value"]
    assert second[BROWSER]["max-age"] == str(365 * 24 * 3600)
    assert second[SESSION]["value"] != first[SESSION]["value"]


def test_the_known_browser_opens_nothing(installation, alice):
    value = cookies(signs_in(alice))[BROWSER]["value"]
    stranger = installation.browser()
    for name in (BROWSER, SESSION):
        stranger.client.cookies.set(name, value)
        assert stranger.get("/").status == 303


@pytest.mark.parametrize("bad", ["", "x", "a.b", "session:abc.def", '"', "%00", "é", "x" * 4000, "..", "=;="])
def test_a_cookie_that_was_not_signed_here_counts_nothing(installation, bad):
    header = f"{SESSION}={bad}; {BROWSER}={bad}".encode()
    answer = ask(installation, path="/", headers=[(b"host", b"localhost"), (b"cookie", header)])
    assert answer.status == 303


def test_a_changed_cookie_counts_nothing(installation, alice):
    value = cookies(signs_in(alice))[SESSION]["value"]
    # the last letter of a signature holds two bits that mean nothing
    for changed in (
        value[:-2] + ("A" if value[-2] != "A" else "B") + value[-1],
        "x" + value,
        value.replace(".", ""),
        value + "x",
    ):
        stranger = installation.browser()
        stranger.client.cookies.set(SESSION, changed)
        assert stranger.get("/").status == 303, changed


# --------------------------------------------------------------------------------------------- other sites' requests

OURS = "http://localhost:8000"
TABLE = [
    # Sec-Fetch-Site, Origin, let through
    ("same-origin", None, True),
    ("same-origin", OURS, True),
    ("cross-site", None, False),
    ("cross-site", OURS, False),
    ("same-site", None, False),
    ("same-site", OURS, False),
    ("none", None, False),
    ("", None, False),
    ("Same-Origin ", None, False),
    ("same-origin, cross-site", None, False),
    (None, None, False),
    (None, OURS, True),
    (None, "", False),
    (None, "null", False),
    (None, "http://evil.example", False),
    (None, "http://localhost:8000.evil.example", False),
    (None, "http://localhost.evil.example:8000", False),
    (None, "http://evil.example/http://localhost:8000", False),
    (None, "http://evil.example#localhost:8000", False),
    (None, "http://localhost:8000@evil.example", False),
    (None, "http://evil.example@localhost:8000", False),
    (None, "http://localhost", False),
    (None, "http://localhost:9999", False),
    (None, "https://localhost:8000", False),
    (None, "localhost:8000", False),
    (None, "//localhost:8000", False),
    (None, "http://[::1", False),
    (None, "http://localhost:99999999", False),
]


def test_what_changes_something_must_come_from_here(alice):
    alice.signs_in()
    for number, (site, origin, let_through) in enumerate(TABLE):
        headers = {name: value for name, value in (("Sec-Fetch-Site", site), ("Origin", origin)) if value is not None}
        before = alice.browser.get("/").words("h1")
        answer = alice.browser.client.post("/my-user/profile", data={"name": f"Forged {number}"}, headers=headers)
        assert answer.status_code == (303 if let_through else 403), (site, origin)
        after = alice.browser.get("/").words("h1")
        assert after == (f"Hello, Forged {number}" if let_through else before), (site, origin)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "post", "WHATEVER"])
def test_every_method_but_get_and_head_must_come_from_here(installation, method):
    assert ask(installation, method, "/login").status == 403


def test_a_refused_request_from_elsewhere_says_so(alice):
    answer = alice.browser.client.post("/login", data={"username": "alice"}, headers={"Origin": "http://evil.example"})
    page = Page(answer.status_code, answer.text, answer.headers)
    assert page.words("h1") == "Not allowed"
    assert "The request came from another site" in page.text


def test_reading_may_come_from_anywhere_and_changes_nothing(bob, alice):
    bob.signs_in()
    alice.signs_in()
    for path in (
        "/logout",
        "/my-user/two-factor",
        "/my-user/sessions/end-others",
        "/general-settings/security?two_factor=on",
    ):
        bob.browser.client.get(path, headers={"Sec-Fetch-Site": "cross-site"})
        bob.browser.client.head(path, headers={"Sec-Fetch-Site": "cross-site"})
    assert bob.browser.get("/").status == 200
    assert "off" in bob.browser.get("/general-settings/security").words("#security-settings").lower()


# ------------------------------------------------------------------------------------------------------------- hosts


@pytest.mark.parametrize(
    "host", ["localhost:8000", "localhost", "127.0.0.1:8000", "[::1]:8000", "keys.localhost", "LOCALHOST:1"]
)
def test_on_this_machine_every_loopback_name_is_allowed(installation, host):
    assert ask(installation, path="/login", headers=[(b"host", host.encode())]).status == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "",
        "localhost.evil.example",
        "10.0.0.1",
        "evil.example:8000",
        "[::1",
        "localhost@evil.example",
        "é",
        " ",
    ],
)
def test_other_hosts_are_refused(installation, host):
    answer = ask(installation, path="/login", headers=[(b"host", host.encode())])
    assert answer.status == 400
    assert b"does not belong to this application" in answer.body


@pytest.mark.parametrize(
    ("headers", "status"),
    [({"Host": "evil.example"}, 400), ({"Sec-Fetch-Site": "cross-site"}, 403)],
)
def test_a_page_that_may_be_a_proxys_fault_names_the_settings(installation, headers, status):
    answer = installation.browser().client.post("/login", headers=headers)
    assert answer.status_code == status
    assert "TWO_KEYS_BASE_URL" in answer.text
    assert "TWO_KEYS_TRUSTED_PROXIES" in answer.text


def test_two_hosts_are_refused(installation):
    for path in ("/login", "/health", "/nowhere"):
        assert ask(installation, path=path, headers=[(b"host", b"localhost"), (b"host", b"localhost")]).status == 400


def test_a_request_without_host_is_refused(installation):
    assert ask(installation, path="/login", headers=[]).status == 400


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("keys.example.org", 200),
        ("KEYS.example.org", 200),
        ("localhost", 400),
        ("127.0.0.1", 400),
        ("example.org", 400),
        ("keys.example.org.evil.example", 400),
        ("keys.example.org@evil.example", 400),
        ("evil.example@keys.example.org", 400),
        ("keys.example.org/evil", 400),
        ("keys.example.org#evil", 400),
        ("keys.example.org.", 400),
    ],
)
def test_elsewhere_only_the_name_of_the_base_url_is_allowed(https, host, status):
    assert ask(https, path="/login", headers=[(b"host", host.encode())]).status == status


def test_addresses_are_never_made_of_the_host_header(installation, alice):
    answer = alice.browser.client.get("/users/", headers={"Host": "127.0.0.1:1234"})
    assert "127.0.0.1" not in answer.headers.get("Location", "")
    assert "127.0.0.1" not in answer.text


def test_the_origin_of_another_loopback_name_must_be_the_host(installation):
    def posts(host: bytes, origin: bytes) -> int:
        return ask(installation, "POST", "/login", headers=[(b"host", host), (b"origin", origin)]).status

    assert posts(b"127.0.0.1:8000", b"http://127.0.0.1:8000") == 422
    assert posts(b"[::1]:8000", b"http://[::1]:8000") == 422
    assert posts(b"localhost:8000", b"http://127.0.0.1:9000") == 403


# ----------------------------------------------------------------------------------------------------------- lengths

FORM = [
    (b"host", b"localhost:8000"),
    (b"origin", b"http://localhost:8000"),
    (b"content-type", b"application/x-www-form-urlencoded"),
]


def test_64_kib_are_read(installation):
    body = b"username=" + b"x" * (64 * 1024 - len(b"username="))
    assert (
        ask(installation, "POST", "/login", headers=[*FORM, (b"content-length", b"65536")], body=[body]).status == 422
    )


def test_more_is_refused_with_a_page(installation):
    answer = installation.browser().client.post(
        "/login", content=b"x" * 65_537, headers={"Origin": "http://localhost:8000"}
    )
    page = Page(answer.status_code, answer.text, answer.headers)
    assert page.status == 413
    assert page.words("h1") == "Too large"


def test_more_than_was_announced_is_refused_with_a_page(installation):
    """In pieces, without a length: what arrives is counted."""
    pieces = [b"username=", *[b"x" * 4096] * 17]
    answer = ask(installation, "POST", "/login", headers=[*FORM, (b"transfer-encoding", b"chunked")], body=pieces)
    assert answer.status == 413
    assert b"Too large" in answer.body
    assert answer.all("content-security-policy")


def test_a_large_file_is_refused_too(alice):
    alice.signs_in()
    answer = alice.browser.client.post(
        "/my-user/profile", files={"name": ("x", b"x" * 70_000)}, headers={"Sec-Fetch-Site": "same-origin"}
    )
    assert answer.status_code == 413
    assert alice.browser.get("/").words("h1") == "Hello, Alice"


@pytest.mark.parametrize("length", [b"-1", b"abc", b"1e3", b"", b"\xb2", b"99999999999999999999999999"])
def test_a_length_that_is_none_is_refused(installation, length):
    answer = ask(installation, "POST", "/login", headers=[*FORM, (b"content-length", length)], body=[b"username=x"])
    assert answer.status in (400, 413)


# ----------------------------------------------------------------------------------------------------------- proxies


def seen_address(folder, trusted: str, client: str, *forwarded: str) -> str:
    """The address that the person sees as theirs on My User."""
    with Installation(folder, TWO_KEYS_TRUSTED_PROXIES=trusted) as installation:
        alice = somebody(installation, "alice")
        alice.browser = installation.browser(client)
        alice.browser.client.post(
            "/login",
            data={"username": "alice", "password": alice.password},
            headers=[("Sec-Fetch-Site", "same-origin"), *(("X-Forwarded-For", value) for value in forwarded)],
        )
        page = alice.browser.get("/my-user")
        return page.words("#sessions").split("This browser ")[1].split()[0]


@pytest.mark.parametrize(
    ("trusted", "client", "forwarded", "seen"),
    [
        # nobody's proxy
        ("192.0.2.1", "198.51.100.9", ["203.0.113.1"], "198.51.100.9"),
        ("10.0.0.0/8", "10.1.2.3", ["203.0.113.1"], "203.0.113.1"),
        (
            "10.0.0.0/8",
            "10.1.2.3",
            ["1.1.1.1, 203.0.113.1"],
            "203.0.113.1",
            # what stands left of it, anybody can write
        ),
        # two proxies
        ("10.0.0.0/8", "10.1.2.3", ["1.1.1.1, 203.0.113.1, 10.9.9.9"], "203.0.113.1"),
        # two headers
        ("10.0.0.0/8", "10.1.2.3", ["1.1.1.1", "203.0.113.1"], "203.0.113.1"),
        ("10.0.0.0/8", "10.1.2.3", ["10.0.0.7"], "10.0.0.7"),
        ("10.0.0.0/8", "10.1.2.3", [], "10.1.2.3"),
        ("10.0.0.0/8, 2001:db8::/32", "2001:db8::1", ["2001:db8:ffff::1, 2a02::5"], "2a02::5"),
        ("10.0.0.0/8", "10.1.2.3", ["[2a02::5]"], "2a02::5"),
        ("127.0.0.1", "10.1.2.3", ["203.0.113.1"], "10.1.2.3"),
    ],
)
def test_forwarding_headers_count_only_from_trusted_proxies_and_from_the_right(
    tmp_path, trusted, client, forwarded, seen
):
    assert seen_address(tmp_path, trusted, client, *forwarded) == seen


@pytest.mark.parametrize(
    ("client", "forwarded", "seen"),
    [
        ("127.0.0.1", "203.0.113.9:51234", "203.0.113.9"),
        ("127.0.0.1", "[2001:db8::9]:51234", "2001:db8::9"),
        ("127.0.0.1", "[2001:db8::9]", "2001:db8::9"),
        ("127.0.0.1", "2001:DB8:0::9", "2001:db8::9"),
        ("127.0.0.1", "203.0.113.9, 198.51.100.1:443", "198.51.100.1"),
        ("127.0.0.1", "203.0.113.9:1, 10.0.0.4:443", "203.0.113.9"),
        # IPv4 in the family of IPv6: the connection, a proxy in between, the visitor
        ("::ffff:127.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("::ffff:198.51.100.1", "203.0.113.9", "198.51.100.1"),
        ("127.0.0.1", "203.0.113.9, ::ffff:10.0.0.4", "203.0.113.9"),
        ("127.0.0.1", "203.0.113.9, [::ffff:10.0.0.4]:443", "203.0.113.9"),
        ("127.0.0.1", "::ffff:203.0.113.9", "203.0.113.9"),
        ("127.0.0.1", "[::ffff:203.0.113.9]:51234", "203.0.113.9"),
        # the system tells the zone of a connection from a neighbour
        ("fe80::1%eth0", "203.0.113.9", "203.0.113.9"),
    ],
)
def test_an_address_may_have_a_port_and_be_written_as_ipv6(tmp_path, client, forwarded, seen):
    assert seen_address(tmp_path, "127.0.0.1, 10.0.0.0/8, fe80::/10", client, forwarded) == seen


def test_a_proxy_may_be_named_as_ipv6(tmp_path):
    assert seen_address(tmp_path, "::ffff:10.0.0.0/104, ::ffff:127.0.0.1", "127.0.0.1", "203.0.113.9, 10.0.0.4") == (
        "203.0.113.9"
    )


UNREADABLE = [
    "unknown",
    "_hidden",
    "203.0.113.9.1",
    "example.org",
    "",
    # a zone is any text, and means nothing elsewhere
    "fe80::1%eth0",
    "[fe80::1%eth0]:443",
    "::ffff:203.0.113.9%x",
    "203.0.113.9%x",
    # no ports
    "203.0.113.9:",
    "203.0.113.9:x",
    "203.0.113.9:123456",
    "203.0.113.9:1:2",
    "[2001:db8::9]x",
    "[2001:db8::9]:",
    "[2001:db8::9",
    "2001:db8::9]",
    "[203.0.113.9]:1",
    "[[2001:db8::9]]",
    "203.0.113.9 :1",
    '"203.0.113.9"',
    "for=203.0.113.9",
]


@pytest.mark.parametrize("unreadable", UNREADABLE)
def test_an_entry_that_cannot_be_read_ends_the_reading(tmp_path, unreadable):
    """What stands left of it was written by the visitor."""
    assert seen_address(tmp_path, "10.0.0.0/8", "10.1.2.3", f"198.51.100.1, {unreadable}") == "10.1.2.3"


def test_without_trusted_proxies_no_header_counts(tmp_path):
    with Installation(tmp_path) as installation:
        alice = somebody(installation, "alice")
        alice.browser = installation.browser("127.0.0.1")
        for name in ("X-Forwarded-For", "X-Real-IP", "Forwarded", "X-Client-IP", "CF-Connecting-IP"):
            alice.browser.client.headers[name] = "203.0.113.1" if name != "Forwarded" else "for=203.0.113.1"
        alice.signs_in()
        assert "203.0.113.1" not in alice.browser.get("/my-user").text
        assert "127.0.0.1" in alice.browser.get("/my-user").words("#sessions")


# ------------------------------------------------------------------------------------- proxies that are not named


def general_settings(installation: Installation) -> str:
    admin = somebody(installation, "admin", "Administrator")
    return admin.signs_in().get("/general-settings").text


WARNING = "A proxy may be missing in the settings."


@pytest.mark.parametrize("header", HEADERS.values())
@pytest.mark.parametrize("path", ["/login", "/", "/nowhere", "/my-user"])
def test_the_first_header_of_a_proxy_that_is_not_named_is_told(installation, caplog, header, path):
    """Once in the output of each process, and on General Settings whichever process answers."""
    stranger = installation.browser("198.51.100.9")
    for _ in range(3):
        stranger.client.get(path, headers={header: "203.0.113.1"})
    said = [record.getMessage() for record in caplog.records if record.name == "two_keys.proxies"]
    assert said == [
        f"{header} from 198.51.100.9 does not count. If that is your proxy, name it in TWO_KEYS_TRUSTED_PROXIES"
    ]
    page = general_settings(installation)
    assert WARNING in page
    assert f"a request from 198.51.100.9 carried the header {header}, " in page
    assert "TWO_KEYS_TRUSTED_PROXIES" in page


def test_the_value_of_the_header_is_not_told(installation, caplog):
    installation.browser("198.51.100.9").client.get("/login", headers={"X-Forwarded-For": "made-up"})
    assert "made-up" not in caplog.text
    assert "made-up" not in general_settings(installation)


def test_without_such_a_header_nothing_is_told(installation, caplog):
    installation.browser("198.51.100.9").get("/login")
    assert WARNING not in general_settings(installation)
    assert not [record for record in caplog.records if record.name == "two_keys.proxies"]


def test_of_a_proxy_that_is_named_nothing_is_told(tmp_path, caplog):
    with Installation(tmp_path, TWO_KEYS_TRUSTED_PROXIES="10.0.0.0/8") as installation:
        for peer in ("10.1.2.3", "::ffff:10.1.2.3"):
            installation.browser(peer).client.get("/login", headers={"X-Forwarded-For": "203.0.113.1"})
        assert WARNING not in general_settings(installation)
    assert not [record for record in caplog.records if record.name == "two_keys.proxies"]


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        (
            {"Forwarded": "for=203.0.113.1"},
            "Forwarded from the proxy 10.1.2.3 is not read",
        ),
        ({"X-Real-IP": "203.0.113.1"}, "X-Real-IP from the proxy 10.1.2.3 is not read"),
        (
            {"X-Forwarded-For": '"203.0.113.1"'},
            "X-Forwarded-For from the proxy 10.1.2.3 holds no",
        ),
        ({"X-Forwarded-For": "203.0.113.1", "X-Real-IP": "203.0.113.1"}, None),
        ({"X-Forwarded-Proto": "https"}, None),
    ],
)
def test_what_a_named_proxy_sends_in_vain_is_told_once(tmp_path, caplog, headers, said):
    with Installation(tmp_path, TWO_KEYS_TRUSTED_PROXIES="10.0.0.0/8") as installation:
        for _ in range(3):
            installation.browser("10.1.2.3").client.get("/login", headers=headers)
        assert WARNING not in general_settings(installation)
    told = [record.getMessage() for record in caplog.records if record.name == "two_keys.proxies"]
    assert len(told) == bool(said)
    assert all(line.startswith(said) for line in told)


def test_a_stranger_does_not_use_up_the_warning_of_the_proxy(installation, caplog):
    for peer in ("198.51.100.9", "10.1.2.3", "198.51.100.10"):
        installation.browser(peer).client.get("/login", headers={"X-Forwarded-For": "203.0.113.1"})
    told = [record.getMessage() for record in caplog.records if record.name == "two_keys.proxies"]
    assert [line.split()[2] for line in told] == ["198.51.100.9", "10.1.2.3", "198.51.100.10"]
    assert "a request from 10.1.2.3 carried the header" in general_settings(installation)


def test_a_crowd_of_strangers_does_not_fill_the_output(installation, caplog):
    for number in range(60):
        installation.browser(f"198.51.100.{number}").client.get("/login", headers={"X-Forwarded-For": "203.0.113.1"})
    assert len([record for record in caplog.records if record.name == "two_keys.proxies"]) == MOST_PEERS


def test_once_it_is_named_the_page_says_no_more(tmp_path):
    with Installation(tmp_path) as installation:
        installation.browser("10.1.2.3").client.get("/login", headers={"X-Forwarded-For": "203.0.113.1"})
        assert WARNING in general_settings(installation)
    with Installation(tmp_path, TWO_KEYS_TRUSTED_PROXIES="10.0.0.0/8") as installation:
        admin = installation.browser()
        admin.post("/login", {"username": "admin", "password": PASSWORDS["admin"]})
        assert WARNING not in admin.get("/general-settings").text


def test_it_is_told_for_seven_days_and_again_if_it_goes_on(installation):
    stranger = installation.browser("198.51.100.9")
    stranger.client.get("/login", headers={"X-Forwarded-For": "203.0.113.1"})
    installation.clock.forward(7 * 24 * 3600)
    admin = somebody(installation, "admin", "Administrator").signs_in()
    assert WARNING not in admin.get("/general-settings").text
    stranger.client.get("/login", headers={"X-Forwarded-For": "203.0.113.1"})
    assert WARNING in admin.get("/general-settings").text


def test_a_forwarded_scheme_or_host_changes_nothing(installation, alice):
    alice.browser.client.headers.update({"X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"})
    page = alice.signs_in().get("/")
    assert "evil.example" not in page.html
    assert "Strict-Transport-Security" not in page.headers
