"""Single Sign-On: a sign-in is begun here, goes on at the identity provider, and comes back once, to the browser that began it.

Code flow with PKCE, state and nonce (OpenID Connect Core 3.1, RFC 7636). The password login knows nothing of it.
"""

import json
from dataclasses import dataclass
from typing import Literal

from accounts import activity, oidc, proof, sessions, sso_users, throttle
from accounts.desk import SYSTEM, UNKNOWN_USER, Desk, Person
from accounts.oidc import BadToken, Identity
from accounts.sessions import Current
from accounts.sso_provider import Busy, Conversation, IdentityProvider, Metadata
from accounts.sso_wire import SILENT, Trouble, known_error
from accounts.vault import Unreadable, token, token_hash
from db import links, sso_logins, users
from db.sso_logins import Attempt
from db.users import User

LIVES_SECONDS = 10 * 60
LONGEST_STATE = 200
LONGEST_CODE = 8 * 1024

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


@dataclass(frozen=True)
class Refused:
    """The person gets a page, the log the exact cause."""

    why: Why
    purpose: Purpose = "login"
    next: str = "/"


async def begin(
    desk: Desk, provider: IdentityProvider, wanted: Wanted, browser_token: str | None, current: Current | None = None
) -> Begun | Refused:
    """Begins a sign-in at the provider: for a proof in the session `current`, else for anybody."""
    try:
        metadata = provider.known(desk.now)
        if metadata is None:
            async with provider.conversation() as talk:
                metadata = await talk.metadata(desk.now)
    except Busy:
        return await _refuse(desk, "busy", "too many at once", wanted)
    except Trouble as trouble:
        return await _refuse(desk, _why(trouble), str(trouble), wanted)
    return await _store(desk, provider, metadata, wanted, browser_token or token(), current)


def _why(trouble: Trouble) -> Why:
    return "silent" if trouble.what in SILENT else "unusable"


async def _store(
    desk: Desk,
    provider: IdentityProvider,
    metadata: Metadata,
    wanted: Wanted,
    browser_token: str,
    current: Current | None,
) -> Begun | Refused:
    state, nonce, verifier = token(), token(), token()
    state_hash = token_hash(state)
    key_id, sealed = desk.vault.encrypt(json.dumps([nonce, verifier]).encode(), _bound_to(state_hash))
    async with desk.db.transaction():
        waiting = await throttle.begin_single_sign_on(desk)
        link = (
            await links.find(desk.db, "binding", token_hash(wanted.link_token), desk.now) if wanted.link_token else None
        )
        if not waiting and (link is not None or wanted.purpose != "binding"):
            if current is not None:
                await sessions.hold(desk, current)
            await sso_logins.add(
                desk.db,
                sso_logins.New(
                    state_hash=state_hash,
                    browser_hash=token_hash(browser_token),
                    purpose=wanted.purpose,
                    session_id=current.session.id if current else None,
                    link_id=link.id if link else None,
                    key_id=key_id,
                    sealed=sealed,
                    next=wanted.next,
                    asked=wanted.asked,
                    created_at=desk.now,
                    expires_at=desk.now + LIVES_SECONDS,
                ),
            )
    if waiting:
        return await _refuse(desk, "too_many", "too many begun from one network", wanted)
    if link is None and wanted.purpose == "binding":
        return await _refuse(desk, "link_over", "the link does not work any more", wanted)
    return Begun(_address(provider, metadata, wanted.asked, state, nonce, verifier), browser_token)


def _bound_to(state_hash: bytes) -> str:
    return f"sso login {state_hash.hex()}"


def _address(provider: IdentityProvider, metadata: Metadata, asked: str, state: str, nonce: str, verifier: str) -> str:
    """Where the browser is sent (OpenID Connect Core 3.1.2.1)."""
    fresh = {"": {}, "max_age": {"max_age": "0"}, "prompt": {"max_age": "0", "prompt": "login"}}[asked]
    return oidc.authorization_address(
        metadata.authorization_endpoint,
        provider.settings.client_id,
        provider.redirect_uri,
        {"state": state, "nonce": nonce, **fresh},
        verifier,
    )


async def _refuse(desk: Desk, why: Why, cause: str, wanted: Wanted | Attempt, who: Person = UNKNOWN_USER) -> Refused:
    """The refusal, with its entry in the log: of a proof as such, else of a sign-in."""
    purpose: Purpose = "proof" if wanted.purpose == "proof" else "binding" if wanted.purpose == "binding" else "login"
    kind = activity.ProofRefused if purpose == "proof" else activity.LoginRefused
    async with desk.db.transaction():
        await activity.record_refusal(desk, kind(f"sso: {cause}"), who, who)
    return Refused(why, purpose, wanted.next)


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
        cause = await _why_no_attempt(desk, answer.state, state_hash, browser_token)
        return await _refuse(desk, "attempt", cause, Wanted("/"))
    who = current.person if attempt.purpose == "proof" and current else UNKNOWN_USER
    if answer.error:
        error = known_error(answer.error)
        why: Why = "cancelled" if error == "access_denied" else "said"
        return await _refuse(desk, why, f"the provider said {error}", attempt, who)
    if attempt.purpose == "proof" and (current is None or current.session.id != attempt.session_id):
        return await _refuse(desk, "attempt", "the session of the proof is over", attempt, who)
    try:
        async with provider.conversation() as talk:
            metadata, identity = await _identity(desk, talk, answer, attempt)
    except Busy:
        return await _refuse(desk, "busy", "too many at once", attempt, who)
    except Trouble as trouble:
        return await _refuse(desk, _why(trouble), str(trouble), attempt, who)
    except BadToken as bad:
        return await _refuse(desk, "unusable", f"identity token: {bad}", attempt, who)
    if attempt.purpose == "proof" and current is not None:
        return await _prove(desk, provider, metadata, attempt, identity, current, browser_token or "")
    return await _sign_in(desk, provider, metadata, attempt, identity)


async def under_way(desk: Desk, browser_token: str | None) -> bool:
    """Whether this browser, in another tab, has a sign-in at the provider that can still come back."""
    return browser_token is not None and await sso_logins.under_way(desk.db, token_hash(browser_token), desk.now)


async def _why_no_attempt(desk: Desk, state: str, state_hash: bytes, browser_token: str | None) -> str:
    """Why an answer of the provider is no answer to us, for the log."""
    attempt = await sso_logins.find(desk.db, state_hash) if state else None
    if attempt is None:
        return "the state is unknown" if state else "the state is missing"
    if attempt.used_at is not None:
        return "the state was used already"
    if attempt.expires_at <= desk.now:
        return "the attempt has run out"
    return "another browser began it" if browser_token else "the browser has no cookie of the attempt"


async def _identity(desk: Desk, talk: Conversation, answer: Answer, attempt: Attempt) -> tuple[Metadata, Identity]:
    """Who it is, from the provider itself. Raises Trouble, BadToken."""
    settings = talk.provider.settings
    metadata = await talk.metadata(desk.now)
    if (answer.issuer is not None or metadata.says_issuer) and answer.issuer != settings.issuer:
        raise Trouble("callback", "wrong_issuer")
    if not answer.code:
        raise Trouble("callback", "missing", "code")
    try:
        nonce, verifier = json.loads(desk.vault.decrypt(attempt.key_id, attempt.sealed, _bound_to(attempt.state_hash)))
    except Unreadable as error:
        raise Trouble("callback", "missing", "the attempt cannot be read") from error
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
    return await _refuse(desk, found.why, found.cause, attempt, found.who)


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
        return await _store(desk, provider, metadata, again, browser_token, current)
    if identity.auth_time is None and (attempt.asked != "prompt" or metadata.says_auth_time):
        return await _refuse(desk, "not_fresh", "the provider promises auth_time and does not say it", attempt, who)
    if identity.auth_time is not None and identity.auth_time < attempt.created_at - oidc.LEEWAY_SECONDS:
        return await _refuse(desk, "not_fresh", "the sign-in at the provider is older than the question", attempt, who)
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
    return await _refuse(desk, "other_identity", "the proof is by another identity", attempt, who)


def _is(user: User, identity: Identity) -> bool:
    return (
        user.login_method == "sso"
        and user.disabled_at is None
        and (user.sso_issuer, user.sso_subject) == (identity.issuer, identity.subject)
    )


async def way_out(desk: Desk, provider: IdentityProvider) -> str | Refused:
    """Where one signs out of the provider, too (OpenID Connect RP-Initiated Logout 2); "" if it has no such place."""
    try:
        metadata = provider.known(desk.now)
        if metadata is None:
            async with provider.conversation() as talk:
                metadata = await talk.metadata(desk.now)
    except (Busy, Trouble) as trouble:
        return Refused("busy" if isinstance(trouble, Busy) else _why(trouble))
    return oidc.end_session_address(metadata.end_session_endpoint, provider.settings.client_id, provider.signed_out_uri)
