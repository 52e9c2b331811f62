"""What comes of a login by Single Sign-On, as the person, the browser and an auditor see it."""

import json
from collections.abc import Collection

from db.activity import Entry
from db.reads import activity_log
from tests.browser import Browser, Installation, Page
from tests.cookies import SESSION

# refused as who one is
IDENTITY = (403,)
# refused as an attempt: state, browser, time, or the provider itself said no
ATTEMPTS = (400,)
# what the provider says cannot be used
ANSWERS = (502,)
# it does not answer
SILENCE = (502, 504)


def log(installation: Installation, action: str, actor: str = "") -> list[Entry]:
    """The log's entries of one kind, newest first; straight from the database, since an auditor's sign-in would stand
    there, too.
    """
    which = activity_log.Filter(actor, action)
    found = installation.run(lambda context: activity_log.page(context.db, which, None, 100))
    return [listed.entry for listed in found.entries if isinstance(listed.entry, Entry)]


def causes(installation: Installation) -> list[str]:
    """The exact causes of all refused sign-ins, newest first."""
    return [json.loads(entry.detail)["cause"] for entry in log(installation, "login.refused")]


def is_signed_in(browser: Browser) -> bool:
    """Whether Home opens."""
    page = browser.get("/")
    assert page.status in (200, 303)
    return page.status == 200


def assert_signed_in(browser: Browser, page: Page, to: str = "/") -> None:
    """The callback's answer leads there, and the browser is signed in."""
    assert (page.status, page.location) == (303, to), page.text
    assert is_signed_in(browser)


def assert_refused(browser: Browser, page: Page, statuses: Collection[int]) -> None:
    """A page in the product's look, with a way on; nobody is signed in, and the attempt is over."""
    assert page.status in statuses, f"{page.status}: {page.text}"
    assert page.find("body").get("data-template"), "a page of this product"
    assert page.has("link"), "with its stylesheet"
    assert page.links(), "a refusal leads somewhere"
    assert "no-store" in page.headers["cache-control"]
    set_cookies = page.headers.get_list("set-cookie")
    assert not [cookie for cookie in set_cookies if cookie.startswith(SESSION)]
    assert SESSION not in browser.client.cookies
    assert not is_signed_in(browser)
