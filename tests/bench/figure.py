"""A figure of the bench: what, the goal, what was measured, whether that meets the goal."""

import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

# How many cores other programs may take before a ratio of times, a ratio of CPU or a number of seconds is not judged.
# They also slow down what a server does in its own CPU time, because the caches of the processor are shared.
QUIET_CORES = {"time": 0.1, "cpu": 0.5, "seconds": 0.1}
DependsOn = Literal["nothing", "time", "cpu", "seconds"]
# By name, milliseconds by how many users there are.
Curves = dict[str, tuple[tuple[int, float], ...]]


@dataclass(frozen=True)
class Figure:
    what: str
    goal: str
    measured: str
    # None: no goal, or within the noise
    met: bool | None = None
    # what dominates, how noisy it was
    notes: tuple[str, ...] = ()
    depends_on: DependsOn = "nothing"
    failed: bool = False
    # for a drawing
    curves: Curves = field(default_factory=dict)

    @property
    def verdict(self) -> str:
        """Empty if there is no goal."""
        return {True: "met", False: "missed", None: "not judged" if self.goal else ""}[self.met]

    def beside(self, others: float) -> "Figure":
        """The same figure, not judged if other programs took too many cores."""
        if others <= QUIET_CORES.get(self.depends_on, others):
            return self
        # Other programs make seconds more, never fewer.
        return self if self.depends_on == "seconds" and self.met else replace(self, met=None)


@dataclass(frozen=True)
class Reading:
    """A value, how it is shown, and what makes it wrong."""

    value: float
    unit: str = ""
    digits: int = 2
    depends_on: DependsOn = "nothing"

    def __str__(self) -> str:
        return f"{self.value:,.{self.digits}f}{self.unit}"


def at_most(what: str, limit: float, reading: Reading, notes: Sequence[str] = ()) -> Figure:
    """A figure that should not exceed a limit."""
    met = reading.value <= limit
    return Figure(what, f"≤ {limit:g}{reading.unit}", str(reading), met, tuple(notes), reading.depends_on)


def at_least(what: str, limit: float, reading: Reading, notes: Sequence[str] = ()) -> Figure:
    """A figure that should reach a limit."""
    met = reading.value >= limit
    return Figure(what, f"≥ {limit:g}{reading.unit}", str(reading), met, tuple(notes), reading.depends_on)


def ratio(values: Sequence[float], depends_on: DependsOn, digits: int = 2) -> Reading:
    """The median of the rounds' ratios."""
    return Reading(statistics.median(values), digits=digits, depends_on=depends_on)


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
