"""Writes the tables of docs/performance.md, one for each part that was measured: `make bench ARGS=--write`."""

import os
import platform
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from tests.bench.drawing import draw
from tests.bench.figure import Figure
from tests.bench.server import ROOT

PAGE = ROOT / "docs/performance.md"
DRAWINGS = PAGE.parent / "performance"


@dataclass(frozen=True)
class Measured:
    """A part's figures, and how many cores other programs took while it ran."""

    part: str
    figures: Sequence[Figure]
    others: float


def marks(part: str) -> tuple[str, str]:
    """What stands before and after a part's table."""
    return f"<!-- {part}: written by `make bench ARGS=--write` -->\n", f"<!-- end of {part} -->\n"


def written(text: str, measured: Measured, origin: str) -> str:
    """The page with the table of one part written anew; ValueError if it has no place for the part."""
    begin, end = marks(measured.part)
    before, begun, rest = text.partition(begin)
    _, ended, after = rest.partition(end)
    if not (begun and ended):
        raise ValueError(f"{PAGE.name} has no place for the part {measured.part}")
    load = f"other programs took {measured.others:.2f} of {os.cpu_count()} cores"
    return f"{before}{begin}\nMeasured on {origin}; {load}.\n\n{_table(measured.figures)}\n{end}{after}"


def write(measured: Measured, origin: str) -> None:
    """Leaves the table as it was if a figure could not be measured."""
    if not any(figure.failed for figure in measured.figures):
        text = written(PAGE.read_text(encoding="utf-8"), measured, origin)
        PAGE.write_text(text, encoding="utf-8")
        for figure in measured.figures:
            if figure.curves:
                DRAWINGS.mkdir(exist_ok=True)
                title = _title(figure)
                (DRAWINGS / _file(title)).write_text(draw(title, figure.curves), encoding="utf-8")


def _title(figure: Figure) -> str:
    """What is drawn, without the worst question, which differs from run to run."""
    kind, _, place = figure.what.partition(", ")
    return f"{kind}, PostgreSQL" if place.endswith("PostgreSQL") else f"{kind}, SQLite"


def _file(title: str) -> str:
    return f"{re.sub(r'[^a-z]+', '-', title.lower())}.svg"


def origin() -> str:
    """The commit, the day and the Python of this run."""
    commit = _git("rev-parse", "--short", "HEAD")
    changed = " with changes" if _git("status", "--porcelain", "--", ".", f":!{PAGE.relative_to(ROOT)}") else ""
    today = datetime.now(UTC)
    return f"commit {commit}{changed}, {today.day} {today:%B %Y}, Python {platform.python_version()}"


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, check=False, capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else "unknown"


def _table(figures: Sequence[Figure]) -> str:
    rows = [("What", "Goal", "Measured", ""), ("---", "---", "---", "---")]
    rows += [(each.what, each.goal, each.measured, each.verdict) for each in figures]
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    notes = [f"- *{each.what}*: {'; '.join(each.notes)}" for each in figures if each.notes]
    titles = [_title(each) for each in figures if each.curves]
    drawings = [f"![{title}: milliseconds by number of users]({DRAWINGS.name}/{_file(title)})\n" for title in titles]
    parts = (lines, drawings, notes)
    return "\n\n".join("\n".join(part).rstrip("\n") for part in parts if part) + "\n"
