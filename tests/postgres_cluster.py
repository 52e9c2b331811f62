"""A cluster of PostgreSQL of the tests' own, in a temporary folder, on a port of its own."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import Self

# Debian keeps the programs of each version in a folder of its own.
_DEBIAN = Path("/usr/lib/postgresql")
# What makes tests quick and costs only what a test writes.
_QUICK = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "autovacuum_naptime=10min")


def program(name: str) -> Path | None:
    """A program of PostgreSQL, of the newest version there is; None if it is missing."""
    versions = [path for path in _DEBIAN.glob("*/bin") if path.parent.name.isdigit()]
    for folder in sorted(versions, key=lambda path: -int(path.parent.name)):
        if (folder / name).exists():
            return folder / name
    found = shutil.which(name)
    return Path(found) if found else None


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


class Cluster:
    """A running server: superuser `keys` without a password, from this machine alone."""

    def __init__(self, *settings: str, quick: bool = True) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="two-keys-postgresql-"))
        self.port = free_port()
        self._settings = ("max_connections=200", *(_QUICK if quick else ()), *settings)
        self._user = self._owner()
        self.run("initdb", "--auth=trust", "--username=keys", "--encoding=UTF8", "--locale=C", "--no-sync")

    def _owner(self) -> str | None:
        """PostgreSQL refuses to run as root; whom it runs as then."""
        if os.geteuid() != 0:
            return None
        owner = pwd.getpwnam("postgres")
        os.chown(self.folder, owner.pw_uid, owner.pw_gid)
        return owner.pw_name

    @property
    def runs_as(self) -> str | None:
        """The user of the system, if it is not the one of the tests."""
        return self._user

    @property
    def url(self) -> str:
        return f"postgresql://keys@127.0.0.1:{self.port}"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def run(self, name: str, *arguments: str) -> None:
        found = program(name)
        assert found is not None, f"{name} is missing"
        command = [str(found), "--pgdata", str(self.data), *arguments]
        log = self.folder / f"{name}.log"
        with log.open("ab") as output:
            done = subprocess.run(
                command,
                user=self._user,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                timeout=60,
                check=False,
            )
        assert done.returncode == 0, log.read_text()

    def start(self) -> None:
        options = " ".join(f"-c {each}" for each in self._settings)
        address = f"-h 127.0.0.1 -p {self.port} -k {self.folder}"
        self.run("pg_ctl", "start", "--wait", "--log", str(self.folder / "log"), "--options", f"{address} {options}")

    def stop(self, mode: str = "immediate") -> None:
        self.run("pg_ctl", "stop", "--wait", "--mode", mode)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *ended: object) -> None:
        if (self.data / "postmaster.pid").exists():
            self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


class Standby(Cluster):
    """A copy of a running cluster, which follows it: nothing counts as stored there before it is stored here, too."""

    def __init__(self, primary: Cluster) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="two-keys-postgresql-"))
        self.port = free_port()
        self._settings = ("max_connections=200",)
        self._user = self._owner()
        source = f"host=127.0.0.1 port={primary.port} user=keys application_name=standby"
        self.run("pg_basebackup", "--dbname", source, "--checkpoint=fast", "--write-recovery-conf", "--no-sync")

    def promote(self) -> None:
        self.run("pg_ctl", "promote", "--wait")
