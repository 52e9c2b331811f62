"""The settings, read once from the environment; every mistake is reported, all at once, before anything starts."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from config.hosts import is_loopback
from config.parsers import Network
from config.settings import SETTINGS, Setting

ROOT = Path(__file__).parent.parent
# Set by `serve --reload` for the processes that it starts; no setting of an operator.
DEVELOPMENT = "TWO_KEYS_DEVELOPMENT"

_NEEDED_FOR_SSO = ("TWO_KEYS_SSO_ISSUER", "TWO_KEYS_SSO_CLIENT_ID", "TWO_KEYS_SSO_CLIENT_SECRET")


class BadSettings(Exception):
    """One line per mistake."""

    def __init__(self, mistakes: list[str]) -> None:
        super().__init__("; ".join(mistakes))
        self.mistakes = mistakes


@dataclass(frozen=True)
class MailServer:
    host: str
    port: int
    # "none" | "tls" | "starttls"
    security: str
    username: str
    password: str = field(repr=False)
    # An ASCII address.
    sender: str
    sender_name: str


@dataclass(frozen=True)
class Provider:
    """The OpenID Connect provider of Single Sign-On."""

    # As the provider writes it: compared letter by letter (OpenID Connect Discovery 4.3).
    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    # In *Sign in with NAME*.
    name: str
    # Whether an unknown identity becomes a user with the role Member.
    create_users: bool


@dataclass(frozen=True)
class Config:
    data_dir: Path
    # sqlite:///PATH
    database_url: str
    # Empty: the key file in the data folder.
    secret_keys: tuple[str, ...]
    admin_password: str | None
    # scheme://host[:port], no path
    base_url: str
    organisation: str
    time_zone: str
    trusted_proxies: tuple[Network, ...]
    templates_dir: Path | None
    # "owasp" | "test"
    password_cost: str
    # None: links are shown, to be handed over.
    mail: MailServer | None = None
    sso: Provider | None = None
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


def read(environment: Mapping[str, str] = os.environ, port: int = 8000) -> Config:
    """The settings in `environment`; `port` completes the default base URL. Raises BadSettings."""
    mistakes = _unknown_names(environment) + _set_twice(environment)
    given: dict[str, str] = {}
    values: dict[str, Any] = {}
    for setting in SETTINGS:
        values[setting.name] = None if setting.default is None else setting.parse(setting.default)
        if setting.variables & environment.keys():
            given[setting.name] = ""
            try:
                given[setting.name] = _text(setting, environment)
                values[setting.name] = _parsed(setting, given[setting.name])
            except BadSettings as error:
                mistakes += error.mistakes
    config = _config(values, port, development=environment.get(DEVELOPMENT) == "on")
    mistakes += _incomplete_groups(given) + _unsafe_elsewhere(config)
    if mistakes:
        raise BadSettings(mistakes)
    return config


def _unknown_names(environment: Mapping[str, str]) -> list[str]:
    """A misspelt name would silently have no effect."""
    known = {DEVELOPMENT}.union(*(setting.variables for setting in SETTINGS))
    return [
        f"{name} is not a setting of this program; docs/operators/settings.md lists them"
        for name in environment
        if name.startswith("TWO_KEYS_") and name not in known
    ]


def _set_twice(environment: Mapping[str, str]) -> list[str]:
    return [
        f"{setting.name} and {setting.file_variable} are both set; keep one"
        for setting in SETTINGS
        if setting.secret and setting.variables <= environment.keys()
    ]


def _text(setting: Setting, environment: Mapping[str, str]) -> str:
    """What the variable or, for a secret, the file that NAME_FILE names says."""
    text = environment[setting.name] if setting.name in environment else _file(setting.file_variable, environment)
    if not text or not text.isprintable():
        raise BadSettings([f"{setting.name} is empty or holds characters that cannot be printed"])
    return text


def _file(variable: str, environment: Mapping[str, str]) -> str:
    path = environment[variable]
    try:
        return Path(path).read_text("utf-8").rstrip("\r\n")
    except OSError as error:
        raise BadSettings([f"{variable}: cannot read {path!r} ({error.strerror})"]) from None
    except UnicodeDecodeError:
        raise BadSettings([f"{variable}: cannot read {path!r} (not UTF-8)"]) from None


def _parsed(setting: Setting, text: str) -> object:
    try:
        return setting.parse(text)
    except ValueError as error:
        raise BadSettings([f"{setting.name} {mistake}" for mistake in error.args]) from None


def _config(values: Mapping[str, Any], port: int, *, development: bool) -> Config:
    data_dir = values["TWO_KEYS_DATA_DIR"]
    return Config(
        data_dir=data_dir,
        database_url=values["TWO_KEYS_DATABASE_URL"] or f"sqlite:///{data_dir / 'two_keys.sqlite3'}",
        secret_keys=values["TWO_KEYS_SECRET_KEYS"] or (),
        admin_password=values["TWO_KEYS_ADMIN_PASSWORD"],
        base_url=values["TWO_KEYS_BASE_URL"] or f"http://localhost:{port}",
        organisation=values["TWO_KEYS_ORGANISATION"],
        time_zone=values["TWO_KEYS_TIME_ZONE"],
        trusted_proxies=values["TWO_KEYS_TRUSTED_PROXIES"] or (),
        templates_dir=values["TWO_KEYS_TEMPLATES_DIR"],
        password_cost=values["TWO_KEYS_PASSWORD_COST"],
        mail=_mail(values),
        sso=_sso(values),
        development=development,
    )


def _mail(values: Mapping[str, Any]) -> MailServer | None:
    server, sender = values["TWO_KEYS_SMTP_URL"], values["TWO_KEYS_MAIL_FROM"]
    return MailServer(*server, *sender) if server and sender else None


def _sso(values: Mapping[str, Any]) -> Provider | None:
    issuer, client_id, client_secret = (values[name] for name in _NEEDED_FOR_SSO)
    if not (issuer and client_id and client_secret):
        return None
    create_users = values["TWO_KEYS_SSO_CREATE_USERS"] == "on"
    return Provider(issuer, client_id, client_secret, values["TWO_KEYS_SSO_NAME"], create_users)


def _incomplete_groups(given: Mapping[str, str]) -> list[str]:
    """`given`: the settings that are set; the text is empty where it could not be read, which is a mistake already."""
    mistakes = []
    if given.get("TWO_KEYS_SMTP_URL") and "TWO_KEYS_MAIL_FROM" not in given:
        mistakes.append("TWO_KEYS_MAIL_FROM is missing: TWO_KEYS_SMTP_URL needs the address that e-mails come from")
    if given.get("TWO_KEYS_MAIL_FROM") and "TWO_KEYS_SMTP_URL" not in given:
        mistakes.append("TWO_KEYS_MAIL_FROM is set, but no mail server: set TWO_KEYS_SMTP_URL, too")
    if any(text for name, text in given.items() if name.startswith("TWO_KEYS_SSO_")):
        mistakes += [
            f"{name} is missing: Single Sign-On needs issuer, client id and client secret"
            for name in _NEEDED_FOR_SSO
            if name not in given
        ]
    return mistakes


def _unsafe_elsewhere(config: Config) -> list[str]:
    """What is allowed on this machine alone."""
    mistakes = []
    if config.development and not config.loopback:
        mistakes.append(f"{DEVELOPMENT} is set by `serve --reload` alone, and the base URL is not a loopback address")
    if config.password_cost == "test" and not config.loopback:
        mistakes.append(
            "TWO_KEYS_PASSWORD_COST=test is for test suites: refused unless the base URL is a loopback address"
        )
    return mistakes
