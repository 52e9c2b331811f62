"""The settings: every mistake is one clear line, all of them at once, before anything starts."""

from pathlib import Path

import pytest

import config
from settings.database import SQLiteFile
from settings.sso import Provider
from settings.table import BadSettings

KEY = "0123456789abcdef0123456789abcdef"


def mistakes(**environment: str) -> list[str]:
    """What is wrong with these settings, a line each."""
    with pytest.raises(BadSettings) as raised:
        config.read(environment)
    assert all("\n" not in mistake for mistake in raised.value.mistakes)
    return raised.value.mistakes


def test_everything_is_optional():
    read = config.read({})
    assert read.base_url == "http://localhost:8000"
    assert (read.organisation, read.time_zone, read.password_cost) == ("Two Keys", "UTC", "owasp")
    assert read.data_dir == Path("data").absolute()
    assert read.database == SQLiteFile(Path("data").absolute() / "two_keys.sqlite3")
    assert (read.secret_keys, read.admin_password, read.trusted_proxies, read.templates_dir) == ((), None, (), None)


def test_the_port_completes_the_base_url():
    assert config.read({}, port=8123).base_url == "http://localhost:8123"
    assert config.read({"TWO_KEYS_BASE_URL": "http://localhost:9000"}, port=8123).base_url == "http://localhost:9000"


def test_other_variables_are_nobodys_business():
    config.read({"PATH": "/bin", "TWO_KEY_BASE_URL": "x", "two_keys_base_url": "x"})


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        ("https://keys.example.org", "https://keys.example.org"),
        ("https://keys.example.org/", "https://keys.example.org"),
        ("https://keys.example.org:443", "https://keys.example.org"),
        ("https://keys.example.org:8443", "https://keys.example.org:8443"),
        ("HTTPS://Keys.Example.ORG", "https://keys.example.org"),
        ("http://127.0.0.1:80", "http://127.0.0.1"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_a_base_url_is_kept_in_one_form(value, stored):
    assert config.read({"TWO_KEYS_BASE_URL": value}).base_url == stored


@pytest.mark.parametrize(
    "value",
    [
        "keys.example.org",
        "ftp://keys.example.org",
        "https://",
        "https:///",
        "https://keys.example.org/app",
        "https://keys.example.org/?x=1",
        "https://keys.example.org/#x",
        "https://user:password@keys.example.org",
        "https://keys.example.org:port",
        "https://keys.example.org:99999",
        "https://keys example org",
        "https://[::1",
        "javascript:alert(1)",
        "https://kéys.example.org",
        "https://:8000",
    ],
)
def test_a_bad_base_url_is_said(value):
    (mistake,) = mistakes(TWO_KEYS_BASE_URL=value)
    assert mistake.startswith("TWO_KEYS_BASE_URL must look like https://keys.example.org")


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("TWO_KEYS_ORGANISATION", "Ministry: of Keys", "must not contain a colon"),
        ("TWO_KEYS_ORGANISATION", "   ", "1 to 64 printable characters"),
        ("TWO_KEYS_ORGANISATION", "x" * 65, "1 to 64 printable characters"),
        ("TWO_KEYS_ORGANISATION", "Keys\x07", "cannot be printed"),
        ("TWO_KEYS_ORGANISATION", "Two\nKeys", "cannot be printed"),
        ("TWO_KEYS_TIME_ZONE", "Mars/Olympus", "'Mars/Olympus' is not a time zone"),
        ("TWO_KEYS_TIME_ZONE", "../../etc/passwd", "is not a time zone"),
        ("TWO_KEYS_TIME_ZONE", "europe/berlin", "is not a time zone"),
        ("TWO_KEYS_DATABASE_URL", "postgresql://localhost", "must name the database"),
        ("TWO_KEYS_DATABASE_URL", "mysql://localhost/keys", "must look like sqlite:///PATH"),
        ("TWO_KEYS_DATABASE_URL", "sqlite:///", "must look like sqlite:///PATH"),
        ("TWO_KEYS_DATABASE_URL", "sqlite://keys", "must look like sqlite:///PATH"),
        ("TWO_KEYS_DATABASE_URL", "sqlite:///x?mode=memory", "must look like sqlite:///PATH"),
        ("TWO_KEYS_SECRET_KEYS", "short", "at least 32 characters"),
        ("TWO_KEYS_SECRET_KEYS", f"{KEY},", "at least 32 characters"),
        ("TWO_KEYS_SECRET_KEYS", f"{KEY},{KEY}", "one key twice"),
        ("TWO_KEYS_TRUSTED_PROXIES", "10.0.0.0/8, proxy", "'proxy' is not an IP address or network"),
        ("TWO_KEYS_TRUSTED_PROXIES", "10.0.0.1/8", "is not an IP address or network"),
        ("TWO_KEYS_TRUSTED_PROXIES", "*", "is not an IP address or network"),
        ("TWO_KEYS_TRUSTED_PROXIES", "fe80::1%eth0", "is not an IP address or network"),
        ("TWO_KEYS_TEMPLATES_DIR", "/nowhere/at/all", "'/nowhere/at/all' is not a folder"),
        ("TWO_KEYS_PASSWORD_COST", "cheap", "must be owasp or test"),
    ],
)
def test_a_bad_value_is_one_line_that_names_the_variable(name, value, says):
    (mistake,) = mistakes(**{name: value})
    assert mistake.startswith(name)
    assert says in mistake


@pytest.mark.parametrize("name", [setting.name for setting in (*config.SETTINGS, *config.PASSED_ON)])
def test_an_empty_value_is_a_mistake(name):
    (mistake,) = mistakes(**{name: ""})
    assert mistake.startswith(name)
    assert "empty" in mistake


def test_a_cheap_password_hash_is_refused_elsewhere_than_on_this_machine():
    (mistake,) = mistakes(TWO_KEYS_PASSWORD_COST="test", TWO_KEYS_BASE_URL="https://keys.example.org")
    assert "test suites" in mistake
    for base_url in ("http://localhost:1", "http://127.0.0.1", "http://[::1]:9", "https://keys.localhost"):
        config.read({"TWO_KEYS_PASSWORD_COST": "test", "TWO_KEYS_BASE_URL": base_url})


def test_all_mistakes_are_said_at_once():
    found = mistakes(
        TWO_KEYS_BASE_URL="nonsense",
        TWO_KEYS_TIME_ZONE="nonsense",
        TWO_KEYS_ORGANISATION="a:b",
        TWO_KEYS_SECRET_KEYS="short",
        TWO_KEYS_TRUSTED_PROXIES="one, two",
        TWO_KEYS_TEMPLATES_DIR="/nowhere",
        TWO_KEYS_PASSWORD_COST="x",
        TWO_KEYS_DATABASE_URL="x",
        TWO_KEYS_SMTP_URL="localhost",
        TWO_KEYS_MAIL_FROM="nobody",
        TWO_KEYS_COLOUR="blue",
    )
    assert len(found) == 12


@pytest.mark.parametrize(
    "name", ["TWO_KEYS_COLOUR", "TWO_KEYS_BASE_URLS", "TWO_KEYS_", "TWO_KEYS_FILE", "TWO_KEYS_BASE_URL_FILE"]
)
def test_an_unknown_name_is_a_mistake(name):
    """A misspelt setting would silently not count."""
    (mistake,) = mistakes(**{name: "x"})
    assert mistake.startswith(f"{name} is not a setting of this program")


SSO = {
    "TWO_KEYS_SSO_ISSUER": "https://login.example.org/realms/acme",
    "TWO_KEYS_SSO_CLIENT_ID": "two-keys",
    "TWO_KEYS_SSO_CLIENT_SECRET": "hush",
}


def test_single_sign_on_is_read():
    assert config.read({}).sso is None
    provider = config.read(SSO).sso
    assert provider == Provider(
        "https://login.example.org/realms/acme", "two-keys", "hush", "Single Sign-On", create_users=False
    )
    assert "hush" not in repr(provider)
    named = config.read({**SSO, "TWO_KEYS_SSO_NAME": "Acme", "TWO_KEYS_SSO_CREATE_USERS": "on"}).sso
    assert named is not None
    assert (named.name, named.create_users) == ("Acme", True)


@pytest.mark.parametrize("name", SSO)
def test_single_sign_on_needs_all_three(name):
    (mistake,) = mistakes(**{variable: value for variable, value in SSO.items() if variable != name})
    assert mistake.startswith(f"{name} is missing")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TWO_KEYS_SSO_ISSUER", "login.example.org"),
        ("TWO_KEYS_SSO_ISSUER", "http://login.example.org"),
        ("TWO_KEYS_SSO_ISSUER", "https://login.example.org/?tenant=1"),
        ("TWO_KEYS_SSO_ISSUER", "https://login.example.org/#"),
        ("TWO_KEYS_SSO_ISSUER", "https://me@login.example.org"),
        ("TWO_KEYS_SSO_ISSUER", "https://login.example.org:0"),
        ("TWO_KEYS_SSO_ISSUER", "https://[::1"),
        ("TWO_KEYS_SSO_NAME", "x" * 65),
        ("TWO_KEYS_SSO_CREATE_USERS", "yes"),
    ],
)
def test_a_bad_provider_is_a_mistake(name, value):
    (mistake,) = mistakes(**{**SSO, name: value})
    assert mistake.startswith(f"{name} must")


def test_the_provider_may_be_on_this_machine():
    provider = config.read({**SSO, "TWO_KEYS_SSO_ISSUER": "http://localhost:9000"}).sso
    assert provider is not None
    assert provider.issuer == "http://localhost:9000"


@pytest.mark.parametrize(
    ("name", "value", "read"),
    [
        ("TWO_KEYS_SECRET_KEYS", KEY, lambda settings: settings.secret_keys == (KEY,)),
        ("TWO_KEYS_ADMIN_PASSWORD", "a good long one", lambda settings: settings.admin_password == "a good long one"),
        ("TWO_KEYS_DATABASE_URL", "sqlite:////x/y", lambda settings: settings.database == SQLiteFile(Path("/x/y"))),
    ],
)
def test_each_secret_can_stand_in_a_file(tmp_path, name, value, read):
    path = tmp_path / "secret"
    path.write_text(f"{value}\n")
    assert read(config.read({f"{name}_FILE": str(path)}))


def test_a_secrets_file_that_cannot_be_read_is_a_mistake(tmp_path):
    (mistake,) = mistakes(TWO_KEYS_SECRET_KEYS_FILE=str(tmp_path / "missing"))
    assert mistake.startswith("TWO_KEYS_SECRET_KEYS_FILE: cannot read")
    (tmp_path / "latin").write_bytes(b"\xff\xfe")
    (mistake,) = mistakes(TWO_KEYS_ADMIN_PASSWORD_FILE=str(tmp_path / "latin"))
    assert "not UTF-8" in mistake
    (mistake,) = mistakes(TWO_KEYS_ADMIN_PASSWORD_FILE=str(tmp_path))
    assert "cannot read" in mistake


def test_an_empty_secrets_file_is_a_mistake(tmp_path):
    (tmp_path / "empty").write_text("\n")
    secrets = [setting.name for setting in config.SETTINGS if setting.secret]
    assert len(secrets) == 5
    for name in secrets:
        found = mistakes(**{f"{name}_FILE": str(tmp_path / "empty")})
        assert len(found) == 1
        assert found[0].startswith(name), found


def test_a_variable_and_its_file_exclude_each_other(tmp_path):
    (tmp_path / "secret").write_text(KEY)
    (mistake,) = mistakes(TWO_KEYS_SECRET_KEYS=KEY, TWO_KEYS_SECRET_KEYS_FILE=str(tmp_path / "secret"))
    assert "both set" in mistake


def test_no_mistake_shows_a_secret():
    for name in ("TWO_KEYS_SECRET_KEYS", "TWO_KEYS_DATABASE_URL", "TWO_KEYS_SMTP_URL"):
        mistake = "\n".join(mistakes(**{name: "hunter2"}))
        assert "hunter2" not in mistake


def test_several_keys_are_kept_in_their_order():
    other = KEY[::-1]
    assert config.read({"TWO_KEYS_SECRET_KEYS": f" {other} ,{KEY}"}).secret_keys == (other, KEY)


def test_several_proxies_are_read():
    read = config.read({"TWO_KEYS_TRUSTED_PROXIES": "10.0.0.0/8, 192.0.2.7,2001:db8::/32"})
    assert [str(network) for network in read.trusted_proxies] == ["10.0.0.0/8", "192.0.2.7/32", "2001:db8::/32"]


def test_paths_do_not_depend_on_the_folder_in_which_it_is_started(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    read = config.read({"TWO_KEYS_DATA_DIR": "keys", "TWO_KEYS_TEMPLATES_DIR": "."})
    assert read.data_dir == tmp_path / "keys"
    assert read.templates_dir == tmp_path
    assert config.read({"TWO_KEYS_DATABASE_URL": "sqlite:///x.db"}).database == SQLiteFile(tmp_path / "x.db")


FROM = "keys@example.org"


@pytest.mark.parametrize(
    ("url", "host", "port", "security", "username", "password"),
    [
        ("smtp://mail.example.org", "mail.example.org", 25, "none", "", ""),
        ("smtps://mail.example.org", "mail.example.org", 465, "tls", "", ""),
        ("smtp+starttls://mail.example.org", "mail.example.org", 587, "starttls", "", ""),
        ("smtp+starttls://mail.example.org:2525/", "mail.example.org", 2525, "starttls", "", ""),
        ("smtps://keys%40example.org:p%2Fs%3As%25@[::1]:10", "::1", 10, "tls", "keys@example.org", "p/s:s%"),
    ],
)
def test_a_mail_server_is_read(url, host, port, security, username, password):
    mail = config.read({"TWO_KEYS_SMTP_URL": url, "TWO_KEYS_MAIL_FROM": FROM}).mail
    assert mail is not None
    assert (mail.host, mail.port, mail.security) == (host, port, security)
    assert (mail.username, mail.password) == (username, password)
    assert not password or password not in repr(mail)


@pytest.mark.parametrize(
    "url",
    [
        "mail.example.org",
        "http://mail.example.org",
        "smtp://",
        "smtp://mail.example.org/path",
        "smtp://mail.example.org?x=1",
        "smtp://mail.example.org:0",
        "smtp://mail.example.org:port",
        "smtp://mail example org",
        "smtp://user@mail.example.org",
        "smtp://user:pa%0Ass@mail.example.org",
        "smtp://:hunter2@mail.example.org",
        "smtp://user:hun#ter2@mail.example.org",
    ],
)
def test_a_bad_mail_server_is_said_without_its_password(url):
    (mistake,) = mistakes(TWO_KEYS_SMTP_URL=url, TWO_KEYS_MAIL_FROM=FROM)
    assert mistake.startswith("TWO_KEYS_SMTP_URL must look like")
    assert "ter2" not in mistake


@pytest.mark.parametrize(
    ("value", "address", "name"),
    [
        (FROM, FROM, ""),
        (f"Acme <{FROM}>", FROM, "Acme"),
        (f"Müller, Söhne & Co. <{FROM}>", FROM, "Müller, Söhne & Co."),
        (f'"Acme, Inc." <{FROM}>', FROM, "Acme, Inc."),
        ("two-keys@localhost", "two-keys@localhost", ""),
    ],
)
def test_the_sender_is_an_address_or_name_and_address(value, address, name):
    mail = config.read({"TWO_KEYS_SMTP_URL": "smtp://localhost", "TWO_KEYS_MAIL_FROM": value}).mail
    assert mail is not None
    assert (mail.sender, mail.sender_name) == (address, name)


@pytest.mark.parametrize(
    "value",
    [
        "nobody",
        "Acme",
        "a@b@c",
        "a@",
        "@b",
        "<a@b",
        "a b@c.org",
        f"{FROM}, {FROM}",
        "kéys@example.org",
        "a@b..c",
        "a@b\nBcc: c@d",
    ],
)
def test_a_bad_sender_is_said(value):
    (mistake,) = mistakes(TWO_KEYS_SMTP_URL="smtp://localhost", TWO_KEYS_MAIL_FROM=value)
    assert mistake.startswith("TWO_KEYS_MAIL_FROM")


def test_mail_server_and_sender_belong_together(tmp_path):
    (mistake,) = mistakes(TWO_KEYS_SMTP_URL="smtp://localhost")
    assert mistake.startswith("TWO_KEYS_MAIL_FROM is missing")
    (mistake,) = mistakes(TWO_KEYS_MAIL_FROM=FROM)
    assert mistake.startswith("TWO_KEYS_MAIL_FROM is set")
    (tmp_path / "url").write_text("smtp://user:secret@localhost\n")
    read = config.read({"TWO_KEYS_SMTP_URL_FILE": str(tmp_path / "url"), "TWO_KEYS_MAIL_FROM": FROM})
    assert read.mail is not None
    assert read.mail.password == "secret"


def test_a_worker_knows_how_many_serve_starts():
    assert config.read({config.WORKERS.name: "4"}).workers == 4
    assert config.read({}).workers == 1


@pytest.mark.parametrize("text", ["0", "-1", "many", "100"])
def test_nothing_but_serve_says_how_many_workers_there_are(text):
    with pytest.raises(BadSettings, match="TWO_KEYS_WORKERS is set by `serve --workers` alone"):
        config.read({config.WORKERS.name: text})
