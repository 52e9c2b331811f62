"""My User as a page: its parts, each as a handler passes it in, or in its current state."""

from dataclasses import dataclass

from starlette.requests import Request

from routes.my_user.profile_card import ProfileCard, profile_now
from routes.my_user.sessions_card import SessionsCard, sessions_now
from routes.my_user.two_factor_card import TwoFactorCard
from routes.my_user.two_factor_states import card_now
from routes.web.part import Page


@dataclass(frozen=True)
class MyUserPage(Page):
    template = "my_user/my_user.html"
    profile: ProfileCard
    two_factor: TwoFactorCard
    sessions: SessionsCard
    password_changed: bool = False


async def my_user_page(
    request: Request,
    *,
    profile: ProfileCard | None = None,
    two_factor: TwoFactorCard | None = None,
    sessions: SessionsCard | None = None,
) -> MyUserPage:
    """What is not handed over is fetched."""
    return MyUserPage(
        profile or await profile_now(request),
        two_factor or await card_now(request),
        sessions or await sessions_now(request),
        password_changed=request.query_params.get("password") == "changed",
    )
