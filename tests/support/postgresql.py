"""A PostgreSQL of our own, on a loopback port, that a test may kill."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from ports import free_port


def _binaries() -> Path | None:
    for folder in (*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True), *map(Path, os.get_exec_path())):
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    return None


class Postgres:
    """One cluster. PostgreSQL refuses to run as root, so there it runs as 'postgres'."""

    def __init__(self, binaries: Path, folder: Path) -> None:
        self._data = folder / "data"
        self._as = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.getuid() == 0 else []
        if self._as:
            shutil.chown(folder, "postgres", "postgres")
        subprocess.run(
            [
                *self._as,
                binaries / "initdb",
                "-D",
                self._data,
                "-A",
                "trust",
                "-U",
                "yumen",
                "-E",
                "UTF8",
                "--no-locale",
            ],
            check=True,
            capture_output=True,
            cwd="/",
        )
        self._port = free_port()
        self._program = binaries / "postgres"
        self._folder = folder
        self.process: subprocess.Popen[bytes] | None = None
        self.dsn = f"host=127.0.0.1 port={self._port} user=yumen dbname=postgres"

    def start(self, *options: str) -> None:
        place = ["-D", self._data, "-p", str(self._port), "-h", "127.0.0.1", "-k", self._folder]
        self.process = subprocess.Popen(
            [*self._as, self._program, *place, *options],
            stdout=subprocess.DEVNULL,
            stderr=(self._folder / "log").open("ab"),
            cwd="/",
        )

        for _ in range(1000):
            try:
                psycopg.connect(self.dsn, connect_timeout=2).close()
            except psycopg.OperationalError:
                time.sleep(0.02)
            else:
                return
        raise AssertionError((self._folder / "log").read_text()[-2000:])

    def kill(self) -> None:
        """As a power cut to the database: the postmaster and, with it, every backend."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None
            # Backends see the postmaster's death and end; the next one cannot start before they have.
            for _ in range(500):
                if subprocess.run(["pgrep", "-f", str(self._data)], capture_output=True).returncode:
                    break
                time.sleep(0.02)
            (self._data / "postmaster.pid").unlink(missing_ok=True)


@contextmanager
def cluster() -> Iterator[Postgres]:
    binaries = _binaries()
    if binaries is None:
        if os.environ.get("YUMEN_CI") == "1":
            pytest.fail("PostgreSQL is not installed")
        pytest.skip("PostgreSQL is not installed")
    # Not below tmp_path: pytest keeps its folders from other users, and root's PostgreSQL runs as one.
    folder = Path(tempfile.mkdtemp(prefix="yumen-postgres-"))
    server = Postgres(binaries, folder)
    try:
        server.start()
        yield server
    finally:
        server.kill()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def shared_postgres() -> Iterator[Postgres]:
    """One cluster for all tests that leave it running."""
    with cluster() as server:
        yield server


@pytest.fixture
def postgres() -> Iterator[Postgres]:
    """A cluster that the test may kill."""
    with cluster() as server:
        yield server
