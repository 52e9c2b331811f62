"""A designer's folder: what it may hold, what is served of it, and what happens if it has mistakes."""

from pathlib import Path
from subprocess import run
from sys import executable

import pytest

import config
from gallery import check, emails
from routes.mail import renderer
from tests.browser import Installation, Page
from tests.house.tree import ROOT

EXAMPLES = sorted((ROOT / "docs/designers/themes").iterdir())
SHIPPED_SENTENCE = "Sign in"


def themed(tmp_path: Path, files: dict[str, str], **environment: str) -> Installation:
    theme = tmp_path / "theme"
    theme.mkdir(exist_ok=True)
    for name, content in files.items():
        path = theme / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return Installation(tmp_path / "data", TWO_KEYS_THEME_DIR=str(theme), **environment)


def linked(page: Page, relation: str) -> list[str]:
    return [link.get("href") or "" for link in page.all("link") if link.get("rel") == relation]


def mistakes(installation: Installation) -> list[str]:
    theme = installation.config.theme_dir
    assert theme is not None
    return [
        str(mistake).removeprefix(f"{theme.resolve()}/")
        for mistake in check.mistakes(installation.config, installation.app.state.templates)
    ]


@pytest.mark.parametrize("theme", EXAMPLES, ids=lambda path: path.name)
def test_the_examples_are_in_order(theme: Path):
    assert check.mistakes_of(config.read({"TWO_KEYS_THEME_DIR": str(theme)})) == []


def test_there_are_two_examples():
    assert len(EXAMPLES) >= 2


def test_stylesheet_logo_and_favicon_are_served(tmp_path: Path):
    drawing = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    files = {"theme.css": ":root { --accent: #123456; }", "logo.svg": drawing, "favicon.svg": drawing + " "}
    with themed(tmp_path, files) as installation:
        page = installation.browser().get("/login")
        stylesheets = linked(page, "stylesheet")
        logo, icon = page.find(".mark").get("src") or "", linked(page, "icon")[0]
        assert len(stylesheets) == 2, "the theme's stylesheet comes after the shipped one"
        client = installation.browser().client
        assert client.get(stylesheets[1]).text == files["theme.css"]
        assert client.get(stylesheets[1]).headers["Content-Type"] == "text/css; charset=utf-8"
        for address in (logo, icon):
            answer = client.get(address)
            assert answer.headers["Content-Type"] == "image/svg+xml"
            assert "sandbox" in answer.headers["Content-Security-Policy"], "a drawing that is opened alone runs nothing"
            assert "script-src" not in answer.headers["Content-Security-Policy"]


def test_without_a_theme_the_page_is_as_shipped(installation: Installation):
    page = installation.browser().get("/login")
    assert len(linked(page, "stylesheet")) == 1
    assert page.find(".mark").tag.endswith("svg")


def test_a_template_can_extend_the_shipped_one(tmp_path: Path):
    template = '{% extends "shipped/login/login.html" %}{% block main %}{{ super() }}<p id="own">Ours</p>{% endblock %}'
    with themed(tmp_path, {"templates/login/login.html": template}) as installation:
        page = installation.browser().get("/login")
        assert page.words("#own") == "Ours"
        assert page.has("#login-form")
        assert mistakes(installation) == []


BROKEN = {
    "not a template": ("{% block main %}\n{{ title }", "line 2"),
    "an unknown variable": (
        '{% extends "shipped/login/login.html" %}\n\n{% block main %}{{ nope }}{% endblock %}',
        "line 3",
    ),
    "no such parent": ('{% extends "layouts/none.html" %}', "line 1: there is no template layouts/none.html"),
    "an unknown filter": ("\n{{ username|shout }}", "line 2"),
    "a division": ("{{ 1 / 0 }}", "line 1: division by zero"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_mistake_is_named_and_the_shipped_template_is_served(
    what: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    template, named = BROKEN[what]
    with themed(tmp_path, {"templates/login/login.html": template}) as installation:
        for _ in range(2):
            page = installation.browser().get("/login")
            assert page.status == 200
            assert page.words("h1") == SHIPPED_SENTENCE
        said = [record.getMessage() for record in caplog.records if record.name == "two_keys.theme"]
        assert len(said) == 1, "once, not with each request"
        assert "login/login.html" in said[0]
        assert named in said[0]
        assert any(
            mistake.startswith("templates/login/login.html") and named in mistake for mistake in mistakes(installation)
        )


@pytest.mark.parametrize("layout", ["login/login.html", "layouts/base.html"])
def test_in_development_the_page_shows_the_mistake(layout: str, tmp_path: Path):
    with themed(tmp_path, {f"templates/{layout}": "\n{{ nope }}"}, TWO_KEYS_DEVELOPMENT="on") as installation:
        client = installation.browser().client
        client._transport.raise_server_exceptions = False  # type: ignore[attr-defined]  # because Starlette raises again
        answer = client.get("/login")
        assert answer.status_code == 500
        assert layout in answer.text
        assert "nope" in answer.text


def test_in_development_an_added_template_is_noticed(tmp_path: Path):
    with themed(tmp_path, {"templates/readme.txt": ""}, TWO_KEYS_DEVELOPMENT="on") as installation:
        assert installation.browser().get("/login").words("h1") == SHIPPED_SENTENCE
        own = '{% extends "shipped/login/login.html" %}{% block main %}<h1>Ours</h1>{% endblock %}'
        themed(tmp_path, {"templates/login/login.html": own})
        assert installation.browser().get("/login").words("h1") == "Ours"


BROKEN_EMAILS = {"{% extends layout %}\n{% block subject %}{{ nope() }}{% endblock %}": 2, "{% extends layout %}": 1}


@pytest.mark.parametrize("template", BROKEN_EMAILS)
def test_a_broken_email_is_sent_as_shipped(template: str, tmp_path: Path):
    with themed(tmp_path, {"templates/mail/invitation.html": template}) as installation:
        line = BROKEN_EMAILS[template]
        assert {mistake.partition(":")[0] for mistake in mistakes(installation)} == {
            f"templates/mail/invitation.html, line {line}"
        }
        render = renderer(installation.config, installation.app.state.templates)
        sample = emails.SAMPLES["e-mail, invitation, by an administrator"]
        assert render(sample).subject == "Choose a password for your account at Two Keys"


def test_an_email_can_extend_the_shipped_one(tmp_path: Path):
    own = '{% extends "shipped/mail/invitation.html" %}{% block body %}{{ super() }}Ask at gate 4.{% endblock %}'
    with themed(tmp_path, {"templates/mail/invitation.html": own}) as installation:
        render = renderer(installation.config, installation.app.state.templates)
        sent = render(emails.SAMPLES["e-mail, invitation, by an administrator"])
        assert sent.subject == "Choose a password for your account at Two Keys"
        assert sent.text.count("Ask at gate 4.") == sent.html.count("Ask at gate 4.") == 1


WRONG_FILES = {
    "theme.css": ("body { background: url(https://example.org/a.png); }", "theme.css, line 1: fetches a file"),
    "logo.svg": ("<svg", "logo.svg: is not XML"),
    "favicon.svg": ("<html/>", "favicon.svg: is not an SVG drawing"),
    "logo.png": ("", "logo.png: is not used"),
}


@pytest.mark.parametrize("name", WRONG_FILES)
def test_a_file_that_cannot_work_is_named(name: str, tmp_path: Path):
    content, said = WRONG_FILES[name]
    found = mistakes(themed(tmp_path, {name: content}))
    assert len(found) == 1
    assert found[0].startswith(said)


def test_the_command_ends_with_1_and_a_line_per_mistake(tmp_path: Path):
    installation = themed(tmp_path, {"templates/login/login.html": "{{ nope }}"})
    environment = {"TWO_KEYS_THEME_DIR": str(installation.config.theme_dir), "TWO_KEYS_DATA_DIR": str(tmp_path)}
    ended = run(
        [executable, "app.py", "check-theme"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.splitlines()[0].endswith("templates/login/login.html, line 1: 'nope' is undefined")
