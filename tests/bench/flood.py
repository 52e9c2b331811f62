"""`python -m tests.bench.flood PORT ENDLESS SILENT`: clients whose headers have no end, and some that say nothing.

Each comes again as soon as it was left.
"""

import select
import socket
import sys
import threading

HEAD = b"GET /login HTTP/1.1\r\nHost: localhost\r\nX-Endless: "


def _endless(port: int) -> None:
    more = b"x" * 65536
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port)) as connection:
                connection.sendall(HEAD)
                while True:
                    connection.sendall(more)
        except OSError:
            continue


def _silent(port: int, number: int) -> None:
    watched = select.poll()
    opened: dict[int, socket.socket] = {}
    while True:
        while len(opened) < number:
            connection = socket.create_connection(("127.0.0.1", port))
            opened[connection.fileno()] = connection
            watched.register(connection, select.POLLIN)
        for descriptor, _ in watched.poll():
            watched.unregister(descriptor)
            opened.pop(descriptor).close()


def main() -> None:
    port, endless, silent = map(int, sys.argv[1:])
    for _ in range(endless):
        threading.Thread(target=_endless, args=(port,)).start()
    _silent(port, silent)


if __name__ == "__main__":
    main()
