"""What a person has typed keeps its direction to itself wherever it is shown: on every page and in every e-mail."""

import json
import re
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest
from jinja2 import Environment, nodes
from markupsafe import Markup

import config
import gallery
from accounts import permissions
from accounts.activity import changed_fields, kinds
from accounts.user_import import headings
from gallery import activity_log, emails
from routes.mail import written
from routes.web.environment import templates
from routes.web.me import Me
from routes.web.part import Page
from routes.web.static_files import Files
from tests.house.tree import TEMPLATES
from tests.house.tree import templates as template_files


def words(*lines: str) -> set[str]:
    return {word for line in lines for word in line.split()}


# Around each value, in characters for private use; the Hebrew letter is why it must be isolated.
START, END = "\ue000א", "\ue001"
# FIRST STRONG ISOLATE and POP DIRECTIONAL ISOLATE: for places in which no element can stand.
FSI, PDI = "\u2068", "\u2069"
VALUE = re.compile(f"{START}[^{START}{END}]*{END}")

# Fields and keys whose text no person has typed into a form. All others count as typed.
OUR_FIELDS = words(
    # what templates compare
    "action actions answer by cause factor kind link of one_time own password permissions problem problems purpose",
    "replaced sign_in taken why",
    # web addresses
    "again_url csv_url exempt_url first_url issuer next next_url off_url on_url route sign_in_url sso_url",
    "units_first_url units_next_url uri url",
    # codes, keys, checksums and versions
    "codes key sha256 version",
    # numbers and times
    "changed from_date holders installation_time_zone left listed new number time_zone to_date unchanged",
    # what a browser, a mail server or an identity provider says
    "acr amr browser error header identity ip_address last_error level methods new_browser no_user_information",
    # what the operator has set
    "host provider sender",
    # how a file is written
    "column encoding separator",
)
# Of one class alone.
OUR_FIELDS_OF = {
    "BulkDonePage": {"act", "back_url"},
    "BulkGoingOnPage": {"act", "back_url"},
    "BulkProgress": {"act"},
    "BulkPage": {"act", "back_url"},
    "Choice": {"name"},
    "Person": {"standing"},
    "UserList": {"acts", "asked", "filters", "hidden", "previous_url"},
    "Choose": {"columns"},
    "Done": {"columns"},
    "Email": {"address"},
    "Entry": {"address"},
    "InvitationsProgress": {"name"},
    "LastSignIn": {"address"},
    "LinkForm": {"action"},
    "NewCodes": {"address"},
    "RefusedLogin": {"address"},
    "RemindersProgress": {"name"},
    "Setting": {"name", "value", "variable"},
}
# Actors who are no users, what the log says of a switch or of a login method, and what a column of a file becomes.
OUR_VALUES = {"", "command line", "system", "unknown user", "on", "off", "password", "sso", *get_args(headings.Part)}


def marked(value: Any, known: AbstractSet[str] = frozenset(), kind: Any = str) -> Any:
    """The same with marks around every text that a person may have typed."""
    if isinstance(value, str):
        return marked_text(value) if get_origin(kind) is not Literal else value
    if isinstance(value, Mapping):
        return {name: one if name in OUR_FIELDS | known else marked(one, known) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(marked(one, known) for one in value)
    if not is_dataclass(value) or isinstance(value, type):
        return value
    hints, known = get_type_hints(type(value)), OUR_FIELDS_OF.get(type(value).__name__, frozenset())
    typed = [one.name for one in fields(value) if one.name not in OUR_FIELDS | known]
    return replace(value, **{name: marked(getattr(value, name), known, hints[name]) for name in typed})


def marked_text(text: str) -> str:
    if isinstance(text, Markup) or text in OUR_VALUES or set(text.split(", ")) <= set(permissions.ALL):
        return text
    if changed := changed_fields.read(text):
        return json.dumps(marked(changed))
    return f"{START}{text}{END}"


def unmarked(text: str) -> str:
    for mark in (START, END, FSI, PDI):
        text = text.replace(mark, "").replace(quote(mark), "")
    return text


CONFIG = config.read({})
SHIPPED = templates(CONFIG, Files(False, None).address).shipped


def page_html(me: Me | None, page: Page) -> str:
    shared = {
        "me": me,
        "organisation": "Acme",
        "now": datetime.now(UTC),
        "sample_data": False,
        "sso_name": "Acme SSO",
        "zone": ZoneInfo("UTC"),
    }
    return SHIPPED.get_template(page.template).render({**shared, **vars(page)})


# Elements whose content is a text of its own, and those that have none.
BLOCKS = words(
    "article body button caption dd details div dl dt fieldset figure footer form h1 h2 h3 h4 head header html label",
    "legend li main nav ol option p section select style summary table tbody td textarea th thead title tr ul",
)
EMPTY = words("br hr img input link meta wbr")
SAID = {"alt", "aria-description", "aria-label", "aria-valuetext", "label", "placeholder", "title"}
TYPED = {"", "email", "search", "text"}
OTHER = "…"


@dataclass
class Texts(HTMLParser):
    """The texts of a page whose direction is decided as one: of a block, of a line, of what is isolated."""

    found: list[str] = field(default_factory=list)
    # Of each element that is open: its name, and the text around it if its own is another.
    open: list[tuple[str, str | None]] = field(default_factory=list)
    text: str = ""

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.found += [given[name] for name in SAID & given.keys()]
        typed_in = tag == "input" and given.get("type", "") in TYPED and "hidden" not in given
        if typed_in and given.get("dir") != "auto":
            # Text is typed, or was typed, in the direction of the page.
            self.found.append(f"{given.get('value', '')} in an input without dir=auto")
        if tag == "br":
            self._ends_line()
        if tag in EMPTY:
            return
        isolated = tag == "bdi" or given.get("dir") == "auto"
        if tag in BLOCKS:
            self._ends_line()
        self.open.append((tag, self.text if isolated and tag not in BLOCKS else None))
        if isolated:
            self.text = ""

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Of a drawing: it holds no text."""

    def handle_endtag(self, tag: str) -> None:
        name, around = self.open.pop()
        assert name == tag, f"<{name}> ends with </{tag}>"
        if around is not None:
            self._ends_line()
            self.text = around + OTHER
        elif tag in BLOCKS:
            self._ends_line()

    def handle_data(self, data: str) -> None:
        self.text += data

    def _ends_line(self) -> None:
        self.found.append(self.text)
        self.text = ""


def mixed(texts: list[str]) -> Iterator[str]:
    """Those in which a value stands with anything else."""
    for text in texts:
        outside = re.sub(f"{FSI}{VALUE.pattern}{PDI}", OTHER, text).strip()
        if START in outside and not VALUE.fullmatch(outside):
            yield " ".join(unmarked(VALUE.sub(lambda found: f"[{found[0]}]", outside)).split())


def mixed_in(html: str) -> list[str]:
    parser = Texts()
    parser.feed(html)
    parser.close()
    return sorted(set(mixed(parser.found)))


SAYS = "Write {{ …|bdi }}, or {{ …|fsi }} where no element can stand:\n"


@pytest.mark.parametrize("name", gallery.SAMPLES)
def test_pages_isolate_what_people_have_typed(name: str):
    me, page = gallery.SAMPLES[name]
    html = page_html(marked(me), marked(page))
    assert unmarked(html) == unmarked(page_html(me, page)), "a template compares a text: it belongs to OURS"
    assert not (found := mixed_in(html)), SAYS + "\n".join(found)


@pytest.mark.parametrize("name", emails.SAMPLES)
def test_emails_isolate_what_people_have_typed(name: str):
    plain = written(CONFIG, SHIPPED, emails.SAMPLES[name])
    email = written(CONFIG, SHIPPED, marked(emails.SAMPLES[name]))
    assert unmarked(email.html) == unmarked(plain.html), "a template compares a text: it belongs to OURS"
    assert unmarked(email.text) == unmarked(plain.text)
    assert not (found := mixed_in(email.html)), SAYS + "\n".join(found)
    # Nothing comes after the value of a fact, so that its line needs no characters that would be copied with it.
    lines = [re.sub(f"^[^{START}]*: (?={VALUE.pattern}$)", "", line) for line in email.text.splitlines()]
    assert not (found := sorted(mixed(lines))), SAYS + "\n".join(found)
    assert FSI not in email.subject


def test_every_activity_has_a_sample():
    assert set(kinds.NAMES) <= {entry.action for entry in activity_log.ENTRIES}


# Sentences also isolate values that no sample shows: each goes through one of these filters, or through a macro.
FILTERS = words("bdi fsi int moment number when")
# Or it is none that a person has typed, by its last name: `error.status`, `detail.get("route")`, `zone|string`.
NOT_TYPED = words(
    "address bits browser changed column done encoding exempt header host installation_time_zone ip_address",
    "issuer most new new_browser no_user_information not_joined not_set_up number organisation percent provider",
    "route said sender set_up sha256 sso_name status unchanged zone",
)
SCREENS = [path for path in template_files() if "gallery" not in path.parts and path.suffix == ".html"]


@pytest.mark.parametrize("path", SCREENS, ids=lambda path: path.relative_to(TEMPLATES).as_posix())
def test_sentences_isolate_their_values(path: Path):
    tree = Environment(autoescape=True).parse(path.read_text(encoding="utf-8"))
    assigned = dict(assignments(tree))
    wrong = [
        f"{path.name}:{call.lineno}: {value.key}"
        for call in tree.find_all(nodes.Call)
        if isinstance(call.node, nodes.Name) and call.node.name in {"_", "ngettext"}
        for value in call.kwargs
        if not is_isolated(value.value, assigned)
    ]
    assert not wrong, SAYS + "\n".join(wrong)


def assignments(tree: nodes.Template) -> Iterator[tuple[str, nodes.Node]]:
    for one in tree.find_all(nodes.Assign):
        match one.target, one.node:
            case nodes.Name(name=name), value:
                yield name, value
            case nodes.Tuple(items=targets), nodes.Tuple(items=values):
                for target, value in zip(targets, values, strict=True):
                    assert isinstance(target, nodes.Name)
                    yield target.name, value


def is_isolated(value: nodes.Node | None, assigned: Mapping[str, nodes.Node]) -> bool:
    match value:
        case nodes.Const() | nodes.Call(node=nodes.Name()):
            return True
        case nodes.Filter(name=name) if name in FILTERS:
            return True
        case nodes.Name(name=name) | nodes.Getattr(attr=name) if name in NOT_TYPED:
            return True
        case nodes.Call(node=nodes.Getattr(attr="get"), args=[nodes.Const(value=name), *_]):
            return name in NOT_TYPED
        case nodes.Name(name=name) if name in assigned:
            return is_isolated(assigned[name], {other: one for other, one in assigned.items() if other != name})
        case nodes.Filter(node=inner) | nodes.Getitem(node=inner):
            return is_isolated(inner, assigned)
        case nodes.Or(left=one, right=other) | nodes.CondExpr(expr1=one, expr2=other):
            return is_isolated(one, assigned) and is_isolated(other, assigned)
        case nodes.Concat(nodes=parts):
            return all(is_isolated(part, assigned) for part in parts)
    return False
