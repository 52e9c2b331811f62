"""The letters as mail: each template in templates/mail/ says its words once, and is set twice, as text and as HTML."""

import html
import re
from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import jinja2

from accounts.context import Context
from accounts.links import links, reset_requests
from accounts.mail.outbox import MakeLink, OutboxWorker
from accounts.mail.smtp import Letter, Unwritable, Written
from config import Config
from config.time_zones import known_time_zone
from routes.web.link_urls import link_url


def worker(config: Config, templates: jinja2.Environment) -> OutboxWorker:
    """What sends this process's e-mails."""
    handlers = {reset_requests.LETTER: reset_requests.look_up}
    return OutboxWorker(config, renderer(config, templates), _link_maker(config), handlers)


def _link_maker(config: Config) -> MakeLink:
    async def make_link(context: Context, user_id: int, kind: links.AnyKind, link_id: int) -> str:
        made = await links.issue(context, user_id, kind, link_id)
        return link_url(config, made.kind, made.token) if made else ""

    return make_link


def renderer(config: Config, templates: jinja2.Environment) -> Callable[[Letter], Written]:
    """How accounts/mail gets its letters written. What is written raises Unwritable if a template is broken."""

    def render(letter: Letter) -> Written:
        try:
            return _written(config, templates, letter)
        except (
            Exception
        ) as error:  # because a designer's template may raise anything: one letter fails, not all that wait
            raise Unwritable(f"templates/mail/{letter.kind}.html: {type(error).__name__}: {error}"[:300]) from error

    return render


def _written(config: Config, templates: jinja2.Environment, letter: Letter) -> Written:
    zone = letter.time_zone if known_time_zone(letter.time_zone) else config.time_zone
    shared = {
        "letter": letter,
        "at": datetime.fromtimestamp(letter.at, UTC),
        "zone": ZoneInfo(zone),
        "base_url": config.base_url,
        "organisation": config.organisation,
    }
    template = templates.get_template(f"mail/{letter.kind}.html")
    as_text, as_html = shared | _setting("text"), shared | _setting("html")
    subject = "".join(template.blocks["subject"](template.new_context(as_text)))
    return Written(
        subject=" ".join(html.unescape(subject).split()),
        text=_tidy(html.unescape(template.render(as_text))),
        html=template.render(as_html | {"subject": " ".join(html.unescape(subject).split())}),
    )


def _setting(kind: str) -> dict[str, str]:
    return {"layout": f"mail/_{kind}_layout.html", "elements": f"mail/_{kind}_elements.html", "subject": ""}


def _tidy(text: str) -> str:
    """Lines without blanks around them, at most one empty line in a row."""
    lines = "\n".join(" ".join(line.split()) for line in text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", lines).strip() + "\n"
