"""`make bench`: the figures of the README, measured here and now. One of them: ARGS="--only NAME"; with 1,000,000 users: ARGS=--large."""

import argparse
import logging
import sys
import time
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.bench import imports, large, logins, pages, peers, processes, timing
from tests.bench.figure import Figure, print_table

FIGURES: dict[str, Callable[[Path], list[Figure]]] = {
    "login-cpu": logins.cpu_of_a_login,
    "logins": logins.logins_a_second,
    "pages-under-load": logins.pages_under_load,
    "pages": pages.pages_a_second,
    "sql": pages.statements,
    "login-page": pages.login_page_size,
    "memory": processes.memory,
    "start": processes.first_answer,
    "event-loop": pages.event_loop,
    "timing": timing.timing,
    "import": imports.imports,
}


def main() -> None:
    arguments = _arguments()
    logging.disable(logging.INFO)
    chosen = FIGURES if not arguments.only else {name: FIGURES[name] for name in arguments.only}
    if arguments.large:
        chosen = {"large": partial(large.large, number=arguments.large)} | (chosen if arguments.only else {})
    if arguments.peers:
        chosen = {"peers": peers.peers} | (chosen if arguments.only else {})
    measured: list[Figure] = []
    for name, figure in chosen.items():
        began = time.monotonic()
        sys.stderr.write(f"{name} …")
        sys.stderr.flush()
        with pages.temporary() as folder:
            try:
                measured += figure(Path(folder))
            except Exception:  # noqa: BLE001  # because one figure that fails does not take the others along
                traceback.print_exc()
                measured.append(Figure(name, "", "failed", met=False))
        sys.stderr.write(f" {time.monotonic() - began:.0f} s\n")
    print_table(measured)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument(
        "--only", action="append", choices=[*FIGURES], help="this figure alone; can be given several times"
    )
    parser.add_argument(
        "--large",
        nargs="?",
        type=int,
        const=1_000_000,
        metavar="USERS",
        help="pages and searches among so many users [1000000]",
    )
    parser.add_argument("--peers", action="store_true", help="against django-two-factor-auth, installed into ~/.cache")
    return parser.parse_args()


if __name__ == "__main__":
    main()
