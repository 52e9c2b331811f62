"""Names and sizes: what keeps every line findable by guessing."""

from pathlib import Path

import pytest

from tests.house.tree import ROOT, product_files, said, shown

DRAWERS = {"utils", "util", "helpers", "helper", "forms", "common", "misc", "tools", "shared", "base", "core"}
MOST_LINES = 300
# file → why it is longer; better split it
LONGER: dict[str, str] = {
    "accounts/activity/kinds.py": "the table of all activities, one small dataclass each",
}


def test_there_are_no_drawers():
    everywhere = [*product_files(), *(ROOT / "tests").rglob("*.py")]
    drawers = [shown(path) for path in everywhere if DRAWERS & {path.stem, path.parent.name}]
    assert not drawers, said(
        "A module is named after what it is about; put these functions where they are used:", drawers
    )


def test_modules_are_short():
    lengths = {shown(path): lines_of(path) for path in product_files() if "versions" not in path.parts}
    long = [f"{name}: {lines} lines" for name, lines in lengths.items() if lines > MOST_LINES and name not in LONGER]
    assert not long, said(f"Over {MOST_LINES} lines: split by subject, or give the reason in LONGER:", long)


@pytest.mark.parametrize(
    ("name", "most", "reason"),
    [
        ("app.py", 90, "it is a table of contents: no logic, a line per thing"),
        ("static/js/two_keys.js", 60, "the server does it, or htmx does"),
    ],
)
def test_it_stays_small(name: str, most: int, reason: str):
    lines = lines_of(ROOT / name)
    assert lines <= most, f"{name} has {lines} lines, at most {most}: {reason}"


def lines_of(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())
