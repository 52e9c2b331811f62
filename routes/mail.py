"""E-mails from templates: each one in templates/mail/ is written once and rendered twice, as text and as HTML."""

import html
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import jinja2

from accounts.context import Context
from accounts.links import links, reset_requests
from accounts.mail import own_links
from accounts.mail.messages import Email, IssueUrl, Unwritable, Written
from accounts.mail.outbox import OutboxWorker
from accounts.system import contact
from config import Config
from db.links import LinkKind
from routes.web.link_urls import link_url
from routes.web.templates import Templates
from settings.time_zones import known_time_zone


def worker(config: Config, templates: Templates) -> OutboxWorker:
    """What sends this process's e-mails."""
    handlers = {reset_requests.KIND: reset_requests.answer}
    return OutboxWorker(config, renderer(config, templates), _url_issuer(config), handlers)


def _url_issuer(config: Config) -> IssueUrl:
    async def issue_url(context: Context, user_id: int, kind: LinkKind, link_id: int) -> str:
        link = await links.issue_token(context, user_id, kind, link_id)
        return "" if isinstance(link, links.NotValid) else link_url(config, link.kind, link.token)

    return issue_url


def renderer(config: Config, templates: Templates) -> Callable[[Email], Written]:
    """What renders an e-mail for accounts/mail. It raises Unwritable if the template is broken."""

    def render(email: Email) -> Written:
        try:
            return templates.using(lambda environment: written(config, environment, email))
        # A template may raise anything: one e-mail fails, not all that wait.
        except Exception as error:
            raise Unwritable(f"templates/mail/{email.kind}.html: {type(error).__name__}: {error}"[:300]) from error

    return render


def written(config: Config, templates: jinja2.Environment, email: Email) -> Written:
    """The e-mail as text and as HTML. Raises whatever a template raises."""
    # A name is what its owner, or who edits users, has typed; without one the e-mail greets by username.
    name = "" if own_links.holds_link(email.name) else email.name
    email = replace(email, name=name, facts=own_links.only_ours(email.facts))
    zone = email.time_zone if known_time_zone(email.time_zone) else config.time_zone
    shared = {
        "email": email,
        "at": datetime.fromtimestamp(email.at, UTC),
        "zone": ZoneInfo(zone),
        "base_url": config.base_url,
        "organisation": config.organisation,
        "contact": contact.read(email.contact),
    }
    template = templates.get_template(f"mail/{email.kind}.html")
    subject = " ".join(html.unescape(template.render(shared | _setting("subject", "text"))).split())
    if not subject:
        raise jinja2.TemplateSyntaxError("an e-mail needs a block subject", 1, filename=template.filename)
    return Written(
        subject=subject,
        text=_tidy(html.unescape(template.render(shared | _setting("text", "text")))),
        html=template.render(shared | _setting("html", "html") | {"subject": subject}),
    )


def _setting(layout: str, elements: str) -> dict[str, str]:
    return {"layout": f"mail/_{layout}_layout.html", "elements": f"mail/_{elements}_elements.html", "subject": ""}


def _tidy(text: str) -> str:
    """Lines without blanks around them, at most one empty line in a row."""
    lines = "\n".join(" ".join(line.split()) for line in text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", lines).strip() + "\n"
