"""The command `serve`: how it starts, what it logs, and how it stops."""

import signal
import socket
import threading
import time
from http.client import HTTPConnection

import pytest

from commands import processes
from tests.house.tree import product_files
from tests.server import PASSWORD, Server, command, held, printed_password, refused, rows

FORM = "Content-Type: application/x-www-form-urlencoded\r\n"
# uvicorn ends by the signal that it was sent, after it has answered everybody
STOPPED = (0, -signal.SIGTERM)


def test_serve_makes_the_first_administrator_once_and_stops_on_sigterm(tmp_path):
    folder = tmp_path / "data"
    with Server(folder) as server:
        said = server.output()
        password = printed_password(said)
        assert "The first administrator is admin." in said
        assert f"Two Keys is at http://localhost:{server.port} " in said
        status, _, headers = server.get("/login")
        assert status == 200
        assert not [name for name in headers if name.lower() == "server"]
        cookie = server.signs_in("admin", password)
        assert server.get("/", cookie)[2]["location"] == "/my-user/password"
        chosen = {"new_password": "a password of my own choice"}
        _, _, headers = server.post("/my-user/password", chosen, cookie)
        assert server.get("/users", headers["cookies"])[0] == 200
        assert server.stop() in STOPPED
        rest = server.output()
        assert password not in rest.replace(said, "")
        assert "a password of my own choice" not in rest
        assert "Traceback" not in rest
    for path in folder.iterdir():
        assert path.stat().st_mode & 0o777 == 0o600, path
    with Server(folder) as server:
        assert "One-time password" not in server.output()
        assert "administrator" not in server.output()


def test_the_access_log_holds_patterns_and_no_query(folder):
    with Server(folder) as server:
        server.get("/login?next=/secret-place")
        server.get("/secret-path")
        server.get("/users/4711?q=secret-search")
        server.post("/login", {"username": "secret-name", "password": "secret-password"})
        # an answer may arrive before its line is written
        assert server.stop() in STOPPED
        said = server.output()
    assert "GET /login 200" in said
    assert "POST /login 422" in said
    assert "/users/{id:int}" in said
    assert "secret" not in said


def test_the_first_administrators_password_can_be_given(tmp_path):
    folder = tmp_path / "data"
    given = "the first of many passwords"
    with Server(folder, TWO_KEYS_ADMIN_PASSWORD=given) as server:
        assert "One-time" not in server.output()
        assert server.get("/users", server.signs_in("admin", given))[0] == 200
    with Server(folder, TWO_KEYS_ADMIN_PASSWORD="another password, read no more") as server:
        status, _, _ = server.post("/login", {"username": "admin", "password": "another password, read no more"})
        assert status == 422


def test_a_bad_password_for_the_first_administrator_stops_the_start(tmp_path):
    said = refused(tmp_path / "data", "serve", "--port", "1", TWO_KEYS_ADMIN_PASSWORD="short")
    assert "TWO_KEYS_ADMIN_PASSWORD cannot be used: it needs at least 15 characters" in said
    assert rows(tmp_path / "data", "SELECT count(*) FROM users") == [(0,)]


def test_sigterm_answers_every_request_that_was_accepted(folder):
    """Connections that were accepted before the signal get their answer after it."""
    with Server(folder, TWO_KEYS_PASSWORD_COST="owasp") as server:
        answers: list[bytes] = []
        head = f"POST /login HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: same-origin\r\nConnection: close\r\n{FORM}"

        def signs_in(username: str) -> None:
            body = f"username={username}&password={PASSWORD.replace(' ', '+')}"
            with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
                connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())
                answer = b""
                while more := connection.recv(65536):
                    answer += more
                answers.append(answer)

        threads = [threading.Thread(target=signs_in, args=(name,)) for name in ("alice", "bob") * 6]
        # nobody can be answered before the signal
        with held(folder):
            for thread in threads:
                thread.start()
            time.sleep(0.5)
            server.process.send_signal(signal.SIGTERM)
            time.sleep(0.3)
            assert not answers
        for thread in threads:
            thread.join(timeout=30)
        assert server.process.wait(timeout=30) in STOPPED
        assert [answer.split(b"\r\n")[0] for answer in answers] == [b"HTTP/1.1 303 See Other"] * 12
    number = rows(folder, "SELECT count(*) FROM activity WHERE action = 'login.succeeded'")
    assert number == [(12,)]


def test_a_port_that_is_taken_is_said(folder):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        taken_port = taken.getsockname()[1]
        done = command(folder, "serve", "--port", str(taken_port))
    assert done.status != 0
    assert "Traceback" not in done.err
    assert f"port {taken_port}: Address already in use" in done.err


def test_where_the_port_is_taken_the_first_administrator_is_left_to_the_next_start(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = command(tmp_path / "new", "serve", "--port", str(taken.getsockname()[1]))
    assert "One-time" not in done.out
    assert rows(tmp_path / "new", "SELECT count(*) FROM users") == [(0,)]


def test_plain_http_elsewhere_is_warned_about(folder):
    with Server(folder, TWO_KEYS_BASE_URL="http://keys.example.org", TWO_KEYS_PASSWORD_COST="owasp") as server:
        assert "Warning: http://keys.example.org is not https." in server.output()
        # under the name localhost it is not reachable then
        assert server.get("/login")[0] == 400


def answers_at(host: str, port: int) -> bool:
    """Whether the server answers at an address of this machine."""
    connection = HTTPConnection(host, port, timeout=30)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == 200
    except ConnectionRefusedError:
        return False
    finally:
        connection.close()


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize(
    ("host", "over_ipv4", "over_ipv6"), [("::", True, True), ("0.0.0.0", True, False), ("127.0.0.1", True, False)]
)
def test_an_address_means_the_same_for_any_number_of_processes(folder, host, workers, over_ipv4, over_ipv6):
    with Server(folder, "--host", host, "--workers", str(workers)) as server:
        assert (answers_at("127.0.0.1", server.port), answers_at("::1", server.port)) == (over_ipv4, over_ipv6)


@pytest.mark.parametrize("workers", [1, 2])
def test_an_ipv4_address_over_ipv6_is_an_ipv4_address(folder, workers):
    """The system says `::ffff:127.0.0.1` of who comes over IPv4 to a socket of IPv6."""
    settings = {"TWO_KEYS_TRUSTED_PROXIES": "127.0.0.0/8"}
    with Server(folder, "--host", "::", "--workers", str(workers), **settings) as server:
        server.post("/login", {"username": "alice", "password": "wrong"})
        assert rows(folder, "SELECT address FROM activity WHERE action = 'login.refused'") == [("127.0.0.1",)]


def test_reload_watches_all_code_and_nothing_that_changes_by_itself():
    watched = processes.code()
    assert all(any(path.is_relative_to(one) for one in watched) for path in product_files())
    assert not {path.name for path in watched} & {".venv", "data", "tests", "docs", "templates"}
