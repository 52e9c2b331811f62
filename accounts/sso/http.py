"""What the identity provider may answer over HTTP, and what is said of an answer that cannot be used.

At most 256 KB of uncompressed JSON, no redirect, verified certificates; `trust_env` is off (no proxies, no .netrc).
"""

import json
from typing import Any, Literal

LARGEST_BYTES = 256 * 1024

Problem = Literal[
    "name", "refused", "unreachable", "timeout", "certificate", "tls",
    "redirect", "status", "too_large", "encoding", "not_json", "said",
    "missing", "wrong_issuer", "insecure", "no_client_auth", "no_algorithm", "no_keys", "client",
]  # fmt: skip
# No answer at all.
UNREACHABLE: tuple[Problem, ...] = ("name", "refused", "unreachable", "timeout", "certificate", "tls")

# RFC 6749 4.1.2.1 and 5.2, OpenID Connect Core 3.1.2.6: what may be repeated in the log.
KNOWN_ERRORS = {
    "access_denied", "account_selection_required", "consent_required", "interaction_required", "invalid_client",
    "invalid_grant", "invalid_request", "invalid_request_object", "invalid_scope", "invalid_target", "invalid_token",
    "login_required", "registration_not_supported", "request_not_supported", "request_uri_not_supported",
    "server_error",
    "temporarily_unavailable", "unauthorized_client", "unmet_authentication_requirements", "unsupported_grant_type",
    "unsupported_response_type",
}  # fmt: skip


class ProviderError(Exception):
    """What the provider did not do, or did wrong: at which endpoint, what, and in which words."""

    def __init__(self, where: str, what: Problem, said: str = "") -> None:
        super().__init__(f"{where}: {what.replace('_', ' ')}{f' ({said})' if said else ''}")
        self.where, self.what, self.said = where, what, said


def known_error(code: object) -> str:
    """An error code of the protocol as it is; anything else as such."""
    return code if isinstance(code, str) and code in KNOWN_ERRORS else "an unknown error"


def json_object(body: bytes | str) -> dict[str, Any] | None:
    """The JSON object in a body; None for anything else, NaN, and nesting without end."""
    try:
        found = json.loads(body, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _refuse(constant: str) -> None:
    raise ValueError(constant)
