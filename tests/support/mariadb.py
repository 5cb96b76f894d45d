"""A MariaDB of our own, on a loopback port."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pymysql
import pytest
from ports import free_port

DATABASE, USER, PASSWORD = "shop", "reader", "hush"


@contextmanager
def mariadb() -> Iterator[str]:
    """The URL of a running server with an empty database. It refuses to run as root, so there it runs as 'mysql'."""
    program = shutil.which("mariadbd", path=f"{os.environ['PATH']}:/usr/sbin")
    install = shutil.which("mariadb-install-db")
    if program is None or install is None:
        if os.environ.get("YUMEN_CI"):
            pytest.fail("CI must have MariaDB")
        pytest.skip("no MariaDB here")
    with tempfile.TemporaryDirectory(prefix="yumen-") as folder:
        root = os.getuid() == 0
        if root:
            shutil.chown(folder, "mysql", "mysql")
        who = ["setpriv", "--reuid=mysql", "--regid=mysql", "--clear-groups"] if root else []
        port, data = free_port(), Path(folder, "data")
        options = ["--no-defaults", f"--datadir={data}"]
        made = [*who, install, *options, "--auth-root-authentication-method=normal", "--skip-test-db"]
        subprocess.run(made, check=True, capture_output=True, cwd=folder)
        server = subprocess.Popen(
            [*who, program, *options, f"--port={port}", "--bind-address=127.0.0.1", f"--socket={folder}/socket"],
            cwd=folder,
            stderr=subprocess.DEVNULL,
        )
        try:
            with _connected(f"{folder}/socket") as connection, connection.cursor() as cursor:
                cursor.execute(f"create database {DATABASE} character set utf8mb4")
                cursor.execute(f"grant all on {DATABASE}.* to {USER}@'127.0.0.1' identified by '{PASSWORD}'")
            yield f"mysql://{USER}:{PASSWORD}@127.0.0.1:{port}/{DATABASE}"
        finally:
            server.terminate()
            server.wait(30)


def _connected(socket: str) -> pymysql.Connection:
    ends = time.monotonic() + 60
    while True:
        try:
            return pymysql.connect(unix_socket=socket, user="root")
        except pymysql.OperationalError:
            if time.monotonic() > ends:
                raise
            time.sleep(0.1)
