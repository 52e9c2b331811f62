"""The settings, read once from the environment; every mistake is reported, all at once, before anything starts."""

import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit
from zoneinfo import available_timezones

NAMES = (
    "TWO_KEYS_DATA_DIR",
    "TWO_KEYS_DATABASE_URL",
    "TWO_KEYS_SECRET_KEYS",
    "TWO_KEYS_ADMIN_PASSWORD",
    "TWO_KEYS_BASE_URL",
    "TWO_KEYS_ORGANISATION",
    "TWO_KEYS_TIME_ZONE",
    "TWO_KEYS_SMTP_URL",
    "TWO_KEYS_MAIL_FROM",
    "TWO_KEYS_SSO_ISSUER",
    "TWO_KEYS_SSO_CLIENT_ID",
    "TWO_KEYS_SSO_CLIENT_SECRET",
    "TWO_KEYS_SSO_NAME",
    "TWO_KEYS_SSO_CREATE_USERS",
    "TWO_KEYS_TRUSTED_PROXIES",
    "TWO_KEYS_TEMPLATES_DIR",
    "TWO_KEYS_PASSWORD_COST",
)
SECRETS = (
    "TWO_KEYS_SECRET_KEYS",
    "TWO_KEYS_ADMIN_PASSWORD",
    "TWO_KEYS_DATABASE_URL",
    "TWO_KEYS_SMTP_URL",
    "TWO_KEYS_SSO_CLIENT_SECRET",
)
DEVELOPMENT = "TWO_KEYS_DEVELOPMENT"  # set by `serve --reload` for the processes that it starts, by nobody else

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class BadSettings(Exception):
    """One line per setting that cannot be used."""

    def __init__(self, mistakes: list[str]) -> None:
        super().__init__("; ".join(mistakes))
        self.mistakes = mistakes


@dataclass(frozen=True)
class MailServer:
    """Where letters leave from, and what they say of it."""

    host: str
    port: int
    security: str  # "none" | "tls" | "starttls"
    username: str
    password: str = field(repr=False)
    sender: str  # an address, ASCII
    sender_name: str


@dataclass(frozen=True)
class Provider:
    """The OpenID Connect provider of Single Sign-On."""

    issuer: str  # as the provider writes it: compared letter by letter (OpenID Connect Discovery 4.3)
    client_id: str
    client_secret: str = field(repr=False)
    name: str  # in *Sign in with NAME*
    create_users: bool  # an unknown identity becomes a user with the role Member


@dataclass(frozen=True)
class Config:
    data_dir: Path
    database_url: str  # sqlite:///PATH
    secret_keys: tuple[str, ...]  # empty: the key file in the data folder
    admin_password: str | None
    base_url: str  # scheme://host[:port], no path
    organisation: str
    time_zone: str
    trusted_proxies: tuple[Network, ...]
    templates_dir: Path | None
    password_cost: str  # "owasp" | "test"
    mail: MailServer | None = None  # None: what would be mailed is shown to hand over
    sso: Provider | None = None  # None: no Single Sign-On
    development: bool = False

    @property
    def secure(self) -> bool:
        """Whether cookies are `Secure`: they follow the scheme of the base URL."""
        return self.base_url.startswith("https://")

    @property
    def issuer(self) -> str:
        """Of the identity provider; "" without one."""
        return self.sso.issuer if self.sso else ""

    @property
    def host(self) -> str:
        return urlsplit(self.base_url).hostname or ""

    @property
    def loopback(self) -> bool:
        return is_loopback(self.host)


def is_loopback(host: str) -> bool:
    """Whether a host name or address means this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def read(environment: Mapping[str, str] = os.environ, port: int = 8000) -> Config:
    """The settings in `environment`; `port` completes the default base URL. Raises BadSettings."""
    mistakes: list[str] = []
    values = _values(environment, mistakes)
    for name in [name for name, value in values.items() if not value or not value.isprintable()]:
        mistakes.append(f"{name} is empty or holds characters that cannot be printed")
        del values[name]

    data_dir = Path(values.get("TWO_KEYS_DATA_DIR") or "data").absolute()
    config = Config(
        data_dir=data_dir,
        database_url=_database_url(values.get("TWO_KEYS_DATABASE_URL"), data_dir, mistakes),
        secret_keys=_secret_keys(values.get("TWO_KEYS_SECRET_KEYS"), mistakes),
        admin_password=values.get("TWO_KEYS_ADMIN_PASSWORD"),
        base_url=_base_url(values.get("TWO_KEYS_BASE_URL"), port, mistakes),
        organisation=_organisation(values.get("TWO_KEYS_ORGANISATION"), mistakes),
        time_zone=_time_zone(values.get("TWO_KEYS_TIME_ZONE"), mistakes),
        trusted_proxies=_proxies(values.get("TWO_KEYS_TRUSTED_PROXIES"), mistakes),
        templates_dir=_templates_dir(values.get("TWO_KEYS_TEMPLATES_DIR"), mistakes),
        password_cost=values.get("TWO_KEYS_PASSWORD_COST", "owasp"),
        mail=_mail(values.get("TWO_KEYS_SMTP_URL"), values.get("TWO_KEYS_MAIL_FROM"), environment, mistakes),
        sso=_sso(values, environment, mistakes),
        development=environment.get(DEVELOPMENT) == "on",
    )
    if config.development and not config.loopback:
        mistakes.append(f"{DEVELOPMENT} is set by `serve --reload` alone, and the base URL is not a loopback address")
    if config.password_cost not in ("owasp", "test"):
        mistakes.append("TWO_KEYS_PASSWORD_COST must be owasp or test")
    elif config.password_cost == "test" and not config.loopback:
        mistakes.append(
            "TWO_KEYS_PASSWORD_COST=test is for test suites: refused unless the base URL is a loopback address"
        )
    if mistakes:
        raise BadSettings(mistakes)
    return config


def _values(environment: Mapping[str, str], mistakes: list[str]) -> dict[str, str]:
    """Each setting from its variable or, for secrets, from the file that NAME_FILE names. Unknown names are mistakes."""
    values: dict[str, str] = {}
    for variable, value in environment.items():
        if not variable.startswith("TWO_KEYS_") or variable == DEVELOPMENT:
            continue
        name = variable.removesuffix("_FILE")
        from_file = variable.endswith("_FILE")
        if name not in NAMES or (from_file and name not in SECRETS):
            mistakes.append(f"{variable} is not a setting of this program; the README lists them")
        elif from_file:
            if name in environment:
                mistakes.append(f"{name} and {variable} are both set; keep one")
                continue
            try:
                values[name] = Path(value).read_text("utf-8").rstrip("\r\n")
            except (OSError, UnicodeDecodeError) as error:
                mistakes.append(
                    f"{variable}: cannot read {value!r} ({getattr(error, 'strerror', None) or 'not UTF-8'})"
                )
        else:
            values[name] = value
    return values


def _database_url(value: str | None, data_dir: Path, mistakes: list[str]) -> str:
    default = f"sqlite:///{data_dir / 'two_keys.sqlite3'}"
    if value is None:
        return default
    if value.startswith(("postgresql://", "postgres://")):
        mistakes.append("TWO_KEYS_DATABASE_URL: postgresql:// is not yet supported in this version; use sqlite:///PATH")
    elif not value.startswith("sqlite:///") or len(value) == len("sqlite:///") or "?" in value:
        mistakes.append("TWO_KEYS_DATABASE_URL must look like sqlite:///PATH")
    else:
        return f"sqlite:///{Path(value.removeprefix('sqlite:///')).absolute()}"
    return default


def _secret_keys(value: str | None, mistakes: list[str]) -> tuple[str, ...]:
    if value is None:
        return ()
    keys = tuple(part.strip() for part in value.split(","))
    if any(len(key) < 32 or not key.isascii() for key in keys):
        mistakes.append(
            "TWO_KEYS_SECRET_KEYS: each key needs at least 32 characters, ASCII alone (for example `openssl rand -hex 32`)"
        )
    if len(set(keys)) != len(keys):
        mistakes.append("TWO_KEYS_SECRET_KEYS names one key twice")
    return keys


def _base_url(value: str | None, port: int, mistakes: list[str]) -> str:
    default = f"http://localhost:{port}"
    if value is None:
        return default
    try:
        parts = urlsplit(value)
        host, given_port = parts.hostname or "", parts.port
    except ValueError:
        host, given_port = "", None
        parts = urlsplit("")
    plain = parts.path in ("", "/") and not parts.query and not parts.fragment and parts.username is None
    if parts.scheme not in ("http", "https") or not plain or given_port == 0 or not _is_host(host):
        mistakes.append("TWO_KEYS_BASE_URL must look like https://keys.example.org: http or https, a host, no path")
        return default
    shown_host = f"[{host}]" if ":" in host else host
    standard = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{shown_host}" + (f":{given_port}" if given_port and given_port != standard else "")


def _is_host(host: str) -> bool:
    if ":" in host:
        try:
            return ipaddress.ip_address(host).version == 6
        except ValueError:
            return False
    return all(re.fullmatch(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", label) for label in host.split("."))


def _organisation(value: str | None, mistakes: list[str]) -> str:
    if value is None:
        return "Two Keys"
    name = value.strip()
    if ":" in name:
        mistakes.append("TWO_KEYS_ORGANISATION must not contain a colon (authenticator apps split names there)")
    if not name or len(name) > 64 or not name.isprintable():
        mistakes.append("TWO_KEYS_ORGANISATION must be 1 to 64 printable characters")
    return name


def _time_zone(value: str | None, mistakes: list[str]) -> str:
    if value is None:
        return "UTC"
    if not known_time_zone(value):
        mistakes.append(f"TWO_KEYS_TIME_ZONE: {value!r} is not a time zone; they look like Europe/Berlin")
        return "UTC"
    return value


MAIL_SECURITY = {"smtp": ("none", 25), "smtps": ("tls", 465), "smtp+starttls": ("starttls", 587)}
_MAIL_FROM = re.compile(
    r"(?:(?P<name>[^<>\"]*\S|\"[^<>\"]*\")\s*<(?P<in_brackets>[^<>]+)>|(?P<bare>[^<>\s]+))", re.ASCII
)
_MAIL_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")


def _mail(
    url: str | None, mail_from: str | None, environment: Mapping[str, str], mistakes: list[str]
) -> MailServer | None:
    """The mail server and the sender. What stands in the URL is never repeated: it holds a password."""
    sender = _mail_from(mail_from, mistakes) if mail_from is not None else None
    if url is None:
        if mail_from is not None and not any(name.startswith("TWO_KEYS_SMTP_URL") for name in environment):
            mistakes.append("TWO_KEYS_MAIL_FROM is set, but no mail server: set TWO_KEYS_SMTP_URL, too")
        return None
    if mail_from is None and "TWO_KEYS_MAIL_FROM" not in environment:
        mistakes.append("TWO_KEYS_MAIL_FROM is missing: TWO_KEYS_SMTP_URL needs the address that letters come from")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        username, password = unquote(parts.username or ""), unquote(parts.password or "")
    except ValueError:
        parts, host, port, username, password = urlsplit(""), "", None, "", ""
    plain = parts.path in ("", "/") and not parts.query and not parts.fragment
    named = bool(username) == bool(password) and (username + password).isprintable()
    if parts.scheme not in MAIL_SECURITY or not plain or port == 0 or not _is_host(host) or not named:
        mistakes.append(
            "TWO_KEYS_SMTP_URL must look like smtp+starttls://USER:PASSWORD@mail.example.org:587 (or smtp://, smtps://;"
            " user and password together or not at all, percent-encoded)"
        )
        return None
    security, standard = MAIL_SECURITY[parts.scheme]
    address, name = sender or ("", "")
    return MailServer(host, port or standard, security, username, password, address, name)


def _mail_from(value: str, mistakes: list[str]) -> tuple[str, str] | None:
    """Address and name of the sender."""
    fits = _MAIL_FROM.fullmatch(value.strip())
    address = (fits["in_brackets"] or fits["bare"]).strip() if fits else ""
    if fits is None or not _MAIL_ADDRESS.fullmatch(address) or ".." in address:
        mistakes.append("TWO_KEYS_MAIL_FROM must be an address, or NAME <ADDRESS>, such as Acme <keys@example.org>")
        return None
    return address, (fits["name"] or "").strip('" ')


def _sso(values: Mapping[str, str], environment: Mapping[str, str], mistakes: list[str]) -> Provider | None:
    """The identity provider: issuer, client and secret together, or nothing."""
    issuer, client_id, client_secret, name, create_users = (
        values.get(f"TWO_KEYS_SSO_{part}") for part in ("ISSUER", "CLIENT_ID", "CLIENT_SECRET", "NAME", "CREATE_USERS")
    )
    needed = ("TWO_KEYS_SSO_ISSUER", "TWO_KEYS_SSO_CLIENT_ID", "TWO_KEYS_SSO_CLIENT_SECRET")
    if not any(variable.startswith("TWO_KEYS_SSO_") for variable in values):
        return None
    mistakes += [
        f"{variable} is missing: Single Sign-On needs issuer, client id and client secret"
        for variable in needed
        if variable not in environment and f"{variable}_FILE" not in environment
    ]
    if issuer is not None and not _is_issuer(issuer):
        mistakes.append(
            "TWO_KEYS_SSO_ISSUER must look like https://login.example.org/realms/acme, exactly as the provider writes it:"
            " https (http on this machine alone), without query or fragment"
        )
    if name is not None and (len(name.strip()) > 64 or not name.strip()):
        mistakes.append("TWO_KEYS_SSO_NAME must be 1 to 64 printable characters")
    if create_users not in (None, "on", "off"):
        mistakes.append("TWO_KEYS_SSO_CREATE_USERS must be on or off")
    if not issuer or not client_id or not client_secret:
        return None
    return Provider(issuer, client_id, client_secret, (name or "Single Sign-On").strip(), create_users == "on")


def _is_issuer(value: str) -> bool:
    try:
        parts = urlsplit(value)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    plain = not parts.query and not parts.fragment and parts.username is None and port != 0 and "?" not in value
    encrypted = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
    return encrypted and plain and "#" not in value and _is_host(host) and value.isascii() and " " not in value


ROOT = Path(__file__).parent


@cache
def time_zones() -> tuple[str, ...]:
    """The time zones that can be chosen: UTC and the places of the IANA database, not its old aliases."""
    places = (
        "Africa/",
        "America/",
        "Antarctica/",
        "Arctic/",
        "Asia/",
        "Atlantic/",
        "Australia/",
        "Europe/",
        "Indian/",
        "Pacific/",
    )
    return ("UTC", *sorted(name for name in available_timezones() if name.startswith(places)))


def known_time_zone(name: str) -> bool:
    """Whether `name` can be chosen."""
    return name in _known_time_zones()


@cache
def _known_time_zones() -> frozenset[str]:
    return frozenset(time_zones())


def _proxies(value: str | None, mistakes: list[str]) -> tuple[Network, ...]:
    networks: list[Network] = []
    for part in (value or "").split(","):
        if not part.strip():
            continue
        try:
            networks.append(ipaddress.ip_network(part.strip()))
        except ValueError:
            mistakes.append(f"TWO_KEYS_TRUSTED_PROXIES: {part.strip()!r} is not an IP address or network")
    return tuple(networks)


def _templates_dir(value: str | None, mistakes: list[str]) -> Path | None:
    if value is None:
        return None
    if not Path(value).is_dir():
        mistakes.append(f"TWO_KEYS_TEMPLATES_DIR: {value!r} is not a folder")
    return Path(value).absolute()
