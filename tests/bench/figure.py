"""A figure of the bench: what, the goal, what was measured, whether that meets the goal."""

import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Figure:
    what: str
    goal: str
    measured: str
    # None: no goal, or within the noise
    met: bool | None = None
    # what dominates, how noisy it was
    notes: tuple[str, ...] = ()
    # of time that passed and not of CPU: other programs on the cores make it wrong, either way
    of_time: bool = False
    failed: bool = False

    @property
    def verdict(self) -> str:
        return {True: "met", False: "missed", None: "–"}[self.met]


def at_most(
    what: str,
    limit: float,
    value: float,
    unit: str = "",
    digits: int = 2,
    notes: Sequence[str] = (),
    *,
    of_time: bool = False,
) -> Figure:
    """A figure that should not exceed a limit."""
    shown = f"{value:,.{digits}f}{unit}"
    return Figure(what, f"≤ {limit:g}{unit}", shown, value <= limit, tuple(notes), of_time)


def at_least(
    what: str,
    limit: float,
    value: float,
    unit: str = "",
    digits: int = 2,
    notes: Sequence[str] = (),
    *,
    of_time: bool = False,
) -> Figure:
    """A figure that should reach a limit."""
    shown = f"{value:,.{digits}f}{unit}"
    return Figure(what, f"≥ {limit:g}{unit}", shown, value >= limit, tuple(notes), of_time)


def unjudged(figure: Figure, others: float) -> Figure:
    """A figure of time, while other programs took so many cores."""
    note = f"not judged: other programs took {others:.2f} cores"
    return replace(figure, met=None, notes=(*figure.notes, note))


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that `percent` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def spread(values: Sequence[float], digits: int = 2) -> str:
    """Median and range of the rounds, for a note."""
    middle = statistics.median(values)
    return f"{len(values)} rounds: {min(values):.{digits}f} – {middle:.{digits}f} – {max(values):.{digits}f}"


def print_table(figures: Sequence[Figure]) -> None:
    """One aligned table; the notes below it."""
    rows = [("what", "goal", "measured", "")]
    rows += [(each.what, each.goal, each.measured, each.verdict) for each in figures]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    cells = [[cell.ljust(width) for cell, width in zip(row, widths, strict=True)] for row in rows]
    lines = ["  ".join(row).rstrip() for row in cells]
    lines.insert(1, "  ".join("─" * width for width in widths))
    for each in figures:
        lines += ["", each.what, *(f"    {note}" for note in each.notes)] if each.notes else []
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()
