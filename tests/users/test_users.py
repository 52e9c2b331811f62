"""Users: who is there, who has the second factor set up, and what helps those who cannot sign in."""

from collections.abc import Iterator
from itertools import chain

import pytest

from accounts.context import COMMAND_LINE
from accounts.users import users
from tests import acts
from tests.browser import Installation, Page, _text
from tests.people import Person, by_single_sign_on, gets_blocked, somebody, switch
from tests.server import rows

MINUTES = 60


def usernames(page: Page) -> list[str]:
    """The rows of the overview, from top to bottom."""
    return [_text(username) for username in page.all("tbody th .muted")]


def row_of(page: Page, username: str) -> Page:
    """One row, to look at alone."""
    rows = dict(zip(usernames(page), page.all("tbody tr"), strict=True))
    row = Page(page.status, "", page.headers)
    row.tree = rows[username]
    return row


def disables(installation: Installation, username: str) -> None:
    installation.run(lambda context: acts.disable(context, username))


@pytest.fixture
def dora(installation: Installation, function_on: None) -> Person:
    """A member who has set the second factor up; the function is on."""
    person = somebody(installation, "dora")
    person.signs_in()
    return person.sets_up()


# ------------------------------------------------------------------------------------------------------ the overview


def test_it_lists_everybody_with_their_login_method(bob, alice, cleo):
    page = bob.signs_in().get("/users")
    assert page.words("h1") == "Users"
    assert usernames(page) == ["alice", "bob", "cleo"]
    assert [_text(heading) for heading in page.all("thead th")] == [
        "Name",
        "Organisational unit",
        "Login method",
        "Last login",
        "Last reminded",
        "Status",
    ]
    assert row_of(page, "alice").words(".method") == "Username/password"
    assert row_of(page, "cleo").words(".method") == "Single Sign-On"


def test_it_says_unit_last_login_and_who_is_disabled(installation, bob, alice):
    disables(installation, "alice")
    page = bob.signs_in().get("/users")
    bobs, alices = _text(row_of(page, "bob").tree), _text(row_of(page, "alice").tree)
    assert "IT" in bobs
    assert "24 Nov 2026, 12:00" in bobs
    assert "Active" in bobs
    assert "Sales" in alices
    assert "Never" in alices
    assert "Disabled" in alices


def test_the_two_keys_stand_beside_the_login_method_of_those_who_have_set_it_up(bob, alice, cleo, dora):
    page = bob.signs_in().get("/users")
    symbol = row_of(page, "dora").find(".method .two-keys")
    assert symbol.tag.endswith("svg")
    assert symbol.get("role") == "img"
    assert symbol.get("aria-label")
    for other in ("alice", "bob", "cleo"):
        assert not row_of(page, other).has(".two-keys")


def test_the_symbol_of_a_blocked_authenticator_stays(bob, dora):
    gets_blocked(dora)
    assert row_of(bob.signs_in().get("/users"), "dora").has(".two-keys")


def test_symbol_and_filters_go_on_while_the_function_is_off(installation, bob, alice, dora):
    switch(installation, on=False)
    browser = bob.signs_in()
    assert row_of(browser.get("/users"), "dora").has(".method .two-keys")
    assert usernames(browser.get("/users?two_factor=on")) == ["dora"]
    assert usernames(browser.get("/users?two_factor=off")) == ["alice", "bob"]


def test_the_symbol_goes_when_the_second_factor_is_removed(bob, dora):
    assert dora.browser.post("/my-user/two-factor/remove", {"code": dora.recovery_codes[0]}).status == 303
    page = bob.signs_in().get("/users")
    assert not row_of(page, "dora").has(".two-keys")
    assert usernames(page) == ["bob", "dora"]


def test_it_filters_by_who_has_set_it_up_and_who_has_not(installation, bob, alice, cleo, dora):
    gina = somebody(installation, "gina")
    gina.signs_in()
    gina.sets_up()
    # a blocked one is set up
    gets_blocked(gina)
    for username in ("erna", "fred"):
        person = somebody(installation, username)
        person.signs_in()
        if username == "erna":
            person.sets_up()
        disables(installation, username)
    browser = bob.signs_in()
    everybody = browser.get("/users")
    assert usernames(everybody) == ["alice", "bob", "cleo", "dora", "erna", "fred", "gina"]
    has, has_not = browser.get("/users?two_factor=on"), browser.get("/users?two_factor=off")
    assert usernames(has) == ["dora", "gina"]
    assert usernames(has_not) == ["alice", "bob"]
    assert "2 of 4 · 50 %" in everybody.words("#adoption-words")


def test_it_filters_by_login_method(installation, bob, alice, cleo):
    disables(installation, "alice")
    browser = bob.signs_in()
    assert usernames(browser.get("/users?login_method=sso")) == ["cleo"]
    assert usernames(browser.get("/users?login_method=password")) == ["alice", "bob"]
    assert usernames(browser.get("/users?login_method=sso&two_factor=off")) == []


def test_the_filters_are_links_and_say_which_is_chosen(bob, dora):
    page = bob.signs_in().get("/users?q=example&two_factor=on")
    chips = {_text(link): link for link in page.all(".chips a")}
    assert list(chips) == [
        "All",
        "With two-factor",
        "Without two-factor",
        "Username/password",
        "Single Sign-On",
        "Not joined yet",
    ]
    chosen = [name for name, link in chips.items() if link.get("aria-current")]
    assert chosen == ["With two-factor"]
    assert chips["Without two-factor"].get("href") == "/users?q=example&two_factor=off"
    assert usernames(bob.browser.get(chips["Without two-factor"].get("href"))) == ["bob"]


def test_a_search_keeps_the_filter(bob, alice, dora):
    page = bob.signs_in().get("/users?two_factor=off")
    values = page.fields("/users")
    assert values["two_factor"] == "off"
    assert not any(value for name, value in values.items() if name not in ("two_factor", "size"))
    found = bob.browser.get("/users?two_factor=off&q=example.org")
    assert usernames(found) == ["alice", "bob"]
    assert found.fields("/users")["q"] == "example.org"


def test_a_filter_that_does_not_exist_is_refused(bob):
    browser = bob.signs_in()
    for wrong in (
        "login_method=carrier-pigeon",
        "two_factor=perhaps",
        "two_factor=On",
        "joined=On",
        "sort=shoe",
        "size=7",
        "order=up",
    ):
        page = browser.get(f"/users?{wrong}")
        assert page.status == 422, f"HOUSE: wrong input is 422; {wrong} got {page.status}"


def test_as_a_part_it_is_the_table_and_its_paging_alone(bob, alice):
    page = bob.signs_in().get("/users?q=alice", part=True)
    assert page.html.lstrip().startswith('<div id="users"')
    assert usernames(page) == ["alice"]
    assert not page.has("#user-header")
    assert "HX-Request-Type" in page.headers["Vary"]


def test_nobody_matching_is_said_with_a_way_back(bob):
    page = bob.signs_in().get("/users?q=nobody+here")
    assert "No user matches." in page.words("#users")
    assert "/users" in page.links()


# ---------------------------------------------------------------------------------------------------------- searches


def found(person: Person, q: str) -> list[str]:
    answer = person.browser.client.get("/users", params={"q": q})
    assert answer.status_code == 200, answer.text
    return usernames(Page(answer.status_code, answer.text, answer.headers))


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Person]:
    """Bob, signed in, among people with difficult names. Searches change nothing, so they share the installation."""
    names = {
        "zoë": "Zoë Straße-Müller",
        "percy": "100% Percent",
        "percival": "1000 Percival",
        "under_score": "Under Score",
        "underxscore": "Underx Score",
        "quote": 'Quote "the" O\'Neill',
        "李小龍": "李小龍",
        "star": "Star* AND NOT Sterne",
    }
    with Installation(tmp_path_factory.mktemp("people")) as installation:
        bob = somebody(installation, "bob", "Administrator")
        for username, name in names.items():
            somebody(installation, username, sso=True, name=name)
        bob.signs_in()
        yield bob


@pytest.mark.parametrize(
    ("q", "who"),
    [
        # a username
        ("percival", ["percival"]),
        # within it, in capitals
        ("ERCI", ["percival"]),
        # a name
        ("sterne", ["star"]),
        # an address
        ("percy@example.org", ["percy"]),
        # two letters: the beginning of a username
        ("pe", ["percival", "percy"]),
        ("st", ["star"]),
        ("qu", ["quote"]),
        # three letters
        ("per", ["percival", "percy"]),
        ("r* a", ["star"]),
        ("zo", ["zoë"]),
        ("zoë", ["zoë"]),
        ("ZOË", ["zoë"]),
        ("straße", ["zoë"]),
        ("STRASSE", ["zoë"]),
        ("müller", ["zoë"]),
        ("李", ["李小龍"]),
        # two letters, not the beginning
        ("小龍", []),
        ("李小龍", ["李小龍"]),
        ("00%", ["percy"]),
        ("%%%", []),
        ("%", []),
        ("r_s", ["under_score"]),
        ("___", []),
        ("_", []),
        ('"the"', ["quote"]),
        ("e\" o'n", ["quote"]),
        ("o'neill", ["quote"]),
        ('""', []),
        ("' OR 1=1 --", []),
        ("zoë OR percy", []),
        ("star*", ["star"]),
        ("NEAR(", []),
        # control characters are left out
        ("per\x00cy", ["percy"]),
        ("\x07percy\x1b", ["percy"]),
        ("percy\nzoë", []),
        ("  percy  ", ["percy"]),
        ("👩‍👩‍👧", []),
        ("x" * 5000, []),
    ],
)
def test_it_finds(people, q, who):
    assert found(people, q) == who


def test_two_letters_find_the_beginning_of_an_address(installation, bob):
    new = users.New("alice", "Alice", "xylophone@example.org", login_method="sso")
    installation.run(lambda context: users.create(context, new, COMMAND_LINE))
    bob.signs_in()
    assert found(bob, "xyl") == ["alice"]
    assert found(bob, "xy") == ["alice"]


def test_a_changed_name_is_found_and_the_old_one_is_not(bob, alice):
    alice.signs_in().post("/my-user/profile", {"name": "Aurora Borealis", "email": "aurora@example.org"})
    bob.signs_in()
    assert found(bob, "borealis") == ["alice"]
    assert found(bob, "aurora@") == ["alice"]
    assert found(bob, "alice@") == []
    assert found(bob, "au") == ["alice"]


# ------------------------------------------------------------------------------------------------------------ paging


def all_pages(person: Person, path: str) -> list[list[str]]:
    """Follows *Next page* to the end."""
    pages = []
    while path:
        page = person.browser.get(path)
        pages.append(usernames(page))
        onwards = [link.get("href", "") for link in page.all(".paging a") if _text(link) == "Next page"]
        path = onwards[0] if onwards else ""
    return pages


@pytest.fixture
def crowd(installation: Installation, bob: Person) -> Person:
    """Bob, signed in, among 120 others: every third signs in by Single Sign-On."""
    for number in range(120):
        somebody(installation, f"user{number:03}", sso=number % 3 == 0)
    bob.signs_in()
    return bob


def test_paging_shows_everybody_once_in_the_order_of_usernames(crowd):
    pages = all_pages(crowd, "/users")
    assert [len(page) for page in pages] == [50, 50, 21]
    assert list(chain(*pages)) == ["bob", *(f"user{number:03}" for number in range(120))]


def test_paging_keeps_filter_and_search(crowd):
    pages = all_pages(crowd, "/users?login_method=password&q=user&two_factor=off")
    assert [len(page) for page in pages] == [50, 30]
    assert list(chain(*pages)) == [f"user{number:03}" for number in range(120) if number % 3]


def test_paging_is_by_key_so_that_newcomers_shift_nothing(installation, crowd):
    first = crowd.browser.get("/users")
    onwards = next(link.get("href") for link in first.all(".paging a"))
    somebody(installation, "aaron", sso=True)
    second = crowd.browser.get(onwards)
    assert usernames(second)[0] == "user049"
    assert "/users" in [link.get("href") for link in second.all(".paging a") if _text(link) == "First page"]


def test_paging_works_as_a_part(crowd):
    onwards = next(link for link in crowd.browser.get("/users").all(".paging a"))
    assert onwards.get("data-hx-target") == "#users"
    page = crowd.browser.get(onwards.get("data-hx-get"), part=True)
    assert page.has("#users")
    assert usernames(page)[0] == "user049"


def test_a_full_last_page_leads_nowhere(installation, bob):
    for number in range(49):
        somebody(installation, f"user{number:03}", sso=True)
    assert not bob.signs_in().get("/users").has(".paging")


def test_any_text_may_stand_in_after(crowd):
    for after in ("zzz", "%00", "\U0010ffff", "'", "x" * 3000):
        answer = crowd.browser.client.get("/users", params={"after": after})
        assert answer.status_code == 200


def test_what_thousands_have_in_common_is_found_page_by_page(installation, bob):
    rows(
        installation.config.data_dir,
        "WITH RECURSIVE n (i) AS (SELECT 10000 UNION ALL SELECT i + 1 FROM n WHERE i < 12499) INSERT INTO users"
        " (username, name,"
        " email, name_beginning, email_beginning, search_text, company, unit, login_method, time_zone, created_at,"
        " codes_generation, access_version)"
        " SELECT 'common' || i, 'Common', '', 'common', '', 'common' || i || '\n' || 'common' || '\n',"
        " '', '', 'sso', '', 0, 0, 0 FROM n",
    )
    bob.signs_in()
    for q in ("co", "common", "ommo"):
        page = bob.browser.get(f"/users?q={q}")
        assert usernames(page) == [f"common{10000 + number}" for number in range(50)], q
        onwards = next(link.get("href") for link in page.all(".paging a"))
        assert usernames(bob.browser.get(onwards))[0] == "common10050", q


# ----------------------------------------------------------------------------------------------------- a user's page


def refusals(page: Page) -> list[str]:
    return [_text(row) for row in page.all("#user-security .rows li .grow")]


def test_a_users_page_has_their_header_with_the_symbol(bob, alice, dora):
    browser = bob.signs_in()
    page = browser.get(f"/users/{dora.user_id}")
    theirs = [header for header in page.all(".user-header") if header.get("id") != "user-header"]
    assert len(theirs) == 1
    assert _text(theirs[0]).startswith("Dora Sales")
    assert page.has("#shown-user-header .two-keys")
    # Bob has none himself
    assert not page.has("#user-header .two-keys")
    page = browser.get(f"/users/{alice.user_id}")
    assert not page.has(".user-header .two-keys")


def test_a_users_page_says_who_they_are_and_how_they_sign_in(bob, dora, cleo):
    browser = bob.signs_in()
    page = browser.get(f"/users/{dora.user_id}")
    for words in ("dora@example.org", "Member", "Username/password", "10 left", "24 Nov 2026, 12:00"):
        assert words in page.text, words
    page = browser.get(f"/users/{cleo.user_id}")
    assert "needs no second factor" in page.words("#user-security")
    assert not page.has("#user-security-reset")


def test_the_overview_leads_to_a_users_page(bob, alice):
    assert f"/users/{alice.user_id}" in bob.signs_in().get("/users").links()


@pytest.mark.parametrize("path", ["/users/4711", "/users/99999999999999999999999999", "/users/-1", "/users/alice"])
def test_there_is_no_such_user(bob, path):
    assert bob.signs_in().get(path).status == 404


def test_those_who_edit_users_see_why_logins_were_refused(bob, dora):
    code = dora.phone.code()
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    dora.browser.client.cookies.clear()
    dora.types(password="not this one at all")
    dora.types(code="")
    dora.types(code="abc")
    dora.types(code=wrong)
    dora.types(code="1" * 20)
    dora.signs_in(code=code)
    dora.browser.client.cookies.clear()
    assert dora.types(code=code).status == 422
    page = bob.signs_in().get(f"/users/{dora.user_id}")
    assert refusals(page) == [
        "The password was right, but the code had been used already.",
        "The password was right, the recovery code was wrong.",
        "The password was right, the code was wrong.",
        "The password was right, but the code field did not contain a code.",
        "The password was right, but the code was missing.",
        "The password was wrong.",
    ]
    assert "203.0.113.7" in page.words("#user-security")


def test_the_last_ten_refused_logins_are_shown(installation, bob, alice):
    for hour in range(2):
        for _ in range(6):
            alice.types(password=f"wrong in hour {hour}")
        installation.clock.forward(3600)
    page = bob.signs_in().get(f"/users/{alice.user_id}")
    assert len(refusals(page)) == 10


def test_those_who_only_view_users_do_not_see_them(installation, alice):
    auditor = somebody(installation, "erna", "Auditor")
    alice.types(password="wrong")
    page = auditor.signs_in().get(f"/users/{alice.user_id}")
    assert page.status == 200
    assert "Refused sign-ins" not in page.text
    assert "The password was wrong." not in page.text


def test_waiting_is_shown_and_let_them_try_again_ends_it(installation, bob, alice):
    for _ in range(10):
        alice.types(password="wrong")
    assert alice.types().status == 422
    address = f"/users/{alice.user_id}"
    page = bob.signs_in().get(address)
    assert "has to wait until 24 Nov 2026, 12:00" in page.words("#user-security")
    assert bob.browser.submit(page, f"{address}/let-try-again").location == address
    page = bob.browser.get(address)
    assert not page.offers(f"{address}/let-try-again")
    alice.signs_in()
    assert "bob let alice try to sign in again" in bob.browser.get("/activity-log").text


@pytest.mark.parametrize("failures", [0, 3])
def test_failures_that_started_no_wait_are_forgotten_with_an_entry(bob, alice, failures: int):
    for _ in range(failures):
        alice.types(password="wrong")
    bob.signs_in()
    for _ in range(3):
        bob.browser.post(f"/users/{alice.user_id}/let-try-again")
    log = bob.browser.get("/activity-log").words("#activity-log")
    assert log.count("bob let alice try to sign in again") == (1 if failures else 0)
    for _ in range(10 - failures):
        alice.types(password="wrong")
    assert (alice.types().status == 303) == (failures > 0), "they count from nought"


def test_let_them_try_again_answers_with_the_part(bob, alice):
    for _ in range(10):
        alice.types(password="wrong")
    page = bob.signs_in().post(f"/users/{alice.user_id}/let-try-again", part=True)
    assert page.status == 200
    assert page.has("#user-security")
    assert "Alice can try again now." in page.words("[role=status]")


def test_let_them_try_again_does_not_end_a_block(installation, bob, dora):
    gets_blocked(dora)
    # refusals of another hour are listed again
    installation.clock.forward(3600)
    address = f"/users/{dora.user_id}"
    bob.signs_in().post(f"{address}/let-try-again")
    dora.browser.client.cookies.clear()
    assert dora.types().status == 422
    page = bob.browser.get(address)
    assert "Blocked since 24 Nov 2026" in page.words("#user-security")
    assert refusals(page)[0] == "The codes of the authenticator app are blocked."


# ------------------------------------------------------------------------------------------------------------- reset


def reset(person: Person, other: Person, *, part: bool = False, **typed: str) -> Page:
    return person.browser.post(
        f"/users/{other.user_id}/reset-two-factor", {"reason": "the phone was lost", **typed}, part=part
    )


def test_an_administrator_resets_a_second_factor_with_a_reason(bob, dora):
    page = bob.signs_in().get(f"/users/{dora.user_id}?act=reset")
    done = bob.browser.submit(page, f"/users/{dora.user_id}/reset-two-factor", reason="the phone was lost")
    assert done.location == f"/users/{dora.user_id}"
    assert not bob.browser.get(done.location).has("#shown-user-header .two-keys")
    assert (
        "bob reset the two-factor authentication of dora. Reason: the phone was lost"
        in bob.browser.get("/activity-log").text
    )
    dora.browser.client.cookies.clear()
    dora.signs_in(code="")


def test_a_reset_ends_all_sessions_of_the_user_and_no_others(bob, dora, alice):
    alice.signs_in()
    bob.signs_in()
    assert dora.browser.get("/").status == 200
    assert reset(bob, dora).status == 303
    assert dora.browser.get("/").status == 303
    assert alice.browser.get("/").status == 200
    assert bob.browser.get("/").status == 200


def test_a_reset_answers_with_the_part(bob, dora):
    bob.signs_in()
    page = reset(bob, dora, part=True)
    assert page.status == 200
    assert "is reset" in page.words("[role=status]")
    assert "The old entry in the authenticator app no longer works: ask" in page.words("[role=status]")
    assert "Not set up" in page.words("#user-security")


@pytest.mark.parametrize(
    ("reason", "words"), [("", "Enter a reason."), ("   ", "Enter a reason."), ("x" * 501, "too long")]
)
def test_a_reset_needs_a_reason(bob, dora, reason, words):
    bob.signs_in()
    page = reset(bob, dora, reason=reason)
    assert page.status == 422
    assert words in page.words("#user-security")
    assert bob.browser.get(f"/users/{dora.user_id}").has("#shown-user-header .two-keys")


def test_a_reset_needs_a_proof_when_the_last_one_is_old(installation, bob, dora):
    bob.signs_in()
    installation.clock.forward(10 * MINUTES)
    asked = bob.browser.get(f"/users/{dora.user_id}?act=reset")
    assert "password" in asked.fields(f"/users/{dora.user_id}/reset-two-factor")
    for typed, words in (({}, ""), ({"password": "wrong"}, "The password is wrong. Nothing has changed.")):
        page = reset(bob, dora, part=True, **typed)
        assert page.status == 422
        assert page.fields(f"/users/{dora.user_id}/reset-two-factor")["reason"] == "the phone was lost"
        assert words in page.words("#user-security")
        assert "wrong" not in page.fields(f"/users/{dora.user_id}/reset-two-factor").values()
        assert bob.browser.get(f"/users/{dora.user_id}").has("#shown-user-header .two-keys")
    assert reset(bob, dora, password=bob.password).status == 303
    assert not bob.browser.get(f"/users/{dora.user_id}").has("#shown-user-header .two-keys")


def test_a_proof_of_ten_minutes_less_a_second_is_enough(installation, bob, dora):
    bob.signs_in()
    installation.clock.forward(10 * MINUTES - 1)
    assert reset(bob, dora).status == 303


def test_who_has_a_second_factor_proves_it_for_a_reset(installation, bob, dora):
    bob.signs_in()
    bob.sets_up()
    installation.clock.forward(11 * MINUTES)
    assert reset(bob, dora, password=bob.password).status == 422
    assert reset(bob, dora, password=bob.password, code=bob.phone.code()).status == 303


def test_nobody_resets_their_own_second_factor_here(bob, dora):
    bob.signs_in()
    bob.sets_up()
    page = bob.browser.get(f"/users/{bob.user_id}")
    assert not page.has("#user-security-reset")
    assert "/my-user" in page.links()
    assert bob.browser.get(f"/users/{bob.user_id}?act=reset").status == 403
    assert reset(bob, bob).status == 403
    assert bob.browser.get("/").has("#user-header .two-keys")


def test_nobody_acts_on_somebody_who_holds_more(installation, bob, dora):
    manager = somebody(installation, "erna", "User manager")
    bob.signs_in()
    bob.sets_up()
    manager.signs_in()
    page = manager.browser.get(f"/users/{bob.user_id}")
    assert page.status == 200
    assert not page.has("#user-security-reset")
    assert manager.browser.get(f"/users/{bob.user_id}?act=reset").status == 403
    assert reset(manager, bob).status == 403
    assert manager.browser.post(f"/users/{bob.user_id}/let-try-again").status == 403
    assert bob.browser.get("/").has("#user-header .two-keys")
    # who holds nothing can be helped
    assert reset(manager, dora).status == 303


def test_acts_on_somebody_who_holds_more_are_logged_as_refused(installation, bob, alice):
    manager = somebody(installation, "erna", "User manager")
    manager.signs_in().post(f"/users/{bob.user_id}/let-try-again")
    page = bob.signs_in().get("/activity-log?action=access.refused&actor=erna")
    assert "erna was refused access to POST /users/{id:int}/let-try-again" in page.text.replace(
        f"/users/{bob.user_id}/", "/users/{id:int}/"
    )


def test_there_is_nothing_to_reset(bob, alice, cleo):
    bob.signs_in()
    for other in (alice, cleo):
        page = reset(bob, other, part=True)
        assert page.status == 409
        assert "There is nothing to reset" in page.words("[role=alert]")
    assert "reset the two-factor" not in bob.browser.get("/activity-log").text


def test_a_reset_keeps_the_figures(bob, dora, alice):
    bob.signs_in()
    assert bob.browser.get("/users").words("#adoption-words").startswith("1 of 3 · 33 %")
    reset(bob, dora)
    assert bob.browser.get("/users").words("#adoption-words").startswith("0 of 3 · 0 %")


def test_somebody_by_single_sign_on_may_hold_permissions_too(installation, alice):
    manager = somebody(installation, "cleo", "User manager", sso=True)
    assert usernames(by_single_sign_on(manager).get("/users")) == ["alice", "cleo"]
