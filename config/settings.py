"""The table of settings. `make docs` writes docs/operators/settings.md from it."""

from collections.abc import Callable
from dataclasses import dataclass

from config import parsers


@dataclass(frozen=True)
class Setting:
    name: str
    # Raises ValueError with one argument per mistake.
    parse: Callable[[str], object]
    # Markdown, for the page of settings.
    help: str
    # Written as in the environment. None: the setting has no value unless it is set; `otherwise` says what applies.
    default: str | None = None
    otherwise: str = "none"
    # Can come from the file that NAME_FILE names.
    secret: bool = False

    @property
    def file_variable(self) -> str:
        return f"{self.name}_FILE"

    @property
    def variables(self) -> set[str]:
        return {self.name, self.file_variable} if self.secret else {self.name}


SETTINGS = (
    Setting(
        "TWO_KEYS_DATA_DIR",
        parsers.folder,
        default="data",
        help="The folder of the database and the generated key (mode 0700, its files 0600). Back up both together.",
    ),
    Setting(
        "TWO_KEYS_DATABASE_URL",
        parsers.database_url,
        otherwise="`two_keys.sqlite3` in the data folder",
        secret=True,
        help="`sqlite:///PATH`.",
    ),
    Setting(
        "TWO_KEYS_SECRET_KEYS",
        parsers.secret_keys,
        otherwise="`secret_key` in the data folder, generated once",
        secret=True,
        help="Keys of at least 32 characters each, separated by commas. The first one signs and encrypts; all of them verify"
        " and decrypt.",
    ),
    Setting(
        "TWO_KEYS_ADMIN_PASSWORD",
        str,
        otherwise="a one-time password, printed at the first start",
        secret=True,
        help="The password of the first administrator, `admin`. It is read only while there are no users.",
    ),
    Setting(
        "TWO_KEYS_BASE_URL",
        parsers.base_url,
        otherwise="`http://localhost:PORT`",
        help="The URL that people type, without a path. Links in e-mails, the allowed host names and the `Secure` attribute of"
        " cookies follow from it.",
    ),
    Setting(
        "TWO_KEYS_ORGANISATION",
        parsers.organisation,
        default="Two Keys",
        help="The name in the header and in the authenticator app: at most 64 characters, without a colon.",
    ),
    Setting(
        "TWO_KEYS_TIME_ZONE",
        parsers.time_zone,
        default="UTC",
        help="The time zone of users who have not chosen one, such as `Europe/Berlin`.",
    ),
    Setting(
        "TWO_KEYS_SMTP_URL",
        parsers.smtp_url,
        otherwise="none: links are shown, to be handed over",
        secret=True,
        help="The mail server: `smtp://HOST`, `smtps://HOST` (TLS) or `smtp+starttls://USER:PASSWORD@HOST:PORT`, with user and"
        " password percent-encoded. Certificates are verified; `SSL_CERT_FILE` names your own authority.",
    ),
    Setting(
        "TWO_KEYS_MAIL_FROM",
        parsers.sender,
        help="The sender of e-mails: `keys@example.org` or `Acme <keys@example.org>`. Required with a mail server.",
    ),
    Setting(
        "TWO_KEYS_SSO_ISSUER",
        parsers.issuer,
        otherwise="none: no Single Sign-On",
        help="The issuer of the OpenID Connect provider, exactly as its discovery document writes it: https, or http on this"
        " machine alone.",
    ),
    Setting(
        "TWO_KEYS_SSO_CLIENT_ID",
        str,
        help="The client ID that the provider gave this installation. Required with an issuer.",
    ),
    Setting(
        "TWO_KEYS_SSO_CLIENT_SECRET",
        str,
        secret=True,
        help="The client secret. Required with an issuer.",
    ),
    Setting(
        "TWO_KEYS_SSO_NAME",
        parsers.short_name,
        default="Single Sign-On",
        help="The name of the provider in *Sign in with NAME*: at most 64 characters.",
    ),
    Setting(
        "TWO_KEYS_SSO_CREATE_USERS",
        parsers.one_of("on", "off"),
        default="off",
        help="`on`: an unknown identity becomes a user with the role Member.",
    ),
    Setting(
        "TWO_KEYS_TRUSTED_PROXIES",
        parsers.networks,
        help="IP addresses or networks, separated by commas, whose `X-Forwarded-For` counts. The header is read from the right.",
    ),
    Setting(
        "TWO_KEYS_TEMPLATES_DIR",
        parsers.existing_folder,
        help="A folder of templates that replace the shipped ones of the same name.",
    ),
    Setting(
        "TWO_KEYS_PASSWORD_COST",
        parsers.one_of("owasp", "test"),
        default="owasp",
        help="`owasp`: Argon2id with 19 MiB, t=2, p=1. `test` is for test suites: it is refused unless the base URL is a loopback"
        " address.",
    ),
)
