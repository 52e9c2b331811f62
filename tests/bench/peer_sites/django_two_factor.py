"""A site with django-two-factor-auth, as documented. `FILE NUMBER PASSWORD KEY` creates its users."""

import sys

import django
import django_common
from django.conf import settings

settings.configure(
    **django_common.settings(
        "django_two_factor",
        ["django_otp", "django_otp.plugins.otp_static", "django_otp.plugins.otp_totp", "two_factor"],
        ["django_otp.middleware.OTPMiddleware"],
        LOGIN_URL="two_factor:login",
        LOGIN_REDIRECT_URL="two_factor:profile",
    )
)
sys.modules.setdefault("django_two_factor", sys.modules[__name__])
django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402  # because Django must be set up first
from django.urls import include, path  # noqa: E402  # because Django must be set up first
from two_factor.urls import urlpatterns as two_factor_patterns  # noqa: E402  # because Django must be set up first

urlpatterns = [path("", include(two_factor_patterns))]
application = get_wsgi_application()


def prepare(number: int, password: str, key: str) -> None:
    from django_otp.plugins.otp_totp.models import TOTPDevice

    hex_key = key.encode().hex()
    TOTPDevice.objects.bulk_create(
        [TOTPDevice(user=user, name="default", key=hex_key) for user in django_common.users(number, password)]
    )


if __name__ == "__main__":
    prepare(int(sys.argv[1]), sys.argv[2], sys.argv[3])
