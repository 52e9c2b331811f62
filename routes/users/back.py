"""The way back to the overview as it was: filters, order and page."""

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode

from routes.users.filter import NAMES, Asked
from routes.users.view import PLACE, VALUES

FIELD = "back"
KEPT = frozenset((*NAMES, *VALUES, *PLACE))


def here(asked: Asked, query: Mapping[str, str]) -> str:
    """What the field holds on a page of the overview: its query, "" for its first page without any."""
    return asked.url("", **{name: query[name] for name in PLACE if query.get(name)}).removeprefix("?")


def kept(fields: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """The field, for a form or URL that passes it on; empty without one. Names that the overview does not know are
    dropped.
    """
    pairs = [pair for pair in parse_qsl(fields.get(FIELD, ""), keep_blank_values=True) if pair[0] in KEPT]
    return ((FIELD, urlencode(pairs)),) if pairs else ()


def url(fields: Mapping[str, str]) -> str:
    """Always of the overview, whatever the field says."""
    return "?".join(("/users", *dict(kept(fields)).values()))
