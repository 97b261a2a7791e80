"""A private PostgreSQL server from Debian's programs, in a folder of its own, reached by a socket file."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

OWNER = "postgres"


@contextmanager
def postgresql() -> Iterator[str]:
    """Run a server and yield the URL of its first database; skip where PostgreSQL is not installed."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    if not programs and os.environ.get("HIGHMAST_REQUIRE_ALL") != "1":
        pytest.skip("PostgreSQL's server programs are not installed")
    assert programs, "HIGHMAST_REQUIRE_ALL is set, but PostgreSQL is not installed"
    folder = Path(tempfile.mkdtemp(prefix="highmast-postgres-"))
    try:
        if os.geteuid() == 0:  # the server refuses to run as root
            shutil.chown(folder, OWNER, OWNER)
        data = folder / "data"
        _run(programs[0] / "initdb", "--username", OWNER, "--auth", "trust", "--no-sync", "-D", data)
        options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
        control = (programs[0] / "pg_ctl", "-D", data, "-l", folder / "log", "-w")
        _run(*control, "-o", options, "start")
        try:
            yield f"postgresql+psycopg://{OWNER}@/postgres?host={folder}"
        finally:
            _run(*control, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)


def _run(*command: object) -> None:
    user = OWNER if os.geteuid() == 0 else None
    done = subprocess.run(
        [str(part) for part in command], user=user, cwd="/", capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def new_database(url: str, name: str) -> str:
    """Make a database on the server and return its URL."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    engine.dispose()
    return url.replace("/postgres?", f"/{name}?")
