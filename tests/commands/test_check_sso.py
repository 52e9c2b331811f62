"""`check-sso` asks the provider and says in plain words what is wrong."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import commands
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
