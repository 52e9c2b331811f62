"""What both Django sites share: SQLite as favourable as Django allows, the same Argon2id, sessions in the database."""

from pathlib import Path
from typing import Any

from django.contrib.auth.hashers import Argon2PasswordHasher

TEMPLATES = Path(__file__).with_name("templates")


class Hasher(Argon2PasswordHasher):
    time_cost, memory_cost, parallelism = 2, 19 * 1024, 1


def settings(root_urlconf: str, apps: list[str], middleware: list[str], **more: Any) -> dict[str, Any]:
    """Settings as Django's documentation has them; the database lies in the current directory."""
    processors = ("django.template.context_processors.request", "django.contrib.auth.context_processors.auth")
    return {
        "SECRET_KEY": "x" * 50,
        "DEBUG": False,
        "ALLOWED_HOSTS": ["*"],
        "ROOT_URLCONF": root_urlconf,
        "USE_TZ": True,
        "INSTALLED_APPS": [
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "django.contrib.messages",
            *apps,
        ],
        "MIDDLEWARE": [
            "django.middleware.security.SecurityMiddleware",
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
            "django.middleware.clickjacking.XFrameOptionsMiddleware",
            *middleware,
        ],
        "DATABASES": {
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": Path.cwd() / "db.sqlite3",
                "CONN_MAX_AGE": None,
                "OPTIONS": {
                    "transaction_mode": "IMMEDIATE",
                    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL",
                },
            }
        },
        "TEMPLATES": [
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "DIRS": [str(TEMPLATES)],
                "APP_DIRS": True,
                "OPTIONS": {"context_processors": processors},
            }
        ],
        "PASSWORD_HASHERS": ["django_common.Hasher"],
        "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
        **more,
    }


def users(number: int, password: str) -> list[Any]:
    """Creates the tables and so many users with one password."""
    from django.contrib.auth.hashers import make_password
    from django.contrib.auth.models import User
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    hashed = make_password(password)
    return User.objects.bulk_create([User(username=f"user-{each:07}", password=hashed) for each in range(number)])
