"""The settings: one table, the configuration that comes of it, and what settings demand of each other.

The room `settings` reads the table and parses each value, by subject.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from settings.addresses import Network
from settings.database import Location, SQLiteFile, database_url
from settings.mail import MailServer, mail_from, mail_server, smtp_url
from settings.sso import Provider, issuer, provider
from settings.table import BadSettings, Setting, read_table
from settings.time_zones import time_zone
from settings.urls import base_url, is_loopback
from settings.values import (
    choice,
    display_name,
    existing_folder,
    folder,
    networks,
    number_of_processes,
    on_or_off,
    organisation,
    secret_keys,
)

# the program's folder
ROOT = Path(__file__).parent
# set by `serve` for the processes that it starts
PASSED_ON = (
    DEVELOPMENT := Setting("TWO_KEYS_DEVELOPMENT", on_or_off, default=False, help="`serve --reload`"),
    WORKERS := Setting("TWO_KEYS_WORKERS", number_of_processes, default=1, help="`serve --workers`"),
)

SETTINGS = (
    DATA_DIR := Setting(
        "TWO_KEYS_DATA_DIR",
        folder,
        default=Path("data"),
        help="The folder of the database and the generated key (0700; its files 0600). Back up both together.",
    ),
    DATABASE_URL := Setting(
        "TWO_KEYS_DATABASE_URL",
        database_url,
        default=None,
        secret=True,
        shown_default="`two_keys.sqlite3` in the data folder",
        help="The database: `sqlite:///PATH`, or `postgresql://USER:PASSWORD@HOST/NAME` ([PostgreSQL](postgresql.md)).",
    ),
    SECRET_KEYS := Setting(
        "TWO_KEYS_SECRET_KEYS",
        secret_keys,
        default=None,
        secret=True,
        shown_default="generated once, in `data/secret_key`",
        help="Keys of 32 or more characters, separated by commas. The first signs and encrypts, all are accepted.",
    ),
    ADMIN_PASSWORD := Setting(
        "TWO_KEYS_ADMIN_PASSWORD",
        str,
        default=None,
        secret=True,
        shown_default="a one-time password, printed",
        help="The first administrator's password. It is read only while there are no users.",
    ),
    BASE_URL := Setting(
        "TWO_KEYS_BASE_URL",
        base_url,
        default=None,
        shown_default="`http://localhost:PORT`",
        help="The address that users type, without a path. Links in e-mails begin with it, requests for other hosts are"
        " refused, and with `https` cookies are `Secure`.",
    ),
    ORGANISATION := Setting(
        "TWO_KEYS_ORGANISATION",
        organisation,
        default="Two Keys",
        help="The name in the page header and in authenticator apps, without a colon.",
    ),
    TIME_ZONE := Setting(
        "TWO_KEYS_TIME_ZONE",
        time_zone,
        default="UTC",
        help="The installation's time zone, such as `Europe/Berlin`. Users can choose their own.",
    ),
    SMTP_URL := Setting(
        "TWO_KEYS_SMTP_URL",
        smtp_url,
        default=None,
        secret=True,
        shown_default="none: links are shown instead of mailed",
        help="The mail server: `smtp://HOST`, `smtps://HOST` (TLS) or `smtp+starttls://USER:PASSWORD@HOST:PORT`,"
        " percent-encoded. Certificates are verified; `SSL_CERT_FILE` names your own certificate authority.",
    ),
    MAIL_FROM := Setting(
        "TWO_KEYS_MAIL_FROM",
        mail_from,
        default=None,
        help="The sender of e-mails: `keys@example.org` or `Acme <keys@example.org>`. Needed with a mail server.",
    ),
    SSO_ISSUER := Setting(
        "TWO_KEYS_SSO_ISSUER",
        issuer,
        default=None,
        shown_default="none: no Single Sign-On",
        help="The OpenID Connect issuer, exactly as its discovery document has it; `https`, or `http` on this machine.",
    ),
    SSO_CLIENT_ID := Setting(
        "TWO_KEYS_SSO_CLIENT_ID",
        str,
        default=None,
        help="The client id at the provider, needed with the issuer. Redirect URI: the base URL + `/sso/callback`.",
    ),
    SSO_CLIENT_SECRET := Setting(
        "TWO_KEYS_SSO_CLIENT_SECRET",
        str,
        default=None,
        secret=True,
        help="The client secret at the provider, needed with the issuer.",
    ),
    SSO_NAME := Setting(
        "TWO_KEYS_SSO_NAME",
        display_name,
        default="Single Sign-On",
        help="The provider's name in *Sign in with NAME*.",
    ),
    SSO_CREATE_USERS := Setting(
        "TWO_KEYS_SSO_CREATE_USERS",
        on_or_off,
        default=False,
        shown_default="`off`",
        help="`on`: an identity that is not known yet becomes a user with the role Member.",
    ),
    TRUSTED_PROXIES := Setting(
        "TWO_KEYS_TRUSTED_PROXIES",
        networks,
        default=None,
        help="IP addresses or networks, separated by commas, whose `X-Forwarded-For` counts, read from the right.",
    ),
    TEMPLATES_DIR := Setting(
        "TWO_KEYS_TEMPLATES_DIR",
        existing_folder,
        default=None,
        help="A folder of templates that take precedence over those of the program.",
    ),
    THEME_DIR := Setting(
        "TWO_KEYS_THEME_DIR",
        existing_folder,
        default=None,
        help="A designer's folder with any of `theme.css`, `logo.svg`, `favicon.svg` and `templates/`.",
    ),
    PASSWORD_COST := Setting(
        "TWO_KEYS_PASSWORD_COST",
        choice("owasp", "test"),
        default="owasp",
        help="`owasp` (Argon2id, 19 MiB, t=2, p=1). `test` is for test suites, on a loopback address alone.",
    ),
)
SSO_NEEDS = (SSO_ISSUER, SSO_CLIENT_ID, SSO_CLIENT_SECRET)


@dataclass(frozen=True)
class Config:
    data_dir: Path
    database: Location
    # empty: the key file in the data folder
    secret_keys: tuple[str, ...]
    admin_password: str | None
    # scheme://host[:port], no path
    base_url: str
    organisation: str
    time_zone: str
    trusted_proxies: tuple[Network, ...]
    templates_dir: Path | None
    theme_dir: Path | None
    # "owasp" | "test"
    password_cost: str
    # None: links are shown instead of mailed
    mail: MailServer | None = None
    sso: Provider | None = None
    development: bool = False
    # how many processes serve; they share the cores for hashing
    workers: int = 1

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


def read(environment: Mapping[str, str] = os.environ, port: int = 8000) -> Config:
    """The settings in `environment`; `port` completes the default base URL. Raises BadSettings."""
    found = read_table((*SETTINGS, *PASSED_ON), environment)
    config = _config(found.values, port)
    mistakes = [*found.mistakes, *_incomplete(environment, found.readable), *_refused_elsewhere(config)]
    if mistakes:
        raise BadSettings(mistakes)
    return config


def _incomplete(environment: Mapping[str, str], readable: frozenset[str]) -> Iterator[str]:
    """What is missing in addition to readable settings. What is set and cannot be read is a mistake already."""
    if SMTP_URL.name in readable and not MAIL_FROM.is_set(environment):
        yield f"{MAIL_FROM.name} is missing: {SMTP_URL.name} needs the address that e-mails come from"
    if MAIL_FROM.name in readable and not SMTP_URL.is_set(environment):
        yield f"{MAIL_FROM.name} is set, but no mail server: set {SMTP_URL.name}, too"
    if any(setting.name in readable for setting in (*SSO_NEEDS, SSO_NAME, SSO_CREATE_USERS)):
        for setting in SSO_NEEDS:
            if not setting.is_set(environment):
                yield f"{setting.name} is missing: Single Sign-On needs issuer, client id and client secret"


def _config(values: Mapping[str, object], port: int) -> Config:
    data_dir = DATA_DIR.of(values).absolute()
    identity = (SSO_ISSUER.of(values), SSO_CLIENT_ID.of(values), SSO_CLIENT_SECRET.of(values))
    return Config(
        data_dir=data_dir,
        database=DATABASE_URL.of(values) or SQLiteFile(data_dir / "two_keys.sqlite3"),
        secret_keys=SECRET_KEYS.of(values) or (),
        admin_password=ADMIN_PASSWORD.of(values),
        base_url=BASE_URL.of(values) or f"http://localhost:{port}",
        organisation=ORGANISATION.of(values),
        time_zone=TIME_ZONE.of(values),
        trusted_proxies=TRUSTED_PROXIES.of(values) or (),
        templates_dir=TEMPLATES_DIR.of(values),
        theme_dir=THEME_DIR.of(values),
        password_cost=PASSWORD_COST.of(values),
        mail=mail_server(SMTP_URL.of(values), MAIL_FROM.of(values)),
        sso=provider(*identity, SSO_NAME.of(values), SSO_CREATE_USERS.of(values)),
        development=DEVELOPMENT.of(values),
        workers=WORKERS.of(values),
    )


def _refused_elsewhere(config: Config) -> Iterator[str]:
    """What is refused unless the base URL is a loopback address."""
    if config.development and not config.loopback:
        yield f"{DEVELOPMENT.name} is set by `serve --reload` alone, and the base URL is not a loopback address"
    if config.password_cost == "test" and not config.loopback:
        yield f"{PASSWORD_COST.name}=test is for test suites: refused unless the base URL is a loopback address"
