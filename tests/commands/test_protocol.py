"""The command `serve`: what a connection may do before the application hears of it, and how it is told."""

import re
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from commands.connection_limits import MOST_CONNECTIONS, RESERVED_DESCRIPTORS, Limits
from commands.serve import UVICORN
from commands.waiting import MOST_UNREAD, Waiting
from routes.web.headers import HEADERS
from tests.impatient import IMPATIENT, KEEP_ALIVE_SECONDS
from tests.server import ROOT, Server, copied, held

HEAD = b"GET /health HTTP/1.1\r\nHost: localhost\r\n"
GET = HEAD + b"\r\n"
POST = (
    b"POST /login HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: same-origin\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\n"
)
# how much later than its limit a connection may close on a machine that is busy
LEEWAY_SECONDS = 2


class ImpatientServer(Server):
    """The program with limits that a test can wait for."""

    program = ("-m", "tests.impatient")


@pytest.fixture(scope="module")
def folder(made, tmp_path_factory) -> Path:
    return copied(made, tmp_path_factory.mktemp("limits") / "data")


@pytest.fixture(scope="module")
def server(folder) -> Iterator[Server]:
    with ImpatientServer(folder) as running:
        yield running
        assert "Traceback" not in running.output()


@contextmanager
def connected(server: Server) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        yield connection


def rest(connection: socket.socket) -> bytes:
    """What arrives until the server closes. A reset counts as closed."""
    received = b""
    try:
        while more := connection.recv(65536):
            received += more
    except ConnectionResetError:
        pass
    return received


def answer(connection: socket.socket, body: bytes = b'{"status":"ok"}') -> bytes:
    """One answer on a connection that stays open."""
    received = b""
    while not received.endswith(body):
        more = connection.recv(65536)
        assert more, received
        received += more
    return received


def sends(server: Server, *pieces: bytes) -> bytes:
    """What arrives until the server closes."""
    with connected(server) as connection:
        for piece in pieces:
            connection.sendall(piece)
        return rest(connection)


def statuses(received: bytes) -> list[int]:
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", received)]


def descriptors(server: Server) -> int:
    """How many files and connections the server has open."""
    return len(list(Path(f"/proc/{server.process.pid}/fd").iterdir()))


def eventually(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + IMPATIENT.silence_seconds + 5
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.05)


def is_open(connection: socket.socket) -> bool:
    """Whether nothing has arrived and the server has not closed."""
    return not select.select([connection], [], [], 0)[0]


# ------------------------------------------------------------------------------------------------------- the limits are


def test_the_limits_are_those_that_the_documentation_names():
    page = (ROOT / "docs/security.md").read_text(encoding="utf-8")
    section = page[page.index("### Connections") : page.index("### Lengths")]
    rows = {
        name: limit for _, limit, name in re.findall(r"^\| (.+) \| (.+) \| `(.+)` \|$", section, flags=re.MULTILINE)
    }
    limits = Limits()
    figures = {
        "header_bytes": f"{limits.header_bytes // 1024} KiB, then 431",
        "header_fields": f"{limits.header_fields}, then 431",
        "header_seconds": f"{limits.header_seconds} s, then 408",
        "silence_seconds": f"{limits.silence_seconds} s, then 408",
        "linger_seconds": f"{limits.linger_seconds} s",
        "pipelined": f"{limits.pipelined}, then 400",
        "connections": f"{MOST_CONNECTIONS:,}, or the limit on descriptors less {RESERVED_DESCRIPTORS};",
    }
    assert set(figures) == set(rows) == {field.name for field in fields(Limits)}
    for name, figure in figures.items():
        assert rows[name].startswith(figure), name
    assert f"closed after {UVICORN['timeout_keep_alive']} s" in section


@pytest.mark.parametrize(("descriptors", "connections"), [(2048, 1000), (1024, 896), (256, 128), (64, 32)])
def test_there_are_fewer_connections_than_descriptors(descriptors, connections):
    program = (
        "import resource;"
        f"resource.setrlimit(resource.RLIMIT_NOFILE, ({descriptors}, {descriptors}));"
        "from commands.connection_limits import Limits; print(Limits().connections)"
    )
    said = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert int(said) == connections


# --------------------------------------------------------------------------------------------------------- header bytes

LARGEST = 64 * 1024
MOST_FIELDS = 128


@pytest.mark.parametrize(
    "pieces",
    [
        [HEAD + b"X: " + b"x" * LARGEST + b"\r\n\r\n"],
        [HEAD, b"X: ", *[b"x" * 1000] * 70, b"\r\n\r\n"],
        [HEAD + b"X: ", b"x" * LARGEST],
        [HEAD, *[b"X-%d: x\r\n" % number for number in range(8000)], b"\r\n"],
        [b"GET /" + b"x" * LARGEST + b" HTTP/1.1\r\nHost: localhost\r\n\r\n"],
        [b"GET /", b"x" * LARGEST, b"x"],
        [HEAD, b"x" * (LARGEST + 1)],
        [GET, HEAD + b"X: " + b"x" * LARGEST + b"\r\n\r\n"],
        [POST + b"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n", b"X: ", b"x" * 8 * LARGEST],
        [b"\r\n" * LARGEST],
    ],
    ids=[
        "one header",
        "in pieces",
        "without an end",
        "many headers",
        "a long URL",
        "a URL without an end",
        "a name without an end",
        "in the second request",
        "trailers of a body",
        "blank lines",
    ],
)
def test_more_than_64_kib_of_headers_are_431(server, pieces):
    received = sends(server, *pieces)
    assert statuses(received)[-1:] == [431], received[:200]


def test_just_below_64_kib_are_read(server):
    with connected(server) as connection:
        connection.sendall(HEAD + b"X: " + b"x" * (LARGEST - 200) + b"\r\n\r\n")
        assert statuses(answer(connection)) == [200]
        connection.sendall(GET)
        assert statuses(answer(connection)) == [200]


@pytest.mark.parametrize(("number", "status"), [(MOST_FIELDS, 200), (MOST_FIELDS + 1, 431), (13_000, 431)])
def test_more_than_128_headers_are_431(server, number, status):
    fields = b"a:b\r\n" * (number - 2)
    received = sends(server, HEAD + b"Connection: close\r\n" + fields + b"\r\n")
    assert statuses(received) == [status]


def test_so_are_as_many_trailers(server):
    # the parser hands one over when the next begins
    trailers = b"a:b\r\n" * (MOST_FIELDS + 2)
    assert statuses(sends(server, POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n" + trailers)) == [431]


# ----------------------------------------------------------------------------------------------------------------- time


@pytest.mark.parametrize(
    ("pieces", "limit", "expected"),
    [
        ([], IMPATIENT.header_seconds, []),
        ([b"G"], IMPATIENT.header_seconds, [408]),
        ([b"\r\n"], IMPATIENT.header_seconds, [408]),
        ([HEAD], IMPATIENT.header_seconds, [408]),
        ([GET, b"G"], IMPATIENT.header_seconds, [200, 408]),
        ([GET, HEAD], IMPATIENT.header_seconds, [200, 408]),
        ([GET + HEAD], IMPATIENT.header_seconds, [200, 408]),
        ([POST + b"Content-Length: 9\r\n\r\n"], IMPATIENT.silence_seconds, [408]),
        ([POST + b"Content-Length: 9\r\n\r\nusername"], IMPATIENT.silence_seconds, [408]),
        ([POST + b"Transfer-Encoding: chunked\r\n\r\n"], IMPATIENT.silence_seconds, [408]),
        ([POST + b"Transfer-Encoding: chunked\r\n\r\n9\r\nuser"], IMPATIENT.silence_seconds, [408]),
        ([POST + b"Transfer-Encoding: chunked\r\n\r\n1\r\nu\r\n0\r\n"], IMPATIENT.silence_seconds, [408]),
        # answered before its end
        ([POST + b"Content-Length: 99999\r\n\r\nx"], IMPATIENT.silence_seconds, [413, 408]),
        ([POST + b"Content-Length: 66000\r\n\r\n" + b"x" * 66000], IMPATIENT.header_seconds, [413]),
        ([GET], KEEP_ALIVE_SECONDS, [200]),
        ([GET, b"\r\n"], IMPATIENT.header_seconds, [200, 408]),
    ],
)
def test_a_client_that_falls_silent_is_left(server, pieces, limit, expected):
    with connected(server) as connection:
        began, answers = time.monotonic(), b""
        for number, piece in enumerate(pieces):
            connection.sendall(piece)
            if number < len(pieces) - 1:
                answers += answer(connection)
        received = rest(connection)
        took = time.monotonic() - began
    assert statuses(answers + received) == expected
    assert limit * 0.9 <= took <= limit + IMPATIENT.linger_seconds + LEEWAY_SECONDS


def test_after_the_rest_of_a_body_that_was_refused_early_it_is_left_too(server):
    with connected(server) as connection:
        connection.sendall(POST + b"Content-Length: 66000\r\n\r\n")
        answer(connection, b"</html>")
        connection.sendall(b"x" * 66000)
        began = time.monotonic()
        assert rest(connection) == b""
        assert time.monotonic() - began < IMPATIENT.header_seconds + LEEWAY_SECONDS


def test_headers_that_trickle_in_do_not_prolong_their_time(server):
    """A byte each 0.1 s: the time runs from the first one."""
    with connected(server) as connection:
        connection.sendall(b"GET /")
        began = time.monotonic()
        while is_open(connection):
            connection.sendall(b"x")
            time.sleep(0.1)
        took = time.monotonic() - began
        assert statuses(rest(connection)) == [408]
    assert IMPATIENT.header_seconds * 0.9 <= took <= IMPATIENT.header_seconds + LEEWAY_SECONDS


def test_a_body_may_take_its_time_as_long_as_something_comes(server):
    body = b"username=somebody"
    with connected(server) as connection:
        connection.sendall(POST + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body))
        began = time.monotonic()
        for byte in body:
            time.sleep(0.1)
            connection.sendall(bytes([byte]))
        assert time.monotonic() - began > 2 * IMPATIENT.silence_seconds
        assert statuses(rest(connection)) == [422]


@pytest.mark.parametrize(
    "around", [b"1;", b"1\r\nu\r\n1;", b"1\r\nu\r\n0\r\nX: "], ids=["extension", "later", "trailer"]
)
def test_bytes_around_a_body_are_none_of_it(server, around):
    """A byte each 0.1 s, which belongs to no chunk."""
    with connected(server) as connection:
        connection.sendall(POST + b"Transfer-Encoding: chunked\r\n\r\n" + around)
        began = time.monotonic()
        while is_open(connection):
            connection.sendall(b"x")
            time.sleep(0.1)
            assert time.monotonic() - began <= IMPATIENT.silence_seconds + LEEWAY_SECONDS
        assert statuses(rest(connection)) == [408]


def test_a_client_that_does_not_read_is_left(server):
    """Answers pile up: the systems of both take some megabytes, then nothing more."""
    style = re.findall(r"/static/two_keys\.\w+\.css", server.get("/login")[1])[0].encode()
    asks = b"GET " + style + b" HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(("127.0.0.1", server.port))
        connection.sendall(asks)
        connection.recv(1000)
        before = descriptors(server)
        for _ in range(10):
            connection.sendall(asks * 20)
            time.sleep(0.05)
        eventually(lambda: descriptors(server) == before - 1)


# --------------------------------------------------------------------------------------------------------- many at once


@contextmanager
def asked(server: Server) -> Iterator[list[socket.socket]]:
    """As many connections as there may be, each answered and waiting."""
    # until those of the tests before are gone
    time.sleep(IMPATIENT.linger_seconds + 0.2)
    with ExitStack() as opened:
        connections = []
        for _ in range(IMPATIENT.connections):
            connections.append(opened.enter_context(connected(server)))
            connections[-1].sendall(GET)
            answer(connections[-1])
        yield connections


@contextmanager
def all_at_once(server: Server, number: int) -> Iterator[list[socket.socket]]:
    """Silent connections. What is sent meanwhile has arrived before the server accepts one of them."""
    server.process.send_signal(signal.SIGSTOP)
    with ExitStack() as opened:
        try:
            yield [opened.enter_context(connected(server)) for _ in range(number)]
        finally:
            server.process.send_signal(signal.SIGCONT)
        time.sleep(0.2)


def test_the_longest_idle_connection_makes_room(server):
    with asked(server) as opened:
        # the first is no longer the longest idle one
        opened[0].sendall(GET)
        answer(opened[0])
        assert all(map(is_open, opened))
        with connected(server) as one_more:
            one_more.sendall(GET)
            answer(one_more)
            assert [is_open(each) for each in opened] == [True, False, *[True] * (IMPATIENT.connections - 2)]


def test_those_that_never_asked_make_room_first(server):
    """Of the others one is closed for the first of many."""
    with asked(server) as opened:
        with all_at_once(server, 10 * IMPATIENT.connections):
            pass
        assert [is_open(each) for each in opened] == [False, *[True] * (IMPATIENT.connections - 1)]


def test_an_upload_outlives_a_crowd_of_silent_connections(server):
    """It has been silent for longer than all of them."""
    body = b"username=somebody"
    with connected(server) as upload:
        upload.sendall(POST + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body[:1])
        time.sleep(0.1)
        with all_at_once(server, 10 * IMPATIENT.connections):
            pass
        upload.sendall(body[1:])
        assert statuses(rest(upload)) == [422]


def test_who_has_sent_what_is_not_read_yet_is_not_idle(server):
    """All at once: one that asks, and then many that say nothing."""
    server.process.send_signal(signal.SIGSTOP)
    with connected(server) as early:
        early.sendall(GET)
        # which lets the server go on
        with all_at_once(server, 10 * IMPATIENT.connections):
            pass
        assert statuses(answer(early)) == [200]


@pytest.mark.parametrize("number", [20, 2_000])
@pytest.mark.parametrize("has_asked", [True, False])
def test_who_makes_room_is_found_without_looking_at_all(number, has_asked):
    looked_at = []

    class Standing:
        def __init__(self, name: int) -> None:
            self.name, self.has_asked = name, has_asked

        @property
        def transport(self) -> "Standing":
            looked_at.append(self.name)
            return self

        def get_extra_info(self, _: str) -> socket.socket:
            return end

    end, other = socket.socketpair()
    with end, other:
        waiting: Any = Waiting()
        everybody = [Standing(name) for name in range(number)]
        for each in [*everybody, everybody[0]]:
            waiting.put_last(each)
        assert waiting.take_the_longest(1).name == 1
        assert looked_at == [1]
        other.sendall(b"x")
        assert waiting.take_the_longest(1) is not None
        assert len(looked_at) == 1 + MOST_UNREAD


def test_a_request_that_waits_for_its_answer_makes_no_room(server, folder):
    """It has waited longest, but not for its client."""
    body = b"username=somebody&password=wrong"
    silent = []
    with connected(server) as connection:
        with held(folder):
            connection.sendall(POST + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            time.sleep(0.1)
            silent += [socket.create_connection(("127.0.0.1", server.port)) for _ in range(2 * IMPATIENT.connections)]
            time.sleep(0.1)
            assert is_open(connection)
        for each in silent:
            each.close()
        assert statuses(rest(connection)) == [422]


def test_silent_connections_keep_nobody_out(server):
    """Ten times as many as there may be, which the server finds all at once."""
    server.process.send_signal(signal.SIGSTOP)
    silent = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(10 * IMPATIENT.connections)]
    try:
        server.process.send_signal(signal.SIGCONT)
        with connected(server) as connection:
            connection.sendall(GET)
            assert statuses(answer(connection)) == [200]
        assert len([each for each in silent if is_open(each)]) <= IMPATIENT.connections
    finally:
        for each in silent:
            each.close()


# ------------------------------------------------------------------------------------ what is answered, and what is not

BROKEN = [
    b"nonsense\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost localhost\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nX: \x00\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n",
    POST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
    POST + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    POST + b"Transfer-Encoding: chunked\r\n\r\nnonsense",
    GET * 100,
]


@pytest.mark.parametrize("request_", BROKEN)
def test_the_servers_own_answers_have_the_security_headers(server, request_):
    received = sends(server, request_)
    assert statuses(received)[-1] == 400
    check_own_answer(received)


def check_own_answer(received: bytes) -> None:
    head, _, body = received[received.rindex(b"HTTP/1.1 ") :].decode().partition("\r\n\r\n")
    status, *lines = head.split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    assert {name: headers.get(name.lower()) for name in HEADERS} == HEADERS
    assert headers["content-type"] == "text/plain; charset=utf-8"
    assert headers["connection"] == "close"
    assert "server" not in headers
    assert body == status.split(" ", 2)[2]
    assert headers["content-length"] == str(len(body))


@pytest.mark.parametrize("pieces", [[HEAD], [HEAD, b"x" * (LARGEST + 1)]])
def test_so_have_those_about_time_and_size(server, pieces):
    check_own_answer(sends(server, *pieces))


def test_on_https_they_say_so_too(made, tmp_path):
    settings = {"TWO_KEYS_BASE_URL": "https://keys.example.org", "TWO_KEYS_PASSWORD_COST": "owasp"}
    with Server(copied(made, tmp_path / "data"), **settings) as https:
        assert b"strict-transport-security: max-age=63072000" in sends(https, b"nonsense\r\n\r\n")


def test_requests_before_a_broken_one_get_their_answers(server):
    received = sends(server, GET * 3 + b"nonsense\r\n\r\n")
    assert statuses(received) == [200, 200, 200, 400]
    check_own_answer(received)


def test_nothing_is_said_after_the_last_answer(server):
    last = GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    assert statuses(sends(server, last + b"nonsense\r\n\r\n")) == [200]


def test_pipelined_requests_are_answered_in_their_order(server):
    login = b"GET /login HTTP/1.1\r\nHost: localhost\r\n\r\n"
    missing = b"GET /nowhere HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    assert statuses(sends(server, GET + login + GET * 20 + missing)) == [200] * 22 + [404]


def test_a_body_in_chunks_is_read(server):
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (b"user", b"name=some", b"body"))
    request_ = POST + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\nX-Trailer: x\r\n\r\n"
    received = sends(server, request_ + GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
    assert statuses(received) == [422, 200]
    assert b'value="somebody"' in received


def test_trailers_do_not_become_headers(server):
    """They could say that the request came from this site, or who the client is."""
    other_site = POST.replace(b"same-origin", b"cross-site").replace(b"Sec-Fetch-Site: cross-site\r\n", b"")
    trailers = b"Sec-Fetch-Site: same-origin\r\nOrigin: http://localhost\r\n"
    end = b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
    assert statuses(sends(server, other_site + end + trailers + b"\r\n")) == [403]


def test_two_hosts_are_refused(server):
    second = b"Host: localhost\r\nConnection: close\r\n\r\n"
    for path in (b"/login", b"/health"):
        assert statuses(sends(server, b"GET " + path + b" HTTP/1.1\r\nHost: localhost\r\n" + second)) == [400]


def test_a_request_to_change_the_protocol_is_answered_as_any_other(server):
    upgrade = (
        b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: eA==\r\n\r\n"
    )
    assert statuses(sends(server, HEAD + upgrade)) == [200]
