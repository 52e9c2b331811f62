"""What pages show of a user's Single Sign-On."""

from dataclasses import dataclass

from starlette.requests import Request

from db.users import User
from routes.web.request import config_of


@dataclass(frozen=True)
class SingleSignOn:
    """A user's identity at the provider, and how strong their last sign-in was (words:
    users/_single_sign_on.html).
    """

    # its name; "" while Single Sign-On is not configured
    provider: str
    # Bound to an identity; else waiting for the first sign-in.
    bound: bool
    # bound, but not by the provider that is configured: cannot sign in
    elsewhere: bool
    # who knows them: "" while waiting
    issuer: str
    # by which name
    subject: str
    # how they showed it there (`amr`): values of RFC 8176 section 2, and others
    methods: tuple[str, ...]
    # how strong that is (`acr`), as the provider calls it
    level: str


def single_sign_on_of(request: Request, user: User) -> SingleSignOn | None:
    """None for those who sign in with a password."""
    if user.login_method != "sso":
        return None
    provider, bound = config_of(request).sso, user.sso_subject is not None
    return SingleSignOn(
        provider=provider.name if provider else "",
        bound=bound,
        elsewhere=bound and (provider is None or provider.issuer != user.sso_issuer),
        issuer=user.sso_issuer or "",
        subject=user.sso_subject or "",
        methods=tuple(user.sso_amr.split()),
        level=user.sso_acr,
    )
