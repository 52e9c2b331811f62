"""The access log: a line per request with method, route pattern, status and milliseconds; no address that a token is
part of.
"""

import logging
import sys
import time

_log = logging.getLogger("two_keys.access")


class Lines(logging.StreamHandler):  # type: ignore[type-arg]  # because the class takes no argument at run time
    """Writes a line without a record and a formatter, which cost more than the line."""

    _second, _shown = -1, ""

    def write(self, line: str) -> None:
        now = time.time()
        second = int(now)
        if second != self._second:
            self._second, self._shown = second, time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(second))
        self.stream.write(f"{self._shown},{int(now % 1 * 1000):03} {_log.name} {line}\n")
        self.flush()


def to_standard_output() -> None:
    """In the form of the program's other lines. Another level or handler on the logger is respected."""
    if not _log.handlers:
        _log.addHandler(Lines(sys.stdout))
        _log.propagate = False


def write(method: str, pattern: str, status: int, seconds: float) -> None:
    if not _log.isEnabledFor(logging.INFO):
        return
    line = f"{method} {pattern} {status} {seconds * 1000:.0f} ms"
    handlers = _log.handlers
    if len(handlers) == 1 and type(handlers[0]) is Lines:
        handlers[0].write(line)
    else:
        _log.info(line)
