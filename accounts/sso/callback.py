"""The callback of Single Sign-On: what the browser brings back from the identity provider, judged once.

A sign-in is started in pending.py, where a callback finds its state. The password login knows nothing of it.
"""

from dataclasses import dataclass
from typing import Any

from accounts import sessions
from accounts.activity import kinds, log
from accounts.context import SYSTEM, UNKNOWN_USER, Context, Principal
from accounts.limits import REAUTHENTICATION_SECONDS
from accounts.login import reauthentication, throttle
from accounts.sessions import Current
from accounts.sso import id_token, pending, user_information
from accounts.sso import users as sso_users
from accounts.sso.http import ProviderError, known_error
from accounts.sso.id_token import Identity
from accounts.sso.metadata import Metadata
from accounts.sso.pending import AuthorizationRequest, Redirect, Refused, Why, refuse
from accounts.sso.provider import Busy, Conversation, IdentityProvider
from accounts.sso.signatures import BadToken, UnknownKey
from accounts.vault import token_hash
from db import sso_logins, users
from db.sso_logins import Attempt
from db.users import User

LONGEST_STATE = 200
LONGEST_CODE = 8 * 1024


@dataclass(frozen=True)
class Parameters:
    """Of the callback's URL. `issuer`: RFC 9207."""

    state: str
    code: str
    error: str
    issuer: str | None


@dataclass(frozen=True)
class Callback:
    """A callback with what belongs to its browser: the cookie of the pending sign-in, and the session, if there is
    one.
    """

    provider: IdentityProvider
    parameters: Parameters
    browser_token: str | None
    current: Current | None


@dataclass(frozen=True)
class SignedIn:
    session_token: str
    browser_token: str
    next: str


@dataclass(frozen=True)
class Reauthenticated:
    """The same user has signed in at the provider again."""

    session_token: str
    next: str


@dataclass(frozen=True)
class _Verified:
    """What the provider itself says: its metadata, and the identity from a verified ID token."""

    metadata: Metadata
    identity: Identity


async def complete(context: Context, callback: Callback) -> SignedIn | Reauthenticated | Redirect | Refused:
    """Judges a callback. Its pending sign-in is used up before the provider is asked for anything.

    Returns Redirect if the ID token has no auth_time: the user is redirected again with prompt=login.
    """
    attempt = await _redeem(context, callback)
    if isinstance(attempt, Refused):
        return attempt
    if refused := await _refusal(context, callback, attempt):
        return refused
    verified = await _verified(context, callback, attempt)
    if isinstance(verified, Refused):
        return verified
    if attempt.purpose == "proof" and callback.current is not None:
        return await _reauthenticate(context, callback, callback.current, attempt, verified)
    return await _sign_in(context, callback.provider, attempt, verified)


async def _redeem(context: Context, callback: Callback) -> Attempt | Refused:
    """The pending sign-in of this state and this browser, which works once."""
    state, browser_token = callback.parameters.state, callback.browser_token
    state_hash = token_hash(state)
    async with context.db.transaction():
        attempt = await sso_logins.use(context.db, state_hash, token_hash(browser_token or ""), context.now)
        if attempt is not None:
            await throttle.end_single_sign_on(context)
            return attempt
    cause = await pending.cause_of_missing(context, state, state_hash, browser_token)
    return await refuse(context, "attempt", cause, AuthorizationRequest("/"))


def _principal(callback: Callback, attempt: Attempt) -> Principal:
    return callback.current.principal if attempt.purpose == "proof" and callback.current else UNKNOWN_USER


async def _refusal(context: Context, callback: Callback, attempt: Attempt) -> Refused | None:
    """Refuses what needs no request to the provider: its own error, or a session that ended."""
    who = _principal(callback, attempt)
    if callback.parameters.error:
        error = known_error(callback.parameters.error)
        why: Why = "cancelled" if error == "access_denied" else "said"
        return await refuse(context, why, f"the provider said {error}", attempt, who)
    if attempt.purpose == "proof" and not _is_same_session(attempt, callback.current):
        return await refuse(context, "attempt", "the session of the proof is over", attempt, who)
    return None


def _is_same_session(attempt: Attempt, current: Current | None) -> bool:
    """Whether this session started the reauthentication, by its present token: the previous one is good for reading
    only.
    """
    return current is not None and current.session.id == attempt.session_id and bool(current.session.current)


async def _verified(context: Context, callback: Callback, attempt: Attempt) -> _Verified | Refused:
    """Exchanges the code. Every answer that cannot be used is a refusal with its cause."""
    who = _principal(callback, attempt)
    try:
        async with callback.provider.conversation() as conversation:
            return await _exchange(context, conversation, callback.parameters, attempt)
    except Busy:
        return await refuse(context, "busy", "too many at once", attempt, who)
    except ProviderError as error:
        # A made-up code keeps its count: otherwise such codes could be sent without end.
        if (error.where, error.what) == ("token", "said"):
            async with context.db.transaction():
                await throttle.begin_single_sign_on(context)
        return await refuse(context, pending.why_of(error), str(error), attempt, who)
    except BadToken as bad:
        return await refuse(context, "unusable", f"identity token: {bad}", attempt, who)


async def _exchange(
    context: Context, conversation: Conversation, parameters: Parameters, attempt: Attempt
) -> _Verified:
    """The code for tokens, and the identity that the ID token names. Raises ProviderError, BadToken."""
    settings = conversation.provider.settings
    metadata = await conversation.metadata(context.now)
    if (parameters.issuer is not None or metadata.says_issuer) and parameters.issuer != settings.issuer:
        raise ProviderError("callback", "wrong_issuer")
    if not parameters.code:
        raise ProviderError("callback", "missing", "code")
    nonce, verifier = pending.nonce_and_verifier(context, attempt)
    tokens = await conversation.tokens(metadata, parameters.code, verifier)
    if not tokens["id_token"]:
        raise ProviderError("token", "missing", "id_token")
    expected = id_token.Expected(settings.issuer, settings.client_id, nonce, tokens["access_token"], context.now)
    claims = await _claims(context, conversation, metadata, tokens["id_token"], expected)
    more = user_information.NOT_ASKED
    if attempt.purpose != "proof" and metadata.userinfo_endpoint and tokens["access_token"] and id_token.lacks(claims):
        more = await user_information.ask(conversation, metadata, expected, claims["sub"])
    return _Verified(metadata, id_token.identity_of(claims, more.claims, more.missing))


async def _claims(
    context: Context, conversation: Conversation, metadata: Metadata, token: str, expected: id_token.Expected
) -> dict[str, Any]:
    """The verified claims. A key that is not known may be new: the keys are asked for once more."""
    try:
        return id_token.claims_of(token, await conversation.keys(metadata, context.now), expected)
    except UnknownKey:
        return id_token.claims_of(token, await conversation.keys(metadata, context.now, again=True), expected)


async def _sign_in(
    context: Context, provider: IdentityProvider, attempt: Attempt, verified: _Verified
) -> SignedIn | Refused:
    """Everything in one transaction: the user of the identity, their profile, the session, the entries of the log."""
    async with context.db.transaction():
        if attempt.purpose == "binding" and attempt.link_id is None:
            found: sso_users.Matched | sso_users.NotMatched = sso_users.LINK_OVER
        else:
            create, begun = provider.settings.create_users, sso_users.Begun(attempt.id, attempt.link_id)
            found = await sso_users.match_identity(context, verified.identity, begun, create)
        if isinstance(found, sso_users.Matched):
            return await _start_session(context, attempt, verified, found)
    missing = verified.identity.information_missing
    cause = f"{found.cause}, and no user information came: {missing}" if missing else found.cause
    return await refuse(context, found.why, cause, attempt, found.who)


async def _start_session(
    context: Context, attempt: Attempt, verified: _Verified, matched: sso_users.Matched
) -> SignedIn:
    user, identity = matched.user, verified.identity
    who = Principal(user.id, user.username)
    activities = (*matched.activities, *await sso_users.update_profile(context, user, identity))
    await users.record_login(context.db, user.id, context.now, context.client.ip_address)
    by_sso = sessions.BySingleSignOn(_recent_auth_time(context, identity), verified.metadata.end_session_endpoint)
    started = await sessions.start(context, user, False, by_sso=by_sso)
    for each in activities:
        await log.record(context, each, SYSTEM, who)
    succeeded = kinds.LoginSucceeded(
        "single sign-on",
        new_browser=started.new_browser,
        issuer=identity.issuer,
        amr=identity.amr,
        acr=identity.acr,
        no_user_information=identity.information_missing,
    )
    await log.record(context, succeeded, who, who)
    return SignedIn(started.session_token, started.browser_token, attempt.next)


def _recent_auth_time(context: Context, identity: Identity) -> int | None:
    """When the user signed in at the provider, if that still counts as reauthentication here."""
    at = identity.auth_time
    if at is None or not context.now - REAUTHENTICATION_SECONDS < at <= context.now + id_token.LEEWAY_SECONDS:
        return None
    return min(at, context.now)


async def _reauthenticate(
    context: Context, callback: Callback, current: Current, attempt: Attempt, verified: _Verified
) -> Reauthenticated | Redirect | Refused:
    who, identity, promised = current.principal, verified.identity, verified.metadata.says_auth_time
    if identity.auth_time is None and attempt.asked == "max_age" and not promised:
        again = AuthorizationRequest(attempt.next, "proof", asked="prompt")
        token = callback.browser_token or ""
        return await pending.create(context, callback.provider, verified.metadata, again, token, current)
    if identity.auth_time is None and (attempt.asked != "prompt" or promised):
        return await refuse(context, "not_fresh", "the provider promises auth_time and does not say it", attempt, who)
    if identity.auth_time is not None and identity.auth_time < attempt.created_at - id_token.LEEWAY_SECONDS:
        cause = "the sign-in at the provider is older than the question"
        return await refuse(context, "not_fresh", cause, attempt, who)
    if session_token := await _accept(context, current, identity):
        return Reauthenticated(session_token, attempt.next)
    return await refuse(context, "other_identity", "the proof is by another identity", attempt, who)


async def _accept(context: Context, current: Current, identity: Identity) -> str | None:
    """The session's new token; None if the identity is not the user's."""
    async with context.db.transaction():
        # An act that unbinds or disables the user ends the session.
        await sessions.lock_session(context, current)
        user = await users.by_id(context.db, current.session.user_id)
        if user is None or not _is(user, identity):
            return None
        session_token = await reauthentication.accept_sign_in(context, current, context.now)
        by = "auth_time" if identity.auth_time is not None else "prompt"
        given = kinds.ProofGiven(by, identity.amr, identity.acr)
        await log.record(context, given, current.principal, current.principal)
        return session_token


def _is(user: User, identity: Identity) -> bool:
    return (
        user.login_method == "sso"
        and user.disabled_at is None
        and (user.sso_issuer, user.sso_subject) == (identity.issuer, identity.subject)
    )
