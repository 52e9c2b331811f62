"""The primary of PostgreSQL is killed under load, and its standby promoted; PostgreSQL is restarted; PgBouncer."""

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import postgres
from tests.agreement import check_that_state_and_log_agree
from tests.machines import PASSWORD, PEOPLE, Load
from tests.postgres_cluster import Cluster, Standby, free_port
from tests.programs import needs
from tests.server import ROOT, Server, command, rows

# From the promotion, or the restart, until people sign in again.
BACK_SECONDS = 5
# What keeps a crash from losing what was stored.
SAFE = ("autovacuum_naptime=10min",)


@pytest.fixture
def primary(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    with Cluster(*SAFE, quick=False) as running:
        monkeypatch.setenv(postgres.CLUSTER, running.url)
        yield running


@pytest.fixture
def folder(primary: Cluster, tmp_path: Path) -> Path:
    """A data folder with bob, an administrator, and members."""
    made = tmp_path / "data"
    for username, role in (("bob", "Administrator"), *((name, "Member") for name in PEOPLE)):
        done = command(made, "create-user", username, "--role", role, "--password-stdin", typed=PASSWORD)
        assert done.status == 0, done.err
    return made


def sets(cluster: Cluster, *settings: str) -> None:
    """Changes settings of a running cluster."""
    for setting in settings:
        postgres.told(cluster.url, f"ALTER SYSTEM SET {setting}")
    postgres.told(cluster.url, "SELECT pg_reload_conf()")


def check_what_failed(load: Load) -> None:
    """A clean 503, or a connection that ended with a server's process; nothing else."""
    assert not [failure for failure in load.failed if "(503, " not in failure.what], load.failed


def check_nothing_is_missing(folder: Path, load: Load, before: int) -> None:
    (found,) = rows(folder, "SELECT count(*) FROM activity WHERE action = 'login.succeeded'")
    assert load.signed_in.total() + before <= int(str(found[0])) <= load.signed_in.total() + before + len(load.failed)
    check_that_state_and_log_agree(folder)
    assert command(folder, "verify-activity-log").status == 0


def test_after_a_failover_people_sign_in_again_and_nothing_acknowledged_is_missing(primary, folder, monkeypatch):
    standby = Standby(primary)
    name = postgres.name_of(folder)
    with standby:
        sets(primary, "synchronous_standby_names = 'standby'", "synchronous_commit = 'on'")
        both = f"127.0.0.1:{primary.port},127.0.0.1:{standby.port}"
        url = f"postgresql://keys@{both}/{name}?target_session_attrs=read-write"
        with Server(folder, "--workers", "2", TWO_KEYS_DATABASE_URL=url) as server:
            with Load(server) as load:
                load.wait_for(20)
                primary.stop("immediate")
                time.sleep(1)
                standby.promote()
                assert load.wait_for(12) < BACK_SECONDS
            check_what_failed(load)
            assert load.failed, "some came while there was no database"
            monkeypatch.setenv(postgres.CLUSTER, standby.url)
            check_nothing_is_missing(folder, load, 0)
            assert "Traceback" not in server.output()


# As docs/operators/postgresql.md has it.
GRANTS = (
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO two_keys_rows",
    "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO two_keys_rows",
)


def test_the_grants_are_those_of_the_docs():
    text = (ROOT / "docs/operators/postgresql.md").read_text()
    assert all(f"{grant};" in text for grant in GRANTS)


def test_after_a_restart_of_postgresql_people_sign_in_again(primary, folder):
    """Served as somebody who may read and write rows, and nothing else."""
    postgres.told(primary.url, "CREATE ROLE two_keys_rows LOGIN")
    for grant in GRANTS:
        rows(folder, grant)
    url = postgres.url_of(folder).replace("keys@", "two_keys_rows@")
    with Server(folder, "--workers", "2", "--no-migrate", TWO_KEYS_DATABASE_URL=url) as server:
        with Load(server) as load:
            load.wait_for(20)
            primary.stop("fast")
            time.sleep(1)
            primary.start()
            assert load.wait_for(12) < BACK_SECONDS
        check_what_failed(load)
        check_nothing_is_missing(folder, load, 0)
        assert "Traceback" not in server.output()


@pytest.fixture
def pgbouncer(primary: Cluster, tmp_path: Path) -> Iterator[int]:
    """Its port; Debian's, in transaction mode, with fewer connections to the server than come in."""
    program, port = needs("pgbouncer"), free_port()
    folder = tmp_path / "pgbouncer"
    folder.mkdir()
    tmp_path.chmod(0o755)
    folder.chmod(0o777)
    (folder / "users").write_text('"keys" ""\n')
    (folder / "ini").write_text(
        f"[databases]\n* = host=127.0.0.1 port={primary.port}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n"
        f"listen_port = {port}\nauth_type = trust\nauth_file = {folder}/users\npool_mode = transaction\n"
        f"default_pool_size = 4\nmax_client_conn = 200\nunix_socket_dir =\n"
    )
    # as root it does not run
    as_user = ["--user", "postgres"] if primary.runs_as else []
    running = subprocess.Popen(
        [program, *as_user, str(folder / "ini")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield port
    finally:
        running.terminate()
        running.wait(timeout=20)


def test_behind_pgbouncer_in_transaction_mode_all_is_as_usual(folder, pgbouncer):
    url = f"postgresql://keys@127.0.0.1:{pgbouncer}/{postgres.name_of(folder)}?pgbouncer=on"
    assert command(folder, "two-factor", "on", TWO_KEYS_DATABASE_URL=url).status == 0
    with Server(folder, "--workers", "2", TWO_KEYS_DATABASE_URL=url) as server:
        bob = server.signs_in("bob", PASSWORD)
        for page in ("/", "/my-user", "/users", "/users?q=al", "/activity-log", "/roles", "/general-settings"):
            assert server.get(page, bob)[0] == 200, page
        with Load(server, 12) as load:
            load.wait_for(60)
        assert load.failed == []
        assert "Traceback" not in server.output()
    check_nothing_is_missing(folder, load, 1)
