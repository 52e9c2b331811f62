"""What every template keeps to: it parses, is safe under the strict CSP, and says every sentence through `_()`."""

import html
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

from routes.web.part import Page, Part
from tests.house.tree import ROOT, TEMPLATES, said, shown, templates

JINJA = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)

NOT_SCREENS = {"layouts", "elements", "mail", "gallery"}
# the product's name; organisations have theirs in `organisation`
WORDS_OF_NO_LANGUAGE = ("Two Keys",)
TRANSLATES = {"_", "gettext", "ngettext", "pgettext", "npgettext"}

TAG = re.compile(r"<(?:[^<>\"']|\"[^\"]*\"|'[^']*')*>")
SAID_ATTRIBUTE = re.compile(
    r"\s(alt|title|label|placeholder|aria-(?:label|description|valuetext|roledescription))=\"([^\"]*)\""
)
NOT_SAID = re.compile(r"<!--.*?-->|<(code|kbd|samp)\b[^>]*>.*?</\1>", re.DOTALL)
# Ids that scripts and other parts rely on.
HOOKS = {"two-factor-field", "notification", "user-header", "two-factor", "security-settings", "users", "activity-log"}
LETTERS = re.compile(r"[^\W\d_]{2,}")

# pattern → what to do instead
FORBIDDEN = {
    r"(?<=\s)hx-[a-z]": "write data-hx-…, which an HTML validator accepts",
    r"\sstyle\s*=": "no inline style: the CSP forbids it; give it a class",
    r"<style\b": "no inline style: the CSP forbids it; use static/css",
    r"\son[a-z]+\s*=": "no inline script: the CSP forbids it; use static/js/two_keys.js",
    r"<script\b(?![^>]*\ssrc=)": "no inline script: the CSP forbids it; use static/js",
    r"javascript:": "no inline script: the CSP forbids it",
    r"data-hx-on\b": "htmx would need eval, which the CSP forbids",
    r"data-hx-[a-z-]+=\"\s*js:": "htmx would need eval, which the CSP forbids",
    r"data-hx-trigger=\"[^\"]*\[": "a trigger filter needs eval, which the CSP forbids",
    r"(?:src|href|action|data-hx-(?:get|post))=\"(?:https?:)?//": "nothing is fetched from elsewhere",
    r"\|\s*safe\b": "mark as safe where it is made (markupsafe.Markup), with the reason, not in a template",
    r"\{%-?\s*autoescape\b": "escaping is never switched off",
}

INLINE_STYLE = (
    # in letters alone: mail programs know no style sheets, and no Content-Security-Policy reaches them
    r"\sstyle\s*="
)

every_template = pytest.mark.parametrize("path", templates(), ids=lambda path: path.relative_to(TEMPLATES).as_posix())


def test_there_are_templates():
    assert templates(), "templates/ is empty: the laws below would look at nothing"


@every_template
def test_it_parses(path: Path):
    JINJA.parse(path.read_text(encoding="utf-8"), filename=str(path))


@every_template
def test_it_is_safe_under_the_csp(path: Path):
    text = re.sub(r"\{#.*?#\}", blank, path.read_text(encoding="utf-8"), flags=re.DOTALL)
    wrong = [
        f"{place(path, text, found.start())} {found.group().strip()}: {advice}"
        for pattern, advice in FORBIDDEN.items()
        if not (pattern == INLINE_STYLE and path.parent.name == "mail")
        for found in re.finditer(pattern, text)
    ]
    assert not wrong, said("Change these:", wrong)


def blank(found: re.Match[str]) -> str:
    """Takes the text away and keeps its lines, so that later places still have their numbers."""
    return re.sub(r"[^\n]", " ", found.group())


def place(path: Path, text: str, position: int) -> str:
    return f"{shown(path)}:{text.count(chr(10), 0, position) + 1}"


@every_template
def test_every_sentence_can_be_translated(path: Path):
    if "gallery" in path.parts:
        # development only, in the designer's language
        return
    source = path.read_text(encoding="utf-8")
    wrong = [f"{shown(path)}:{line}: {text}" for line, text in (*plain_text(source), *texts_in_expressions(source))]
    assert not wrong, said("Write {{ _('…') }}, or {% trans %}, so that a catalogue can translate it:", wrong)


def plain_text(source: str) -> Iterator[tuple[int, str]]:
    """(line, words) that a reader would see or hear and that no `_()` has said."""
    text = re.sub(NOT_SAID, blank, outside_jinja(source))
    said_by_attributes = [(found.start(2), found.group(2)) for found in SAID_ATTRIBUTE.finditer(text)]
    between_tags = [(found.start(), found.group()) for found in re.finditer(r"[^\n]+", re.sub(TAG, blank, text))]
    for position, words in sorted(said_by_attributes + between_tags):
        for name in WORDS_OF_NO_LANGUAGE:
            words = words.replace(name, "")  # noqa: PLW2901  # because what is left is looked at
        if LETTERS.search(html.unescape(words)):
            yield text.count("\n", 0, position) + 1, words.strip()


def outside_jinja(source: str) -> str:
    """The template's own text, each line where it was; what stands inside {% trans %} is said through the catalogue."""
    kept: list[str] = []
    translated = False
    previous = ""
    for _, kind, value in JINJA.lex(source):
        if kind == "name" and previous == "block_begin" and value in {"trans", "endtrans"}:
            translated = value == "trans"
        if kind != "whitespace":
            previous = kind
        kept.append(value if kind == "data" and not translated else re.sub(r"[^\n]", "", value))
    return "".join(kept)


def texts_in_expressions(source: str) -> Iterator[tuple[int, str]]:
    """(line, text) of strings such as {{ button("Save") }}: a capital letter and more, and not given to `_()`."""
    tree = JINJA.parse(source)
    translated = {
        id(constant)
        for call in tree.find_all(nodes.Call)
        if isinstance(call.node, nodes.Name) and call.node.name in TRANSLATES
        for constant in call.find_all(nodes.Const)
    }
    for constant in tree.find_all(nodes.Const):
        if id(constant) not in translated and isinstance(constant.value, str) and is_a_sentence(constant.value):
            yield constant.lineno, constant.value


def is_a_sentence(text: str) -> bool:
    return bool(re.match(r"[A-Z][a-z]+(\s|[.:…!?]?$)", text)) and text not in WORDS_OF_NO_LANGUAGE


def test_every_folder_is_a_screen():
    screens = {path.relative_to(TEMPLATES).parts[0] for path in templates() if path.parent != TEMPLATES} - NOT_SCREENS
    wrong = [f"templates/{name}/ has no routes/{name}.py or routes/{name}/" for name in screens if not is_screen(name)]
    assert not wrong, said("One screen, one word: the same for the routes module and the templates folder:", wrong)
    wrong = [
        f"templates/{name}/ has no page {name}.html"
        # error.html; a page per tab: general.html, security.html
        for name in screens - {"errors", "general_settings"}
        if not (TEMPLATES / name / f"{name}.html").is_file()
    ]
    assert not wrong, said("The page of a screen bears its name:", wrong)
    loose = [shown(path) for path in templates() if path.parent == TEMPLATES]
    assert not loose, said("Every template stands in its screen's folder, in layouts/, elements/ or mail/:", loose)


def is_screen(name: str) -> bool:
    return any((ROOT / "routes" / place).exists() for place in (f"{name}.py", name, f"web/{name}.py"))


def kinds_of_part() -> list[type[Part]]:
    # which imports every screen
    import gallery

    def below(kind: type[Part]) -> list[type[Part]]:
        return [kind, *(other for sub in kind.__subclasses__() for other in below(sub))]

    assert gallery.SAMPLES
    return [kind for kind in below(Part) if "template" in vars(kind)]


@pytest.mark.parametrize("kind", kinds_of_part(), ids=lambda kind: kind.template)
def test_a_page_has_a_layout_and_a_part_one_root(kind: type[Part]):
    source = (TEMPLATES / kind.template).read_text(encoding="utf-8")
    extended = re.search(r"\{%-? extends \"([^\"]+)\"", source)
    if issubclass(kind, Page):
        assert extended, f"{kind.template} is a page: it extends a layout"
        assert extended[1].startswith("layouts/"), f"{kind.template} is a page: it extends a layout"
    elif kind.root:
        frame = (TEMPLATES / extended[1]).read_text(encoding="utf-8") if extended else source
        # `name` is a field of those that share a frame.
        frame = frame.replace("{{ name }}", kind.root.partition("-")[0])
        assert re.search(rf'\sid="{kind.root}"', root_element(frame)), f'{kind.template}: no root with id="{kind.root}"'


def test_no_two_pages_share_a_template():
    counted = Counter(kind.template for kind in kinds_of_part())
    twice = [template for template, times in counted.items() if times > 1]
    assert not twice, said("A part's template is its own:", twice)


def root_element(source: str) -> str:
    without_macros = re.sub(r"\{#.*?#\}|\{%-?\s*macro\b.*?endmacro\s*-?%\}", "", source, flags=re.DOTALL)
    root = re.search(r"<[a-z][^>]*>", without_macros)
    return root.group() if root else ""
