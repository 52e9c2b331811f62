"""Who may import whom. `make check` asks import-linter too, which cannot start from single files such as app.py; this
covers all.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.tree import FILES, FOLDERS, ROOT, owner, parsed, product_files, said, shown

MAY_IMPORT = {
    "app": {"commands", "config", "gallery", "settings", "routes", "accounts", "db"},
    "gallery": {"config", "routes", "accounts", "db"},
    "routes": {"config", "settings", "accounts", "db"},
    "commands": {"config", "gallery", "settings", "accounts", "db"},
    "accounts": {"config", "settings", "db"},
    "db": {"config", "settings"},
    "config": {"settings"},
    "settings": set(),
}
ONLY_IN = {
    "starlette": {"app", "gallery", "routes"},
    "jinja2": {"app", "routes"},
    "databases": {"db"},
    "sqlalchemy": {"db"},
    "alembic": {"db"},
    "aiosqlite": {"db"},
    "asyncpg": {"db"},
    "sqlite3": {"db"},
    "click": {"commands"},
    "uvicorn": {"commands"},
}
# 11 MB, and 0.9 s: loaded only by those who need them, inside a function.
LAZY = {"alembic", "authlib", "httpx2", "joserfc"}
# Modules that stand on such a library are themselves imported inside functions.
LAZY_MODULES = {"accounts/sso/transport.py": "accounts.sso.transport"}

SQL = re.compile(r"\s*(SELECT|INSERT\s+INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM|CREATE\s+(TABLE|INDEX)|PRAGMA)\s")


def imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of everything imported; `from a import b` counts as a.b, which may be a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: write `from accounts import totp`, not a relative import"
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def test_imports_go_downwards_only():
    wrong = [
        f"{shown(path)}:{line}: {owner(path)} must not import {name}"
        for path in product_files()
        for line, name in imports(parsed(path))
        if name.split(".")[0] in {*FILES, *FOLDERS, "tests"} - {owner(path)} - MAY_IMPORT[owner(path)]
    ]
    assert not wrong, said("app → routes → accounts → db ← commands. Move what is needed down, or pass it in:", wrong)


def test_libraries_stay_where_they_belong():
    wrong = [
        f"{shown(path)}:{line}: {name} belongs in {' and '.join(sorted(ONLY_IN[name.split('.')[0]]))}"
        for path in product_files()
        for line, name in imports(parsed(path))
        if owner(path) not in ONLY_IN.get(name.split(".")[0], {owner(path)})
    ]
    assert not wrong, said("Keep each library behind the part that owns it:", wrong)


def test_slow_libraries_are_imported_when_needed():
    at_start = [
        f"{shown(path)}:{node.lineno}: import {name} inside the function that needs it"
        for path in product_files()
        # migrations run inside Alembic
        if "migrations" not in path.parts and shown(path) not in LAZY_MODULES
        for node in parsed(path).body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for _, name in imports(node)
        if name.split(".")[0] in LAZY or name in LAZY_MODULES.values()
    ]
    assert not at_start, said("These cost every start memory and time:", at_start)


def cycles(uses: dict[str, set[str]]) -> list[str]:
    """Each cycle of a graph, as `a → b → a`."""

    def cycle_from(module: str, way: tuple[str, ...]) -> tuple[str, ...]:
        if module in way:
            return (*way[way.index(module) :], module)
        return next(filter(None, (cycle_from(used, (*way, module)) for used in uses.get(module, ()))), ())

    return [" → ".join(cycle) for module in uses if (cycle := cycle_from(module, ()))]


def modules(folder: str) -> dict[str, set[str]]:
    """Module of a folder → the modules of that folder that it imports, by dotted name."""
    names = {shown(path).removesuffix(".py").replace("/", "."): path for path in product_files(folder)}
    return {
        name: {used for _, at in imports(parsed(path)) for used in (at, at.rpartition(".")[0]) if used in names}
        - {name}
        for name, path in names.items()
    }


@pytest.mark.parametrize("folder", ["accounts", "commands", "db", "routes", "settings"])
def test_modules_have_no_cycles(folder: str):
    found = cycles(modules(folder))
    assert not found, said("Take what both need into a module of its own:", found)


@pytest.mark.parametrize("folder", ["accounts", "routes"])
def test_rooms_have_no_cycles(folder: str):
    uses: dict[str, set[str]] = {}
    for name, used in modules(folder).items():
        uses.setdefault(room(name), set()).update(room(other) for other in used if room(other) != room(name))
    found = cycles(uses)
    assert not found, said("A room stands on others, never on one that stands on it:", found)


def room(module: str) -> str:
    """The second part of a dotted name: `two_factor` for accounts.two_factor.totp."""
    return (*module.split("."), "")[1]


def test_the_arithmetic_of_codes_stands_alone():
    assert not modules("accounts")["accounts.two_factor.totp"], "totp.py is arithmetic: it uses no other module"


def test_sql_stands_only_in_db():
    wrong = [
        f"{shown(path)}:{node.lineno}: {node.value.strip()[:60]}"
        for path in product_files()
        if owner(path) != "db"
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.match(node.value)
    ]
    assert not wrong, said("Give each query a short function in db/:", wrong)


def test_every_part_of_the_house_is_there():
    missing = [name for name in (*FILES, *FOLDERS) if not product_files(name) or not exists(name)]
    assert not missing, said("The laws look at these and would pass over what is missing:", missing)


def exists(name: str) -> bool:
    folder: Path = ROOT / name
    return (ROOT / f"{name}.py").is_file() or folder.is_dir()
