"""Logins and signed-in pages against the peers', all in one interleaved run."""

import statistics
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench import client, peers
from tests.bench.figure import Figure, Reading, at_least, at_most, percentile, ratio, spread
from tests.bench.load import Load, Reader, at_once, members, run
from tests.bench.old_tree import Both, both
from tests.bench.peers import Peer, Visit
from tests.bench.rates import PAGES, Plan, Rate, rate
from tests.bench.server import Server

ROUNDS = 6
SECONDS = 2.5
# How a signed-in page is asked for: on a busy machine at least so often.
PAGE_SECONDS, PAGE_REQUESTS = 0.6, 25
USERS = 3000
# Between the pages that are opened meanwhile: so few that they take nothing from the logins.
PAUSE_SECONDS = 0.05
OURS = ("Home of a member", "My User")
GOALS = {OURS[0]: 6.0, OURS[1]: 3.0}
PYTHON_GOAL, BETTER_AUTH_GOAL = 2.7, 1.1


@dataclass
class Seen:
    """A server, what is asked of it, and what came of it in each round."""

    server: Server
    # the peer, and the cookies of one who is signed in there; None for us
    peer: Peer | None
    visit: Visit | None
    pages: dict[str, bytes]
    loads: list[Load] = field(default_factory=list)
    rates: dict[str, list[Rate]] = field(default_factory=dict)

    @property
    def plan(self) -> Plan:
        return Plan(PAGE_SECONDS, PAGE_REQUESTS, self.peer is None or self.peer.keep)


def against_peers(folder: Path) -> list[Figure]:
    """One worker of ours against one of each peer's, with the same hash and the same clients.

    In each of 6 rounds 16 clients sign in at each server in turn for 2.5 s, from the form to the session, each time
    another user, while a signed-in user opens a page; then 4 clients ask for a signed-in page for 0.6 s. The medians
    of the rounds' ratios.
    """
    found = peers.installed()
    made = both(folder, USERS)
    with ExitStack() as running:
        us = Seen(running.enter_context(made.new), None, None, _our_pages(made))
        forms = made.fresh()
        them = [_started(running, peer, folder / peer.site) for peer in found]
        for one in (us, *them):
            for request in one.pages.values():
                rate(one.server, request, one.plan)
        for _ in range(ROUNDS):
            reader = Reader(us.pages[OURS[0]], PAUSE_SECONDS)
            us.loads.append(at_once(us.server, members(us.server, forms), SECONDS, reader))
            for one in them:
                one.loads.append(_load(one))
            for one in (us, *them):
                for name, request in one.pages.items():
                    one.rates.setdefault(name, []).append(rate(one.server, request, one.plan))
    return [*_logins(us, them), *_waits(us, them), *_pages(us, them)]


def _our_pages(made: Both) -> dict[str, bytes]:
    return {page.name: page.request(made) for page in PAGES if page.name in OURS}


def _started(running: ExitStack, peer: Peer, folder: Path) -> Seen:
    peer.prepare(folder, USERS)
    server = running.enter_context(peer.server(folder))
    visit = Visit(peer, server, iter([f"user-{number:07}" for number in range(USERS)]))
    run(visit.sign_in())
    visit.close()
    return Seen(server, peer, visit, {peer.name: client.get(peer.page, visit.sent)})


def _load(one: Seen) -> Load:
    assert one.peer
    assert one.visit
    peer, fresh, server = one.peer, one.visit.fresh, one.server
    reader = Reader(one.pages[peer.name], PAUSE_SECONDS, peer.keep)
    return at_once(server, lambda: Visit(peer, server, fresh), SECONDS, reader)


def _logins(us: Seen, them: list[Seen]) -> list[Figure]:
    figures = []
    for one in them:
        assert one.peer
        ratios = [ours.a_second / theirs.a_second for ours, theirs in zip(us.loads, one.loads, strict=True)]
        notes = (spread(ratios), f"{_cost(us.loads)}; against {_cost(one.loads)}")
        goal = BETTER_AUTH_GOAL if one.peer.node else PYTHON_GOAL
        figures.append(at_least(f"Logins/s ÷ {one.peer.name}'s", goal, ratio(ratios, "time"), notes))
    return figures


def _cost(loads: list[Load]) -> str:
    a_second, server, load = (
        statistics.median(values)
        for values in zip(*((each.a_second, each.server_cpu, each.client_cpu) for each in loads), strict=True)
    )
    return f"{a_second:.1f}/s, CPU of a login {server * 1000:.1f} ms, of its load {load * 1000:.2f} ms"


def _waits(us: Seen, them: list[Seen]) -> list[Figure]:
    """The p99 of a page while 16 clients sign in."""
    figures, ours = [], _ninety_nine(us)
    for one in them:
        assert one.peer
        theirs, what = _ninety_nine(one), f"p99 of a page while 16 clients sign in ÷ {one.peer.name}'s"
        shown = f"{ours:.0f} ms against {theirs:.0f} ms"
        # No goal against a server that answers while it hashes: the difference is within the noise.
        reading = Reading(ours / theirs, digits=3, depends_on="time")
        no_goal = Figure(what, "", str(reading), notes=(shown,)) if one.peer.node else None
        figures.append(no_goal or at_most(what, 0.1, reading, (shown,)))
    return figures


def _ninety_nine(one: Seen) -> float:
    return percentile([wait for load in one.loads for wait in load.page_seconds], 99) * 1000


def _pages(us: Seen, them: list[Seen]) -> list[Figure]:
    """CPU of the best Python peer's signed-in page ÷ of ours."""
    best, theirs = min(
        ((name, rates) for one in them if one.peer and not one.peer.node for name, rates in one.rates.items()),
        key=lambda each: statistics.median(rate.cpu_microseconds for rate in each[1]),
    )
    everybody = "; ".join(
        f"{name} {statistics.median(each.cpu_microseconds for each in rates):,.0f} µs of CPU,"
        f" {statistics.median(each.a_second for each in rates):,.0f}/s, {rates[0].size:,} bytes"
        for one in (us, *them)
        for name, rates in one.rates.items()
    )
    figures = []
    shown: tuple[str, ...] = (everybody,)
    for name in OURS:
        ratios = [
            peer.cpu_microseconds / our.cpu_microseconds for peer, our in zip(theirs, us.rates[name], strict=True)
        ]
        a_second = statistics.median(
            our.a_second / peer.a_second for peer, our in zip(theirs, us.rates[name], strict=True)
        )
        notes = (f"CPU, {spread(ratios)}; pages/s {a_second:.2f} times", *shown)
        figures.append(at_least(f"{name}: times as fast as {best}'s page", GOALS[name], ratio(ratios, "cpu"), notes))
        shown = ()
    return figures
