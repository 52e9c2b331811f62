"""The command `create-user`."""

import re
from concurrent.futures import ThreadPoolExecutor

from tests.server import PASSWORD, command, printed_password, refused, rows


def test_create_user_with_a_chosen_password_prints_none(made):
    assert rows(made, "SELECT username, name, email, company, unit, login_method FROM users") == [
        ("bob", "bob", "", "", "", "password"),
        ("alice", "Alice Liddell", "alice@example.org", "Wonderland", "Sales", "password"),
        ("cleo", "cleo", "", "", "", "sso"),
    ]
    assert rows(made, "SELECT count(*) FROM users WHERE one_time_until IS NOT NULL") == [(0,)]
    assert rows(made, "SELECT password_hash FROM users WHERE username = 'cleo'") == [(None,)]
    assert rows(made, "SELECT set_up, not_set_up, not_joined FROM adoption") == [(0, 2, 1)]
    assert PASSWORD.encode() not in (made / "two_keys.sqlite3").read_bytes()


def test_create_user_prints_a_one_time_password_and_logs_it_without(folder):
    done = command(folder, "create-user", "  DORA ", "--role", "Auditor", "--role", "User manager")
    assert done.status == 0
    assert done.out.startswith("Added dora.\n")
    password = printed_password(done.out)
    assert re.fullmatch(r"([a-z0-9]{5}-){3}[a-z0-9]{5}", password)
    log = rows(folder, "SELECT actor, subject, detail FROM activity WHERE action = 'user.created' ORDER BY number DESC")
    assert log[0] == ("command line", "dora", '{"roles": "Auditor, User manager"}')
    stored = b"".join(path.read_bytes() for path in folder.iterdir())
    assert password.encode() not in stored


def test_create_user_by_single_sign_on_prints_a_link_that_binds(folder):
    provider = {
        "TWO_KEYS_SSO_ISSUER": "https://login.example.org",
        "TWO_KEYS_SSO_CLIENT_ID": "two-keys",
        "TWO_KEYS_SSO_CLIENT_SECRET": "a secret of the client",
        "TWO_KEYS_SSO_NAME": "Acme SSO",
        "TWO_KEYS_BASE_URL": "http://keys.localhost:8000",
    }
    done = command(folder, "create-user", "dora", "--sso", **provider)
    assert done.status == 0, done.err
    added, sentence, link = done.out.splitlines()
    assert added == "Added dora."
    assert sentence == (
        "The person who opens this link and then signs in at Acme SSO is dora from then on. It works once, for 7 days:"
    )
    assert re.fullmatch(r"http://keys\.localhost:8000/invitation/[\w-]{43}", link)
    found = "SELECT kind, expires_at - created_at, used_at FROM links ORDER BY id DESC"
    assert rows(folder, found)[0] == ("binding", 7 * 24 * 3600, None)
    log = "SELECT actor, action, subject FROM activity ORDER BY number DESC"
    assert rows(folder, log)[0] == ("command line", "user.binding_started", "dora")
    stored = b"".join(path.read_bytes() for path in folder.iterdir())
    assert link.rsplit("/", 1)[1].encode() not in stored


def test_without_a_provider_it_prints_the_link_and_says_so(folder):
    done = command(folder, "create-user", "dora", "--sso")
    assert done.status == 0
    assert re.search(r"^http://localhost:\d+/invitation/[\w-]{43}$", done.out, re.MULTILINE)
    assert "Single Sign-On is not configured yet (TWO_KEYS_SSO_ISSUER): the link works once it is." in done.out


def test_create_user_refuses_what_cannot_be(folder):
    before = rows(folder, "SELECT count(*) FROM users")

    def says(*arguments: str, typed: str = "") -> str:
        return refused(folder, "create-user", *arguments, typed=typed)

    with ThreadPoolExecutor(2) as pool:
        answers = list(
            pool.map(
                lambda asked: says(*asked[0], typed=asked[1]),
                [
                    (("Alice",), ""),
                    (("command line",), ""),
                    (("a\tb",), ""),
                    (("x" * 129,), ""),
                    (("dora", "--role", "Emperor"), ""),
                    (("dora", "--email", "nonsense"), ""),
                    (("dora", "--name", "x" * 201), ""),
                    (("dora", "--password-stdin"), "too short\n"),
                    (("dora", "--password-stdin"), ""),
                    (("dora", "--sso", "--password-stdin"), PASSWORD),
                ],
            )
        )
    expected = (
        "the username is taken",
        "the username is reserved",
        "the username contains characters that cannot be seen",
        "the username is too long",
        "there is no role Emperor (the roles are: Administrator,",
        "the email is not an e-mail address",
        "the name is too long",
        "at least 15 characters",
        "it is empty",
        "has no password",
    )
    for answer, words in zip(answers, expected, strict=True):
        assert words in answer
    assert rows(folder, "SELECT count(*) FROM users") == before
