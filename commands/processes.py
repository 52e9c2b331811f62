"""The server's processes: one, several forked ones, or one that is started again when the code changes."""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from commands.running import stop

if TYPE_CHECKING:
    import uvicorn

# prctl(2): the signal that a process gets when the one that forked it ends
PR_SET_PDEATHSIG = 1


def serve(settings: uvicorn.Config, listening: socket.socket) -> None:
    """Like uvicorn.run, on a socket of ours, which means the same for any number of processes."""
    import uvicorn
    from uvicorn.supervisors import ChangeReload, Multiprocess

    server = uvicorn.Server(settings)
    # the address to open is said already
    logging.getLogger("uvicorn.error").addFilter(lambda record: not record.msg.startswith("Uvicorn running on"))
    try:
        if settings.should_reload:
            settings.reload_dirs = code()
            ChangeReload(settings, target=server.run, sockets=[listening]).run()
        elif settings.workers > 1:
            _fork_workers()
            Multiprocess(settings, sockets=[listening]).run()
        else:
            server.run(sockets=[listening])
    except KeyboardInterrupt:
        # raised again by the server once it has stopped
        return


def _fork_workers() -> None:
    """Lets workers inherit the application that is imported once; uvicorn starts each as a new Python.

    On Linux only: elsewhere a fork may take a library's thread along that is in the middle of something. There, workers
    also end with the process that forked them, however that ended.
    """
    import multiprocessing

    if sys.platform == "linux":
        import_module("app")
        vars(import_module("uvicorn._subprocess"))["spawn"] = multiprocessing.get_context("fork")
        parent = os.getpid()
        os.register_at_fork(after_in_child=lambda: _end_with(parent))


def _end_with(parent: int) -> None:
    import ctypes

    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        # it ended before the line above
        os.kill(os.getpid(), signal.SIGTERM)


def code() -> list[Path]:
    """The files and folders that `--reload` watches: neither databases nor caches, which change all the time."""
    root = Path(__file__).parent.parent
    return [*root.glob("*.py"), *(folder for folder in root.iterdir() if (folder / "__init__.py").exists())]


def bound(host: str, port: int) -> socket.socket:
    """`::` is every address of the machine, IPv4 included, whatever its system would choose.

    Ends the program with status 1 if the address is not to be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, host != "::")
    try:
        made.bind((host, port))
        # now, not when the workers start, so that a second server on the port fails here
        made.listen()
    except OSError as error:
        stop(f"cannot listen on {host}, port {port}: {error.strerror}")
    made.set_inheritable(True)
    return made
