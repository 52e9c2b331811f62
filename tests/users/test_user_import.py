"""The upload page: a preview first, then the import; nobody gives or changes what they do not hold."""

from typing import Any

import pytest

from tests.browser import Browser, Installation, Page, _text, check_laws
from tests.people import Person, somebody

HEADING = "username,name,unit,role\n"
ORIGIN = {"Origin": "http://localhost:8000"}


def uploads(browser: Browser, content: str | bytes, name: str = "users.csv") -> Page:
    """Sends the file as the form does, and follows to the preview."""
    files = {"file": (name, content.encode() if isinstance(content, str) else content, "text/csv")}
    answer = browser.client.post("/users/import", files=files, headers={"Origin": "http://localhost:8000"})
    page = Page(answer.status_code, answer.text, answer.headers)
    if page.status != 303:
        check_laws(page, part=False)
    return browser.follow(page)


def counts(page: Page) -> list[str]:
    return [element.text or "" for element in page.all(".counts dd")]


@pytest.fixture
def mara(installation: Installation, bob: Person) -> Browser:
    """A user manager, signed in: may edit users, not roles."""
    return somebody(installation, "mara", "User manager", unit="HR").signs_in()


def test_a_preview_comes_first_and_changes_nothing(bob, alice):
    browser = bob.signs_in()
    page = uploads(browser, HEADING + "dora,Dora,IT,Member\nalice,Alice,Works,Member\nbob,Bob,IT,Administrator\n")
    assert counts(page) == ["1", "1", "1", "0"]
    assert "unit Sales" in page.text
    assert "unit Works" in page.text
    assert "dora" not in browser.get("/users").text


def test_the_confirmation_imports_and_says_so(installation, bob, alice):
    browser = bob.signs_in()
    page = uploads(browser, HEADING + "dora,Dora,IT,Member\nalice,Alice,Works,Member\n")
    done = browser.follow(browser.submit(page, "/users/import/confirm"))
    assert "users.csv is imported" in done.text
    assert counts(done) == ["1", "1", "0"]
    overview = browser.get("/users").text
    assert "Dora" in overview
    assert "Works" in overview
    log = browser.get("/activity-log").text
    assert "bob imported a file of users: 1 new, 1 changed, 0 unchanged" in log
    assert "bob imported changes of alice from a file: organisational unit from Sales to Works" in log


def test_the_log_leads_from_the_import_to_whom_it_concerned(bob, alice):
    browser = bob.signs_in()
    browser.submit(
        uploads(browser, HEADING + "dora,Dora,IT,Member\nalice,Alice,Works,Member\n"), "/users/import/confirm"
    )
    page = browser.get("/activity-log?action=users.imported")
    (link,) = [link for link in page.all("td a") if _text(link) == "Who was concerned"]
    concerned = browser.get(str(link.get("href")))
    assert [_text(cell) for cell in concerned.all("td") if cell.get("class") == "what"] == [
        "bob imported changes of alice from a file: organisational unit from Sales to Works",
        "bob created the user dora, roles: Member",
    ]


def test_sent_again_it_says_what_was_done_and_does_nothing(bob):
    browser = bob.signs_in()
    page = uploads(browser, "username\ndora\n")
    fields = page.fields("/users/import/confirm")
    first = browser.post("/users/import/confirm", fields, part=True)
    again = browser.post("/users/import/confirm", fields, part=True)
    assert counts(first) == counts(again) == ["1", "0", "0"]


@pytest.mark.provider
def test_those_of_single_sign_on_wait_until_they_are_bound_and_the_page_says_so(bob):
    browser = bob.signs_in()
    page = uploads(browser, "username,email,login_method\ndora,dora@example.org,sso\n")
    assert "Users of Single Sign-On are connected at their first sign-in: with their invitation" in page.text
    browser.post("/users/import/confirm", page.fields("/users/import/confirm"))
    found = browser.get("/users?q=dora")
    (link,) = [href for href in found.links() if href.startswith("/users/") and href[7:].isdigit()]
    imported = browser.get(link)
    assert imported.words("#user-account .state") == "Not invited"
    assert browser.submit(imported, f"{link}/binding").has("#handed-link")


def test_without_a_provider_no_new_user_of_single_sign_on_is_imported(bob, cleo):
    browser = bob.signs_in()
    page = uploads(browser, "username,login_method,unit\ndora,sso,Sales\ncleo,sso,Works\n")
    assert "Line 2Single Sign-On is not configured, so this user could not sign in." in page.text
    assert counts(page) == ["0", "1", "0", "1"], "a user who is there stays editable"
    assert "sso" not in browser.follow(browser.post("/users/import/cancel")).text
    assert "sso" not in browser.client.get("/users/import/sample.csv").text


def test_every_bad_line_has_its_reason_and_nothing_can_be_confirmed(bob, alice):
    browser = bob.signs_in()
    page = uploads(browser, "username,email,role\ndora,nowhere,Member\nerik,,Emperor\nalice,,Member\n")
    assert "Line 2“nowhere” is not an e-mail address." in page.text
    assert "Line 3There is no role “Emperor”." in page.text
    assert counts(page)[3] == "2"
    assert not page.offers("/users/import/confirm")


def reasons(page: Page) -> list[str]:
    """Of lines that cannot be imported: where and why, without what is folded."""
    return [f"{_text(row[0])}: {_text(row[1][0])}" for row in page.all(".bad-lines tbody tr")]


def test_the_same_mistake_in_many_lines_is_one_entry_that_unfolds(bob):
    browser = bob.signs_in()
    lines = "".join(f"user{number},,Emperor\n" for number in range(300))
    addresses = "".join(f"person{number},here{number},\n" for number in range(7))
    page = uploads(browser, f"username,email,role\n{lines}{addresses}dora,nowhere.at.all,\n")
    assert reasons(page) == [
        "Lines 2, 3, 4 and 297 others: There is no role “Emperor”.",
        "Lines 302, 303, 304 and 5 others: These are not e-mail addresses.",
    ]
    folded = [_text(each) for each in page.all(".bad-lines details")]
    assert folded[0].startswith("All 300 lines")
    assert folded[0].endswith(", 300, 301")
    assert "Line 309: “nowhere.at.all”" in folded[1]
    assert counts(page)[3] == "308"


def test_of_a_mistake_in_thousands_of_lines_the_number_is_true_and_rare_ones_are_named(bob):
    browser = bob.signs_in()
    roles = "".join(f"{number}a,,King\n" for number in range(1_500))
    addresses = "".join(f"{number}b,x,\n" for number in range(1_500))
    page = uploads(browser, f"username,email,role\n{roles}{addresses}dora,,Member,x\n")
    assert reasons(page) == [
        "Lines 2, 3, 4 and 1,497 others: There is no role “King”.",
        "Lines 1,502, 1,503, 1,504 and 1,497 others: “x” is not an e-mail address.",
        "Line 3,002: This line and the first line have different numbers of cells: 4, 3.",
    ]
    assert "The first 300 lines" in page.text
    assert "And 1,200 more." in page.text


def test_going_back_from_a_refused_file_shows_the_form_and_from_a_new_one_no_former_one(bob):
    browser = bob.signs_in()
    answer = browser.client.post(
        "/users/import", files={"file": ("old.csv", b"username,role\ndora,Emperor\n")}, headers=ORIGIN
    )
    old = answer.headers["Location"]
    assert "old.csv" in browser.get(old).text
    assert "old.csv" not in browser.get("/users/import").text, "it cannot be imported, so nothing goes on with it"
    new = browser.client.post(
        "/users/import", files={"file": ("new.csv", b"username\ndora\n")}, headers=ORIGIN
    ).headers["Location"]
    gone = browser.get(old)
    assert gone.status == 410
    assert "This file is no longer here" in gone.text
    assert "new.csv was previewed, and not imported yet." in gone.text
    assert new in gone.links()
    browser.submit(browser.get(new), "/users/import/confirm")
    assert "new.csv" not in browser.get("/users/import").text
    assert "new.csv is imported" in browser.get(new).text


def test_it_asks_for_the_proof_and_keeps_the_file(installation, bob):
    browser = bob.signs_in()
    page = uploads(browser, "username\ndora\n")
    installation.clock.forward(11 * 60)
    asked = browser.post("/users/import/confirm", page.fields("/users/import/confirm"), part=True)
    assert asked.status == 422
    done = browser.submit(asked, "/users/import/confirm", part=True, password=bob.password)
    assert counts(done) == ["1", "0", "0"]


@pytest.mark.provider
def test_what_changed_meanwhile_is_found_by_the_second_look(installation, bob):
    browser = bob.signs_in()
    page = uploads(browser, "username,login_method\ndora,sso\n")
    somebody(installation, "dora")
    refused = browser.post("/users/import/confirm", page.fields("/users/import/confirm"), part=True)
    assert refused.status == 409
    assert "Something has changed since the preview, so nothing was imported" in refused.text
    assert "exists with the login method password" in refused.text


def test_the_file_goes_after_half_an_hour_with_the_session_and_by_cancelling(installation, bob):
    browser = bob.signs_in()
    fields = uploads(browser, "username\ndora\n").fields("/users/import/confirm")
    browser.post("/users/import/cancel")
    assert browser.post("/users/import/confirm", fields).status == 409
    fields = uploads(browser, "username\ndora\n").fields("/users/import/confirm")
    installation.clock.forward(31 * 60)
    assert browser.get("/users/import").words("#import-heading") == "Choose a file"
    gone = browser.post("/users/import/confirm", fields | {"password": bob.password})
    assert "no longer here" in gone.text


def test_another_session_does_not_see_it(installation, bob):
    uploads(bob.signs_in(), "username\ndora\n")
    bob.browser = installation.browser()
    assert bob.signs_in().get("/users/import").words("#import-heading") == "Choose a file"


def test_without_a_file_it_asks_for_one(bob):
    browser = bob.signs_in()
    answer = browser.client.post(
        "/users/import", files={"file": ("", b"")}, headers={"Origin": "http://localhost:8000"}
    )
    assert answer.status_code == 422
    assert "Choose a file." in answer.text


def test_a_plain_form_is_no_file(bob):
    assert bob.signs_in().post("/users/import", {"file": "username\ndora\n"}).status == 400


def test_a_file_of_megabytes_is_taken_and_one_that_is_too_large_is_refused(bob):
    browser = bob.signs_in()
    many = "username\n" + "".join(f"user{number:05},x\n" for number in range(10_001))
    assert "different numbers of cells" in uploads(browser, many).text
    page = uploads(browser, "username\n" + "".join(f"user{number:05}\n" for number in range(10_001)))
    assert "more than 10,000 users" in page.text
    assert uploads(browser, b"x" * (21 * 1024 * 1024)).status == 413


def test_elsewhere_the_limit_stays(bob):
    assert bob.signs_in().post("/users/import/confirm", {"id": "1" * 70_000}).status == 413


@pytest.mark.parametrize("signed_in", [True, False])
def test_who_may_not_edit_users_is_refused_before_the_file_is_read(installation, alice, signed_in):
    browser = alice.signs_in() if signed_in else installation.browser()
    cookies = "; ".join(f"{name}={value}" for name, value in browser.client.cookies.items())
    sent = {
        "host": "localhost:8000",
        "origin": "http://localhost:8000",
        "content-type": "multipart/form-data; boundary=b",
        "content-length": "3000000",
        "cookie": cookies,
    }
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/users/import",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in sent.items()],
        "client": ("203.0.113.7", 40000),
    }
    answers: list[Any] = []

    async def receive() -> Any:
        raise AssertionError("the file was read")

    async def send(message: Any) -> None:
        answers.append(message)

    async def ask(_desk: object) -> None:
        await installation.app(scope, receive, send)

    installation.run(ask)
    assert answers[0]["status"] == (403 if signed_in else 303)


def test_the_overview_leads_there_for_those_who_may(installation, bob):
    assert "/users/import" in bob.signs_in().get("/users").links()
    auditor = somebody(installation, "otto", "Auditor").signs_in()
    assert "/users/import" not in auditor.get("/users").links()
    assert auditor.get("/users/import").status == 403


# -------------------------------------------------------------------------------- nobody gives what they do not hold


def test_a_user_manager_imports_members_without_a_column_of_roles(mara):
    page = uploads(mara, "username\ndora\n")
    assert counts(page) == ["1", "0", "0", "0"]


def test_a_file_that_gives_roles_needs_the_permission_to_edit_roles(mara):
    page = uploads(mara, HEADING + "dora,Dora,IT,Member\n")
    assert "you need the permission to edit roles" in page.text


def test_who_holds_more_is_not_changed(mara):
    page = uploads(mara, "username,unit\nbob,Cellar\n")
    assert "This user has permissions that you do not have" in page.text
    # nothing would change
    assert counts(uploads(mara, "username,unit\nbob,IT\n"))[3] == "0"


def test_nobody_gives_a_role_that_holds_more(installation, bob, mara):
    async def may_edit_roles(context) -> None:
        async with context.db.transaction():
            await context.db.execute("INSERT INTO role_permissions (role_id, permission) VALUES (2, 'roles.edit')")

    installation.run(may_edit_roles)
    page = uploads(mara, HEADING + "dora,Dora,IT,Administrator\nerik,Erik,IT,User manager\n")
    assert "The role Administrator has permissions that you do not have" in page.text
    assert counts(page) == ["1", "0", "0", "1"]


def test_the_last_administrator_stays(bob):
    browser = bob.signs_in()
    page = uploads(browser, "username,role\nbob,Member\n")
    refused = browser.post("/users/import/confirm", page.fields("/users/import/confirm"), part=True)
    assert refused.status == 409
    assert "At least one user who can sign in must be able" in refused.text
    assert browser.get("/users/import").status == 200
