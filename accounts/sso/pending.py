"""Sign-ins at the identity provider that are under way: begun here, bound to the browser that began, used once, refused.

Code flow with PKCE, state and nonce (OpenID Connect Core 3.1, RFC 7636), each of 256 random bits and good for 10 minutes.
"""

import json
from dataclasses import dataclass, replace
from typing import Literal

from accounts import sessions
from accounts.activity import kinds, log
from accounts.context import UNKNOWN_USER, Context, Principal
from accounts.durations import MINUTE_SECONDS
from accounts.login import throttle
from accounts.sessions import Current
from accounts.sso import id_token
from accounts.sso.http import SILENT, Trouble
from accounts.sso.provider import ANSWERED_SECONDS, Busy, IdentityProvider, Metadata
from accounts.vault import Unreadable, token, token_hash
from db import links, sso_logins
from db.sso_logins import Attempt

LIVES_SECONDS = 10 * MINUTE_SECONDS

Purpose = Literal["login", "binding", "proof"]
Why = Literal[
    "attempt", "said", "cancelled", "unusable", "silent", "busy", "too_many",
    "disabled", "unknown", "taken", "no_username", "bound_already", "link_over", "other_identity", "not_fresh",
]  # fmt: skip


@dataclass(frozen=True)
class Wanted:
    """What a sign-in at the provider is for, and where it leads afterwards."""

    next: str  # a path of this site
    purpose: Purpose = "login"
    link_token: str = ""  # of a binding
    asked: Literal["", "max_age", "prompt"] = ""  # of a proof: how the provider is asked for a fresh one


@dataclass(frozen=True)
class Begun:
    """Off to the provider."""

    address: str
    browser_token: str  # of the cookie that binds the attempt to this browser


@dataclass(frozen=True)
class Refused:
    """The person gets a page, the log the exact cause."""

    why: Why
    purpose: Purpose = "login"
    next: str = "/"


async def begin(
    context: Context,
    provider: IdentityProvider,
    wanted: Wanted,
    browser_token: str | None,
    current: Current | None = None,
) -> Begun | Refused:
    """Begins a sign-in at the provider: for a proof in the session `current`, else for anybody."""
    try:
        metadata = await _there(context, provider)
    except Busy:
        return await refuse(context, "busy", "too many at once", wanted)
    except Trouble as trouble:
        return await refuse(context, why_of(trouble), str(trouble), wanted)
    return await store(context, provider, metadata, wanted, browser_token or token(), current)


async def _there(context: Context, provider: IdentityProvider) -> Metadata:
    """What the provider says about itself, who answered a moment ago. Raises Busy, Trouble.

    One that is there, but busy or ill, is believed what it said lately; to one that does not answer nobody is sent.
    """
    if (known := provider.known(context.now, ANSWERED_SECONDS)) is not None:
        return known
    lately = provider.known(context.now)
    try:
        async with provider.conversation() as talk:
            return await talk.metadata(context.now, ANSWERED_SECONDS)
    except (Busy, Trouble) as trouble:
        if lately is None or (isinstance(trouble, Trouble) and trouble.what in SILENT):
            raise
        return lately


def why_of(trouble: Trouble) -> Why:
    """Whether the provider did not answer at all, or answered something that cannot be used."""
    return "silent" if trouble.what in SILENT else "unusable"


async def store(
    context: Context,
    provider: IdentityProvider,
    metadata: Metadata,
    wanted: Wanted,
    browser_token: str,
    current: Current | None,
) -> Begun | Refused:
    """A new attempt, and where the browser goes with it. Raises sessions.SessionEnded if the session of a proof has ended."""
    state, nonce, verifier = token(), token(), token()
    async with context.db.transaction():
        if current is not None:
            await sessions.lock_session(context, current)
        waiting = await throttle.begin_single_sign_on(context)
        link = await links.find(context.db, "binding", token_hash(wanted.link_token), context.now)
        link_over = wanted.purpose == "binding" and link is None
        if not waiting and not link_over:
            new = _row(context, wanted, token_hash(state), token_hash(browser_token), [nonce, verifier])
            await sso_logins.add(
                context.db,
                replace(new, session_id=current.session.id if current else None, link_id=link.id if link else None),
            )
    if waiting:
        return await refuse(context, "too_many", "too many begun from one network", wanted)
    if link_over:
        return await refuse(context, "link_over", "the link does not work any more", wanted)
    return Begun(_address(provider, metadata, wanted.asked, state, nonce, verifier), browser_token)


def _row(
    context: Context, wanted: Wanted, state_hash: bytes, browser_hash: bytes, secrets: list[str]
) -> sso_logins.New:
    key_id, sealed = context.vault.encrypt(json.dumps(secrets).encode(), _bound_to(state_hash))
    return sso_logins.New(
        state_hash=state_hash,
        browser_hash=browser_hash,
        purpose=wanted.purpose,
        session_id=None,
        link_id=None,
        key_id=key_id,
        sealed=sealed,
        next=wanted.next,
        asked=wanted.asked,
        created_at=context.now,
        expires_at=context.now + LIVES_SECONDS,
    )


def _bound_to(state_hash: bytes) -> str:
    return f"sso login {state_hash.hex()}"


def _address(provider: IdentityProvider, metadata: Metadata, asked: str, state: str, nonce: str, verifier: str) -> str:
    """Where the browser is sent (OpenID Connect Core 3.1.2.1)."""
    fresh = {"": {}, "max_age": {"max_age": "0"}, "prompt": {"max_age": "0", "prompt": "login"}}[asked]
    return id_token.authorization_address(
        metadata.authorization_endpoint,
        provider.settings.client_id,
        provider.redirect_uri,
        {"state": state, "nonce": nonce, **fresh},
        verifier,
    )


def secrets_of(context: Context, attempt: Attempt) -> tuple[str, str]:
    """The nonce and the verifier of an attempt. Raises Trouble if its row was damaged."""
    try:
        nonce, verifier = json.loads(
            context.vault.decrypt(attempt.key_id, attempt.sealed, _bound_to(attempt.state_hash))
        )
    except Unreadable as error:
        raise Trouble("attempt", "missing", "it cannot be read") from error
    return nonce, verifier


async def refuse(
    context: Context, why: Why, cause: str, wanted: Wanted | Attempt, who: Principal = UNKNOWN_USER
) -> Refused:
    """The refusal, with its entry in the log: of a proof as such, else of a sign-in."""
    purpose: Purpose = "proof" if wanted.purpose == "proof" else "binding" if wanted.purpose == "binding" else "login"
    kind = kinds.ProofRefused if purpose == "proof" else kinds.LoginRefused
    async with context.db.transaction():
        await log.record_refusal(context, kind(f"sso: {cause}"), who, who)
    return Refused(why, purpose, wanted.next)


async def under_way(context: Context, browser_token: str | None) -> bool:
    """Whether this browser, in another tab, has a sign-in at the provider that can still come back."""
    return browser_token is not None and await sso_logins.under_way(context.db, token_hash(browser_token), context.now)


async def why_none(context: Context, state: str, state_hash: bytes, browser_token: str | None) -> str:
    """Why an answer of the provider is no answer to us, for the log."""
    attempt = await sso_logins.find(context.db, state_hash) if state else None
    if attempt is None:
        return "the state is unknown" if state else "the state is missing"
    if attempt.used_at is not None:
        return "the state was used already"
    if attempt.expires_at <= context.now:
        return "the attempt has run out"
    return "another browser began it" if browser_token else "the browser has no cookie of the attempt"


async def way_out(context: Context, provider: IdentityProvider) -> str | Refused:
    """Where one signs out of the provider, too (OpenID Connect RP-Initiated Logout 2); "" if it has no such place."""
    try:
        metadata = provider.known(context.now)
        if metadata is None:
            async with provider.conversation() as talk:
                metadata = await talk.metadata(context.now)
    except (Busy, Trouble) as trouble:
        return Refused("busy" if isinstance(trouble, Busy) else why_of(trouble))
    return id_token.end_session_address(
        metadata.end_session_endpoint, provider.settings.client_id, provider.signed_out_uri
    )
