"""A copy taken while the service runs is a history of its own; so is one that pg_dump and pg_restore made."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from climber.upload import HistoryClient, send_climb
from tests.service.climbs import write_climb
from tests.service.servers import Server, highmast, serving


def send(server: Server, folder: Path) -> None:
    with HistoryClient(server.url, server.key) as client:
        assert send_climb(client, folder, lambda _done, _total: None)["result"] == "created"


def check(server: Server, climb_id: str) -> None:
    with server.client() as client:
        climb = client.get(f"/v1/climbs/{climb_id}").json()
        frames = client.get(f"/v1/climbs/{climb_id}/frames").json()["frames"]
        assert climb["assessment"]["whole"]["rusted_fraction"] == 0.02
        for sha256 in (*climb["pictures"].values(), *(one["sha256"] for one in frames)):
            assert client.get(f"/v1/blobs/{sha256}").status_code == 200


def blobs(folder: Path) -> set[str]:
    return {one.name for one in (folder / "blobs").glob("??/*")}


def test_a_copy_of_a_running_service_is_a_history(tmp_path: Path) -> None:
    first = write_climb(tmp_path / "one", "K-1")
    write_climb(tmp_path / "two", "K-2", day=1)
    copy = tmp_path / "copy"
    with serving(tmp_path / "data") as server:
        send(server, tmp_path / "one")
        done = highmast("backup", copy, "--data", tmp_path / "data")
        kept = blobs(tmp_path / "data")
        assert (done.returncode, f"{len(kept)} pictures copied" in done.stdout, "whole" in done.stdout) == (
            0,
            True,
            True,
        )
        assert kept == blobs(copy)
        send(server, tmp_path / "two")
    with serving(copy) as restored, restored.client() as client:
        check(restored, first)
        assert [one["code"] for one in client.get("/v1/poles").json()["poles"]] == ["K-1"]
    again = highmast("backup", copy, "--data", tmp_path / "data")
    new = blobs(tmp_path / "data") - kept
    assert new
    assert f"{len(new)} pictures copied" in again.stdout
    blob = next((copy / "blobs").glob("??/*"))
    blob.write_bytes(b"rotten")
    damaged = highmast("backup", copy, "--check")
    assert (damaged.returncode, f"blob {blob.name} is altered" in damaged.stderr) == (1, True)


def test_nothing_to_copy_or_to_check_is_an_error(tmp_path: Path) -> None:
    for arguments in (("copy", "--data", tmp_path / "nothing"), ("nothing", "--check")):
        done = highmast("backup", tmp_path / arguments[0], *arguments[1:])
        assert (done.returncode, "no history here" in done.stderr) == (2, True)


def test_a_check_names_a_database_that_cannot_be_read_and_looks_at_the_pictures_too(tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    (copy / "blobs" / "ab").mkdir(parents=True)
    (copy / "blobs" / "ab" / f"ab{'0' * 62}").write_bytes(b"rotten")
    (copy / "history.sqlite").write_bytes(b"not a database" * 1000)
    done = highmast("backup", copy, "--check")
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    for said in ("history.sqlite cannot be read: file is not a database", "blob ab0", "2 things are damaged"):
        assert said in done.stderr


def test_a_copy_is_never_laid_over_what_is_not_in_its_source(tmp_path: Path) -> None:
    """As by a nightly job after the disk was lost and an empty service begun, or with the two folders swapped."""
    data, copy, empty = tmp_path / "data", tmp_path / "copy", tmp_path / "empty"
    write_climb(tmp_path / "one", "K-1")
    write_climb(tmp_path / "two", "K-2", day=1)
    with serving(data) as server:
        send(server, tmp_path / "one")
        assert highmast("backup", copy, "--data", data).returncode == 0
        send(server, tmp_path / "two")
        empty.mkdir()
        assert highmast("keys", "--data", empty, "issue", "van 3", "--role", "crew").returncode == 0
        for target, source, why in (
            (copy, empty, "of another history"),
            (data, copy, "or newer"),
            (data, data, "is the history itself"),
        ):
            done = highmast("backup", target, "--data", source)
            assert (done.returncode, why in done.stderr) == (2, True), done.stderr
        with server.client() as client:
            assert [one["code"] for one in client.get("/v1/poles").json()["poles"]] == ["K-1", "K-2"]
    with serving(copy) as restored, restored.client() as client:
        assert [one["code"] for one in client.get("/v1/poles").json()["poles"]] == ["K-1"]


@pytest.mark.postgres
def test_pg_dump_and_pg_restore(fresh_database: Callable[[str], str | None], tmp_path: Path) -> None:
    source, target = str(fresh_database("postgresql")), str(fresh_database("postgresql"))
    climb_id = write_climb(tmp_path / "one", "K-1")
    dump = tmp_path / "history.dump"
    with serving(tmp_path / "data", "--database", source) as server:
        send(server, tmp_path / "one")
        subprocess.run(["pg_dump", "--format=custom", f"--file={dump}", libpq(source)], check=True)
        assert highmast("backup", tmp_path / "copy", "--data", tmp_path / "data").returncode == 0
    subprocess.run(["pg_restore", "--no-owner", "--dbname", libpq(target), dump], check=True)
    with serving(tmp_path / "copy", "--database", target) as restored:
        check(restored, climb_id)


def libpq(url: str) -> str:
    """The URL as PostgreSQL's own programs read it."""
    return urlsplit(url)._replace(scheme="postgresql").geturl()
