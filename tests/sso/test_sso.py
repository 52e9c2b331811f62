"""Single Sign-On with a real identity provider: the way in, what it spares, the way out, and who stays out."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from tests import acts, single_sign_on
from tests.browser import Browser, Installation, Page
from tests.cookies import BROWSER, SESSION, SSO_LOGIN
from tests.hostile_provider import HostileProvider, signs_in_there
from tests.identity_provider import Account, IdentityProvider, begins, by_the_clock_of, comes_back, signs_in
from tests.people import Person, somebody, switch

MINUTE = 60


@pytest.fixture
def settings(provider: IdentityProvider) -> dict[str, str]:
    """Those of a client of the real provider."""
    return provider.settings()


@pytest.fixture
def installation(tmp_path: Path, provider: IdentityProvider, settings: dict[str, str]) -> Iterator[Installation]:
    """One that knows the real provider; who is not known yet stays out."""
    with by_the_clock_of(provider, tmp_path / "data", **settings) as running:
        yield running


@pytest.fixture
def welcoming(tmp_path: Path, provider: IdentityProvider, settings: dict[str, str]) -> Iterator[Installation]:
    """One in which everybody with an account at the provider becomes a user."""
    with by_the_clock_of(provider, tmp_path / "welcoming", **settings, TWO_KEYS_SSO_CREATE_USERS="on") as running:
        yield running


@pytest.fixture
def account(provider: IdentityProvider) -> Iterator[Account]:
    """Cleo's account at the provider, her address verified: it binds the row that was made for her."""
    with provider.account("cleo") as hers:
        yield hers


@pytest.fixture
def inside(installation: Installation, cleo: Person, account: Account) -> Browser:
    """Cleo's browser, in which she signed in."""
    page = signs_in(installation, account, cleo.browser)
    assert page.status == 303, page.text
    return cleo.browser


def row_of(page: Page, username: str) -> str:
    """What the overview says of somebody."""
    rows = [" ".join("".join(row.itertext()).split()) for row in page.all("#users tr")]
    (row,) = [row for row in rows if username in row.lower()]
    return row


def people(installation: Installation) -> list[str]:
    """All usernames."""
    admin = somebody(installation, f"admin-{installation.clock.now}", "Administrator")
    text = admin.signs_in().client.get("/users.csv").text
    return [line.split(",")[0] for line in text.splitlines()[1:] if not line.startswith("admin-")]


# -------------------------------------------------------------------------------------------------------- the way in


def test_the_login_page_has_a_link_with_the_providers_name(installation):
    page = installation.browser().get("/login")
    (link,) = [link for link in page.all("a") if link.get("href", "").startswith("/sso/login")]
    assert "".join(link.itertext()).strip() == "Sign in with Acme ID"
    assert page.has("#login-form"), "beside the form"


def test_without_a_provider_there_is_no_link_and_no_route(tmp_path):
    with Installation(tmp_path / "data") as bare:
        browser = bare.browser()
        assert not [href for href in browser.get("/login").links() if href.startswith("/sso")]
        assert browser.get("/sso/login").status == 404
        assert browser.get("/sso/callback?code=1&state=2").status == 404


def test_one_comes_back_signed_in(installation, cleo, account):
    page = cleo.browser.get("/login")
    (link,) = [href for href in page.links() if href.startswith("/sso/login")]
    page = cleo.browser.get(link)
    assert page.status == 303
    page = comes_back(installation, cleo.browser, account.answers_at(page.location))
    single_sign_on.assert_signed_in(cleo.browser, page)
    assert cleo.browser.get("/").words("h1") == "Hello, Cleo"


def test_one_comes_back_to_the_page_that_one_asked_for(installation, account):
    browser = installation.browser()
    somebody(installation, "cleo", "Auditor", sso=True)
    page = browser.get("/activity-log?action=login.refused")
    assert page.status == 303
    page = browser.get(page.location)
    (link,) = [href for href in page.links() if href.startswith("/sso/login")]
    page = comes_back(installation, browser, account.answers_at(browser.get(link).location))
    single_sign_on.assert_signed_in(browser, page, "/activity-log?action=login.refused")


@pytest.mark.parametrize(
    "wanted", ["//evil.example", "/\\evil.example", "https://evil.example/", "javascript:alert(1)", "/\r\nA: b", ""]
)
def test_nobody_is_led_away_from_this_site(installation, cleo, account, wanted: str):
    page = cleo.browser.get("/sso/login?" + urlencode({"next": wanted}))
    assert page.location.startswith(account.provider.issuer)
    page = comes_back(installation, cleo.browser, account.answers_at(page.location))
    single_sign_on.assert_signed_in(cleo.browser, page, "/")


def test_coming_from_the_provider_is_coming_from_another_site(installation, cleo, account):
    address = urlsplit(account.answers_at(begins(cleo.browser)))
    installation.clock.now = account.provider.now()
    page = cleo.browser.get(f"{address.path}?{address.query}", Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="navigate")
    single_sign_on.assert_signed_in(cleo.browser, page)


def test_the_browser_keeps_an_opaque_cookie_for_ten_minutes(installation, cleo, account):
    answer = cleo.browser.client.get("/sso/login")
    (cookie,) = [value for value in answer.headers.get_list("set-cookie") if value.startswith(SSO_LOGIN)]
    kept, *attributes = [part.strip().lower() for part in cookie.split(";")]
    assert {"httponly", "samesite=lax", "max-age=600", "path=/"} <= set(attributes)
    asked = parse_qs(urlsplit(answer.headers["location"]).query)
    for secret in (asked["state"][0], asked["nonce"][0]):
        assert secret.lower() not in kept
    comes_back(installation, cleo.browser, account.answers_at(answer.headers["location"]))
    assert set(cleo.browser.client.cookies) == {SESSION, BROWSER}, "no longer than it is needed"


def test_who_is_signed_in_as_somebody_else_comes_back_as_themselves_alone(installation, cleo, account, alice):
    attempt = account.answers_at(begins(cleo.browser))
    was = alice.signs_in().client.cookies[SESSION]
    # one browser, in which Alice signed in meanwhile
    cleo.browser.client.cookies.set(SESSION, was)
    page = comes_back(installation, cleo.browser, attempt)
    (given,) = [value for value in page.headers.get_list("set-cookie") if value.startswith(f"{SESSION}=")]
    assert was not in given, "a new session"
    assert not single_sign_on.is_signed_in(alice.browser), "and Alice's is over"


def test_attempts_in_two_tabs_both_come_back(installation, cleo, account):
    tabs = [account.answers_at(begins(cleo.browser, next_page)) for next_page in ("/my-user", "/")]
    for back, next_page in reversed(list(zip(tabs, ("/my-user", "/"), strict=True))):
        single_sign_on.assert_signed_in(cleo.browser, comes_back(installation, cleo.browser, back), next_page)


# ---------------------------------------------------------------------------------------------------- what it spares


def test_it_needs_no_second_factor_and_sees_no_notification(installation, function_on, inside):
    for path in ("/", "/my-user"):
        page = inside.get(path)
        assert page.status == 200
        assert not page.has("#notification a")
        assert not page.has(".two-keys")
    assert inside.get("/notification?shown=off", part=True).status == 204


def test_no_set_up_is_offered(function_on, inside):
    page = inside.get("/my-user")
    for path in ("/my-user/two-factor", "/my-user/recovery-codes", "/my-user/password"):
        assert not page.offers(path)
    assert "/my-user/password" not in page.links()


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("/my-user/two-factor", {}),
        ("/my-user/two-factor/confirm", {"code": "123456"}),
        ("/my-user/two-factor/remove", {"code": "123456"}),
        ("/my-user/recovery-codes", {}),
        ("/my-user/password", {"current_password": "", "new_password": "a quiet pond with green frogs"}),
        ("/my-user/profile", {"name": "The Director", "email": "director@example.org", "time_zone": "UTC"}),
    ],
)
def test_no_forged_set_up_is_accepted(installation, function_on, inside, path: str, values: dict[str, str]):
    for part in (False, True):
        assert inside.post(path, values, part=part).status == 403
    page = inside.get("/my-user")
    assert not page.has("#two-factor-qr")
    assert "Director" not in page.text


def test_the_overview_and_my_user_say_single_sign_on(installation, function_on, bob, inside):
    assert "Single Sign-On" in row_of(bob.signs_in().get("/users"), "cleo")
    assert "Single Sign-On" in inside.get("/my-user").text


def test_the_log_keeps_what_the_provider_said_of_the_strength(installation, account, inside):
    (entry,) = single_sign_on.log(installation, "login.succeeded", "cleo")
    detail = json.loads(entry.detail)
    assert detail["factor"] == "single sign-on"
    assert detail["issuer"] == account.provider.issuer
    assert detail["acr"] == "urn:example:silver"
    assert "pwd" in detail["amr"]
    assert "hwk" in detail["amr"]


def test_an_auditor_reads_it_all_on_the_page(installation, provider, bob, account, inside):
    with provider.account("eve") as eve:
        signs_in(installation, eve)
    text = bob.signs_in().get("/activity-log").text
    assert "cleo signed in" in text
    assert "urn:example:silver" in text
    assert "the identity is unknown" in text


def test_an_sso_user_at_the_password_form_gets_the_one_answer(installation, alice, cleo, inside):
    stranger = installation.browser()
    answers = {
        name: stranger.post("/login", {"username": name, "password": "not the password", "code": ""})
        for name in ("cleo", "alice")
    }
    assert {page.status for page in answers.values()} == {422}
    assert answers["cleo"].html.replace("cleo", "alice") == answers["alice"].html


# ----------------------------------------------------------------------------------------------------------- a proof


@pytest.fixture
def administrator(installation: Installation, account: Account) -> Browser:
    """Cleo as an administrator, signed in; the provider did not say when she signed in there, so it proves nothing."""
    cleo = somebody(installation, "cleo", "Administrator", sso=True)
    single_sign_on.assert_signed_in(cleo.browser, signs_in(installation, account, cleo.browser))
    return cleo.browser


def throws_the_switch(browser: Browser) -> Page:
    return browser.post("/general-settings/security", {"two_factor": "on"}, part=True)


def asked_for_proof(browser: Browser) -> str:
    """The part asks for a proof; the provider's address to which its link leads."""
    page = throws_the_switch(browser)
    assert page.status == 422
    assert "/sso/login?proof=yes" in page.links()
    assert not page.has("[name=password]"), "she has none"
    return browser.get("/sso/login?proof=yes").location


def test_the_proof_of_an_sso_user_is_a_fresh_sign_in_at_the_provider(installation, account, administrator):
    to = asked_for_proof(administrator)
    assert parse_qs(urlsplit(to).query)["max_age"] == ["0"]
    before = administrator.client.cookies[SESSION]
    page = comes_back(installation, administrator, account.answers_at(to))
    assert page.status == 200, page.text
    assert administrator.client.cookies[SESSION] != before, "a new token with every proof"
    assert throws_the_switch(administrator).status == 200
    assert "On" in administrator.get("/general-settings/security").words("#security-settings .state")


def test_the_proof_of_somebody_else_is_none(installation, provider, administrator):
    to = asked_for_proof(administrator)
    with provider.account("mallory") as mallory:
        page = comes_back(installation, administrator, mallory.answers_at(to))
    assert page.status == 403
    assert throws_the_switch(administrator).status == 422
    assert single_sign_on.log(installation, "proof.refused")[0].actor == "cleo"


@pytest.mark.parametrize("edited", ["99999", None], ids=["an old one will do", "any will do"])
def test_who_edits_the_question_in_the_address_proves_nothing(installation, account, administrator, edited: str | None):
    installation.clock.forward(3 * MINUTE)
    address = changed(asked_for_proof(administrator), max_age=edited)
    assert account.is_signed_in_there(), "so that it asks for nothing"
    page = comes_back(installation, administrator, account.answers_at(address))
    assert page.status in (303, 403)
    assert page.status == 403 or parse_qs(urlsplit(page.location).query)["prompt"] == ["login"], "asked once more"
    assert throws_the_switch(administrator).status == 422


def test_a_cancelled_proof_is_none_and_the_session_stays(installation, account, administrator):
    page = comes_back(installation, administrator, account.answers_at(asked_for_proof(administrator), cancel=True))
    assert page.status == 400
    assert single_sign_on.is_signed_in(administrator)
    assert throws_the_switch(administrator).status == 422


# ------------------------------------------------------------------------------------------------------- the way out


def test_signing_out_offers_to_sign_out_at_the_provider_too(installation, account, inside):
    page = inside.follow(inside.submit(inside.get("/"), "/logout"))
    assert page.words("h1") == "You are signed out"
    assert not single_sign_on.is_signed_in(inside)
    (link,) = [link for link in page.all("a") if "Acme ID" in "".join(link.itertext())]
    assert "".join(link.itertext()).strip() == "Sign out at Acme ID too"
    assert account.is_signed_in_there()
    address = link.get("href", "")
    if address.startswith("/"):
        address = inside.get(address).location
    back = account.signs_out_at(address)
    assert not account.is_signed_in_there()
    parts = urlsplit(back)
    assert f"{parts.scheme}://{parts.netloc}" == installation.config.base_url
    assert inside.get(parts.path).words("h1") == "You are signed out"


def test_whoever_signed_in_with_a_password_is_not_offered_it(installation, alice):
    browser = alice.signs_in()
    page = browser.follow(browser.submit(browser.get("/"), "/logout"))
    assert page.words("h1") == "You are signed out"
    assert "Sign out at" not in page.text


# ----------------------------------------------------------------------------------------------------- who stays out


def test_an_unknown_identity_is_told_whom_to_ask(installation, provider):
    browser = installation.browser()
    with provider.account("eve") as eve:
        page = signs_in(installation, eve, browser)
    single_sign_on.assert_refused(browser, page, single_sign_on.IDENTITY)
    assert "administrator" in page.text.lower()
    assert single_sign_on.causes(installation) == ["sso: the identity is unknown"]
    assert "eve" not in people(installation)


def test_a_disabled_user_stays_out(installation, account, inside):
    installation.run(lambda context: acts.disable(context, "cleo"))
    assert not single_sign_on.is_signed_in(inside)
    browser = installation.browser()
    single_sign_on.assert_refused(browser, signs_in(installation, account, browser), single_sign_on.IDENTITY)
    assert "disabled" in single_sign_on.causes(installation)[0]
    installation.run(lambda context: acts.enable(context, "cleo"))
    single_sign_on.assert_signed_in(browser, signs_in(installation, account, browser))


def test_somebody_who_cancels_at_the_provider_is_told_so_and_can_try_again(installation, cleo, account):
    back = account.answers_at(begins(cleo.browser), cancel=True)
    page = comes_back(installation, cleo.browser, back)
    single_sign_on.assert_refused(cleo.browser, page, single_sign_on.ATTEMPTS)
    assert "access_denied" in single_sign_on.causes(installation)[0]
    assert "The person cancelled" not in page.text, "words that anybody may put into an address are not ours to show"
    single_sign_on.assert_signed_in(cleo.browser, signs_in(installation, account, cleo.browser))


@pytest.fixture
def attempt(cleo, account: Account) -> str:
    """Where the provider sends Cleo's browser back to."""
    return account.answers_at(begins(cleo.browser))


def changed(address: str, **parameters: str | None) -> str:
    """The address with other parameters; None takes one away."""
    parts = urlsplit(address)
    values = {name: value[0] for name, value in parse_qs(parts.query).items()} | parameters
    return parts._replace(
        query=urlencode({name: value for name, value in values.items() if value is not None})
    ).geturl()


@pytest.mark.parametrize(
    "parameters",
    [
        {"state": None},
        {"state": ""},
        {"state": "0" * 43},
        {"state": "ä\x00"},
        {"code": None},
        {"iss": "https://accounts.example.org"},
        {"code": None, "error": "access_denied", "state": None},
    ],
    ids=str,
)
def test_what_was_changed_on_the_way_signs_nobody_in(installation, cleo, attempt, parameters):
    page = comes_back(installation, cleo.browser, changed(attempt, **parameters))
    single_sign_on.assert_refused(
        cleo.browser, page, single_sign_on.ATTEMPTS if "state" in parameters else single_sign_on.ANSWERS
    )
    assert single_sign_on.causes(installation)[0].startswith("sso: ")


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?code=1",
        "?state=1",
        "?code=1&state=2",
        "?code=1&state=2&state=3",
        f"?code={'c' * 5000}&state={'s' * 5000}",
        "?error=server_error",
        "?error=<script>alert(1)</script>&error_description=<script>alert(2)</script>&state=x",
        "?code=%ff%fe&state=%00",
    ],
)
def test_a_callback_that_nobody_began_is_refused(installation, query: str):
    browser = installation.browser()
    page = browser.get(f"/sso/callback{query}")
    single_sign_on.assert_refused(browser, page, single_sign_on.ATTEMPTS)
    assert "alert(" not in page.html


def test_a_callback_works_in_the_browser_that_began_and_in_no_other(installation, cleo, account, attempt):
    stranger = installation.browser("198.51.100.9")
    single_sign_on.assert_refused(stranger, comes_back(installation, stranger, attempt), single_sign_on.ATTEMPTS)
    # one with an attempt of its own is another browser, too
    begins(stranger)
    single_sign_on.assert_refused(stranger, comes_back(installation, stranger, attempt), single_sign_on.ATTEMPTS)
    assert {cause.startswith("sso: ") for cause in single_sign_on.causes(installation)} == {True}


def test_a_callback_works_once(installation, cleo, attempt):
    kept = cleo.browser.client.cookies[SSO_LOGIN]
    single_sign_on.assert_signed_in(cleo.browser, comes_back(installation, cleo.browser, attempt))
    cleo.browser.post("/logout")
    cleo.browser.client.cookies.set(SSO_LOGIN, kept)
    single_sign_on.assert_refused(
        cleo.browser, comes_back(installation, cleo.browser, attempt), single_sign_on.ATTEMPTS
    )


def test_of_two_callbacks_at_once_one_signs_in(installation, cleo, attempt):
    twins = [installation.browser(), installation.browser()]
    for twin in twins:
        twin.client.cookies.set(SSO_LOGIN, cleo.browser.client.cookies[SSO_LOGIN])
    with ThreadPoolExecutor(2) as both:
        pages = list(both.map(lambda twin: comes_back(installation, twin, attempt), twins))
    assert sorted(page.status for page in pages) == [303, 400]
    assert len(single_sign_on.log(installation, "login.succeeded")) == 1


def test_a_callback_of_which_only_the_code_is_fresh_is_refused(installation, cleo, account, attempt):
    kept = cleo.browser.client.cookies[SSO_LOGIN]
    comes_back(installation, cleo.browser, attempt)
    cleo.browser.client.cookies.clear()
    fresh = parse_qs(urlsplit(account.answers_at(begins(cleo.browser))).query)["code"][0]
    cleo.browser.client.cookies.clear()
    cleo.browser.client.cookies.set(SSO_LOGIN, kept)
    page = comes_back(installation, cleo.browser, changed(attempt, code=fresh))
    single_sign_on.assert_refused(cleo.browser, page, single_sign_on.ATTEMPTS)


def test_a_code_of_somebody_elses_attempt_is_refused_by_the_verifier(installation, provider, attempt):
    stolen = parse_qs(urlsplit(attempt).query)["code"][0]
    mallory = installation.browser("198.51.100.9")
    with provider.account("mallory") as account:
        own = account.answers_at(begins(mallory))
    page = comes_back(installation, mallory, changed(own, code=stolen))
    single_sign_on.assert_refused(mallory, page, single_sign_on.ANSWERS)
    assert single_sign_on.causes(installation)[0] == "sso: token: said (invalid_grant)"


@pytest.mark.parametrize(("seconds", "works"), [(10 * MINUTE - 1, True), (10 * MINUTE, False)])
def test_an_attempt_lives_ten_minutes(tmp_path, seconds: int, works: bool):
    with HostileProvider(lambda: 0) as other, Installation(tmp_path / "data", **other.settings()) as installation:
        # honest, and with the clock of the test
        other.clock = installation.clock
        somebody(installation, "cleo", sso=True)
        browser = installation.browser()
        address = urlsplit(begins(browser))
        installation.clock.forward(seconds)
        back = urlsplit(other.sends_back(address.geturl()))
        page = browser.get(f"{back.path}?{back.query}")
        if works:
            single_sign_on.assert_signed_in(browser, page)
        else:
            single_sign_on.assert_refused(browser, page, single_sign_on.ATTEMPTS)
            assert not other.exchanges, "the code is not even looked at"


# ------------------------------------------------------------------------------------------------ who becomes a user


def test_if_so_configured_an_unknown_identity_becomes_a_member(welcoming, provider):
    browser = welcoming.browser()
    with provider.account("eve", name="Eve Ember") as eve:
        single_sign_on.assert_signed_in(browser, signs_in(welcoming, eve, browser))
        assert browser.get("/").words("h1") == "Hello, Eve Ember"
        assert browser.get("/users").status == 403
        browser.client.cookies.clear()
        single_sign_on.assert_signed_in(browser, signs_in(welcoming, eve, browser))
    assert people(welcoming).count("eve") == 1


def test_a_username_that_is_taken_is_refused_and_never_suffixed_or_merged(welcoming, provider):
    alice = somebody(welcoming, "alice", "Administrator")
    browser = welcoming.browser()
    with provider.account("alice", email="another-alice@example.org") as other:
        single_sign_on.assert_refused(browser, signs_in(welcoming, other, browser), single_sign_on.IDENTITY)
    assert people(welcoming) == ["alice"]
    assert alice.types().status == 303, "her password works as before"


@pytest.mark.parametrize(
    "username", [None, "", "Alice", "ａｌｉｃｅ", "command line", "a\nb", "x" * 500, 4711, ["eve"], " "], ids=repr
)
def test_who_brings_no_username_that_can_be_used_is_refused(welcoming, provider, username: object):
    somebody(welcoming, "alice")
    browser = welcoming.browser()
    with provider.account("eve", preferred_username=username) as eve:
        single_sign_on.assert_refused(browser, signs_in(welcoming, eve, browser), single_sign_on.IDENTITY)
    assert people(welcoming) == ["alice"]


def test_name_and_address_follow_the_provider_and_a_renamed_user_stays_the_same(
    installation, account, bob, cleo, inside
):
    account.changes(name="Cleo Carter", email="carter@example.org", preferred_username="carter")
    browser = installation.browser()
    single_sign_on.assert_signed_in(browser, signs_in(installation, account, browser))
    assert browser.get("/").words("h1") == "Hello, Cleo Carter"
    page = bob.signs_in().get(f"/users/{cleo.user_id}")
    assert "carter@example.org" in page.text
    assert "cleo@example.org" not in page.text
    assert "cleo" in page.text, "the username stays"
    assert sorted(people(installation)) == ["bob", "cleo"]


def test_what_the_provider_does_not_say_stays_as_it_was(installation, account, bob, cleo, inside):
    account.changes(name=None, email=None)
    browser = installation.browser()
    single_sign_on.assert_signed_in(browser, signs_in(installation, account, browser))
    assert "cleo@example.org" in bob.signs_in().get(f"/users/{cleo.user_id}").text


def test_no_name_is_so_odd_that_a_page_breaks(installation, account, inside):
    account.changes(name="<script>alert(1)</script>\n" + "x" * 5000)
    browser = installation.browser()
    single_sign_on.assert_signed_in(browser, signs_in(installation, account, browser))
    assert browser.get("/").words("h1") == "Hello, Cleo", "it stays as it was"


# --------------------------------------------------------------------------------------------------------- beside it


def test_keys_that_the_real_provider_rotates_are_followed(installation, provider, account, inside):
    provider.rotates_its_keys()
    browser = installation.browser()
    single_sign_on.assert_signed_in(browser, signs_in(installation, account, browser))


def test_the_password_login_and_the_switch_are_as_before(installation, alice, inside):
    switch(installation, True)
    alice.signs_in()
    alice.sets_up()
    alice.browser.post("/logout")
    assert alice.types(code="").status == 422
    assert alice.types().status == 303


def test_a_provider_that_vouches_for_nobody_known_to_have_a_password_changes_nothing(tmp_path):
    with HostileProvider(lambda: 0) as other, Installation(tmp_path / "data", **other.settings()) as installation:
        other.clock = installation.clock
        bob = somebody(installation, "bob", "Administrator")
        other.claims |= {"preferred_username": "bob", "email": "bob@example.org", "sub": str(bob.user_id)}
        browser = installation.browser()
        single_sign_on.assert_refused(browser, signs_in_there(installation, other, browser), single_sign_on.IDENTITY)
        assert bob.types().status == 303
