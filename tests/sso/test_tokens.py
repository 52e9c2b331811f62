"""Identity tokens of a provider that lies, one lie each: none is accepted, and the log says which it was."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import single_sign_on
from tests.browser import Installation
from tests.hostile_provider import (
    HostileProvider,
    Token,
    encoded,
    key,
    public_jwk,
    public_pem,
    short_key,
    signs_in_there,
)

HOUR = 3600
Broken = Callable[[Token], str | None]


@pytest.fixture
def installation(tmp_path: Path, liar: HostileProvider) -> Iterator[Installation]:
    """An installation to which it is *the* provider, and which lets anybody in whom it vouches for: nothing else
    refuses.
    """
    with Installation(tmp_path / "data", **liar.settings(), TWO_KEYS_SSO_CREATE_USERS="on") as running:
        liar.clock = running.clock
        yield running


# ------------------------------------------------------------------------------------------------------------ the lies


def claims(**changed: Any) -> Broken:
    """Signed as it should be, with claims changed; one that is `...` is left out."""

    def broken(token: Token) -> str:
        token.claims |= changed
        token.claims = {name: value for name, value in token.claims.items() if value is not ...}
        return token.signed()

    return broken


def later(claim: str, seconds: float) -> Broken:
    """A time moved."""

    def broken(token: Token) -> str:
        token.claims[claim] = token.provider.clock() + seconds
        return token.signed()

    return broken


def as_text(claim: str) -> Broken:
    """A time written as text."""

    def broken(token: Token) -> str:
        token.claims[claim] = str(token.claims[claim])
        return token.signed()

    return broken


def header(**changed: Any) -> Broken:
    """Another header, signed by a key that is not the provider's."""

    def broken(token: Token) -> str:
        token.header |= changed
        return token.signed(key("somebody else's"))

    return broken


def algorithm(name: str, *, signature: bool) -> Broken:
    """Says that nothing is signed; with the honest signature or none at all."""

    def broken(token: Token) -> str:
        honest = token.signed().split(".")[2]
        token.header["alg"] = name
        return f"{token.signed_part}.{honest if signature else ''}"

    return broken


def dots(number: int) -> Broken:
    """A token without its last parts."""
    return lambda token: ".".join(token.signed().split(".")[: number + 1])


def unsigned_algorithm(name: str) -> Broken:
    """Says another algorithm than the one it was signed with, and signs that."""

    def broken(token: Token) -> str:
        token.header["alg"] = name
        return token.signed()

    return broken


def changed_payload(token: Token) -> str:
    honest = token.signed().split(".")
    token.claims["sub"] = "the managing director"
    return f"{honest[0]}.{encoded(token.claims)}.{honest[2]}"


def by_the_public_key(token: Token) -> str:
    return token.signed_symmetrically(public_pem(token.provider.key))


def by_the_published_key(token: Token) -> str:
    return token.signed_symmetrically(json.dumps(public_jwk(token.provider.key, token.provider.kid)).encode())


def by_the_modulus(token: Token) -> str:
    return token.signed_symmetrically(public_jwk(token.provider.key)["n"].encode())


def by_the_client_secret(token: Token) -> str:
    return token.signed_symmetrically(b"a secret that the provider and the program share")


def by_an_empty_secret(token: Token) -> str:
    return token.signed_symmetrically(b"")


def by_another_key(token: Token) -> str:
    return token.signed(key("somebody else's"))


def with_a_key_in_its_header(token: Token) -> str:
    token.header["jwk"] = public_jwk(key("somebody else's"), "mine")
    token.header["kid"] = "mine"
    return token.signed(key("somebody else's"))


def with_a_key_under_the_known_name(token: Token) -> str:
    token.header["jwk"] = public_jwk(key("somebody else's"), token.provider.kid)
    return token.signed(key("somebody else's"))


def by_a_short_key(token: Token) -> str:
    token.provider.keys = [public_jwk(short_key(), token.provider.kid)]
    return token.signed(short_key())


def leads_to(name: str) -> Broken:
    """Names an address from which a key should be fetched."""

    def broken(token: Token) -> str:
        token.header |= {name: f"{token.provider.issuer}/my-own-keys", "kid": "mine"}
        return token.signed(key("somebody else's"))

    return broken


def critical(token: Token) -> str:
    token.header |= {"crit": ["two-keys-of-hell"], "two-keys-of-hell": True}
    return token.signed()


def claims_that_are_a_list(token: Token) -> str:
    token.claims = [token.claims]  # type: ignore[assignment]  # because that is the lie
    return token.signed()


def access_token_in_its_place(token: Token) -> str:
    return token.access_token


def an_access_token_of_the_same_key(token: Token) -> str:
    token.header["typ"] = "at+jwt"
    token.claims = {
        name: value for name, value in token.claims.items() if name in ("iss", "sub", "iat", "exp", "auth_time")
    } | {"aud": f"{token.provider.issuer}/userinfo", "client_id": "two-keys", "scope": "openid"}
    return token.signed()


def the_state_in_the_place_of_the_nonce(token: Token) -> str:
    token.claims["nonce"] = token.provider.authorizations[-1]["state"]
    return token.signed()


# cause in the log → lies that have it
CAUSES: dict[str, dict[str, Broken]] = {
    "the algorithm is not allowed": {
        "algorithm none": algorithm("none", signature=False),
        "algorithm none, with the signature of another": algorithm("none", signature=True),
        "algorithm nOnE": algorithm("nOnE", signature=False),
        "no algorithm named": algorithm("", signature=True),
        "HS256 with the public key as PEM": by_the_public_key,
        "HS256 with the public key as JWK": by_the_published_key,
        "HS256 with the modulus": by_the_modulus,
        "HS256 with the client secret": by_the_client_secret,
        "HS256 with nothing": by_an_empty_secret,
    },
    "the key is unknown": {
        "RS512 said and RS256 done": unsigned_algorithm("RS512"),
        "ES256 said and RS256 done": unsigned_algorithm("ES256"),
        "an unknown key": header(kid="unknown"),
        "no name for another key": header(kid=""),
        "a list of names for another key": header(kid=["first"]),
        "a key in its header": with_a_key_in_its_header,
        "jku": leads_to("jku"),
        "x5u": leads_to("x5u"),
    },
    "the signature is wrong": {
        "a known name for another key": by_another_key,
        "a key in its header under the known name": with_a_key_under_the_known_name,
        "stripped of its signature": lambda token: token.signed().rsplit(".", 1)[0] + ".",
        "a changed payload": changed_payload,
    },
    "the key is too short": {"a short key": by_a_short_key},
    "the header demands an extension": {"a header that must be understood": critical},
    "the issuer is wrong": {
        "another issuer": claims(iss="https://accounts.example.org"),
        "the issuer with a slash more": lambda token: claims(iss=f"{token.provider.issuer}/")(token),
        "no issuer": claims(iss=...),
        "a list of issuers": lambda token: claims(iss=[token.provider.issuer])(token),
    },
    "it is for somebody else": {
        "another audience": claims(aud="another-client"),
        "no audience": claims(aud=...),
        "an empty list of audiences": claims(aud=[]),
        "the audience in capitals": claims(aud="TWO-KEYS"),
        "two others, and we are meant": claims(aud=["one-client", "another-client"], azp="two-keys"),
        "an audience that is no text beside us": claims(aud=["two-keys", 7], azp="two-keys"),
        "our letters in a longer audience": claims(aud="two-keys another-client", azp="two-keys"),
    },
    "it is for others, too, and does not say who is meant": {
        "two audiences and nobody says who is meant": claims(aud=["two-keys", "another-client"]),
        "twice the same audience": claims(aud=["two-keys", "two-keys"]),
    },
    "the authorized party is somebody else": {
        "one audience and another is meant": claims(azp="another-client"),
        "two audiences and the other one is meant": claims(aud=["two-keys", "another-client"], azp="another-client"),
        "two audiences and both are meant": claims(aud=["two-keys", "another-client"], azp=["two-keys"]),
        "two audiences and null is meant": claims(aud=["two-keys", "another-client"], azp=None),
        "two audiences and we are meant in capitals": claims(aud=["two-keys", "another-client"], azp="TWO-KEYS"),
    },
    "the nonce is wrong": {
        "another nonce": claims(nonce="another"),
        "an empty nonce": claims(nonce=""),
        "a list of nonces": lambda token: claims(nonce=[token.claims["nonce"]])(token),
        "the state in the place of the nonce": the_state_in_the_place_of_the_nonce,
    },
    "the nonce is missing": {"no nonce": claims(nonce=...)},
    "it has expired": {
        "expired an hour ago": later("exp", -HOUR),
        "expired an hour ago and a fraction": later("exp", -HOUR + 0.5),
    },
    "exp is missing or no time": {
        "no expiry": claims(exp=...),
        "expiry as text": as_text("exp"),
        "expiry is true": claims(exp=True),
        "expiry far beyond all years": claims(exp=10**30),
        "expiry far beyond all years with a fraction": claims(exp=1.5e300),
    },
    "it was issued in the future": {"issued in the future": later("iat", HOUR)},
    "iat is missing or no time": {"no time of issue": claims(iat=...), "time of issue as text": as_text("iat")},
    "it is not valid yet": {"not valid before an hour from now": later("nbf", HOUR)},
    "the subject is missing or unusable": {
        "an empty subject": claims(sub=""),
        "a list of subjects": claims(sub=["cleo-at-the-provider"]),
        "no subject": claims(sub=...),
        "a number as subject": claims(sub=4711),
        "null as subject": claims(sub=None),
        "a subject of 256 characters": claims(sub="s" * 256),
        "a subject with a line break": claims(sub="cleo\nroot"),
    },
    "it is not a signed token": {
        "no third part": dots(1),
        "one part": dots(0),
        "five parts, as if encrypted": lambda token: token.signed() + ".x.y",
        "the access token in its place": access_token_in_its_place,
    },
    "it cannot be read": {
        "two dots": lambda _: "..",
        "garbage between two dots": lambda _: "garbage.garbage.garbage",
        "claims that are a list": claims_that_are_a_list,
        "expiry without end": claims(exp=float("inf")),
    },
    "it is another kind of token": {"an access token signed by the same key": an_access_token_of_the_same_key},
    "missing (id_token)": {"none at all": lambda _: None, "an empty one": lambda _: ""},
    "it belongs to another access token": {"a wrong at_hash": claims(at_hash="d3JvbmcgaGFzaCBvZg")},
}
LIES = {name: (lie, cause) for cause, lies in CAUSES.items() for name, lie in lies.items()}


@pytest.mark.parametrize("lie", LIES)
def test_no_lie_is_accepted(lied_to, lie: str):
    installation, liar = lied_to
    # the first refusals of an hour have an entry each
    installation.clock.forward(HOUR)
    liar.keys = None
    liar.token, expected = LIES[lie]
    before = len(single_sign_on.causes(installation))
    browser = installation.browser()
    page = signs_in_there(installation, liar, browser)
    single_sign_on.assert_refused(browser, page, single_sign_on.ANSWERS)
    cause, *others = single_sign_on.causes(installation)
    assert len(others) == before
    assert cause.startswith("sso: ")
    assert cause.endswith(expected)
    assert "/my-own-keys" not in liar.asked, "nobody fetches a key because a token says where"
    assert not single_sign_on.log(installation, "login.succeeded")


def test_an_honest_token_is_accepted(installation, liar):
    browser = installation.browser()
    single_sign_on.assert_signed_in(browser, signs_in_there(installation, liar, browser))
    assert "Cleo" in browser.get("/").words("#user-header")


FRACTIONS = {"iat": -0.25, "nbf": -0.5, "exp": 299.75, "auth_time": -1.125}
HONEST: dict[str, Broken] = {
    "one audience in a list": claims(aud=["two-keys"]),
    "two audiences and we are meant": claims(aud=["another-client", "two-keys"], azp="two-keys"),
    "a hundred audiences and we are meant": claims(aud=["two-keys", *map(str, range(100))], azp="two-keys"),
    "times with fractions": lambda token: claims(
        **{name: token.provider.clock() + seconds for name, seconds in FRACTIONS.items()}
    )(token),
    "said to be for us": claims(azp="two-keys"),
    "issued a minute ahead of our clock": later("iat", 30),
    "issued a day ago and valid still": later("iat", -24 * HOUR),
    "claims that nobody knows": claims(shoe_size=42),
    "without acr and amr": claims(acr=..., amr=...),
    "acr and amr of a strange kind": claims(acr=["high"], amr="pwd"),
    "a subject of 255 characters": claims(sub="s" * 255),
}


@pytest.mark.parametrize("oddity", HONEST)
def test_what_the_standard_allows_is_accepted(installation, liar, oddity: str):
    liar.token = HONEST[oddity]
    browser = installation.browser()
    single_sign_on.assert_signed_in(browser, signs_in_there(installation, liar, browser))


def test_a_lie_once_told_leaves_nothing_behind(installation, liar):
    browser = installation.browser()
    liar.token, _ = LIES["algorithm none"]
    single_sign_on.assert_refused(browser, signs_in_there(installation, liar, browser), single_sign_on.ANSWERS)
    liar.token = Token.signed
    single_sign_on.assert_signed_in(browser, signs_in_there(installation, liar, browser))


# ----------------------------------------------------------------------------------------------------------------- keys


def test_keys_that_rotate_are_followed(installation, liar):
    single_sign_on.assert_signed_in(browser := installation.browser(), signs_in_there(installation, liar, browser))
    liar.key, liar.kid = key("the next one"), "second"
    liar.claims["sub"], liar.claims["preferred_username"] = "dora-at-the-provider", "dora"
    single_sign_on.assert_signed_in(browser := installation.browser(), signs_in_there(installation, liar, browser))


def test_a_key_that_was_withdrawn_signs_nobody_in(installation, liar):
    single_sign_on.assert_signed_in(browser := installation.browser(), signs_in_there(installation, liar, browser))
    installation.clock.forward(HOUR)
    liar.keys = [public_jwk(key("the next one"), "second")]
    single_sign_on.assert_refused(
        browser := installation.browser(), signs_in_there(installation, liar, browser), single_sign_on.ANSWERS
    )


def test_unknown_keys_do_not_make_us_ask_the_provider_without_end(installation, liar):
    liar.token = header(kid="unknown")
    for _ in range(5):
        signs_in_there(installation, liar)
    assert liar.asked.count("/jwks") <= 10


@pytest.mark.parametrize(
    "published",
    [
        [],
        [{"kty": "oct", "k": encoded(b"a secret that everybody knows"), "kid": "first", "alg": "HS256"}],
        [{"kty": "RSA", "kid": "first"}],
        ["not a key"],
        [public_jwk(key("the provider's"), "first", use="enc")],
    ],
    ids=["none", "a symmetric one", "an empty one", "text", "one for encryption"],
)
def test_keys_that_cannot_be_used_sign_nobody_in(installation, liar, published: list[Any]):
    liar.keys = published
    if published and "k" in published[0]:
        liar.token = lambda token: token.signed_symmetrically(b"a secret that everybody knows")
    browser = installation.browser()
    single_sign_on.assert_refused(browser, signs_in_there(installation, liar, browser), single_sign_on.ANSWERS)
    assert single_sign_on.causes(installation)[0].startswith("sso: ")


def test_keys_beside_the_right_one_do_no_harm(installation, liar):
    liar.keys = [
        {"kty": "unheard-of", "kid": "odd"},
        public_jwk(key("for encryption"), "second", use="enc", alg="RSA-OAEP"),
        public_jwk(liar.key, liar.kid),
    ]
    browser = installation.browser()
    single_sign_on.assert_signed_in(browser, signs_in_there(installation, liar, browser))


# -------------------------------------------------------------------------------------------------- what else it says


@pytest.mark.parametrize("name", ["name", "preferred_username", "email", "acr", "shoe_size"])
def test_half_a_character_breaks_nothing(installation, liar, name: str):
    """JSON can hold what no database takes."""
    liar.token = claims(
        sub="somebody-new", email_verified=True, **{"preferred_username": "new", name: "\ud800@example.org"}
    )
    browser = installation.browser()
    page = signs_in_there(installation, liar, browser)
    if name == "preferred_username":
        single_sign_on.assert_refused(browser, page, single_sign_on.IDENTITY)
    else:
        single_sign_on.assert_signed_in(browser, page)


@pytest.mark.parametrize(
    "said",
    [
        {"issuer": "https://accounts.example.org"},
        {"issuer": None},
        {"issuer": ["http://127.0.0.1"]},
        {"token_endpoint": None},
        {"token_endpoint": "file:///etc/passwd"},
        {"jwks_uri": "ftp://127.0.0.1/keys"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": 4711},
        {"authorization_endpoint": "//evil.example/authorize"},
        {"token_endpoint": "http://token.example.org/token"},
    ],
    ids=lambda said: " ".join(f"{name} {value}" for name, value in said.items()),
)
def test_a_discovery_that_cannot_be_right_leads_nowhere(installation, liar, said: dict[str, Any]):
    liar.discovery = said
    browser = installation.browser()
    page = browser.get("/sso/login")
    # what is not needed for the way in is looked at on the way out
    if page.status == 303:
        page = signs_in_there(installation, liar, browser)
    single_sign_on.assert_refused(browser, page, single_sign_on.ANSWERS)
    assert single_sign_on.causes(installation)[0].startswith("sso: ")
    assert not liar.exchanges


def test_the_client_is_proved_and_the_verifier_sent(installation, liar):
    signs_in_there(installation, liar)
    (asked,), (exchange,) = liar.authorizations, liar.exchanges
    assert asked["code_challenge_method"] == "S256"
    assert asked["response_type"] == "code"
    assert asked["redirect_uri"] == exchange["redirect_uri"] == "http://localhost:8000/sso/callback"
    assert "openid" in asked["scope"].split()
    assert 43 <= len(exchange["code_verifier"]) <= 128
    assert min(len(asked["state"]), len(asked["nonce"])) >= 22, "128 bits at least"
    assert len({asked["state"], asked["nonce"], exchange["code_verifier"]}) == 3


def test_each_attempt_has_its_own_state_nonce_and_verifier(installation, liar):
    browser = installation.browser()
    for _ in range(3):
        signs_in_there(installation, liar, browser)
        browser.client.cookies.clear()
    for name in ("state", "nonce", "code_challenge"):
        assert len({asked[name] for asked in liar.authorizations}) == 3
