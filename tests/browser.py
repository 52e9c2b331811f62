"""A person with a browser, an installation of their own and a clock. Every page that is fetched is checked against the
laws of pages.
"""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Self, TypeVar
from xml.etree import ElementTree as ET

import html5lib
import jinja2
import pyotp
from jinja2.bccache import Bucket
from starlette.testclient import TestClient

import config
from accounts.context import Context
from accounts.system import installation
from app import create_app
from settings.database import SQLiteFile
from tests import postgres

Result = TypeVar("Result")

# 2026-11-24 12:00:00 UTC
NOON = 1_795_521_600


# Configured, but not there.
PROVIDER = {
    "TWO_KEYS_SSO_ISSUER": "https://login.example.org",
    "TWO_KEYS_SSO_CLIENT_ID": "two-keys",
    "TWO_KEYS_SSO_CLIENT_SECRET": "hush",
}


class Clock:
    """What time it is, in epoch seconds; it stands until a test moves it."""

    def __init__(self, now: int = NOON) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now

    def forward(self, seconds: int) -> None:
        self.now += seconds


class Installation:
    """A running installation on an embedded database in a folder of its own; `now`: what time it is when it starts."""

    def __init__(self, folder: Path, now: int = NOON, /, **environment: str) -> None:
        self.clock = Clock(now)
        settings = {
            "TWO_KEYS_DATA_DIR": str(folder),
            "TWO_KEYS_PASSWORD_COST": "test",
            "TWO_KEYS_BASE_URL": "http://localhost:8000",
        }
        if postgres.in_use():
            settings["TWO_KEYS_DATABASE_URL"] = postgres.url_of(folder.absolute())
        self.config = config.read({**settings, **environment})
        prepare_database(self.config)
        self.app = create_app(self.config, self.clock)
        for templates in (self.app.state.templates.shipped, self.app.state.templates.themed):
            templates.bytecode_cache = _compiled
        self._client = TestClient(self.app, self.config.base_url)

    def __enter__(self) -> Self:
        self._client.__enter__()
        return self

    def __exit__(self, *ended: object) -> None:
        self._client.__exit__(*ended)

    @property
    def file(self) -> Path:
        """The file of the embedded database."""
        assert isinstance(self.config.database, SQLiteFile)
        return self.config.database.path

    def browser(
        self, address: str = "203.0.113.7", user_agent: str = "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"
    ) -> "Browser":
        """Another browser, with no cookies, at some address."""
        client = TestClient(
            self.app,
            self.config.base_url,
            client=(address, 40000),
            follow_redirects=False,
            raise_server_exceptions=True,
        )
        client.portal = self._client.portal
        client.headers["User-Agent"] = user_agent
        return Browser(client, self.config.base_url)

    def context(self) -> Context:
        """The desk of the command line, at the clock's moment."""
        state = self.app.state
        return installation.context_of_system(state.db, state.vault, state.hasher, self.config, self.clock())

    def run(self, act: Callable[[Context], Awaitable[Result]]) -> Result:
        """Lets a rule or a query run, as the command line would."""
        assert self._client.portal is not None
        return self._client.portal.call(act, self.context())


class _Compiled(jinja2.BytecodeCache):
    """Templates compiled once for all tests of a process, each installation of which has an environment of its own."""

    def __init__(self) -> None:
        self._code: dict[tuple[str, str], bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if code := self._code.get((bucket.key, bucket.checksum)):
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key, bucket.checksum] = bucket.bytecode_to_string()


_compiled = _Compiled()

# migrated once, then copied: the migration takes 40 ms, and hundreds of tests begin with it
_empty_database: list[bytes] = []


def prepare_database(settings: config.Config) -> None:
    """As the program does it at a start."""
    if not isinstance(settings.database, SQLiteFile):
        installation.prepare_database(settings)
        return
    path = settings.database.path
    fresh = not path.exists()
    if fresh and _empty_database:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_bytes(_empty_database[0])
    installation.prepare_database(settings)
    if fresh and not _empty_database:
        _empty_database.append(path.read_bytes())


# four of five pages of a test have been read before, letter for letter, and reading one takes 20 ms
READ_BEFORE = 128


@lru_cache(READ_BEFORE)
def _parsed(html: str) -> tuple[ET.Element, tuple[Any, ...]]:
    """The elements of a page, which nobody changes, and its errors."""
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    return parser.parse(html), tuple(parser.errors)


@dataclass
class Page:
    """An answer as a person sees it."""

    status: int
    html: str
    headers: Any
    tree: ET.Element = field(init=False)
    # as a whole page; a part is parsed anew by check_laws
    html_errors: tuple[Any, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.tree, self.html_errors = _parsed(self.html)

    @property
    def text(self) -> str:
        """All that is written on it, blanks joined."""
        body = self.tree.find("body")
        return _text(body if body is not None else self.tree)

    @property
    def location(self) -> str:
        """Where a 303 leads."""
        return str(self.headers.get("Location", ""))

    def all(self, selector: str) -> list[ET.Element]:
        """Elements by `tag`, `#id`, `.class` or `[name=…]`; several words: one within the other."""
        found = [self.tree]
        for word in selector.split():
            found = [
                element
                for parent in found
                for element in parent.iter()
                if element is not parent and _fits(element, word)
            ]
        return found

    def find(self, selector: str) -> ET.Element:
        """The one element."""
        found = self.all(selector)
        assert len(found) == 1, f"{len(found)} elements {selector} on the page:\n{self.text}"
        return found[0]

    def has(self, selector: str) -> bool:
        """Whether there is any such element."""
        return bool(self.all(selector))

    def words(self, selector: str) -> str:
        """What is written in the one element."""
        return _text(self.find(selector))

    def fields(self, action: str) -> dict[str, str]:
        """The fields of the form that posts (or gets) there, with what stands in them."""
        values: dict[str, str] = {}
        for element in self._form(action).iter():
            name = element.get("name")
            if not name or (element.get("type") in ("checkbox", "radio") and element.get("checked") is None):
                continue
            if element.tag == "select":
                options = list(element.iter("option"))
                chosen = [option for option in options if option.get("selected") is not None] or options[:1]
                values[name] = chosen[0].get("value", _text(chosen[0])) if chosen else ""
            elif element.tag in ("input", "textarea", "button"):
                values[name] = element.get("value", "") if element.tag != "textarea" else _text(element)
        return values

    def _form(self, action: str) -> ET.Element:
        forms = [form for form in self.all("form") if form.get("action") == action]
        assert forms, f"no form leads to {action} on the page:\n{self.text}"
        return forms[0]

    def offers(self, action: str) -> bool:
        """Whether a form leads there."""
        return any(form.get("action") == action for form in self.all("form"))

    def links(self) -> list[str]:
        """Where the links lead."""
        return [link.get("href", "") for link in self.all("a")]


def _fits(element: ET.Element, word: str) -> bool:
    # a comment
    if not isinstance(element.tag, str):
        return False
    if word.startswith("#"):
        return element.get("id") == word[1:]
    if word.startswith("."):
        return word[1:] in (element.get("class") or "").split()
    if word.startswith("["):
        name, value = word[1:-1].split("=")
        return element.get(name) == value
    return element.tag == word


def _text(element: ET.Element) -> str:
    return re.sub(r"\s+", " ", "".join(element.itertext())).strip()


class Browser:
    """One browser: cookies, and the headers that browsers send."""

    def __init__(self, client: TestClient, base_url: str) -> None:
        self.client = client
        self._base_url = base_url

    def get(self, path: str, *, part: bool = False, **headers: str) -> Page:
        """Opens an address; `part`: as HTMX asks for it."""
        return self._page("GET", path, None, part, headers)

    def post(self, path: str, values: dict[str, Any] | None = None, *, part: bool = False, **headers: str) -> Page:
        """Sends a form."""
        return self._page("POST", path, values or {}, part, {"Origin": self._base_url, **headers})

    def submit(self, page: Page, action: str, *, part: bool = False, **typed: str) -> Page:
        """Fills in a form of a page that was fetched, and sends it; fields that the form does not have are an error."""
        values = page.fields(action)
        unknown = set(typed) - set(values) - {element.get("name") for element in page._form(action).iter()}
        assert not unknown, f"the form {action} has no field {unknown}"
        return self.post(action, values | typed, part=part)

    def follow(self, page: Page) -> Page:
        """Opens where a 303 leads, and on until a page comes."""
        for _ in range(5):
            if page.status != 303:
                return page
            page = self.get(page.location.split("#")[0])
        raise AssertionError(f"round and round to {page.location}")

    def _page(self, method: str, path: str, values: dict[str, Any] | None, part: bool, headers: dict[str, str]) -> Page:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if part:
            sent |= {"HX-Request": "true", "HX-Request-Type": "partial"}
        answer = self.client.request(method, path, data=values, headers=sent)
        page = Page(answer.status_code, answer.text, answer.headers)
        if "text/html" in answer.headers.get("Content-Type", ""):
            # an error replaces the whole body
            _check_laws_once(page.html, part and "HX-Retarget" not in page.headers)
        return page


@lru_cache(READ_BEFORE)
def _check_laws_once(html: str, part: bool) -> None:
    check_laws(Page(200, html, {}), part)


def check_laws(page: Page, part: bool) -> None:
    """What holds on every page: valid HTML, one h1, unique ids, labelled inputs, no input that rewrites what is typed,
    targets that exist, forms that work without JavaScript.
    """
    if part:
        html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parseFragment(page.html)
    else:
        assert not page.html_errors, f"invalid HTML at (line, column): {page.html_errors}\n{page.html}"
        headings = [_text(heading) for heading in page.all("h1")]
        assert len(headings) == 1, f"one h1 a page, not {headings}"
        assert page.words("title"), "a page has a title"
    ids = [element.get("id") for element in page.tree.iter() if element.get("id")]
    twice = {name for name in ids if ids.count(name) > 1}
    assert not twice, f"ids that stand twice: {twice}"
    for form in page.all("form"):
        assert form.get("action"), f"a form without action: {form.attrib}"
        assert form.get("method") in ("get", "post"), f"a form without method: {form.attrib}"
    assert not page.has("[type=email]"), "Chromium rewrites what is typed there: straße.example to strasse.example"
    labelled = {label.get("for") for label in page.all("label")}
    for control in (*page.all("input"), *page.all("select"), *page.all("textarea")):
        quiet = control.get("type") in ("hidden", "submit")
        inside = any(control in list(label.iter()) for label in page.all("label"))
        assert quiet or inside or control.get("id") in labelled or control.get("aria-label"), (
            f"a control without a label: {control.attrib}"
        )
    if not part:
        for element in page.tree.iter():
            target = element.get("data-hx-target", "")
            assert not target.startswith("#") or target[1:] in ids, f"data-hx-target {target} is not on the page"
    styled = [
        element.tag
        for element in page.tree.iter()
        if element.get("style") or any(name.startswith("on") for name in element.attrib)
    ]
    assert not styled, f"inline styles or handlers, which the CSP forbids: {styled}"


class Phone:
    """An authenticator app."""

    def __init__(self, key: str, clock: Callable[[], int], seconds_fast: int = 0) -> None:
        self._totp = pyotp.TOTP(key)
        self._clock = clock
        self._seconds_fast = seconds_fast

    def code(self) -> str:
        """What it shows now."""
        return self._totp.at(self._clock() + self._seconds_fast)

    def wrong_code(self) -> str:
        """Six digits that it shows neither now nor within eleven steps."""
        shown = {self._totp.at(self._clock() + self._seconds_fast + 30 * step) for step in range(-11, 12)}
        return next(f"{number:06d}" for number in range(len(shown) + 1) if f"{number:06d}" not in shown)
