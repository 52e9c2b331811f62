"""`check-sso` asks the provider and says in plain words what is wrong."""

import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import commands
from tests.broken_answers import BROKEN, SLOW
from tests.browser import NOON
from tests.hostile_provider import HostileProvider, in_json
from tests.mail_server import certificate
from tests.small_provider import SmallProvider


@pytest.fixture
def provider() -> Iterator[SmallProvider]:
    with SmallProvider() as running:
        yield running


def checks(folder: Path, settings: dict[str, str]) -> Result:
    return CliRunner().invoke(commands.main, ["check-sso"], env={"TWO_KEYS_DATA_DIR": str(folder), **settings})


def test_it_says_that_all_is_well_and_what_to_enter_there(tmp_path, provider):
    result = checks(tmp_path, provider.settings)
    assert result.exit_code == 0, result.output
    assert "answers; it signs with RS256, keys: 1" in result.output
    assert "Client id and secret are right." in result.output
    assert "http://localhost:8000/sso/callback" in result.output


def test_without_a_provider_it_says_which_settings_are_missing(tmp_path):
    result = checks(tmp_path, {})
    assert result.exit_code == 1
    assert "set TWO_KEYS_SSO_ISSUER" in result.output


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "another issuer": ({"issuer": "https://id.example.org/"}, "says that it is 'https://id.example.org/'"),
    "no token endpoint": ({"token_endpoint": None}, "lacks what is needed: token_endpoint"),
    "an endpoint without TLS": ({"token_endpoint": "http://id.example.org/"}, "token_endpoint is not a URL"),
    "symmetric signatures": ({"id_token_signing_alg_values_supported": ["HS256"]}, "signs with HS256 alone"),
    "other client proofs": ({"token_endpoint_auth_methods_supported": ["private_key_jwt"]}, "private_key_jwt"),
    "no keys there": ({"jwks_uri": None}, "lacks what is needed: jwks_uri"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_it_says_what_is_wrong(tmp_path, provider, wrong: str):
    provider.discovery, said = WRONG[wrong]
    result = checks(tmp_path, provider.settings)
    assert result.exit_code == 1
    assert said in result.output


def test_it_finds_a_wrong_secret(tmp_path, provider):
    provider.token_answer = (401, {"error": "invalid_client"})
    result = checks(tmp_path, provider.settings)
    assert result.exit_code == 1
    assert "check TWO_KEYS_SSO_CLIENT_ID and TWO_KEYS_SSO_CLIENT_SECRET" in result.output


def test_it_says_what_could_not_be_tested_and_what_is_not_announced(tmp_path, provider):
    provider.token_answer = (400, {"error": "invalid_request"})
    provider.says_auth_time = False
    provider.discovery = {"code_challenge_methods_supported": None, "end_session_endpoint": None}
    result = checks(tmp_path, provider.settings)
    assert result.exit_code == 0, result.output
    for said in ("PKCE", "auth_time", "end_session_endpoint", "could not be tested"):
        assert said in result.output
    assert "Client id and secret are right." not in result.output


def test_it_finds_an_issuer_with_too_much_in_it(tmp_path, provider):
    issuer = f"{provider.issuer}/.well-known/openid-configuration"
    result = checks(tmp_path, provider.settings | {"TWO_KEYS_SSO_ISSUER": issuer})
    assert result.exit_code == 1
    assert "the status 404" in result.output


def test_certificates_are_verified_and_an_authority_of_ones_own_can_be_named(tmp_path):
    (tmp_path / "own").mkdir()
    own = certificate(tmp_path / "own")
    with SmallProvider(own) as provider:
        result = checks(tmp_path, provider.settings)
        assert result.exit_code == 1
        assert "the certificate of localhost" in result.output
        assert "SSL_CERT_FILE names your own authority" in result.output
        result = checks(tmp_path, provider.settings | {"SSL_CERT_FILE": str(own)})
        assert result.exit_code == 0, result.output
        strange = {"TWO_KEYS_SSO_ISSUER": provider.issuer.replace("localhost", "127.0.0.1"), "SSL_CERT_FILE": str(own)}
        result = checks(tmp_path, provider.settings | strange)
        assert "the certificate of 127.0.0.1" in result.output, "the name counts, too"


def test_it_says_that_nobody_listens(tmp_path, provider):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        issuer = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        result = checks(tmp_path, provider.settings | {"TWO_KEYS_SSO_ISSUER": issuer})
    assert result.exit_code == 1
    assert "nothing listens at 127.0.0.1" in result.output


# ------------------------------------------------------------------------------------- what only a sign-in would show


@pytest.fixture
def liar() -> Iterator[HostileProvider]:
    """One with a userinfo endpoint."""
    with HostileProvider(lambda: NOON) as running:
        yield running


def test_it_says_what_cannot_be_foreseen(tmp_path, provider):
    result = checks(tmp_path, provider.settings)
    assert "one for several audiences is accepted if azp is two-keys" in result.output
    assert "times may have a fraction" in result.output
    assert "names no userinfo_endpoint that can be used" in result.output


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_userinfo_endpoint_that_refuses_a_made_up_token_is_right(tmp_path, liar, status: int):
    liar.answers["/userinfo"] = lambda: in_json({"error": "invalid_token"}, status)
    result = checks(tmp_path, liar.settings())
    assert result.exit_code == 0, result.output
    assert re.search(
        r"userinfo endpoint answers, after \d\.\d\d s; what it says of a person was not tried", result.output
    )


CHECKED = BROKEN | {"silent": SLOW["silent"]}


@pytest.mark.parametrize("how", CHECKED)
def test_one_that_cannot_be_used_is_named_and_is_no_failure(tmp_path, liar, how: str):
    liar.answers["/userinfo"] = lambda: CHECKED[how](liar)
    result = checks(tmp_path, liar.settings())
    assert result.exit_code == 0, result.output
    liar.released.set()
    assert "Its userinfo endpoint cannot be used: " in result.output
    assert "Sign-ins go on without it" in result.output


SIGNING: dict[str, tuple[list[str] | None, str]] = {
    "nothing said": (None, "does not say whether it signs user information, and that was not tried"),
    "signatures": (
        ["RS256", "HS256"],
        "It can sign user information (RS256, HS256); whether it does so for this client",
    ),
    "signatures and none": (["none", "ES256"], "It can sign user information (none, ES256); whether"),
    "none": (["none"], "does not sign user information"),
    "symmetric ones": (["HS256", "none"], "It can sign user information with HS256, none alone, which is not accepted"),
}


@pytest.mark.parametrize("how", SIGNING)
def test_it_says_what_is_announced_of_signed_user_information(tmp_path, liar, how: str):
    announced, said = SIGNING[how]
    liar.discovery = {"userinfo_signing_alg_values_supported": announced}
    assert said in checks(tmp_path, liar.settings()).output


# ------------------------------------------------------------------------------------------------------------- proxies

NOT_USED = "Proxies from the environment ({}) are not used"
NOBODY = {"TWO_KEYS_SSO_CLIENT_ID": "two-keys", "TWO_KEYS_SSO_CLIENT_SECRET": "x", "TWO_KEYS_SSO_NAME": "Acme ID"}


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "HTTP_PROXY"])
def test_what_is_not_found_may_be_known_to_a_proxy_alone(tmp_path, variable: str):
    settings = NOBODY | {"TWO_KEYS_SSO_ISSUER": "https://id.nowhere.invalid"}
    result = checks(tmp_path, settings | {variable: "http://proxy.example.org:3128"})
    assert result.exit_code == 1
    assert NOT_USED.format(variable) in result.output
    assert "Proxies" not in checks(tmp_path, settings).output, "without one that is no matter"


def test_a_proxy_is_no_matter_where_the_provider_answers(tmp_path, provider):
    provider.discovery = {"issuer": "https://id.example.org/"}
    result = checks(tmp_path, provider.settings | {"HTTPS_PROXY": "http://proxy.example.org:3128"})
    assert result.exit_code == 1
    assert "Proxies" not in result.output
