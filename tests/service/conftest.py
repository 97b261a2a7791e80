"""A real service process for each module of tests, and a browser where there is one."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.service.browsers import chromium
from tests.service.postgres import new_database, postgresql
from tests.service.servers import Server, serving

DATABASES = [
    "sqlite",
    pytest.param("postgresql", marks=pytest.mark.postgres),
]


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """URL of a private PostgreSQL server."""
    with postgresql() as url:
        yield url


@pytest.fixture(scope="session")
def fresh_database(request: pytest.FixtureRequest) -> Callable[[str], str | None]:
    """Return a function that gives the URL of a new database of a kind; None is SQLite in the data folder."""
    numbers = count()

    def make(kind: str) -> str | None:
        if kind == "sqlite":
            return None
        return new_database(request.getfixturevalue("postgres"), f"test{next(numbers)}")

    return make


@pytest.fixture(scope="module", params=DATABASES)
def server(
    request: pytest.FixtureRequest,
    fresh_database: Callable[[str], str | None],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Server]:
    """A service just started, on SQLite and on PostgreSQL."""
    url = fresh_database(request.param)
    with serving(tmp_path_factory.mktemp("service"), *(["--database", url] if url else [])) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium; each test or module opens its own pages. Not for the whole session: two at once cannot be."""
    with chromium() as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a test writes a climb."""
    return tmp_path / "climb"
