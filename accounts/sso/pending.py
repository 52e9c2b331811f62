"""Pending sign-ins at the identity provider: started here, bound to the browser that started them, redeemed once.

Code flow with PKCE, state and nonce (OpenID Connect Core 3.1, RFC 7636), 256 random bits each, valid for 10 minutes.
"""

import json
from dataclasses import dataclass, replace
from typing import Literal

from accounts import sessions
from accounts.activity import kinds, log
from accounts.context import UNKNOWN_USER, Context, Principal
from accounts.durations import MINUTE_SECONDS
from accounts.limits import LINK_SECONDS
from accounts.login import throttle
from accounts.sessions import Current
from accounts.sso import id_token
from accounts.sso.http import UNREACHABLE, ProviderError
from accounts.sso.metadata import Metadata
from accounts.sso.provider import ANSWERED_SECONDS, Busy, IdentityProvider
from accounts.vault import Unreadable, token, token_hash
from db import clock, links, sso_logins
from db.sso_logins import Attempt

LIVES_SECONDS = 10 * MINUTE_SECONDS

Purpose = Literal["login", "binding", "proof"]
Why = Literal[
    "attempt", "said", "cancelled", "unusable", "silent", "busy", "too_many",
    "disabled", "unknown", "taken", "no_username", "bound_already", "link_over", "other_identity", "not_fresh",
]  # fmt: skip


@dataclass(frozen=True)
class AuthorizationRequest:
    """What a sign-in at the provider is for. `next`: a path of this site. `link_token`: of a binding. `asked`: how for
    a fresh sign-in.
    """

    next: str
    purpose: Purpose = "login"
    link_token: str = ""
    asked: Literal["", "max_age", "prompt"] = ""


@dataclass(frozen=True)
class Redirect:
    """To the provider's authorization endpoint. `browser_token`: of the cookie that binds the pending sign-in to this
    browser.
    """

    url: str
    browser_token: str


@dataclass(frozen=True)
class Refused:
    """The user gets a page, the log the exact cause."""

    why: Why
    purpose: Purpose = "login"
    next: str = "/"


async def start(
    context: Context,
    provider: IdentityProvider,
    request: AuthorizationRequest,
    browser_token: str | None,
    current: Current | None = None,
) -> Redirect | Refused:
    """Starts a sign-in at the provider. `current`: the session of a reauthentication."""
    try:
        metadata = await _current_metadata(context, provider)
    except Busy:
        return await refuse(context, "busy", "too many at once", request)
    except ProviderError as error:
        return await refuse(context, why_of(error), str(error), request)
    return await create(context, provider, metadata, request, browser_token or token(), current)


async def _current_metadata(context: Context, provider: IdentityProvider) -> Metadata:
    """Provider metadata no older than 30 s. Raises Busy, ProviderError.

    If the refresh fails, falls back to the cached copy, unless the provider cannot be reached: then raises.
    """
    if (known := provider.known(context.now, ANSWERED_SECONDS)) is not None:
        return known
    cached = provider.known(context.now)
    try:
        async with provider.conversation() as conversation:
            return await conversation.metadata(context.now, ANSWERED_SECONDS)
    except (Busy, ProviderError) as error:
        if cached is None or (isinstance(error, ProviderError) and error.what in UNREACHABLE):
            raise
        return cached


def why_of(error: ProviderError) -> Why:
    """Whether the provider did not answer at all, or with something that cannot be used."""
    return "silent" if error.what in UNREACHABLE else "unusable"


async def create(
    context: Context,
    provider: IdentityProvider,
    metadata: Metadata,
    request: AuthorizationRequest,
    browser_token: str,
    current: Current | None,
) -> Redirect | Refused:
    """Stores a pending sign-in and redirects to the provider. Raises sessions.SessionEnded if the session of a
    reauthentication has ended.
    """
    state, nonce, verifier = token(), token(), token()
    async with context.db.transaction():
        if current is not None:
            await sessions.lock_session(context, current)
        waiting = await throttle.begin_single_sign_on(context)
        link_hash, seconds = token_hash(request.link_token), LINK_SECONDS["binding"]
        link = await links.find(context.db, "binding", link_hash, context.now, seconds)
        link_over = request.purpose == "binding" and link is None
        if not waiting and not link_over:
            new = _row(context, request, token_hash(state), token_hash(browser_token), [nonce, verifier])
            await sso_logins.add(
                context.db,
                replace(new, session_id=current.session.id if current else None, link_id=link.id if link else None),
            )
    if waiting:
        return await refuse(context, "too_many", "too many begun from one network", request)
    if link_over:
        return await refuse(context, "link_over", "the link does not work any more", request)
    return Redirect(_authorization_url(provider, metadata, request.asked, state, nonce, verifier), browser_token)


def _row(
    context: Context, request: AuthorizationRequest, state_hash: bytes, browser_hash: bytes, secrets: list[str]
) -> sso_logins.New:
    key_id, sealed = context.vault.encrypt(json.dumps(secrets).encode(), _associated_data(state_hash))
    return sso_logins.New(
        state_hash=state_hash,
        browser_hash=browser_hash,
        purpose=request.purpose,
        session_id=None,
        link_id=None,
        key_id=key_id,
        sealed=sealed,
        next=request.next,
        asked=request.asked,
        created_at=context.now,
        expires_at=context.now + LIVES_SECONDS,
    )


def _associated_data(state_hash: bytes) -> str:
    return f"sso login {state_hash.hex()}"


def _authorization_url(
    provider: IdentityProvider, metadata: Metadata, asked: str, state: str, nonce: str, verifier: str
) -> str:
    """OpenID Connect Core 3.1.2.1."""
    fresh = {"": {}, "max_age": {"max_age": "0"}, "prompt": {"max_age": "0", "prompt": "login"}}[asked]
    return id_token.authorization_address(
        metadata.authorization_endpoint,
        provider.settings.client_id,
        provider.redirect_uri,
        {"state": state, "nonce": nonce, **fresh},
        verifier,
    )


def nonce_and_verifier(context: Context, attempt: Attempt) -> tuple[str, str]:
    """Raises ProviderError if the row was damaged."""
    try:
        nonce, verifier = json.loads(
            context.vault.decrypt(attempt.key_id, attempt.sealed, _associated_data(attempt.state_hash))
        )
    except Unreadable as error:
        raise ProviderError("attempt", "missing", "it cannot be read") from error
    return nonce, verifier


async def refuse(
    context: Context, why: Why, cause: str, request: AuthorizationRequest | Attempt, who: Principal = UNKNOWN_USER
) -> Refused:
    """Records the refusal: of a reauthentication as such, else of a sign-in."""
    purpose: Purpose = "proof" if request.purpose == "proof" else "binding" if request.purpose == "binding" else "login"
    kind = kinds.ProofRefused if purpose == "proof" else kinds.LoginRefused
    async with context.db.transaction():
        await log.record(context, kind(f"sso: {cause}"), who, who)
    return Refused(why, purpose, request.next)


async def is_pending(context: Context, browser_token: str | None) -> bool:
    """Whether this browser has another pending sign-in, in another tab."""
    return browser_token is not None and await sso_logins.under_way(context.db, token_hash(browser_token), context.now)


async def cause_of_missing(context: Context, state: str, state_hash: bytes, browser_token: str | None) -> str:
    """Why a callback has no pending sign-in, for the log."""
    attempt = await sso_logins.find(context.db, state_hash) if state else None
    if attempt is None:
        return "the state is unknown" if state else "the state is missing"
    if attempt.used_at is not None:
        return "the state was used already"
    if not clock.lasts(attempt.expires_at, LIVES_SECONDS, context.now):
        return "the attempt has run out"
    return "another browser began it" if browser_token else "the browser has no cookie of the attempt"


async def end_session_url(context: Context, provider: IdentityProvider) -> str | Refused:
    """Of OpenID Connect RP-Initiated Logout 2; "" if the provider has no such endpoint."""
    try:
        metadata = provider.known(context.now)
        if metadata is None:
            async with provider.conversation() as conversation:
                metadata = await conversation.metadata(context.now)
    except (Busy, ProviderError) as error:
        return Refused("busy" if isinstance(error, Busy) else why_of(error))
    return id_token.end_session_address(
        metadata.end_session_endpoint, provider.settings.client_id, provider.signed_out_uri
    )
