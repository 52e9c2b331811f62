"""The identity token at given moments: signatures of every kind that is accepted, times to the second, what is taken
from where.
"""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from joserfc import jws, jwt
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

from accounts.sso import id_token, metadata, signatures
from accounts.sso.http import ProviderError, json_object
from accounts.sso.id_token import Expected
from accounts.sso.signatures import BadToken
from tests.browser import NOON

ISSUER, CLIENT = "https://id.example.org", "two-keys"
EXPECTED = Expected(ISSUER, CLIENT, "the nonce", "", NOON)
CLAIMS: dict[str, Any] = {
    "iss": ISSUER, "aud": CLIENT, "sub": "4711", "nonce": "the nonce", "iat": NOON, "exp": NOON + 300,
}  # fmt: skip
RSA = RSAKey.generate_key(2048, {"kid": "rsa"})
KEYS: dict[str, Key] = {
    **dict.fromkeys(("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"), RSA),
    "ES256": ECKey.generate_key("P-256", {"kid": "p256"}),
    "ES384": ECKey.generate_key("P-384", {"kid": "p384"}),
    "ES512": ECKey.generate_key("P-521", {"kid": "p521"}),
    "Ed25519": OKPKey.generate_key("Ed25519", {"kid": "ed"}),
}
PUBLISHED = [key.as_dict(private=False) for key in {id(key): key for key in KEYS.values()}.values()]


def signed(algorithm: str = "RS256", **changed: Any) -> str:
    key = KEYS[algorithm]
    claims = {name: value for name, value in (CLAIMS | changed).items() if value is not None}
    return jwt.encode({"alg": algorithm, "kid": key.kid}, claims, key, algorithms=[algorithm])


def test_every_algorithm_that_is_accepted_is_in_the_list():
    assert {*KEYS, "EdDSA"} == set(signatures.ALGORITHMS)


@pytest.mark.parametrize("algorithm", KEYS)
def test_it_reads_each_kind_of_signature(algorithm: str):
    assert id_token.claims_of(signed(algorithm), PUBLISHED, EXPECTED)["sub"] == "4711"


@pytest.mark.parametrize("algorithm", KEYS)
def test_it_refuses_each_kind_where_a_letter_is_another(algorithm: str):
    header, payload, signature = signed(algorithm).split(".")
    other = ("B" if signature[4] == "A" else "A").join((signature[:4], signature[5:]))
    with pytest.raises(BadToken, match="signature is wrong"):
        id_token.claims_of(f"{header}.{payload}.{other}", PUBLISHED, EXPECTED)


@pytest.mark.parametrize("use", ["enc", None, 7])
def test_a_key_for_something_else_is_not_used(use: object):
    keys = [key | {"use": use} for key in PUBLISHED]
    with pytest.raises(signatures.UnknownKey):
        id_token.claims_of(signed(), keys, EXPECTED)


def test_without_a_name_another_signature_may_mean_another_key():
    """So the provider's keys are looked at again, which is bounded, before the token is refused."""
    unnamed = {name: value for name, value in RSA.as_dict(private=False).items() if name != "kid"}
    token = jwt.encode({"alg": "RS256"}, CLAIMS, RSAKey.generate_key(2048))
    with pytest.raises(signatures.UnknownKey, match="signature is wrong"):
        id_token.claims_of(token, [unnamed], EXPECTED)
    id_token.claims_of(jwt.encode({"alg": "RS256"}, CLAIMS, RSA), [unnamed], EXPECTED)


def test_a_key_is_used_with_its_own_algorithm_alone():
    with pytest.raises(signatures.UnknownKey):
        id_token.claims_of(signed("PS256"), [key | {"alg": "RS256"} for key in PUBLISHED], EXPECTED)


@pytest.mark.parametrize(
    ("changed", "fits"),
    [
        ({"exp": NOON - 59}, True),
        ({"exp": NOON - 60}, False),
        ({"iat": NOON + 60}, True),
        ({"iat": NOON + 61}, False),
        ({"nbf": NOON + 60}, True),
        ({"nbf": NOON + 61}, False),
        ({"nbf": "now"}, False),
        ({"auth_time": "now"}, False),
        ({"exp": NOON - 59 + 0.9}, True),
        ({"exp": NOON - 60 + 0.9}, False),
        ({"iat": NOON + 60.9}, True),
        ({"iat": NOON + 61.1}, False),
        ({"nbf": NOON + 60.9}, True),
        ({"nbf": NOON + 61.1}, False),
        ({"sub": "x" * 255}, True),
        ({"sub": "x" * 256}, False),
        ({"aud": [CLIENT]}, True),
        ({"aud": [CLIENT, CLIENT]}, False),
        ({"aud": [CLIENT, "another"], "azp": CLIENT}, True),
        ({"aud": ["another", CLIENT], "azp": CLIENT}, True),
        ({"aud": [CLIENT, CLIENT], "azp": CLIENT}, True),
        ({"aud": [CLIENT, "another"], "azp": "another"}, False),
        ({"aud": [CLIENT, "another"], "azp": [CLIENT]}, False),
        ({"aud": [CLIENT, "another"], "azp": f"{CLIENT} "}, False),
        ({"aud": [CLIENT, "another"]}, False),
        ({"aud": [CLIENT, None], "azp": CLIENT}, False),
        ({"aud": [CLIENT, [CLIENT]], "azp": CLIENT}, False),
        ({"aud": ["another"], "azp": CLIENT}, False),
        ({"aud": {CLIENT: CLIENT}, "azp": CLIENT}, False),
        ({"azp": CLIENT}, True),
        ({"azp": None}, True),
    ],
)
def test_the_limits_are_exact(changed: dict[str, Any], fits: bool):
    if fits:
        id_token.claims_of(signed(**changed), PUBLISHED, EXPECTED)
    else:
        with pytest.raises(BadToken):
            id_token.claims_of(signed(**changed), PUBLISHED, EXPECTED)


NAMES = ("exp", "iat", "nbf", "auth_time")
# as they stand in JSON → what they are, None: no time
NUMERIC_DATES = {
    f"{NOON}": NOON, f"{NOON}.0": NOON, f"{NOON}.25": NOON, f"{NOON}.999999": NOON, "1.7952912e9": 1_795_291_200,
    "0": 0, "0.5": 0, "-0.5": None, "-1": None, "true": None, "false": None, "null": None, f'"{NOON}"': None,
    f"[{NOON}]": None, "{}": None, "9007199254740992": None, "1e300": None, "1e999": None, "-1e999": None,
    "1" + "0" * 400: None,
}  # fmt: skip


@pytest.mark.parametrize("written", NUMERIC_DATES)
@pytest.mark.parametrize("name", NAMES)
def test_a_time_is_a_number_rounded_down(name: str, written: str):
    """RFC 7519 2: a NumericDate may be no whole number. Moved to a moment at which it is neither too early nor late."""
    seconds = NUMERIC_DATES[written]
    now = NOON if seconds is None else seconds
    token = with_claim(name, written, CLAIMS | {"iat": now, "exp": now + 300})
    expected = replace(EXPECTED, now=now)
    if seconds is None:
        with pytest.raises(BadToken, match=f"{name} is missing or no time"):
            id_token.claims_of(token, PUBLISHED, expected)
    else:
        found = id_token.claims_of(token, PUBLISHED, expected)[name]
        assert (found, type(found)) == (seconds, int)


@pytest.mark.parametrize("written", ["NaN", "Infinity", "-Infinity", "1" + "0" * 5000])
@pytest.mark.parametrize("name", NAMES)
def test_what_no_json_has_cannot_be_read(name: str, written: str):
    with pytest.raises(BadToken, match="cannot be read"):
        id_token.claims_of(with_claim(name, written, CLAIMS), PUBLISHED, EXPECTED)


def with_claim(name: str, written: str, claims: dict[str, Any]) -> str:
    """A signed token with a claim as it is written, which no library would write so."""
    other = json.dumps({key: value for key, value in claims.items() if key != name})
    payload = f'{other[:-1]}, "{name}": {written}}}'
    return jws.serialize_compact({"alg": "RS256", "kid": "rsa"}, payload.encode(), RSA)


FROM_THE_FIELD = json.loads((Path(__file__).parent / "id-token-claims.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", FROM_THE_FIELD, ids=lambda case: case["what"])
def test_what_providers_in_the_field_say(case: dict[str, Any]):
    """Made anew from reports about other clients: at the moment of `iat`, if the case says one."""
    now = int(case.get("iat", NOON))
    said = {name: value for name, value in case.items() if name not in ("what", "expected")}
    token = signed(**({"iat": now, "exp": now + 300} | said))
    if case["expected"] == "signed in":
        assert id_token.claims_of(token, PUBLISHED, replace(EXPECTED, now=now))["sub"] == "4711"
    else:
        with pytest.raises(BadToken):
            id_token.claims_of(token, PUBLISHED, replace(EXPECTED, now=now))


def test_an_address_and_whether_it_is_verified_come_from_one_place():
    """Else an address that the token names would be called verified because another one is."""
    token = CLAIMS | {"email": "alice@example.org"}
    beside = {"sub": "4711", "email": "eve@example.org", "email_verified": True}
    identity = id_token.identity_of(token, beside)
    assert (identity.email, identity.email_verified) == ("eve@example.org", True)
    identity = id_token.identity_of(token, {"sub": "4711", "email_verified": True})
    assert (identity.email, identity.email_verified) == ("alice@example.org", None)


@pytest.mark.parametrize("said", ["true", 1, "yes", None, ["true"], {}])
def test_verified_is_the_boolean_alone(said: object):
    assert id_token.identity_of(CLAIMS | {"email": "a@example.org", "email_verified": said}, {}).email_verified is None


@pytest.mark.parametrize(("said", "counts"), [(True, None), (False, False), ("true", None), (None, None)])
def test_without_user_information_no_address_counts_as_verified(said: object, counts: bool | None):
    claims = CLAIMS | {"email": "alice@example.org", "email_verified": said}
    identity = id_token.identity_of(claims, {}, "userinfo: status (403)")
    assert (identity.email, identity.email_verified) == ("alice@example.org", counts)


def test_what_is_said_of_the_strength_is_kept_as_plain_words():
    identity = id_token.identity_of(CLAIMS | {"amr": ["pwd", "a\nb", 7, "", "x" * 500], "acr": ["no text"]}, {})
    assert identity.amr == "pwd ab " + "x" * 80
    assert identity.acr == ""


@pytest.mark.parametrize(
    "body", ["[]", "1", '"x"', "", "{", '{"a": NaN}', '{"a":' * 100_000, b"\xff{}", '{"a": 1' + "0" * 5000 + "}"]
)
def test_what_is_no_json_object_is_none(body: str | bytes):
    assert json_object(body) is None


DOCUMENT = {
    "issuer": ISSUER,
    "authorization_endpoint": f"{ISSUER}/authorize?realm=acme",
    "token_endpoint": f"{ISSUER}/token",
    "jwks_uri": f"{ISSUER}/jwks",
}


def test_a_query_that_an_address_has_stays():
    read = metadata.read_metadata(DOCUMENT, ISSUER)
    address = id_token.authorization_address(read.authorization_endpoint, CLIENT, "http://x/", {"state": "s"}, "v")
    assert address.startswith(f"{ISSUER}/authorize?realm=acme&response_type=code&client_id=two-keys&")


@pytest.mark.parametrize(
    "address",
    [
        "http://id.example.org/token", "http://localhost/token", "javascript:alert(1)", "//id.example.org/token",
        "https://id.example.org/tok en", "https://id.example.org/\r\nX: y", "https://a@id.example.org/",
        "https://id.example.org/#x",
        "https://id.example.org:99999/", "https:///token", "", 7, None, ["https://id.example.org"],
        "https://" + "x" * 2000,
    ],
)  # fmt: skip
def test_an_address_that_is_not_safe_is_refused(address: object):
    with pytest.raises(ProviderError):
        metadata.read_metadata(DOCUMENT | {"token_endpoint": address}, ISSUER)
