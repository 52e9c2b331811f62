"""Requests under a host that is not ours, named in the program's output: mostly a proxy that does not pass Host on."""

import logging

from accounts.connection import one_line

# By one process: a scanner that makes hosts up does not fill the output.
MOST_HOSTS = 20
LONGEST_HOST = 100

_log = logging.getLogger("two_keys.hosts")


class UnknownHosts:
    """One line for each host that was refused; `base_url`: the one that is right."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
        self._named: set[str] = set()

    def warn(self, host: str) -> None:
        shown = one_line(host, LONGEST_HOST) or "(none)"
        if shown in self._named or len(self._named) == MOST_HOSTS:
            return
        self._named.add(shown)
        _log.warning(
            "refused: Host %s is not that of TWO_KEYS_BASE_URL, %s. People must use that URL,"
            " and a proxy must pass the header Host on",
            shown,
            self._base_url,
        )
        if len(self._named) == MOST_HOSTS:
            _log.warning("refused: %d hosts; no further ones are named", MOST_HOSTS)
