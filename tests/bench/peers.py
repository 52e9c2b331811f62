"""django-two-factor-auth with the same hash, in an environment of its own: what the figures are held against."""

import asyncio
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pyotp

from accounts.two_factor import totp
from tests.bench import client, crowd
from tests.bench.client import Answer, Connection
from tests.bench.crowd import PASSWORD
from tests.bench.figure import Figure, at_least, percentile, spread
from tests.bench.logins import CLIENTS, Load, run, sign_in_at_once
from tests.bench.server import Server

CACHE = Path.home() / ".cache" / "two-keys-bench" / "peers"
PACKAGES = ("django", "django-two-factor-auth", "argon2-cffi", "gunicorn", "qrcode")
PYTHON = str(CACHE / "bin" / "python")
USERS = 1500
PAUSE_SECONDS = 0.05  # between the pages that are opened meanwhile: so few that they take nothing from the logins
_TOKEN = re.compile(rb'name="csrfmiddlewaretoken" value="([^"]+)"')

# A Django project as its documentation sets one up, favoured where that is cheap: connections kept, WAL, BEGIN IMMEDIATE, cached templates.
PROJECT = """
import sys
from pathlib import Path
from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher

class Hasher(Argon2PasswordHasher):
    time_cost, memory_cost, parallelism = 2, 19 * 1024, 1

settings.configure(
    SECRET_KEY="x" * 50, DEBUG=False, ALLOWED_HOSTS=["*"], ROOT_URLCONF="peer", USE_TZ=True,
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "django.contrib.messages",
                    "django_otp", "django_otp.plugins.otp_static", "django_otp.plugins.otp_totp", "two_factor"],
    MIDDLEWARE=["django.middleware.security.SecurityMiddleware", "django.contrib.sessions.middleware.SessionMiddleware",
                "django.middleware.common.CommonMiddleware", "django.middleware.csrf.CsrfViewMiddleware",
                "django.contrib.auth.middleware.AuthenticationMiddleware", "django_otp.middleware.OTPMiddleware",
                "django.contrib.messages.middleware.MessageMiddleware"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": Path(__file__).with_name("db.sqlite3"), "CONN_MAX_AGE": None,
               "OPTIONS": {"transaction_mode": "IMMEDIATE", "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL"}}},
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": [str(Path(__file__).parent)], "APP_DIRS": True,
                "OPTIONS": {"context_processors": ["django.template.context_processors.request", "django.contrib.auth.context_processors.auth"]}}],
    PASSWORD_HASHERS=["peer.Hasher"], LOGIN_URL="two_factor:login", LOGIN_REDIRECT_URL="/", DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
)
sys.modules.setdefault("peer", sys.modules[__name__])
import django
django.setup()
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import include, path
from two_factor.urls import urlpatterns as two_factor_patterns
from two_factor.views import LoginView

home = login_required(lambda request: render(request, "home.html"))
urlpatterns = [path("login", LoginView.as_view()), path("", include(two_factor_patterns)), path("", home)]
from django.core.wsgi import get_wsgi_application
application = get_wsgi_application()

def prepare(number, password, key):
    from django.contrib.auth.hashers import make_password
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from django_otp.plugins.otp_totp.models import TOTPDevice
    call_command("migrate", verbosity=0)
    hashed = make_password(password)
    users = User.objects.bulk_create([User(username=f"user-{each:07}", password=hashed) for each in range(number)])
    TOTPDevice.objects.bulk_create([TOTPDevice(user=user, name="default", key=key) for user in users])

if __name__ == "__main__":
    prepare(int(sys.argv[1]), sys.argv[2], sys.argv[3])
"""
HOME = """<!doctype html><title>Home</title><h1>Hello {{ user.username }}</h1>"""


def peers(folder: Path) -> list[Figure]:
    """Logins/s of one worker against django-two-factor-auth under gunicorn: at least 3 times one worker, 2 times two workers.

    The same hash, code and clients; there a login is the page, the password and the code: three requests. 4 rounds of 3 s for each in turn.
    The note holds the 99th percentile of a page meanwhile.
    """
    _install()
    ours, theirs = folder / "ours", folder / "theirs"
    ours.mkdir()
    theirs.mkdir()
    people, key = crowd.gather(ours, USERS), totp.new_key()
    cookies = people.cookies()
    _make_project(theirs, key)
    fresh = iter([f"user-{number:07}" for number in range(USERS)])
    gunicorn = ("-m", "gunicorn", "--chdir", str(theirs), "--bind", "127.0.0.1:{port}", "--log-level", "error")
    rounds: list[dict[str, Load]] = []
    with (
        Server(ours) as us,
        Server(theirs, (*gunicorn, "--workers", "1", "peer:application"), PYTHON) as one,
        Server(theirs, (*gunicorn, "--workers", "2", "peer:application"), PYTHON) as two,
    ):
        for _ in range(4):
            rounds.append({"us": run(sign_in_at_once(us, people, 3, cookies, PAUSE_SECONDS))})
            for name, server in (("1 worker", one), ("2 workers", two)):
                rounds[-1][name] = run(_sign_in_there(server, fresh, pyotp.TOTP(key), 3))
    return [_compared(rounds, "1 worker", 3), _compared(rounds, "2 workers", 2)]


def _compared(rounds: list[dict[str, Load]], other: str, goal: float) -> Figure:
    rates = {name: [each[name].logins / each[name].seconds for each in rounds] for name in ("us", other)}
    ratios = [ours / theirs for ours, theirs in zip(rates["us"], rates[other], strict=True)]
    waits = {
        name: percentile([wait for each in rounds for wait in each[name].page_seconds], 99) * 1000 for name in rates
    }
    notes = (
        f"{statistics.median(rates['us']):.1f}/s against {statistics.median(rates[other]):.1f}/s; {spread(ratios)}",
        f"p99 of a page meanwhile: {waits['us']:.0f} ms against {waits[other]:.0f} ms",
    )
    return at_least(
        f"Logins/s, one worker ÷ django-two-factor-auth, {other}", goal, statistics.median(ratios), notes=notes
    )


def _install() -> None:
    if (CACHE / "installed").exists():
        return
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(CACHE)], check=True)
    subprocess.run([PYTHON, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
    (CACHE / "installed").touch()


def _make_project(folder: Path, key: str) -> None:
    (folder / "peer.py").write_text(PROJECT)
    (folder / "home.html").write_text(HOME)
    (folder / "_base.html").write_text("{% block content_wrapper %}{% block content %}{% endblock %}{% endblock %}")
    hex_key = pyotp.TOTP(key).byte_secret().hex()
    subprocess.run([PYTHON, "peer.py", str(USERS), PASSWORD, hex_key], cwd=folder, check=True)


async def _sign_in_there(server: Server, fresh: Iterator[str], codes: pyotp.TOTP, seconds: float) -> Load:
    began, cpu, done = time.perf_counter(), time.process_time(), 0
    page_seconds: list[float] = []
    reader = await _login_there(server, next(fresh), codes)

    async def signing_in() -> None:
        nonlocal done
        while time.perf_counter() - began < seconds:
            await _login_there(server, next(fresh), codes)
            done += 1

    async def reading() -> None:
        while time.perf_counter() - began < seconds:
            asked = time.perf_counter()
            assert (await _once(server, client.get("/", reader))).status == 200
            page_seconds.append(time.perf_counter() - asked)
            await asyncio.sleep(PAUSE_SECONDS)

    await asyncio.gather(*(signing_in() for _ in range(CLIENTS)), reading())
    return Load(done, time.perf_counter() - began, time.process_time() - cpu, page_seconds)


async def _login_there(server: Server, username: str, codes: pyotp.TOTP) -> str:
    """The page, the password, the code; the cookies of the session."""
    page = await _once(server, client.get("/login"))
    cookies = _jar(page)
    steps = (
        {"login_view-current_step": "auth", "auth-username": username, "auth-password": PASSWORD},
        {"login_view-current_step": "token", "token-otp_token": codes.now()},
    )
    answer = page
    for step in steps:
        found = _TOKEN.search(answer.body)
        assert found, answer
        sent = "; ".join(f"{name}={value}" for name, value in cookies.items())
        answer = await _once(
            server, client.post("/login", {**step, "csrfmiddlewaretoken": found.group(1).decode()}, sent)
        )
        cookies |= _jar(answer)
    assert answer.status == 302, answer
    return "; ".join(f"{name}={value}" for name, value in cookies.items())


def _jar(answer: Answer) -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in answer.cookies.split("; ") if pair)


async def _once(server: Server, request: bytes) -> Answer:
    """gunicorn's synchronous workers close each connection."""
    connection = Connection(server.port)
    answer = await connection.send(request)
    connection.close()
    return answer
