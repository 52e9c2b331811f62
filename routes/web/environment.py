"""The Jinja environment: what templates find besides their variables."""

import re
from collections.abc import Callable, MutableMapping
from datetime import date, datetime
from functools import cache
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any
from zoneinfo import ZoneInfo

import jinja2
from jinja2.compiler import CodeGenerator
from jinja2.runtime import Context, Macro
from markupsafe import Markup, escape

from config import ROOT, Config, known_time_zone
from routes.web.me import Me
from routes.web.part import show
from routes.web.static_files import Address


def environment(config: Config, static: Address) -> jinja2.Environment:
    """The Jinja environment: the shipped templates, over which those in TWO_KEYS_TEMPLATES_DIR win."""
    folders = [*([str(config.templates_dir)] if config.templates_dir else []), str(ROOT / "templates")]
    made = _Environment(
        loader=jinja2.FileSystemLoader(folders),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        auto_reload=config.development,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {"_": _gettext, "gettext": _gettext, "ngettext": _ngettext}
    made.globals |= {"static": static, "template_name": _template_name, "show": show}
    made.filters |= {
        "when": _in_zone(config, WHEN),
        "exact": _in_zone(config, "%Y-%m-%d %H:%M:%S %Z"),
        "day": _in_zone(config, DAY),
        "moment": _moment(config),
    }
    made.filters |= {"number": lambda value: f"{value:,}", "grouped": _grouped}
    return made


_INVISIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_PLAIN = (FunctionType, MethodType, BuiltinFunctionType)


class _Context(Context):
    """Calls most of what templates call without asking whether it wants the context first."""

    def call(self, called: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        kind = type(called)
        if kind is Macro or (kind in _PLAIN and not hasattr(called, "jinja_pass_arg")):
            kwargs.pop("_loop_vars", None)
            kwargs.pop("_block_vars", None)
            return called(*args, **kwargs)
        return super().call(called, *args, **kwargs)


class _CodeGenerator(CodeGenerator):
    """Lets templates write a value by one call, where Jinja makes three of them: finalize, escape, Markup."""

    def _output_child_pre(self, *_: Any) -> None:
        self.write("environment.shown(")

    def _output_child_post(self, *_: Any) -> None:
        self.write(")")


class _Environment(jinja2.Environment):
    """Templates have no globals of their own: with one dict for all, an import need not compare two chains of them."""

    context_class = _Context
    code_generator_class = _CodeGenerator

    @staticmethod
    def shown(value: Any) -> str:
        """A value as HTML: escaped, and without the characters that HTML forbids."""
        html = value if type(value) is Markup else escape(value)
        # Most hold no character that cannot be printed, but the newline.
        return html if html.isprintable() or not _INVISIBLE.search(html) else _INVISIBLE.sub("", html)

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        return {**self.globals, **d} if d else self.globals


def _gettext(message: str, /, **values: Any) -> Markup:
    """A sentence in the reader's language; what is put into it is escaped. A catalogue is to be asked here."""
    if not values:
        return _sentence(message)
    escaped = {name: value if type(value) is int else escape(value) for name, value in values.items()}
    return Markup(message % escaped)  # noqa: S704  # because sentences are ours, and values are escaped


@cache
def _sentence(message: str) -> Markup:
    return Markup(message % {})  # noqa: S704  # because sentences are ours


def _ngettext(singular: str, plural: str, number: int, /, **values: Any) -> Markup:
    """The same for a sentence with a number, which it calls `num`."""
    return _gettext(singular if number == 1 else plural, **{"num": number, **values})


WHEN, DAY = "%-d %b %Y, %H:%M", "%-d %b %Y"


@jinja2.pass_context
def _template_name(context: jinja2.runtime.Context) -> str:
    return context.name or ""


def zone_of(config: Config, me: Me | None) -> ZoneInfo:
    """The reader's time zone: chosen on My User, else the installation's."""
    chosen = me.time_zone if me else ""
    return ZoneInfo(chosen if known_time_zone(chosen) else config.time_zone)


def _in_zone(config: Config, pattern: str) -> Any:
    @jinja2.pass_context
    def written(context: jinja2.runtime.Context, at: datetime | date) -> str:
        zone = context.get("zone") or zone_of(config, context.get("me"))  # a letter says its reader's itself
        local = at.astimezone(zone) if isinstance(at, datetime) else at
        return local.strftime(pattern)

    return written


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _moment(config: Config) -> Any:
    """A `<time>`, short to read, exact on hover and for machines; of those there may be a hundred on a page."""

    @jinja2.pass_context
    def written(context: jinja2.runtime.Context, at: datetime) -> Markup:
        local = at.astimezone(context.get("zone") or zone_of(config, context.get("me")))
        exact = local.isoformat(" ", "seconds")[:19]
        short = f"{local.day} {_MONTHS[local.month - 1]} {local.year}, {exact[11:16]}"
        return Markup(f'<time datetime="{exact}" title="{exact} {local.tzname()}">{short}</time>')  # noqa: S704  # because nothing in it was typed

    return written


def _grouped(text: str, size: int) -> str:
    return " ".join(text[start : start + size] for start in range(0, len(text), size))
