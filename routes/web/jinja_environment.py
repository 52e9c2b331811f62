"""Jinja's environment, in fewer steps for each value, call and import, of which a page has hundreds."""

import re
from collections.abc import Callable, MutableMapping
from functools import cache, lru_cache, partial
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any

import jinja2
import markupsafe
from jinja2 import nodes
from jinja2.compiler import CodeGenerator
from jinja2.filters import do_xmlattr
from jinja2.runtime import Context, Macro
from jinja2.utils import missing
from jinja2.visitor import NodeTransformer
from markupsafe import Markup, escape

from routes.web.rendered import Rendered

_INVISIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
# What `escape` makes Markup of. In C, or in Python where MarkupSafe was installed without a compiler.
_escaped: Callable[[str], str] = vars(markupsafe)["_escape_inner"]
_PLAIN = (FunctionType, MethodType, BuiltinFunctionType)


class _Context(Context):
    """Calls most of what templates call without asking whether it wants the context first."""

    def call(self, called: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if type(called) is Macro:
            kwargs.pop("_loop_vars", None)
            kwargs.pop("_block_vars", None)
            return _written(called, args, kwargs)
        if type(called) not in _PLAIN or hasattr(called, "jinja_pass_arg"):
            return super().call(called, *args, **kwargs)
        kwargs.pop("_loop_vars", None)
        kwargs.pop("_block_vars", None)
        return called(*args, **kwargs)


def _written(macro: Macro, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Rendered:
    """What a macro writes. Those without a body are called in fewer steps than Jinja takes."""
    if macro.caller or macro.catch_kwargs or macro.catch_varargs or len(args) > len(macro.arguments):
        return str.__new__(Rendered, macro(*args, **kwargs))
    arguments = [*args, *[kwargs.pop(name, missing) for name in macro.arguments[len(args) :]]]
    if kwargs:
        # an argument that it does not have, which Jinja names
        return str.__new__(Rendered, macro(*arguments, **kwargs))
    return str.__new__(Rendered, macro._func(*arguments))  # noqa: SLF001  # because Jinja has no shorter way


class _CodeGenerator(CodeGenerator):
    """Lets templates write a value by one call, where Jinja makes three of them: finalize, escape, Markup."""

    def _output_child_pre(self, *_: Any) -> None:
        self.write("environment.shown(")

    def _output_child_post(self, *_: Any) -> None:
        self.write(")")


class _Sentences(NodeTransformer):
    """Writes sentences without values into the compiled template, as if they were part of its HTML."""

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802  # because Jinja names it so
        match node:
            case nodes.Call(node=nodes.Name(name="_"), args=[nodes.Const(value=message)], kwargs=[]):
                return nodes.TemplateData(sentence(message), lineno=node.lineno)
        return self.generic_visit(node)


class Environment(jinja2.Environment):
    """Templates have no globals of their own: with one dict for all, an import need not compare two chains of them."""

    context_class = _Context
    code_generator_class = _CodeGenerator

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._loaded: dict[str, jinja2.Template] = {}

    def get_template(
        self,
        name: str | jinja2.Template,
        parent: str | None = None,
        globals: MutableMapping[str, Any] | None = None,  # noqa: A002  # because Jinja names it so
    ) -> jinja2.Template:
        """Each import of each page asks for one: where none is reloaded, a name is enough to find it."""
        if self.auto_reload or globals or not isinstance(name, str):
            return super().get_template(name, parent, globals)
        found = self._loaded.get(name)
        if found is None:
            found = self._loaded[name] = super().get_template(name, parent)
        return found

    @staticmethod
    def shown(value: Any) -> str:
        """A value as HTML: escaped, and without the characters that HTML forbids."""
        if isinstance(value, Rendered):
            return value
        html = _escaped(value) if type(value) is str else value if type(value) is Markup else escape(value)
        # Most hold no character that cannot be printed, but the newline.
        if html.isprintable() or not _INVISIBLE.search(html):
            return html
        return _INVISIBLE.sub("", html)

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree: nodes.Template = _Sentences().visit(super()._parse(source, name, filename))
        return tree

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        return {**self.globals, **d} if d else self.globals


@cache
def sentence(message: str) -> Rendered:
    return Rendered(message % {})


def attributes_of(attributes: dict[str, str | int | None]) -> Rendered:
    """Jinja's xmlattr, which is slow, once for the same attributes: nearly all stand in templates."""
    return _written_once(*attributes, *attributes.values())


# With the types: text that is to be escaped equals the same text as HTML.
@lru_cache(200, typed=True)
def _written_once(*names_and_values: Any) -> Rendered:
    number = len(names_and_values) // 2
    attributes = dict(zip(names_and_values[:number], names_and_values[number:], strict=True))
    return Rendered(Environment.shown(_xmlattr(attributes)))


_xmlattr = partial(do_xmlattr, nodes.EvalContext(jinja2.Environment(autoescape=True)))
