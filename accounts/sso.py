"""Single Sign-On: what comes back from the identity provider is judged once; who is it, and are they let in?

A sign-in is begun in accounts/sso_attempts.py. The password login knows nothing of it.
"""

from dataclasses import dataclass

from accounts import activity, oidc, proof, sessions, sso_users, throttle
from accounts.desk import SYSTEM, UNKNOWN_USER, Desk, Person
from accounts.oidc import BadToken, Identity
from accounts.sessions import Current
from accounts.sso_attempts import Begun, Refused, Wanted, Why, refuse, secrets_of, store, why_none, why_of
from accounts.sso_provider import Busy, Conversation, IdentityProvider, Metadata
from accounts.sso_wire import Trouble, known_error
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
    desk: Desk, provider: IdentityProvider, answer: Answer, browser_token: str | None, current: Current | None
) -> SignedIn | Proved | Begun | Refused:
    """Judges what comes back from the provider. The attempt is used up before anything is asked of anybody.

    Begun: the provider did not say how fresh the sign-in is, and is asked again to ask.
    """
    state_hash = token_hash(answer.state)
    async with desk.db.transaction():
        attempt = await sso_logins.use(desk.db, state_hash, token_hash(browser_token or ""), desk.now)
        if attempt is not None:
            await throttle.end_single_sign_on(desk)
    if attempt is None:
        cause = await why_none(desk, answer.state, state_hash, browser_token)
        return await refuse(desk, "attempt", cause, Wanted("/"))
    who = current.person if attempt.purpose == "proof" and current else UNKNOWN_USER
    if answer.error:
        error = known_error(answer.error)
        why: Why = "cancelled" if error == "access_denied" else "said"
        return await refuse(desk, why, f"the provider said {error}", attempt, who)
    if attempt.purpose == "proof" and not _began(attempt, current):
        return await refuse(desk, "attempt", "the session of the proof is over", attempt, who)
    try:
        async with provider.conversation() as talk:
            metadata, identity = await _identity(desk, talk, answer, attempt)
    except Busy:
        return await refuse(desk, "busy", "too many at once", attempt, who)
    except Trouble as trouble:
        if (trouble.where, trouble.what) == (
            "token",
            "said",
        ):  # a made-up code ends nothing: else they could come without end
            async with desk.db.transaction():
                await throttle.begin_single_sign_on(desk)
        return await refuse(desk, why_of(trouble), str(trouble), attempt, who)
    except BadToken as bad:
        return await refuse(desk, "unusable", f"identity token: {bad}", attempt, who)
    if attempt.purpose == "proof" and current is not None:
        return await _prove(desk, provider, metadata, attempt, identity, current, browser_token or "")
    return await _sign_in(desk, provider, metadata, attempt, identity)


def _began(attempt: Attempt, current: Current | None) -> bool:
    """Whether this is the session that began the proof, by its present token: the one before is good for reading alone, also of this GET."""
    return current is not None and current.session.id == attempt.session_id and bool(current.session.current)


async def _identity(desk: Desk, talk: Conversation, answer: Answer, attempt: Attempt) -> tuple[Metadata, Identity]:
    """Who it is, from the provider itself. Raises Trouble, BadToken."""
    settings = talk.provider.settings
    metadata = await talk.metadata(desk.now)
    if (answer.issuer is not None or metadata.says_issuer) and answer.issuer != settings.issuer:
        raise Trouble("callback", "wrong_issuer")
    if not answer.code:
        raise Trouble("callback", "missing", "code")
    nonce, verifier = secrets_of(desk, attempt)
    tokens = await talk.tokens(metadata, answer.code, verifier)
    if not tokens["id_token"]:
        raise Trouble("token", "missing", "id_token")
    expected = oidc.Expected(settings.issuer, settings.client_id, nonce, tokens["access_token"], desk.now)
    try:
        claims = oidc.claims_of(tokens["id_token"], await talk.keys(metadata, desk.now), expected)
    except oidc.UnknownKey:
        claims = oidc.claims_of(tokens["id_token"], await talk.keys(metadata, desk.now, again=True), expected)
    information = {}
    if attempt.purpose != "proof" and metadata.userinfo_endpoint and tokens["access_token"] and oidc.lacks(claims):
        information = await talk.user_information(metadata, tokens["access_token"])
    return metadata, oidc.identity_of(claims, information)


async def _sign_in(
    desk: Desk, provider: IdentityProvider, metadata: Metadata, attempt: Attempt, identity: Identity
) -> SignedIn | Refused:
    """Everything in one transaction: who it is, their profile, the session, the entries."""
    async with desk.db.transaction():
        if attempt.purpose == "binding" and attempt.link_id is None:
            found: sso_users.Found | sso_users.Stranger = sso_users.LINK_OVER
        else:
            found = await sso_users.find(desk, identity, attempt.link_id, provider.settings.create_users)
        if isinstance(found, sso_users.Found):
            return await _let_in(desk, metadata, attempt, identity, found)
    return await refuse(desk, found.why, found.cause, attempt, found.who)


async def _let_in(
    desk: Desk, metadata: Metadata, attempt: Attempt, identity: Identity, found: sso_users.Found
) -> SignedIn:
    user = found.user
    who = Person(user.id, user.username)
    happened = (*found.happened, *await sso_users.follow(desk, user, identity))
    await users.signed_in(desk.db, user.id, desk.now, desk.visitor.address)
    by_sso = sessions.BySingleSignOn(_fresh_at(desk, identity), metadata.end_session_endpoint)
    started = await sessions.start(desk, user, False, by_sso=by_sso)
    for each in happened:
        await activity.record(desk, each, SYSTEM, who)
    succeeded = activity.LoginSucceeded(
        "single sign-on", "", started.new_browser, identity.issuer, identity.amr, identity.acr
    )
    await activity.record(desk, succeeded, who, who)
    return SignedIn(started.session_token, started.browser_token, attempt.next)


def _fresh_at(desk: Desk, identity: Identity) -> int | None:
    """When they signed in at the provider, if that still counts as a proof here; an old session there is none."""
    at = identity.auth_time
    if at is None or not desk.now - proof.GOOD_FOR_SECONDS < at <= desk.now + oidc.LEEWAY_SECONDS:
        return None
    return min(at, desk.now)


async def _prove(
    desk: Desk,
    provider: IdentityProvider,
    metadata: Metadata,
    attempt: Attempt,
    identity: Identity,
    current: Current,
    browser_token: str,
) -> Proved | Begun | Refused:
    who = current.person
    if identity.auth_time is None and attempt.asked == "max_age" and not metadata.says_auth_time:
        again = Wanted(attempt.next, "proof", asked="prompt")
        return await store(desk, provider, metadata, again, browser_token, current)
    if identity.auth_time is None and (attempt.asked != "prompt" or metadata.says_auth_time):
        return await refuse(desk, "not_fresh", "the provider promises auth_time and does not say it", attempt, who)
    if identity.auth_time is not None and identity.auth_time < attempt.created_at - oidc.LEEWAY_SECONDS:
        return await refuse(desk, "not_fresh", "the sign-in at the provider is older than the question", attempt, who)
    async with desk.db.transaction():
        await sessions.hold(desk, current)  # whoever unbinds or disables the user ends it
        user = await users.by_id(desk.db, current.session.user_id)
        if user is not None and _is(user, identity):
            session_token = await proof.accept_sign_in(desk, current, desk.now)
            given = activity.ProofGiven(
                "auth_time" if identity.auth_time is not None else "prompt", identity.amr, identity.acr
            )
            await activity.record(desk, given, who, who)
            return Proved(session_token, attempt.next)
    return await refuse(desk, "other_identity", "the proof is by another identity", attempt, who)


def _is(user: User, identity: Identity) -> bool:
    return (
        user.login_method == "sso"
        and user.disabled_at is None
        and (user.sso_issuer, user.sso_subject) == (identity.issuer, identity.subject)
    )
