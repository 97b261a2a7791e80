"""One door to the database: `read` and `write` run a function of a connection in a bounded thread.

The same functions run on SQLite and PostgreSQL. SQLite has one writer, which takes its lock when the transaction
begins; readers run beside it (write-ahead log) on connections that cannot write.
"""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from alembic import command
from alembic.config import Config
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text

P = ParamSpec("P")
T = TypeVar("T")

MIGRATION_LOCK = 0x68696768  # one arbitrary number that all processes of the service agree on
BUSY_S = 30.0
READING = 3
"""Threads that read. They share one interpreter: eight answered a seventh fewer histories than three."""


class Database:
    """Two engines on one database: `reader` commits nothing, `writer` runs one transaction a call."""

    def __init__(self, url: str, connections: int = 8) -> None:
        """Open `url` (`sqlite:///FILE` or `postgresql+psycopg://...`) with at most `connections` readers."""
        self.url = make_url(url)
        if self.url.drivername in ("postgres", "postgresql"):
            self.url = self.url.set(drivername="postgresql+psycopg")
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.writer = _sqlite_writer(url) if self.is_sqlite else create_engine(self.url, pool_size=connections)
        self.reader = _sqlite_reader(url, connections) if self.is_sqlite else _postgresql_reader(self.url, connections)
        self._readers = ThreadPoolExecutor(READING, "read")
        self._writers = ThreadPoolExecutor(1 if self.is_sqlite else connections, "write")

    async def read(self, query: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `query(connection, ...)` without a transaction."""
        return await asyncio.get_running_loop().run_in_executor(
            self._readers, partial(self.read_now, query, *args, **kwargs)
        )

    async def write(self, query: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `query(connection, ...)` in one transaction; an error rolls all of it back."""
        return await asyncio.get_running_loop().run_in_executor(
            self._writers, partial(self.write_now, query, *args, **kwargs)
        )

    def read_now(self, query: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `query` in this thread, without a transaction."""
        with self.reader.connect() as connection:
            return query(connection, *args, **kwargs)

    def write_now(self, query: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `query` in this thread, in one transaction."""
        with self.writer.begin() as connection:
            return query(connection, *args, **kwargs)

    def pages(
        self, query: Callable[Concatenate[Connection, P], Iterator[T]], *args: P.args, **kwargs: P.kwargs
    ) -> Iterator[T]:
        """Yield what `query` yields, holding one connection until it is through."""
        with self.reader.connect() as connection:
            yield from query(connection, *args, **kwargs)

    def migrate(self, revision: str = "head") -> None:
        """Bring the tables to `revision`. Safe to run again, and from several processes at once."""
        with self.writer.begin() as connection:
            if not self.is_sqlite:
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATION_LOCK})
            config = Config()
            config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
            config.attributes["connection"] = connection
            command.upgrade(config, revision)

    def close(self) -> None:
        """Wait for what is under way, then close every connection."""
        self._readers.shutdown()
        self._writers.shutdown()
        self.reader.dispose()
        self.writer.dispose()


def _postgresql_reader(url: URL, connections: int) -> Engine:
    """Every statement is a transaction of its own, so there is nothing to roll back when a connection comes back."""
    return create_engine(url, pool_size=connections, isolation_level="AUTOCOMMIT", pool_reset_on_return=None)


def _sqlite_writer(url: str) -> Engine:
    engine = create_engine(url, pool_size=1, max_overflow=0, connect_args={"timeout": BUSY_S})

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver's own BEGIN would come too late
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")  # an acknowledged upload outlives a power cut
        connection.execute("PRAGMA foreign_keys=ON")

    @event.listens_for(engine, "begin")
    def take_lock(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _sqlite_reader(url: str, connections: int) -> Engine:
    engine = create_engine(
        url,
        pool_size=connections,
        isolation_level="AUTOCOMMIT",
        pool_reset_on_return=None,
        connect_args={"timeout": BUSY_S},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        connection.execute("PRAGMA query_only=ON")
        connection.execute("PRAGMA case_sensitive_like=ON")  # as on PostgreSQL; a prefix then finds its index too

    return engine
