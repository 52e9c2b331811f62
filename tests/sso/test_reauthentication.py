"""Proof for somebody who uses Single Sign-On: a fresh sign-in at the provider, in another tab; and how they sign out,
here and there.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import acts
from tests.browser import Browser, Installation, Page
from tests.cookies import SESSION
from tests.people import Person, somebody
from tests.small_provider import SmallProvider

MINUTES = 60
SWITCH, PROOF = "/general-settings/security", "/sso/login?proof=yes"


@pytest.fixture
def clocked(tmp_path: Path) -> Iterator[tuple[Installation, SmallProvider]]:
    """An installation and its provider, which share a clock."""
    with SmallProvider() as provider, Installation(tmp_path / "data", **provider.settings) as running:
        provider.clock = running.clock
        yield running, provider


@pytest.fixture
def installation(clocked: tuple[Installation, SmallProvider]) -> Installation:
    return clocked[0]


@pytest.fixture
def provider(clocked: tuple[Installation, SmallProvider]) -> SmallProvider:
    return clocked[1]


def goes(browser: Browser, provider: SmallProvider, path: str = "/sso/login") -> Page:
    """To the provider and back; what the callback answers."""
    page = browser.get(path)
    assert page.status == 303, page.text
    return browser.get(provider.sends_back(page.location))


@pytest.fixture
def cleo(installation: Installation, provider: SmallProvider) -> Person:
    """An administrator who signed in by Single Sign-On, more than ten minutes ago."""
    person = somebody(installation, "cleo", "Administrator", sso=True)
    assert goes(person.browser, provider).status == 303
    installation.clock.forward(11 * MINUTES)
    return person


def switches(person: Person) -> Page:
    return person.browser.post(SWITCH, {"two_factor": "on"}, part=True)


# ------------------------------------------------------------------------------------------------- when it is asked for


def test_a_fresh_sign_in_at_the_provider_is_proof_for_ten_minutes(installation, provider, cleo):
    assert switches(cleo).status == 422
    cleo.browser.post("/logout")
    assert goes(cleo.browser, provider).status == 303
    installation.clock.forward(10 * MINUTES - 1)
    assert switches(cleo).status == 200


def test_an_old_session_at_the_provider_is_none(installation, provider, cleo):
    cleo.browser.post("/logout")
    provider.signed_in_at = installation.clock() - 10 * MINUTES
    assert goes(cleo.browser, provider).status == 303
    assert switches(cleo).status == 422


def test_what_does_not_say_when_is_none(provider, cleo):
    cleo.browser.post("/logout")
    provider.says_auth_time = False
    assert goes(cleo.browser, provider).status == 303
    assert switches(cleo).status == 422


def test_instead_of_fields_there_is_a_link_that_keeps_what_was_entered(cleo):
    page = cleo.browser.post(SWITCH, {"two_factor": "on"})
    assert page.status == 422
    link = next(link for link in page.all("a") if link.get("href") == PROOF)
    assert (link.get("target"), link.get("rel")) == ("_blank", "noopener")
    assert "Sign in again at Acme ID" in page.text
    assert "password" not in page.fields(SWITCH)
    assert page.fields(SWITCH)["two_factor"] == "on", "what was entered is kept"
    assert "You have not signed in again" not in page.text, "nothing has gone wrong yet"


def test_whoever_presses_the_button_without_it_is_told_so(cleo):
    page = cleo.browser.post(SWITCH, {"two_factor": "on"})
    page = cleo.browser.submit(page, SWITCH)
    assert page.status == 422
    assert "You have not signed in again at Acme ID in the last 10 minutes." in page.text


# ------------------------------------------------------------------------------------------------------ how it is given


def test_it_is_asked_for_with_max_age_and_answered_with_the_time(installation, provider, cleo):
    before = cleo.browser.client.cookies[SESSION]
    page = goes(cleo.browser, provider, PROOF)
    assert (page.status, page.words("h1")) == (200, "Done")
    assert provider.asked[-1]["max_age"] == "0"
    assert "prompt" not in provider.asked[-1]
    assert cleo.browser.client.cookies[SESSION] != before, "the session has a new token"
    assert switches(cleo).status == 200
    assert "confirmed it was them by signing in again" in cleo.browser.get("/activity-log").text


def test_it_counts_for_ten_minutes(installation, provider, cleo):
    goes(cleo.browser, provider, PROOF)
    installation.clock.forward(10 * MINUTES)
    assert switches(cleo).status == 422


def test_a_sign_in_older_than_the_question_is_refused(installation, provider, cleo):
    provider.signed_in_at = installation.clock() - 5 * MINUTES
    page = goes(cleo.browser, provider, PROOF)
    assert (page.status, page.words("h1")) == (403, "You were not asked to sign in again")
    assert switches(cleo).status == 422
    assert "the sign-in at the provider is older than the question" in log_of(installation)


def test_a_provider_that_never_says_when_is_asked_again_with_prompt(installation, provider, cleo):
    provider.says_auth_time = False
    provider_forgets(installation)
    page = goes(cleo.browser, provider, PROOF)
    assert page.status == 303, "off to the provider once more, without a word"
    page = cleo.browser.get(provider.sends_back(page.location))
    assert (page.status, page.words("h1")) == (200, "Done")
    assert [asked.get("prompt") for asked in provider.asked[-2:]] == [None, "login"]
    assert "which does not report the time" in log_of(installation)
    assert switches(cleo).status == 200


def test_a_provider_that_promises_to_say_when_must_say_it(provider, cleo):
    """Else whoever sits at an open session strikes `max_age` out of the address."""
    provider.discovery["claims_supported"] = ["auth_time"]
    provider.says_auth_time = False
    page = goes(cleo.browser, provider, PROOF)
    assert (page.status, page.words("h1")) == (403, "You were not asked to sign in again")
    assert switches(cleo).status == 422


def test_another_identity_proves_nothing(installation, provider, cleo):
    provider.claims["sub"] = "eve-there"
    page = goes(cleo.browser, provider, PROOF)
    assert (page.status, page.words("h1")) == (403, "That was another person")
    assert switches(cleo).status == 422
    assert cleo.browser.get("/").status == 200, "the session goes on"
    assert "the proof is by another identity" in log_of(installation)


def test_it_counts_in_the_session_that_asked_alone(installation, provider, cleo):
    here = cleo.browser
    elsewhere = Person("cleo", cleo.user_id, installation, installation.browser())
    provider.signed_in_at = installation.clock() - 60 * MINUTES
    assert goes(elsewhere.browser, provider).status == 303
    provider.signed_in_at = None
    goes(here, provider, PROOF)
    assert switches(elsewhere).status == 422
    assert switches(cleo).status == 200


def test_a_session_that_ended_meanwhile_proves_nothing(installation, provider, cleo):
    there = cleo.browser.get(PROOF).location
    somebody(installation, "bob", "Administrator")
    installation.run(lambda context: acts.disable(context, "cleo"))
    page = cleo.browser.get(provider.sends_back(there))
    assert page.status == 400
    assert cleo.browser.get("/").status == 303


def test_the_token_before_the_proof_proves_nothing_more(installation, provider, cleo):
    """It is good for 10 s more, for reading: whoever copied it gets no fresh token by it, nor takes the fresh one
    away.
    """
    thief = installation.browser()
    thief.client.cookies.set(SESSION, cleo.browser.client.cookies[SESSION])
    there = thief.get(PROOF).location
    goes(cleo.browser, provider, PROOF)
    page = thief.get(provider.sends_back(there))
    assert page.status == 400
    assert not page.headers.get_list("set-cookie") or SESSION not in page.headers["set-cookie"]
    assert switches(cleo).status == 200


def test_who_has_a_password_is_not_sent_there(installation, provider):
    bob = somebody(installation, "bob", "Administrator")
    page = bob.signs_in().get(f"{PROOF}&next=/my-user")
    assert (page.status, page.location) == (303, "/my-user")


def test_who_is_not_signed_in_signs_in_first(installation):
    page = installation.browser().get(f"{PROOF}&next=/my-user")
    assert (page.status, page.location) == (303, "/login?next=/my-user")


def log_of(installation: Installation) -> str:
    return somebody(installation, "auditor", "Auditor").signs_in().get("/activity-log").text


def provider_forgets(installation: Installation) -> None:
    """Lets what the provider said about itself grow old, and the session's idle time begin anew."""
    installation.clock.forward(10 * MINUTES)


# --------------------------------------------------------------------------------------------------------- signing out


def test_signing_out_here_offers_to_sign_out_there_too(provider, cleo):
    page = cleo.browser.follow(cleo.browser.post("/logout"))
    assert page.words("h1") == "You are signed out"
    assert "Sign out at Acme ID too" in page.text
    page = cleo.browser.get("/sso/logout")
    assert page.status == 303
    assert page.location == (
        f"{provider.issuer}/end?client_id=two-keys&post_logout_redirect_uri=http%3A%2F%2Flocalhost%3A8000%2Flogin%2Fsigned-out"
    )


def test_where_the_provider_has_no_way_out_none_is_offered(installation, provider):
    provider.discovery["end_session_endpoint"] = None
    person = somebody(installation, "cleo", sso=True)
    goes(person.browser, provider)
    page = person.browser.follow(person.browser.post("/logout"))
    assert page.words("h1") == "You are signed out"
    assert "/sso/logout" not in page.links()
    assert person.browser.get("/sso/logout").location == "/login/signed-out"


def test_a_provider_that_is_down_does_not_keep_anybody_in(installation, provider, cleo):
    installation.clock.forward(10 * MINUTES)
    provider.discovery["issuer"] = "https://somebody.else"
    assert cleo.browser.post("/logout").status == 303
    page = cleo.browser.get("/sso/logout")
    assert (page.status, page.words("h1")) == (502, "The sign-in did not work")
    assert cleo.browser.get("/").status == 303


# ----------------------------------------------------------------------------- a provider that is not there any more


@pytest.mark.parametrize("then", ["none", "another"])
def test_what_a_provider_opened_counts_only_while_it_is_the_configured_one(tmp_path: Path, then: str):
    """It may have been taken away because it was broken into. Back again, so are the sessions."""
    with SmallProvider() as provider, SmallProvider() as other:
        folder = tmp_path / "data"
        with Installation(folder, **provider.settings) as running:
            provider.clock = running.clock
            person = somebody(running, "cleo", "Administrator", sso=True)
            assert goes(person.browser, provider).status == 303
            assert person.browser.get("/users").status == 200
            cookies = dict(person.browser.client.cookies)
        for settings, status in (({} if then == "none" else other.settings, 303), (provider.settings, 200)):
            with Installation(folder, **settings) as running:
                browser = running.browser()
                browser.client.cookies.update(cookies)
                assert browser.get("/users").status == status
                assert browser.post("/logout").status == 303
                browser.client.cookies.update(cookies)
                assert browser.get("/login").status == 200
