"""The project's own files, as the laws read them."""

import ast
import io
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FILES = ("app", "config")
FOLDERS = ("accounts", "commands", "db", "gallery", "routes", "settings")
TEMPLATES = ROOT / "templates"


def product_files(*of: str) -> list[Path]:
    """The product's Python files (no tests): of all of it, or of the files and folders named, such as `app` or `db`."""
    found: list[Path] = []
    for name in of or (*FILES, *FOLDERS):
        single = ROOT / f"{name}.py"
        found += [single] if single.is_file() else sorted((ROOT / name).rglob("*.py"))
    return found


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def comments(path: Path) -> Iterator[tuple[int, str]]:
    """(line, text) of each comment of a Python file, `#` included."""
    for token in tokenize.generate_tokens(io.StringIO(path.read_text(encoding="utf-8")).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def prose(path: Path) -> Iterator[tuple[int, str]]:
    """(line, text) of each docstring and comment."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            text = ast.get_docstring(node, clean=False)
            if text is not None:
                yield node.body[0].lineno, text
    yield from comments(path)


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def owner(path: Path) -> str:
    """Which part of the house a file belongs to: `db` for db/users.py, `app` for app.py."""
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def templates() -> list[Path]:
    return sorted(path for path in TEMPLATES.rglob("*") if path.suffix in {".html", ".txt", ".svg"})


def said(title: str, findings: list[str]) -> str:
    """What a broken law says: what to do, then each place."""
    return "\n  ".join((title, *findings))
