"""Routes are listed in routes/__init__.py by who may use them; a route outside a list does not exist.

Relied on: each list below is a module-level list of Starlette `Route`s (with .path, .methods, .endpoint).
"""

import ast
import re
from collections import Counter
from typing import Any

from tests.house.tree import ROOT, parsed, product_files, said, shown

WHO = (
    "EVERYONE",
    "SIGNED_IN",
    "SIGNED_IN_WITH_PASSWORD",
    "USERS_VIEW",
    "USERS_EDIT",
    "ROLES_EDIT",
    "GENERAL_SETTINGS_EDIT",
    "ACTIVITY_LOG_VIEW",
)

MAY_NAME_HTMX_HEADERS = {"part", "redirect", "guard", "errors"}
PATH = re.compile(r"/|(/(\.well-known|[a-z0-9]+(-[a-z0-9]+)*(\.csv)?|\{[a-z_]+(:[a-z]+)?\}))+")


def lists() -> dict[str, list[Any]]:
    import routes

    return {name: value for name, value in vars(routes).items() if isinstance(value, list) and is_list_of_routes(value)}


def is_list_of_routes(value: list[Any]) -> bool:
    return bool(value) and all(hasattr(entry, "path") and hasattr(entry, "endpoint") for entry in value)


def methods(route: Any) -> set[str]:
    # Starlette adds HEAD to GET by itself
    return set(getattr(route, "methods", None) or {"GET"}) - {"HEAD"}


def test_the_lists_say_who():
    found = lists()
    missing = [name for name in WHO if name not in found]
    assert not missing, said("routes/__init__.py needs these lists of routes, none of them empty:", missing)
    unknown = [name for name in found if name not in WHO]
    assert not unknown, said(
        f"Every list of routes says who may use it, and is named here: {', '.join(WHO)}. Unknown:", unknown
    )


def test_every_route_is_listed_once():
    listed = Counter(
        f"{method} {route.path}" for routes in lists().values() for route in routes for method in sorted(methods(route))
    )
    twice = [f"{route} ({times} times)" for route, times in listed.items() if times > 1]
    assert not twice, said("The first would win, with its permission. Leave each in one list:", twice)


def test_routes_are_made_nowhere_else():
    makers = {"Route", "Mount", "Host", "WebSocketRoute", "Router", "add_route", "mount", "add_websocket_route"}
    wrong = [
        f"{shown(path)}:{node.lineno}"
        for path in product_files()
        if path != ROOT / "routes/__init__.py"
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in makers
    ]
    assert not wrong, said("List these routes in routes/__init__.py, by who may use them:", wrong)


def test_every_handler_is_listed():
    listed = {node.attr for node in ast.walk(parsed(ROOT / "routes/__init__.py")) if isinstance(node, ast.Attribute)}
    unlisted = [
        f"{shown(path)}:{node.lineno} {node.name}"
        for path in product_files("routes")
        if path.parent.name != "web"
        for node in parsed(path).body
        if isinstance(node, ast.AsyncFunctionDef) and takes_a_request(node) and not node.name.startswith("_")
        if node.name not in listed and not is_called_in(parsed(path), node.name)
    ]
    assert not unlisted, said("List these handlers as `module.name` in routes/__init__.py, or delete them:", unlisted)


def takes_a_request(function: ast.AsyncFunctionDef) -> bool:
    """A handler takes the request alone and returns the response; what has more is called by one."""
    returned = function.returns.id if isinstance(function.returns, ast.Name) else ""
    return [argument.arg for argument in function.args.args] == ["request"] and returned == "Response"


def is_called_in(module: ast.Module, name: str) -> bool:
    """A helper of the handlers beside it is no handler."""
    return any(isinstance(node, ast.Call) and getattr(node.func, "id", "") == name for node in ast.walk(module))


def test_addresses_are_words():
    wrong = [route.path for routes in lists().values() for route in routes if not PATH.fullmatch(route.path)]
    assert not wrong, said("Lower case, hyphens between words, no slash at the end:", wrong)


def test_handlers_do_not_know_htmx():
    wrong = [
        f"{shown(path)}:{node.lineno}: {node.value}"
        for path in product_files()
        if not (path.parent.name == "web" and path.stem in MAY_NAME_HTMX_HEADERS)
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.fullmatch(r"(?i)hx-[a-z-]+", node.value)
    ]
    assert not wrong, said("Use render() and redirect() of routes/web, which alone know about HTMX:", wrong)
