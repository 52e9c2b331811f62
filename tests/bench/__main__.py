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

from tests.bench import against_peers, imports, large, logins, pages, processes, rates, timing
from tests.bench.figure import Figure, print_table, unjudged

Part = Callable[[Path], list[Figure]]
PARTS: dict[str, tuple[Part, ...]] = {
    "pages": (rates.against_the_old_tree,),
    "logins": (logins.one_client, logins.many_clients, logins.pages_under_load),
    "peers": (against_peers.against_peers,),
    "memory": (processes.memory,),
    "start": (processes.first_answer, processes.workers),
    "sql": (pages.statements,),
    "event-loop": (pages.event_loop,),
    "login-page": (pages.login_page_size,),
    "timing": (timing.timing,),
    "import": (imports.imports,),
}
# On two cores a tenth of one is what a machine at rest takes.
QUIET_CORES = 0.1


def main() -> None:
    arguments = _arguments()
    logging.disable(logging.INFO)
    chosen = [(name, part) for name in arguments.parts or PARTS for part in PARTS[name]] if _any(arguments) else []
    if arguments.large:
        chosen.append(("large", partial(large.large, number=arguments.large)))
    print_table([figure for name, part in chosen for figure in _measured(name, part)])


def _any(arguments: argparse.Namespace) -> bool:
    """Whether any but the large figures are wanted."""
    return bool(arguments.parts or not arguments.large)


def _measured(name: str, part: Part) -> list[Figure]:
    """Its figures; what failed is a figure too, and does not take the others along."""
    sys.stderr.write(f"{name} …")
    sys.stderr.flush()
    began, busy, own = time.monotonic(), _busy_seconds(), _own_seconds()
    with pages.temporary() as folder:
        try:
            figures = part(Path(folder))
        except Exception:  # noqa: BLE001  # because one figure that fails does not take the others along
            traceback.print_exc()
            return [Figure(name, "", "failed", met=False)]
    took = time.monotonic() - began
    others = max(0.0, _busy_seconds() - busy - (_own_seconds() - own)) / took
    if others > QUIET_CORES:
        figures = [unjudged(each, others) if each.of_time else each for each in figures]
    sys.stderr.write(f" {took:.0f} s; other programs took {others:.2f} of {os.cpu_count()} cores\n")
    return figures


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
    arguments = parser.parse_args()
    if unknown := set(arguments.parts) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}; the parts are {', '.join(PARTS)}")
    return arguments


if __name__ == "__main__":
    main()
