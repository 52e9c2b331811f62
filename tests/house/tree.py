"""The project's own files, as the laws read them."""

import ast
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
