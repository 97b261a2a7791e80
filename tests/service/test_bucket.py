"""Pictures in an object store, against moto's S3 server in a process of its own."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import obstore
import pytest
from obstore.store import from_url

from climber.upload import HistoryClient, send_climb
from tests.service.climbs import write_climb
from tests.service.servers import PATIENCE_S, Server, free_port, highmast, serving


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Endpoint of an S3 server with the bucket `pictures`."""
    port = free_port()
    log = (tmp_path_factory.mktemp("moto") / "log").open("w")
    server = subprocess.Popen([sys.executable, "-m", "moto.server", "-p", str(port)], stdout=log, stderr=log)
    endpoint = f"http://127.0.0.1:{port}"
    try:
        with httpx.Client(transport=httpx.HTTPTransport(retries=10), timeout=PATIENCE_S) as client:
            assert client.put(f"{endpoint}/pictures").status_code == 200
        yield endpoint
    finally:
        server.terminate()
        server.wait(PATIENCE_S)
        log.close()


@pytest.fixture
def environment(store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "AWS_ENDPOINT": store,
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("environment")
def test_pictures_lie_in_the_bucket_and_the_folder_may_be_emptied(tmp_path: Path) -> None:
    write_climb(tmp_path / "climb", "B-1")
    hashes = [hashlib.sha256(path.read_bytes()).hexdigest() for path in (tmp_path / "climb" / "frames").iterdir()]
    with serving(tmp_path / "data", "--bucket", "s3://pictures/here") as server, server.client() as client:
        with HistoryClient(server.url, server.key) as sender:
            result = send_climb(sender, tmp_path / "climb", lambda _done, _total: None)
        assert result["result"] == "created"
        for folder in (tmp_path / "data" / "blobs").glob("??"):
            shutil.rmtree(folder)
        for sha256 in hashes:
            assert hashlib.sha256(client.get(f"/v1/blobs/{sha256}").content).hexdigest() == sha256
        climb_id = result["climb_id"]
        assert client.get(f"/v1/climbs/{climb_id}/pictures/rust/preview").status_code == 200
        assert client.get("/readyz").json() == {"ready": True}


@pytest.mark.usefixtures("environment")
def test_a_picture_that_the_bucket_lost_is_sent_again(tmp_path: Path) -> None:
    write_climb(tmp_path / "climb", "B-3", frames=1)
    content = (tmp_path / "climb" / "frames" / "000000.jpg").read_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    bucket, name = from_url("s3://pictures/there"), f"{sha256[:2]}/{sha256}"

    def sync(server: Server) -> str:
        with HistoryClient(server.url, server.key) as sender:
            return str(send_climb(sender, tmp_path / "climb", lambda _done, _total: None)["result"])

    with serving(tmp_path / "data", "--bucket", "s3://pictures/there") as server, server.client() as client:
        assert sync(server) == "created"
        obstore.delete(bucket, name)
        asked = client.post("/v1/blobs:missing", json={"sha256": [sha256]})
        assert asked.json() == {"missing": [sha256]}  # though the folder, which may be emptied, has it yet
        shutil.rmtree(tmp_path / "data" / "blobs" / sha256[:2])
        answer = client.get(f"/v1/blobs/{sha256}")
        assert (answer.status_code, f"{sha256} is lost" in answer.text) == (404, True), answer.text
        assert sync(server) == "duplicate"
        assert bytes(obstore.get(bucket, name).bytes()) == content


def test_nothing_is_acknowledged_when_the_store_is_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT", f"http://127.0.0.1:{free_port()}")
    for name in ("AWS_ALLOW_HTTP", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "true")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    write_climb(tmp_path / "climb", "B-2", frames=1)
    content = (tmp_path / "climb" / "frames" / "000000.jpg").read_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    with serving(tmp_path / "data", "--bucket", "s3://pictures") as server, server.client() as client:
        assert client.put(f"/v1/blobs/{sha256}", content=content).status_code == 503
        asked = client.post("/v1/blobs:missing", json={"sha256": [sha256]}).json()
        assert asked == {"missing": [sha256]}


def test_a_url_that_is_none_is_explained(tmp_path: Path) -> None:
    done = highmast("serve", "--port", "0", "--data", tmp_path / "data", "--bucket", "nothing", **dict(os.environ))
    assert (done.returncode, "--bucket nothing" in done.stderr) == (2, True)
