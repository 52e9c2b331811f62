"""`make bench`: the figures of docs/performance.md, measured here and now, each printed with its goal."""

import argparse
import logging
import os
import sys
import time
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.bench import (
    against_peers,
    connections,
    fair_queue,
    imports,
    large,
    logins,
    on_postgresql,
    page,
    pages,
    processes,
    rates,
    timing,
)
from tests.bench.figure import Figure, print_table

Part = Callable[[Path], list[Figure]]
PARTS: dict[str, tuple[Part, ...]] = {
    "pages": (rates.against_the_old_tree,),
    "logins": (logins.one_client, logins.many_clients, logins.pages_under_load),
    "postgresql": (on_postgresql.on_postgresql,),
    "fair-queue": (fair_queue.fair_queue,),
    "peers": (against_peers.against_peers,),
    "memory": (processes.memory,),
    "connections": (connections.connections,),
    "start": (processes.first_answer, processes.workers),
    "sql": (pages.statements,),
    "event-loop": (pages.event_loop,),
    "login-page": (pages.login_page_size,),
    "timing": (timing.timing,),
    "import": (imports.imports, imports.on_postgresql),
}


def main() -> None:
    arguments = _arguments()
    logging.disable(logging.INFO)
    origin, figures = page.origin(), list[Figure]()
    for name, functions in _chosen(arguments).items():
        measured = _measured(name, functions)
        figures += measured.figures
        if arguments.write:
            page.write(measured, origin)
    print_table(figures)


def _chosen(arguments: argparse.Namespace) -> dict[str, tuple[Part, ...]]:
    """The parts that are named, or all; `--large` alone measures nothing else."""
    names = arguments.parts or ([] if arguments.large else PARTS)
    chosen = {name: PARTS[name] for name in names}
    if not arguments.large:
        return chosen
    return chosen | {"large": (partial(large.large, number=arguments.large),)}


def _measured(name: str, functions: tuple[Part, ...]) -> page.Measured:
    """The figures of a part; on a busy machine not all of them are judged."""
    sys.stderr.write(f"{name} …")
    sys.stderr.flush()
    began, busy, own = time.monotonic(), _busy_seconds(), _own_seconds()
    figures = [figure for function in functions for figure in _tried(name, function)]
    took = time.monotonic() - began
    others = max(0.0, _busy_seconds() - busy - (_own_seconds() - own)) / took
    sys.stderr.write(f" {took:.0f} s; other programs took {others:.2f} of {os.cpu_count()} cores\n")
    return page.Measured(name, [each.beside(others) for each in figures], others)


def _tried(name: str, function: Part) -> list[Figure]:
    """A failure becomes a figure, so that the other parts are measured all the same."""
    with pages.temporary() as folder:
        try:
            return function(Path(folder))
        except Exception:  # noqa: BLE001  # because what a part raises is printed, and the run goes on
            traceback.print_exc()
            return [Figure(name, "", "failed", met=False, failed=True)]


def _busy_seconds() -> float:
    """CPU seconds that all programs have used, without what was idle, waited for a disk or was stolen."""
    user, nice, system, _, _, interrupts, soft = map(int, Path("/proc/stat").read_text().split()[1:8])
    return (user + nice + system + interrupts + soft) / os.sysconf("SC_CLK_TCK")


def _own_seconds() -> float:
    """CPU seconds of the bench and of the programs that it has ended."""
    return sum(os.times()[:4])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)}; all of them if none is named")
    parser.add_argument(
        "--large",
        nargs="?",
        type=int,
        const=1_000_000,
        metavar="USERS",
        help="pages and searches among so many users [1000000]",
    )
    parser.add_argument("--write", action="store_true", help="also write the tables of docs/performance.md")
    arguments = parser.parse_args()
    if unknown := set(arguments.parts) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}; the parts are {', '.join(PARTS)}")
    return arguments


if __name__ == "__main__":
    main()
