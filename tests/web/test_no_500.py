"""Nothing that anybody can send is answered with 500: every route, every method, as nobody, as Alice and as Bob."""

from collections.abc import Iterator
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as some

import routes
from accounts import sessions
from accounts.context import Context
from db import users as stored_users
from tests.browser import Installation
from tests.cookies import SESSION
from tests.people import Person, somebody, switch
from tests.raw import Answer, ask
from tests.small_provider import SmallProvider

WHO = ("nobody", "alice", "bob")
FIELDS = (
    "username", "password", "code", "next", "name", "email", "time_zone", "current_password", "new_password",
    "reason", "two_factor", "generation", "q", "login_method", "after", "before", "actor", "action", "from", "to",
    "shown", "act", "part", "company", "unit", "newest", "version", "show", "asked", "address", "state", "error",
    "iss", "invitation", "proof",
)  # fmt: skip
NASTY = [
    "",
    "\x00",
    "a\x00b",
    "\r\nX-Injected: yes",
    "%",
    "%s%n{0}{{7*7}}",
    "'; DROP TABLE users; --",
    '"><script>alert(1)</script>',
    "../../../../etc/passwd",
    "\ud800",
    "\udcff",
    "\U0010ffff",
    "\u0344" * 2000,
    "x" * 20_000,
    "9" * 400,
    "-1",
    "١٢٣٤٥٦",
    "1_000",
    "2026-11-24",
    "9999-12-31",
    "on",
    "password",
    "two_factor.switched",
]
# the number of the user on whom Bob acts, who is there again after each deletion
FRED = 3
BROKEN_FORMS = [
    (b"application/x-www-form-urlencoded", b"%"),
    (b"application/x-www-form-urlencoded", b"%zz=%f&&&=&=="),
    (b"application/x-www-form-urlencoded", b"name=%ff%fe&email=\xff\xfe&two_factor=%ed%a0%80"),
    (b"application/x-www-form-urlencoded", b"&".join(b"f%d=x" % number for number in range(3000))),
    (b"application/x-www-form-urlencoded; charset=nonsense", b"name=x"),
    (b"multipart/form-data", b"name=x"),
    (b"multipart/form-data; boundary=", b"----"),
    (b"multipart/form-data; boundary=b", b""),
    (b"multipart/form-data; boundary=b", b"--b\r\n"),
    (b"multipart/form-data; boundary=b", b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n"),
    (b"multipart/form-data; boundary=b", b'--b\r\nContent-Disposition: form-data; name="name"\r\n\r\nx'),
    (
        b"multipart/form-data; boundary=b",
        b'--b\r\nContent-Disposition: form-data; name="\xff\xfe"\r\n\r\n\xff\xfe\r\n--b--\r\n',
    ),
    (
        b"multipart/form-data; boundary=b; charset=nonsense",
        b'--b\r\nContent-Disposition: form-data; name="name"\r\n\r\nx\r\n--b--\r\n',
    ),
    (b"multipart/form-data; boundary=\xff\xfe", b"--\xff\xfe\r\n"),
    (b"multipart/form-data; boundary=" + b"b" * 5000, b"--b\r\n"),
    (b"application/json", b'{"name": "x"'),
    (b"text/plain", b"name=x"),
    (b"", b"name=x"),
    (b"\xff\xfe", b"\xff\xfe"),
]


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Person]]:
    """Alice and Bob on an installation whose function is on, and that has an identity provider; Bob has set it up."""
    with (
        SmallProvider() as provider,
        Installation(tmp_path_factory.mktemp("fuzz"), **provider.settings) as installation,
    ):
        switch(installation, on=True)
        alice, bob = somebody(installation, "alice"), somebody(installation, "bob", "Administrator")
        assert somebody(installation, "fred").user_id == FRED
        bob.signs_in()
        bob.sets_up()
        yield {"alice": alice, "bob": bob}


def cookie(people: dict[str, Person], who: str) -> list[tuple[bytes, bytes]]:
    """A session that was opened just now: what was sent before may have ended the last one."""
    if who == "nobody":
        return []
    person = people[who]

    async def start(context: Context) -> str:
        user = await stored_users.by_id(context.db, person.user_id)
        assert user is not None
        async with context.db.transaction():
            session_token = (await sessions.start(context, user, code_proved=True)).session_token
        return context.vault.sign(f"session:{session_token}")

    return [(b"cookie", f"{SESSION}={person.installation.run(start)}".encode())]


async def brings_fred_back(context: Context) -> None:
    if await stored_users.by_id(context.db, FRED) is None:
        fred = stored_users.New(username="fred", skeleton="fred", name="Fred", created_at=context.now)
        async with context.db.transaction():
            number = await stored_users.insert(context.db, fred)
            await context.db.execute("UPDATE users SET id = :id WHERE id = :number", {"id": FRED, "number": number})


def sends(people: dict[str, Person], who: str, method: str, path: str, **more: object) -> Answer:
    """Sends it from here, and checks the answer; an exception comes up by itself."""
    headers = [(b"host", b"localhost"), (b"sec-fetch-site", b"same-origin"), *cookie(people, who)]
    headers += more.pop("headers", [])  # type: ignore[arg-type]  # because the values come by name
    if path.endswith("/delete"):
        people["bob"].installation.run(brings_fred_back)
    answer = ask(people["bob"].installation, method, path, headers=headers, **more)  # type: ignore[arg-type]  # because they come by name
    assert 200 <= answer.status < 500, (who, method, path, more, answer.status)
    assert answer.all("content-security-policy"), (who, method, path)
    assert not answer.all("x-injected"), (who, method, path, more)
    return answer


def ways(who: str = "bob") -> list[tuple[str, str]]:
    """Method and address of every route; for Alice those that do not refuse her anyway."""
    reached = routes.EVERYONE + routes.SIGNED_IN + routes.SIGNED_IN_WITH_PASSWORD if who == "alice" else routes.ALL
    return [
        (
            min((route.methods or set()) - {"HEAD"}),
            route.path.replace("{id:int}", str(FRED))
            .replace("{session_id:int}", "1")
            .replace("{name}", "x.css")
            .replace("{token}", "x"),
        )
        for route in reached
    ]


def encoded(values: list[tuple[str, str]]) -> bytes:
    return urlencode([(name, value.encode("utf-8", "surrogatepass")) for name, value in values]).encode()


def multipart(values: list[tuple[str, str]], *, files: bool) -> bytes:
    """The same as a form with files."""
    body = b""
    for name, value in values:
        file = b'; filename="%s"' % name.encode() if files else b""
        body += b'--b\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n' % (name.encode("utf-8", "replace"), file)
        body += value.encode("utf-8", "surrogatepass") + b"\r\n"
    return body + b"--b--\r\n"


FORM = (b"content-type", b"application/x-www-form-urlencoded")


@pytest.mark.parametrize("who", WHO)
def test_nasty_text_in_every_field_of_every_route(people, who):
    for method, path in ways(who):
        for number, nasty in enumerate(NASTY):
            values = [(name, nasty) for name in FIELDS]
            if method == "GET":
                sends(people, who, method, path, query=encoded(values))
            elif number % 3 == 0:
                kind = [(b"content-type", b"multipart/form-data; boundary=b")]
                sends(people, who, method, path, headers=kind, body=[multipart(values, files=number % 2 == 0)])
            else:
                sends(people, who, method, path, headers=[FORM], body=[encoded(values)])


@pytest.mark.parametrize("who", WHO)
def test_broken_forms(people, who):
    for method, path in ways(who):
        if method == "POST":
            for kind, body in BROKEN_FORMS:
                sends(people, who, method, path, headers=[(b"content-type", kind)], body=[body])


@pytest.mark.parametrize("who", WHO)
def test_every_method_at_every_route_whole_and_as_a_part(people, who):
    part = [(b"hx-request", b"true"), (b"hx-request-type", b"partial")]
    for path in sorted({path for _, path in ways(who)}):
        for method in ("GET", "HEAD", "POST", "PUT", "OPTIONS", "get", "X\x00"):
            sends(people, who, method, path)
            sends(people, who, method, path, headers=part)


def test_nasty_addresses(people):
    for nasty in NASTY:
        text = nasty.encode("utf-8", "replace").decode()[:2000]
        for path in (
            f"/{text}",
            f"/users/{text}",
            f"/static/{text}",
            f"/invitation/{text}",
            f"/login/reset/{text}",
            f"/my-user/sessions/{text}/end",
            text or "/",
            f"//{text}",
        ):
            for who in ("nobody", "bob"):
                sends(people, who, "GET", path)
                sends(people, who, "POST", path)
    for number in (0, -1, 2**31, 2**63 - 1, 2**63, 2**64, 10**100):
        for path in (f"/users/{number}", f"/users/{number}/reset-two-factor", f"/users/{number}/let-try-again",
                     f"/users/{number}/edit", f"/users/{number}/delete", f"/users/{number}/invitation",
                     f"/my-user/sessions/{number}/end"):  # fmt: skip
            sends(people, "bob", "GET", path)
            sends(people, "bob", "POST", path, headers=[FORM], body=[b"reason=x"])


def test_nasty_headers(people):
    names = (
        b"user-agent", b"cookie", b"accept", b"accept-encoding", b"content-type", b"x-forwarded-for", b"hx-request",
        b"hx-request-type", b"referer", b"accept-language", b"range", b"if-none-match", b"origin", b"content-length",
    )  # fmt: skip
    for nasty in NASTY:
        value = nasty.encode("utf-8", "surrogatepass")
        for name in names:
            sends(people, "bob", "GET", "/my-user/password", headers=[(name, value)])
        sends(
            people,
            "nobody",
            "POST",
            "/login",
            headers=[FORM, *((name, value) for name in names[:6])],
            body=[b"username=alice"],
        )
    for value in (
        SESSION.encode() + b"=\xff",
        SESSION.encode(),
        b";;;===",
        b"\x00",
        b"a=" + b"b" * 60_000,
        f"{SESSION}=a.b; ".encode() * 500,
    ):
        sends(people, "nobody", "GET", "/", headers=[(b"cookie", value)])


def test_a_connection_that_ends_in_the_middle(people):
    """The client goes away before its form is complete: nobody is answered, nothing breaks."""
    headers = [(b"host", b"localhost"), (b"sec-fetch-site", b"same-origin"), FORM]
    for path in ("/login", "/my-user/profile", "/general-settings/security"):
        asked = [*headers, *cookie(people, "bob" if path != "/login" else "nobody")]
        assert ask(people["bob"].installation, "POST", path, headers=asked, body=[]).status < 500


paths = some.one_of(
    some.sampled_from([path for _, path in ways()]),
    some.text(max_size=40).map(lambda text: "/" + text.encode("utf-8", "replace").decode()),
    some.integers().map(lambda number: f"/users/{number}"),
)
texts = some.one_of(some.text(max_size=60), some.sampled_from(NASTY), some.text(alphabet="0123456789 -:.", max_size=30))
values = some.lists(some.tuples(some.one_of(some.sampled_from(FIELDS), some.text(max_size=10)), texts), max_size=6)
headers = some.lists(
    some.tuples(
        some.sampled_from([b"cookie", b"user-agent", b"hx-request-type", b"content-type", b"accept"]),
        some.binary(max_size=60),
    ),
    max_size=3,
)


@pytest.mark.parametrize("who", WHO)
@settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    method=some.sampled_from(["GET", "POST", "HEAD", "PUT"]),
    path=paths,
    query=some.one_of(some.binary(max_size=60), values.map(encoded)),
    body=some.one_of(
        some.binary(max_size=200), values.map(encoded), values.map(lambda typed: multipart(typed, files=False))
    ),
    kind=some.sampled_from([b"application/x-www-form-urlencoded", b"multipart/form-data; boundary=b", b"text/plain"]),
    more=headers,
)
@example(method="GET", path="/" + quote("é"), query=b"\xff", body=b"", kind=b"", more=[])
def test_anything_at_all(people, who, method, path, query, body, kind, more):
    sends(people, who, method, path, query=query, headers=[(b"content-type", kind), *more], body=[body])
