"""Single Sign-On: what comes back from the identity provider is judged once; who is it, and are they let in?

A sign-in is begun in accounts/sso_attempts.py. The password login knows nothing of it.
"""

from dataclasses import dataclass

from accounts import sessions
from accounts.activity import kinds, log
from accounts.context import SYSTEM, UNKNOWN_USER, Context, Principal
from accounts.limits import REAUTHENTICATION_SECONDS
from accounts.login import reauthentication, throttle
from accounts.sessions import Current
from accounts.sso import id_token
from accounts.sso import users as sso_users
from accounts.sso.http import Trouble, known_error
from accounts.sso.id_token import BadToken, Identity
from accounts.sso.pending import Begun, Refused, Wanted, Why, refuse, secrets_of, store, why_none, why_of
from accounts.sso.provider import Busy, Conversation, IdentityProvider, Metadata
from accounts.vault import token_hash
from db import sso_logins, users
from db.sso_logins import Attempt
from db.users import User

LONGEST_STATE = 200
LONGEST_CODE = 8 * 1024


@dataclass(frozen=True)
class Answer:
    """What the browser brings back from the provider."""

    state: str
    code: str
    error: str
    issuer: str | None  # RFC 9207


@dataclass(frozen=True)
class SignedIn:
    session_token: str
    browser_token: str
    next: str


@dataclass(frozen=True)
class Proved:
    """The same person, freshly signed in at the provider."""

    session_token: str
    next: str


async def finish(
    context: Context, provider: IdentityProvider, answer: Answer, browser_token: str | None, current: Current | None
) -> SignedIn | Proved | Begun | Refused:
    """Judges what comes back from the provider. The attempt is used up before anything is asked of anybody.

    Begun: the provider did not say how fresh the sign-in is, and is asked again to ask.
    """
    state_hash = token_hash(answer.state)
    async with context.db.transaction():
        attempt = await sso_logins.use(context.db, state_hash, token_hash(browser_token or ""), context.now)
        if attempt is not None:
            await throttle.end_single_sign_on(context)
    if attempt is None:
        cause = await why_none(context, answer.state, state_hash, browser_token)
        return await refuse(context, "attempt", cause, Wanted("/"))
    who = current.principal if attempt.purpose == "proof" and current else UNKNOWN_USER
    if answer.error:
        error = known_error(answer.error)
        why: Why = "cancelled" if error == "access_denied" else "said"
        return await refuse(context, why, f"the provider said {error}", attempt, who)
    if attempt.purpose == "proof" and not _began(attempt, current):
        return await refuse(context, "attempt", "the session of the proof is over", attempt, who)
    try:
        async with provider.conversation() as talk:
            metadata, identity = await _identity(context, talk, answer, attempt)
    except Busy:
        return await refuse(context, "busy", "too many at once", attempt, who)
    except Trouble as trouble:
        if (trouble.where, trouble.what) == (
            "token",
            "said",
        ):  # a made-up code ends nothing: else they could come without end
            async with context.db.transaction():
                await throttle.begin_single_sign_on(context)
        return await refuse(context, why_of(trouble), str(trouble), attempt, who)
    except BadToken as bad:
        return await refuse(context, "unusable", f"identity token: {bad}", attempt, who)
    if attempt.purpose == "proof" and current is not None:
        return await _prove(context, provider, metadata, attempt, identity, current, browser_token or "")
    return await _sign_in(context, provider, metadata, attempt, identity)


def _began(attempt: Attempt, current: Current | None) -> bool:
    """Whether this is the session that began the proof, by its present token: the one before is good for reading alone, also of this GET."""
    return current is not None and current.session.id == attempt.session_id and bool(current.session.current)


async def _identity(
    context: Context, talk: Conversation, answer: Answer, attempt: Attempt
) -> tuple[Metadata, Identity]:
    """Who it is, from the provider itself. Raises Trouble, BadToken."""
    settings = talk.provider.settings
    metadata = await talk.metadata(context.now)
    if (answer.issuer is not None or metadata.says_issuer) and answer.issuer != settings.issuer:
        raise Trouble("callback", "wrong_issuer")
    if not answer.code:
        raise Trouble("callback", "missing", "code")
    nonce, verifier = secrets_of(context, attempt)
    tokens = await talk.tokens(metadata, answer.code, verifier)
    if not tokens["id_token"]:
        raise Trouble("token", "missing", "id_token")
    expected = id_token.Expected(settings.issuer, settings.client_id, nonce, tokens["access_token"], context.now)
    try:
        claims = id_token.claims_of(tokens["id_token"], await talk.keys(metadata, context.now), expected)
    except id_token.UnknownKey:
        claims = id_token.claims_of(tokens["id_token"], await talk.keys(metadata, context.now, again=True), expected)
    information = {}
    if attempt.purpose != "proof" and metadata.userinfo_endpoint and tokens["access_token"] and id_token.lacks(claims):
        information = await talk.user_information(metadata, tokens["access_token"])
    return metadata, id_token.identity_of(claims, information)


async def _sign_in(
    context: Context, provider: IdentityProvider, metadata: Metadata, attempt: Attempt, identity: Identity
) -> SignedIn | Refused:
    """Everything in one transaction: who it is, their profile, the session, the entries."""
    async with context.db.transaction():
        if attempt.purpose == "binding" and attempt.link_id is None:
            found: sso_users.Found | sso_users.Stranger = sso_users.LINK_OVER
        else:
            found = await sso_users.find(context, identity, attempt.link_id, provider.settings.create_users)
        if isinstance(found, sso_users.Found):
            return await _let_in(context, metadata, attempt, identity, found)
    return await refuse(context, found.why, found.cause, attempt, found.who)


async def _let_in(
    context: Context, metadata: Metadata, attempt: Attempt, identity: Identity, found: sso_users.Found
) -> SignedIn:
    user = found.user
    who = Principal(user.id, user.username)
    happened = (*found.happened, *await sso_users.follow(context, user, identity))
    await users.record_login(context.db, user.id, context.now, context.client.ip_address)
    by_sso = sessions.BySingleSignOn(_fresh_at(context, identity), metadata.end_session_endpoint)
    started = await sessions.start(context, user, False, by_sso=by_sso)
    for each in happened:
        await log.record(context, each, SYSTEM, who)
    succeeded = kinds.LoginSucceeded(
        "single sign-on", "", started.new_browser, identity.issuer, identity.amr, identity.acr
    )
    await log.record(context, succeeded, who, who)
    return SignedIn(started.session_token, started.browser_token, attempt.next)


def _fresh_at(context: Context, identity: Identity) -> int | None:
    """When they signed in at the provider, if that still counts as a proof here; an old session there is none."""
    at = identity.auth_time
    if at is None or not context.now - REAUTHENTICATION_SECONDS < at <= context.now + id_token.LEEWAY_SECONDS:
        return None
    return min(at, context.now)


async def _prove(
    context: Context,
    provider: IdentityProvider,
    metadata: Metadata,
    attempt: Attempt,
    identity: Identity,
    current: Current,
    browser_token: str,
) -> Proved | Begun | Refused:
    who = current.principal
    if identity.auth_time is None and attempt.asked == "max_age" and not metadata.says_auth_time:
        again = Wanted(attempt.next, "proof", asked="prompt")
        return await store(context, provider, metadata, again, browser_token, current)
    if identity.auth_time is None and (attempt.asked != "prompt" or metadata.says_auth_time):
        return await refuse(context, "not_fresh", "the provider promises auth_time and does not say it", attempt, who)
    if identity.auth_time is not None and identity.auth_time < attempt.created_at - id_token.LEEWAY_SECONDS:
        return await refuse(
            context, "not_fresh", "the sign-in at the provider is older than the question", attempt, who
        )
    async with context.db.transaction():
        await sessions.hold(context, current)  # whoever unbinds or disables the user ends it
        user = await users.by_id(context.db, current.session.user_id)
        if user is not None and _is(user, identity):
            session_token = await reauthentication.accept_sign_in(context, current, context.now)
            given = kinds.ProofGiven(
                "auth_time" if identity.auth_time is not None else "prompt", identity.amr, identity.acr
            )
            await log.record(context, given, who, who)
            return Proved(session_token, attempt.next)
    return await refuse(context, "other_identity", "the proof is by another identity", attempt, who)


def _is(user: User, identity: Identity) -> bool:
    return (
        user.login_method == "sso"
        and user.disabled_at is None
        and (user.sso_issuer, user.sso_subject) == (identity.issuer, identity.subject)
    )
