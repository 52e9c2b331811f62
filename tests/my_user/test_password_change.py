"""A password is changed, or chosen in place of a printed one."""

import pytest

from accounts.context import COMMAND_LINE
from accounts.users import users
from tests.browser import Installation, Page, _text
from tests.cookies import SESSION
from tests.people import PASSWORDS, Person, somebody

NEW = "eleven green bottles on a wall"


def changes(person: Person, **typed: str) -> Page:
    values = {"current_password": PASSWORDS["alice"], "new_password": NEW, **typed}
    return person.browser.post("/my-user/password", values)


def test_the_form_asks_for_the_current_password_and_a_new_one(alice):
    page = alice.signs_in().get("/my-user/password")
    assert "/my-user/password" in alice.browser.get("/my-user").links()
    kinds = {name: field.get("autocomplete") for field in page.all("input") if (name := field.get("name"))}
    assert kinds == {"username": "username", "current_password": "current-password", "new_password": "new-password"}
    assert "At least 15 characters" in page.text


def test_it_is_changed_and_the_new_one_signs_in(installation, alice, bob):
    page = alice.signs_in().get("/my-user/password")
    done = alice.browser.submit(page, "/my-user/password", current_password=alice.password, new_password=NEW)
    assert (done.status, done.location) == (303, "/my-user?password=changed#password")
    said = alice.browser.get(done.location.partition("#")[0]).find("#password [role=status]")
    assert _text(said) == "Your password is changed. You were signed out everywhere else."
    assert not alice.browser.get("/my-user").has("#password [role=status]")
    alice.browser = installation.browser()
    assert alice.types().status == 422
    alice.signs_in(password=NEW)
    assert "alice changed their password" in bob.signs_in().get("/activity-log").text


def test_it_ends_all_other_sessions_and_gives_this_one_a_new_token(installation, alice):
    other = installation.browser()
    here = alice.signs_in()
    alice.browser = other
    alice.signs_in()
    alice.browser = here
    before = here.client.cookies[SESSION]
    assert changes(alice).status == 303
    assert here.get("/").status == 200
    assert other.get("/").location == "/login"
    assert here.client.cookies[SESSION] != before
    here.client.cookies.set(SESSION, before, domain="localhost.local")
    installation.clock.forward(11)
    assert installation_sees_nobody(installation, before)


def installation_sees_nobody(installation: Installation, cookie: str) -> bool:
    browser = installation.browser()
    browser.client.cookies.set(SESSION, cookie)
    return browser.get("/").status == 303


def test_the_current_password_is_always_asked_for(alice):
    # a moment ago: no proof in place of it
    alice.signs_in()
    for wrong in ("", "not this one at all", alice.password + " "):
        page = changes(alice, current_password=wrong)
        assert page.status == 422
        assert "This is not your current password. Nothing has changed." in page.text
    alice.browser.client.cookies.clear()
    alice.signs_in()


@pytest.mark.parametrize(
    ("new", "words"),
    [
        ("", "Enter a new password."),
        ("short but sweet"[:14], "at least 15 characters"),
        ("x" * 1025, "at most 1,024 characters"),
        ("passwordpassword", "a common word repeated"),
        ("abcababcabababcab", "fewer than five different characters"),
        ("abcdefghijklmnopqrs", "a simple sequence"),
        ("alicealicealice12", "Do not build the password from your name, username"),
        ("two keys two keys two keys", "Do not build the password from your name, username"),
        (PASSWORDS["alice"], "This is the password you have now."),
        ("eleven green\x00bottles on a wall", "characters that cannot be used"),
        ("eleven green\nbottles on a wall", "characters that cannot be used"),
    ],
)
def test_a_bad_new_password_is_refused_with_the_reason(alice, new, words):
    alice.signs_in()
    page = changes(alice, new_password=new)
    assert page.status == 422
    assert words in page.words(".problem")
    assert "wrong" in page.find(".problem").get("class", "") or page.has("[aria-invalid=true]")
    alice.browser.client.cookies.clear()
    alice.signs_in()


def test_what_was_typed_is_never_sent_back(alice):
    alice.signs_in()
    page = changes(alice, current_password="my cat is called Minka", new_password="Minka's tail")
    assert "Minka" not in page.html
    assert all(field.get("value") is None for field in page.all("[type=password]"))


@pytest.mark.parametrize(
    "new",
    [
        "xwqjvkzhgptyzbq",
        "five wörds täken from ä book",
        "1234 5678 9012 3456 78 and no letter",
        "🐙🐙 squid soup and noodles",
    ],
)
def test_a_long_password_needs_neither_digits_nor_symbols(installation, alice, new):
    alice.signs_in()
    page = changes(alice, new_password=new)
    if page.status == 422:
        assert "fewer than five different" in page.text or "simple sequence" in page.text
        return
    alice.browser = installation.browser()
    alice.signs_in(password=new)


def test_wrong_current_passwords_have_to_wait_in_the_end(installation, alice):
    alice.signs_in()
    for _ in range(10):
        assert changes(alice, current_password="wrong").status == 422
    page = changes(alice)
    assert page.status == 429
    assert "Too many attempts. Wait 30 seconds." in page.text
    installation.clock.forward(31)
    assert changes(alice).status == 303


def test_password_managers_find_the_page(alice):
    assert alice.browser.get("/.well-known/change-password").location == "/my-user/password"


# ----------------------------------------------------------------------------------------- in place of a printed one


@pytest.fixture
def newcomer(installation: Installation) -> Person:
    """Somebody for whom a one-time password was printed."""
    created = installation.run(lambda context: users.create(context, users.New("nora", "Nora"), COMMAND_LINE))
    assert isinstance(created, users.Created)
    PASSWORDS["nora"] = created.one_time_password or ""
    return Person("nora", created.user_id, installation, installation.browser())


def test_a_printed_password_leads_to_the_choice_of_another(newcomer, function_on):
    page = newcomer.types()
    assert (page.status, page.location) == (303, "/my-user/password")
    page = newcomer.browser.get("/my-user/password")
    assert page.words("h1") == "Choose a password"
    assert "current_password" not in page.fields("/my-user/password")
    assert not page.has("#notification")
    assert not page.has(".bar")


def test_a_session_of_a_printed_password_reaches_nothing_else(newcomer, function_on):
    import routes

    newcomer.types()
    for route in (route for route in routes.ALL if route not in routes.EVERYONE):
        path, method = (
            route.path.replace("{id:int}", "1").replace("{session_id:int}", "1").replace("{name}", "x"),
            min((route.methods or set()) - {"HEAD"}),
        )
        if path in ("/my-user/password", "/logout", "/health") or path.startswith("/static"):
            continue
        ask = newcomer.browser.get if method == "GET" else newcomer.browser.post
        if path in ("/notification", "/users/invitations/progress", "/users/reminders/progress"):
            assert ask(path).status == 204
            continue
        assert (ask(path).status, ask(path).location) == (303, "/my-user/password"), (method, path)
        assert ask(path, part=True).status in (204, 401), (method, path)
        assert ask(path, part=True).headers.get("HX-Redirect") == "/my-user/password", (method, path)


def test_after_the_choice_the_session_is_an_ordinary_one(installation, newcomer):
    newcomer.types()
    page = newcomer.browser.get("/my-user/password")
    done = newcomer.browser.submit(page, "/my-user/password", new_password=NEW)
    assert (done.status, done.location) == (303, "/")
    assert newcomer.browser.get("/").words("h1") == "Hello, Nora"
    newcomer.browser = installation.browser()
    # the printed one works no more
    assert newcomer.types().status == 422
    newcomer.signs_in(password=NEW)
    bob = somebody(installation, "bob", "Administrator")
    log = bob.signs_in().get("/activity-log").text
    assert "nora signed in with a one-time password" in log
    assert "nora chose a password in place of the one-time password" in log


def test_the_chosen_one_must_be_another_and_good(newcomer):
    newcomer.types()
    for bad in (newcomer.password, "too short", ""):
        page = newcomer.browser.post("/my-user/password", {"new_password": bad})
        assert page.status == 422, bad
        assert page.words("h1") == "Choose a password"


def test_a_printed_password_can_be_used_until_one_is_chosen_and_for_72_hours(installation, newcomer):
    newcomer.types()
    assert newcomer.browser.post("/logout").status == 303
    installation.clock.forward(72 * 3600 - 1)
    assert newcomer.types().status == 303
    newcomer.browser = installation.browser()
    installation.clock.forward(1)
    assert newcomer.types().status == 422
