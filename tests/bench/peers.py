"""Other products with the same hash: how their sites are installed and prepared, and how a browser signs in there."""

import base64
import hashlib
import re
import shutil
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyotp

from tests.bench import client
from tests.bench.client import Answer, Connection
from tests.bench.crowd import PASSWORD
from tests.bench.server import Server

SITES = Path(__file__).with_name("peer_sites")
CACHE = Path.home() / ".cache" / "two-keys-bench"
# The bytes of one TOTP key for all users.
KEY = "abcdefghij0123456789"
_TOKEN = re.compile(rb'name="(csrfmiddlewaretoken|csrf_token)"[^>]* value="([^"]+)"')


@dataclass(frozen=True)
class Peer:
    """A product, and the site in peer_sites that runs it."""

    name: str
    site: str
    # the steps of a login, from the form to the session
    sign_in: "Callable[[Visit, str], Awaitable[None]]"
    # what a signed-in user opens
    page: str
    first_path: str
    # whether the server keeps connections
    keep: bool = False
    node: bool = False

    def server(self, folder: Path, workers: int = 1) -> Server:
        """Its server, not started yet."""
        if self.node:
            program: tuple[str, ...] = (self.site, "serve", "{port}")
            return Server(folder, program, run_by=_node(), tree=folder, first_path=self.first_path)
        bound = ("--chdir", str(folder), "--pythonpath", str(SITES), "--bind", "127.0.0.1:{port}")
        program = (
            "-m",
            "gunicorn",
            *bound,
            "--workers",
            str(workers),
            "--log-level",
            "error",
            f"{self.site}:application",
        )
        return Server(folder, program, run_by=str(_python()), tree=folder, first_path=self.first_path)

    def prepare(self, folder: Path, users: int) -> None:
        """Creates its database, with users who have one password and one TOTP key."""
        folder.mkdir()
        made = (str(users), PASSWORD, KEY)
        if self.node:
            for name in (self.site, "package.json"):
                shutil.copy(SITES / name, folder)
            (folder / "node_modules").symlink_to(CACHE / "node" / "node_modules")
            command = [_node(), self.site, "prepare", *made]
        else:
            command = [str(_python()), "-B", str(SITES / f"{self.site}.py"), *made]
        done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


@dataclass
class Visit:
    """A browser at a peer: it signs users in, one after the other, and keeps the cookies of the last."""

    peer: Peer
    server: Server
    fresh: Iterator[str]
    cookies: dict[str, str] = field(default_factory=dict)
    _connection: Connection | None = None
    _token: tuple[str, str] | None = None

    async def sign_in(self) -> None:
        self.cookies.clear()
        await self.peer.sign_in(self, next(self.fresh))

    def close(self) -> None:
        if self._connection:
            self._connection.close()
            self._connection = None

    @property
    def code(self) -> str:
        return pyotp.TOTP(_base32(KEY)).now()

    @property
    def sent(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    async def get(self, path: str) -> Answer:
        return await self._exchange(client.get(path, self.sent))

    async def submit(self, path: str, expected: int, **values: str) -> Answer:
        """A form, with the token that the last page held."""
        assert self._token
        answer = await self._exchange(client.post(path, {**values, self._token[0]: self._token[1]}, self.sent))
        assert answer.status == expected, answer
        return answer

    async def submit_json(self, path: str, **values: str) -> None:
        answer = await self._exchange(client.post_json(path, values, self.sent))
        assert answer.status == 200, answer

    async def _exchange(self, request: bytes) -> Answer:
        self._connection = self._connection or Connection(self.server.port)
        answer = await self._connection.send(request)
        if not self.peer.keep:
            self.close()
        self.cookies |= answer.cookies
        if found := _TOKEN.search(answer.body):
            self._token = found[1].decode(), found[2].decode()
        return answer


async def _django_two_factor(visit: Visit, username: str) -> None:
    path, step = "/account/login/", "login_view-current_step"
    await visit.get(path)
    password = {step: "auth", "auth-username": username, "auth-password": PASSWORD}
    await visit.submit(path, 200, **password)
    await visit.submit(path, 302, **{step: "token", "token-otp_token": visit.code})


async def _django_allauth(visit: Visit, username: str) -> None:
    path, code = "/accounts/login/", "/accounts/2fa/authenticate/"
    await visit.get(path)
    await visit.submit(path, 302, login=username, password=PASSWORD)
    await visit.get(code)
    await visit.submit(code, 302, code=visit.code)


async def _flask_security(visit: Visit, username: str) -> None:
    path, code = "/login", "/tf-validate"
    await visit.get(path)
    await visit.submit(path, 302, email=f"{username}@example.org", password=PASSWORD)
    await visit.get(code)
    await visit.submit(code, 302, code=visit.code)


async def _better_auth(visit: Visit, username: str) -> None:
    await visit.submit_json("/api/auth/sign-in/email", email=f"{username}@example.org", password=PASSWORD)
    await visit.submit_json("/api/auth/two-factor/verify-totp", code=visit.code)


PYTHON_PEERS = (
    Peer("django-two-factor-auth", "django_two_factor", _django_two_factor, "/account/two_factor/", "/account/login/"),
    Peer("django-allauth", "django_allauth", _django_allauth, "/accounts/2fa/", "/accounts/login/"),
    Peer("Flask-Security-Too", "flask_security_too", _flask_security, "/change", "/login"),
)
BETTER_AUTH = Peer(
    "Better Auth", "better_auth.mjs", _better_auth, "/api/auth/get-session", "/api/auth/ok", keep=True, node=True
)


def installed() -> tuple[Peer, ...]:
    """Installs what is not there yet; the peers that can be run here."""
    _install("python", "requirements.txt", _install_python)
    if not (shutil.which("node") and shutil.which("npm")):
        sys.stderr.write(" Node or npm is missing: without Better Auth …")
        return PYTHON_PEERS
    _install("node", "package-lock.json", _install_node)
    return (*PYTHON_PEERS, BETTER_AUTH)


def _install(kind: str, locked: str, install: Callable[[Path], None]) -> None:
    """Once, and again when the list of packages changes."""
    folder, state = CACHE / kind, hashlib.sha256((SITES / locked).read_bytes()).hexdigest()
    mark = folder / "installed"
    if not mark.exists() or mark.read_text() != state:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        install(folder)
        mark.write_text(state)


def _install_python(folder: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    pip = [str(_python()), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "-r", str(SITES / "requirements.txt")], check=True)


def _install_node(folder: Path) -> None:
    for name in ("package.json", "package-lock.json"):
        shutil.copy(SITES / name, folder)
    subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=folder, check=True)


def _python() -> Path:
    return CACHE / "python" / "bin" / "python"


def _node() -> str:
    found = shutil.which("node")
    assert found
    return found


def _base32(key: str) -> str:
    return base64.b32encode(key.encode()).decode()
