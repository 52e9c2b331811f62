"""User information is optional: signed or plain it completes the ID token; refused, broken, late or about somebody else
it stops nobody, binds nobody and changes nothing, and the log says why.
"""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from accounts.context import Context
from accounts.links import links
from accounts.sso.provider import CONVERSATION_SECONDS
from db import users as stored_users
from db.users import User
from tests import single_sign_on
from tests.broken_answers import BROKEN, SLOW
from tests.browser import Installation, Page
from tests.hostile_provider import Answer, HostileProvider, Token, in_json, key, public_pem, signs_in_there
from tests.identity_provider import IdentityProvider, by_the_clock_of, signs_in
from tests.people import Person, somebody

HOUR = 3600
# for a machine that does other things as well
SPARE_SECONDS = 2
WAITS_SECONDS = 3
CAUSE = "userinfo: "
Says = Callable[[HostileProvider], Answer]


@pytest.fixture
def installation(tmp_path: Path, liar: HostileProvider) -> Iterator[Installation]:
    """An installation to which it is *the* provider; its ID tokens lack `email_verified`, as Entra's always do."""
    with Installation(tmp_path / "data", **liar.settings(), TWO_KEYS_SSO_CREATE_USERS="on") as running:
        liar.clock = running.clock
        liar.token = without("email_verified")
        yield running


def without(*names: str) -> Callable[[Token], str]:
    def lacking(token: Token) -> str:
        token.claims = {name: value for name, value in token.claims.items() if name not in names}
        return token.signed()

    return lacking


def facts(liar: HostileProvider) -> dict[str, Any]:
    """What a provider says that signs it."""
    return liar.claims | {"iss": liar.issuer, "aud": "two-keys"}


def signed(
    liar: HostileProvider, how: Callable[[Token], str] = Token.signed, header: dict[str, Any] | None = None, **more: Any
) -> Answer:
    """User information as a signed token; a claim that is `...` is left out."""
    claims = {name: value for name, value in (facts(liar) | more).items() if value is not ...}
    token = Token(liar, {"alg": "RS256", "kid": liar.kid} | (header or {}), claims, "")
    return Answer(body=how(token).encode(), content_type="application/jwt")


def unsigned(token: Token) -> str:
    token.header["alg"] = "none"
    return f"{token.signed_part}."


def stripped(token: Token) -> str:
    return f"{token.signed_part}."


def by_the_public_key(token: Token) -> str:
    return token.signed_symmetrically(public_pem(token.provider.key))


def by_the_client_secret(token: Token) -> str:
    return token.signed_symmetrically(b"a secret that the provider and the program share")


# what a signed answer may be like that is not for us, or not from there
LIES: dict[str, Says] = {
    "signed by another key": lambda liar: signed(liar, lambda token: token.signed(key("somebody else's"))),
    "signed by an unknown key": lambda liar: signed(liar, header={"kid": "unknown"}),
    "signed by nobody": lambda liar: signed(liar, unsigned),
    "stripped of its signature": lambda liar: signed(liar, stripped),
    "signed with the public key": lambda liar: signed(liar, by_the_public_key),
    "signed with the client secret": lambda liar: signed(liar, by_the_client_secret),
    "an access token": lambda liar: signed(liar, header={"typ": "at+jwt"}),
    "a header that must be understood": lambda liar: signed(liar, header={"crit": ["x"], "x": 1}),
    "from another issuer": lambda liar: signed(liar, iss="https://accounts.example.org"),
    "from no issuer": lambda liar: signed(liar, iss=...),
    "for another client": lambda liar: signed(liar, aud="another-client"),
    "for nobody": lambda liar: signed(liar, aud=...),
    "for nothing that is a text": lambda liar: signed(liar, aud=["two-keys", 7]),
    "signed, about somebody else": lambda liar: signed(liar, sub="the-managing-director"),
    "signed, about nobody": lambda liar: signed(liar, sub=...),
    "run out": lambda liar: signed(liar, exp=liar.clock() - HOUR),
    "from the future": lambda liar: signed(liar, iat=liar.clock() + HOUR),
    "not valid yet": lambda liar: signed(liar, nbf=liar.clock() + HOUR),
    "a time that is none": lambda liar: signed(liar, exp=True),
    "encrypted": lambda liar: signed(liar, lambda token: f"{token.signed()}.x.y"),
    "signed, and called JSON": lambda liar: Answer(body=signed(liar).body),
    "plain, and called signed": lambda liar: Answer(body=in_json(facts(liar)).body, content_type="application/jwt"),
    "no text, and called signed": lambda _: Answer(body=b"\xff.\xfe.\xfd", content_type="application/jwt"),
    "nothing, and called signed": lambda _: Answer(content_type="application/jwt"),
    "about somebody else": lambda liar: in_json(liar.claims | {"sub": "the-managing-director"}),
    "about nobody": lambda liar: in_json({"name": "Eve", "email_verified": True}),
    "about a list": lambda liar: in_json(liar.claims | {"sub": [liar.claims["sub"]]}),
    "an empty object": lambda _: in_json({}),
}
REFUSALS: dict[str, Says] = {
    f"status {status}": lambda _, status=status: in_json({"error": "insufficient_scope"}, status)  # type: ignore[misc]  # because a lambda has no types
    for status in (201, 204, 304, 400, 401, 402, 403, 404, 405, 406, 429, 500, 502, 503, 504)
}
USELESS: dict[str, Says] = BROKEN | REFUSALS | LIES
RIGHT: dict[str, Says] = {
    "plain": lambda liar: in_json(liar.claims),
    "plain, with a character set": lambda liar: Answer(
        body=in_json(liar.claims).body, content_type="application/json;charset=UTF-8"
    ),
    "signed": signed,
    "signed, typed": lambda liar: signed(liar, header={"typ": "JWT"}),
    "signed, with a character set": lambda liar: Answer(
        body=signed(liar).body + b"\n", content_type="Application/JWT; charset=utf-8"
    ),
    "signed for us among others": lambda liar: signed(liar, aud=["another-client", "two-keys"]),
    "signed, with times that have fractions": lambda liar: signed(
        liar, iat=liar.clock() - 0.5, exp=liar.clock() + 59.5
    ),
}


def signs_in_as(installation: Installation, liar: HostileProvider) -> Page:
    """The whole dance, which ends signed in."""
    browser = installation.browser()
    page = signs_in_there(installation, liar, browser)
    single_sign_on.assert_signed_in(browser, page)
    return page


def of(person: Person) -> User:
    user = person.installation.run(lambda context: stored_users.by_id(context.db, person.user_id))
    assert user is not None
    return user


def why_none(installation: Installation) -> str:
    """What the newest sign-in in the log says about user information that did not come."""
    detail: dict[str, str] = json.loads(single_sign_on.log(installation, "login.succeeded")[0].detail)
    return detail.get("no_user_information", "")


# ----------------------------------------------------------------------------------------------------------- it comes


@pytest.mark.parametrize("how", RIGHT)
def test_what_it_says_completes_the_token(installation, liar, how: str):
    cleo = somebody(installation, "cleo", sso=True)
    liar.answers["/userinfo"] = lambda: RIGHT[how](liar)
    liar.token = without("name", "email", "email_verified", "preferred_username")
    liar.claims["name"] = "Cleo Carver"
    signs_in_as(installation, liar)
    assert (of(cleo).sso_subject, of(cleo).name) == (liar.claims["sub"], "Cleo Carver"), "bound by the verified address"
    assert why_none(installation) == ""


def test_a_real_provider_that_signs_it(tmp_path, provider: IdentityProvider):
    settings = provider.settings(userinfo_signed_response_alg="RS256")
    with (
        provider.account("cleo", name=None, userinfo={"name": "Cleo Carver"}) as account,
        by_the_clock_of(provider, tmp_path / "data", **settings) as installation,
    ):
        cleo = somebody(installation, "cleo", sso=True)
        single_sign_on.assert_signed_in(cleo.browser, signs_in(installation, account, cleo.browser))
        assert of(cleo).name == "Cleo Carver"
        assert why_none(installation) == ""


# ------------------------------------------------------------------------------------------------- it does not come


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[HostileProvider, Person, Person]]:
    """For all that can be wrong: Cleo has signed in before; Dora waits for her first sign-in."""
    with HostileProvider(lambda: 0) as liar:
        folder = tmp_path_factory.mktemp("known") / "data"
        with Installation(folder, **liar.settings(), TWO_KEYS_SSO_CREATE_USERS="on") as installation:
            liar.clock = installation.clock
            cleo, dora = (somebody(installation, name, sso=True) for name in ("cleo", "dora"))
            signs_in_as(installation, liar)
            liar.token = without("email_verified")
            yield liar, cleo, dora


@pytest.mark.parametrize("how", USELESS)
def test_it_stops_nobody_and_changes_nothing(known, how: str):
    liar, cleo, _ = known
    before = of(cleo)
    liar.claims = claims_of("cleo") | {"name": "Somebody Else", "email": "else@example.org"}
    liar.answers["/userinfo"] = lambda: USELESS[how](liar)
    signs_in_as(cleo.installation, liar)
    assert (of(cleo).name, of(cleo).email) == (before.name, before.email)
    assert why_none(cleo.installation).startswith(CAUSE)
    assert "/elsewhere" not in liar.asked, "a redirect is not followed"


@pytest.mark.parametrize("how", USELESS)
def test_it_binds_nobody(known, how: str):
    liar, _, dora = known
    # the first refusals of an hour have an entry each
    dora.installation.clock.forward(HOUR)
    liar.claims = claims_of("dora") | {"preferred_username": "somebody-else"}
    liar.answers["/userinfo"] = lambda: USELESS[how](liar)
    browser = dora.installation.browser()
    page = signs_in_there(dora.installation, liar, browser)
    single_sign_on.assert_refused(browser, page, single_sign_on.IDENTITY)
    assert of(dora).sso_subject is None
    assert f"and no user information came: {CAUSE}" in single_sign_on.causes(dora.installation)[0]


def claims_of(name: str) -> dict[str, Any]:
    return {
        "sub": f"{name}-at-the-provider",
        "name": name.capitalize(),
        "preferred_username": name,
        "email": f"{name}@example.org",
        "email_verified": True,
    }


def test_not_even_by_an_address_that_the_token_calls_verified(installation, liar):
    cleo = somebody(installation, "cleo", sso=True)
    liar.token = without("name")
    liar.answers["/userinfo"] = lambda: Answer(403)
    browser = installation.browser()
    single_sign_on.assert_refused(browser, signs_in_there(installation, liar, browser), single_sign_on.IDENTITY)
    assert of(cleo).sso_subject is None
    del liar.answers["/userinfo"]
    single_sign_on.assert_signed_in(browser, signs_in_there(installation, liar, browser))
    assert of(cleo).sso_subject == liar.claims["sub"], "the next time"


def test_the_token_alone_makes_a_new_user(installation, liar):
    liar.answers["/userinfo"] = lambda: Answer(403)
    browser = installation.browser()
    single_sign_on.assert_signed_in(browser, signs_in_there(installation, liar, browser))
    assert "Cleo" in browser.get("/").words("#user-header")
    page = somebody(installation, "auditor", "Auditor").signs_in().get("/activity-log")
    assert "by the ID token alone, since no user information came (userinfo: status (403))" in page.text


def test_without_a_username_nobody_is_made_and_the_log_says_why(installation, liar):
    liar.token = without("preferred_username")
    liar.answers["/userinfo"] = lambda: Answer(404)
    browser = installation.browser()
    single_sign_on.assert_refused(browser, signs_in_there(installation, liar, browser), single_sign_on.IDENTITY)
    (cause,) = single_sign_on.causes(installation)
    assert cause == ("sso: the provider names no usable username, and no user information came: userinfo: status (404)")


def test_a_link_binds_without_it(installation, liar):
    """The link says whose account it is, and the token who follows it."""
    cleo = somebody(installation, "cleo", sso=True)
    liar.answers["/userinfo"] = lambda: Answer(500)

    async def link(context: Context) -> str:
        async with context.db.transaction():
            return (await links.create(context, cleo.user_id, "binding")).token

    liar.claims |= {"email": "else@example.org", "name": "Somebody Else"}
    onwards = f"/sso/login?invitation={installation.run(link)}"
    back = urlsplit(liar.sends_back(cleo.browser.get(onwards, Sec_Fetch_Site="same-origin").location))
    single_sign_on.assert_signed_in(cleo.browser, cleo.browser.get(f"{back.path}?{back.query}"))
    assert (of(cleo).sso_subject, of(cleo).name) == (liar.claims["sub"], "Cleo")


# ---------------------------------------------------------------------------------------------------------- it is late


LATE = dict.fromkeys(SLOW, "timeout (3.0 s)") | {"endless": "too large", "bomb": "encoding"}


@pytest.mark.parametrize("how", SLOW)
def test_it_is_waited_for_three_seconds_at_most(installation, liar, how: str):
    signs_in_as(installation, liar)
    liar.answers["/userinfo"] = lambda: SLOW[how](liar)
    began = time.monotonic()
    signs_in_as(installation, liar)
    assert time.monotonic() - began < WAITS_SECONDS + SPARE_SECONDS
    assert why_none(installation) == f"userinfo: {LATE[how]}"
    liar.released.set()


def test_what_the_token_took_is_taken_off(installation, liar):
    """So that both together last no longer than a conversation, and the sign-in ends well."""
    signs_in_as(installation, liar)
    honest: Callable[[Token], str | None] = liar.token

    def slow(token: Token) -> str | None:
        time.sleep(CONVERSATION_SECONDS - 1)
        return honest(token)

    liar.token = slow
    liar.answers["/userinfo"] = lambda: SLOW["silent"](liar)
    began = time.monotonic()
    signs_in_as(installation, liar)
    assert CONVERSATION_SECONDS - 1 < time.monotonic() - began < CONVERSATION_SECONDS + SPARE_SECONDS
    assert why_none(installation).startswith("userinfo: timeout (")
    liar.released.set()


def test_nobody_listens_there(installation, liar):
    signs_in_as(installation, liar)
    installation.clock.forward(HOUR)
    liar.discovery = {"userinfo_endpoint": "http://127.0.0.1:1/userinfo"}
    signs_in_as(installation, liar)
    assert why_none(installation).startswith("userinfo: refused (")
