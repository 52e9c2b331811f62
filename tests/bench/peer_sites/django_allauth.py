"""A site with django-allauth and its MFA, as documented. `FILE NUMBER PASSWORD KEY` creates its users."""

import base64
import sys

import django
import django_common
from django.conf import settings

settings.configure(
    **django_common.settings(
        "django_allauth",
        ["allauth", "allauth.account", "allauth.mfa"],
        ["allauth.account.middleware.AccountMiddleware"],
        AUTHENTICATION_BACKENDS=["allauth.account.auth_backends.AuthenticationBackend"],
        ACCOUNT_LOGIN_METHODS={"username"},
        ACCOUNT_EMAIL_VERIFICATION="none",
        # Its limits count per IP address, and the bench has one only.
        ACCOUNT_RATE_LIMITS=False,
        MFA_SUPPORTED_TYPES=["totp", "recovery_codes"],
        LOGIN_REDIRECT_URL="mfa_index",
    )
)
sys.modules.setdefault("django_allauth", sys.modules[__name__])
django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402  # because Django must be set up first
from django.urls import include, path  # noqa: E402  # because Django must be set up first

urlpatterns = [path("accounts/", include("allauth.urls"))]
application = get_wsgi_application()


def prepare(number: int, password: str, key: str) -> None:
    from allauth.mfa.models import Authenticator
    from allauth.mfa.utils import encrypt

    data = {"secret": encrypt(base64.b32encode(key.encode()).decode())}
    Authenticator.objects.bulk_create(
        [
            Authenticator(user=user, type=Authenticator.Type.TOTP, data=data)
            for user in django_common.users(number, password)
        ]
    )


if __name__ == "__main__":
    prepare(int(sys.argv[1]), sys.argv[2], sys.argv[3])
