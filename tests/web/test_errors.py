"""What people see when something is refused or does not exist: the product's look, what happened, and what to do."""

import pytest

from tests.browser import Browser, Page, check_laws

OURS = "http://localhost:8000"


def page_of(answer) -> Page:
    page = Page(answer.status_code, answer.text, answer.headers)
    check_laws(page, part=False)
    return page


def refusals(browser: Browser) -> dict[str, Page]:
    """One of each kind, as a browser without JavaScript gets them."""
    client = browser.client
    return {
        "400 host": page_of(client.get("/login", headers={"Host": "evil.example"})),
        "400 form": page_of(
            client.post(
                "/login",
                content=b"nonsense",
                headers={"Origin": OURS, "Content-Type": "multipart/form-data; boundary=x"},
            )
        ),
        "403 cross-site": page_of(client.post("/login", headers={"Origin": "https://evil.example"})),
        "403 permission": page_of(client.get("/users")),
        "404": page_of(client.get("/nowhere")),
        "405": page_of(client.delete("/login", headers={"Origin": OURS})),
        "413": page_of(client.post("/login", content=b"x" * 70_000, headers={"Origin": OURS})),
    }


def test_each_has_its_status_the_products_look_and_says_what_to_do(alice):
    pages = refusals(alice.signs_in())
    for name, page in pages.items():
        assert page.status == int(name[:3]), name
        assert page.headers["Content-Type"] == "text/html; charset=utf-8", name
        assert page.has(".mark"), name
        assert page.has("main"), name
        assert page.find("body").get("data-template") == "errors/error.html", name
        assert len(page.all("main p")) >= 3, name
        assert {"/", "/login"} & set(page.links()), name
    headings = {name: page.words("h1") for name, page in pages.items()}
    assert headings == {
        "400 host": "This request was not understood",
        "400 form": "This request was not understood",
        "403 cross-site": "Not allowed",
        "403 permission": "Not allowed",
        "404": "There is nothing here",
        "405": "This is not possible",
        "413": "Too large",
    }


def test_they_tell_nothing_of_the_inside(alice):
    for name, page in refusals(alice.signs_in()).items():
        for word in ("Traceback", "starlette", "sqlite", "Exception", "permission="):
            assert word not in page.html, (name, word)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/users", 403),
        ("DELETE", "/login", 405),
        ("POST", "/users/1/let-try-again", 403),
    ],
)
def test_for_htmx_they_replace_the_whole_body(alice, method, path, status):
    headers = {"Origin": OURS, "HX-Request": "true", "HX-Request-Type": "partial"}
    answer = alice.signs_in().client.request(method, path, headers=headers)
    assert answer.status_code == status
    assert answer.headers["HX-Retarget"] == "body"
    assert answer.headers["HX-Reswap"].startswith("innerHTML")
    assert page_of(answer).has("h1")


def test_for_others_there_is_nothing_of_htmx(alice):
    answer = alice.signs_in().client.get("/nowhere")
    assert not [name for name in answer.headers if name.lower().startswith("hx-")]


def test_who_is_signed_in_is_led_home_and_who_is_not_to_the_login(installation, alice):
    assert "/" in alice.signs_in().get("/users").links()
    assert "/login" in installation.browser().get("/nowhere").links()


def test_an_address_with_a_slash_too_many_is_nothing(bob):
    bob.signs_in()
    for path in ("/users/", "/login/", "//users", "/users//1"):
        assert page_of(bob.browser.client.get(f"http://localhost:8000{path}")).status == 404, path


def test_405_says_which_methods_there_are(installation):
    answer = installation.browser().client.delete("/login", headers={"Origin": OURS})
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]


def test_head_is_answered_like_get(bob):
    bob.signs_in()
    for path in ("/login", "/", "/users", "/health", "/nowhere"):
        head, get = bob.browser.client.head(path), bob.browser.client.get(path)
        assert head.status_code == get.status_code, path
