"""From a climb folder to the pole's history, against a real server process."""

import hashlib
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from climber.upload import HistoryClient, read_climb, send_climb
from tests.service.climbs import BEGAN, assessment, write_climb, write_grade
from tests.service.servers import PATIENCE_S, Server, highmast, serving


def sync(server: Server, *folders: Path) -> list[str]:
    """Send folders as `highmast sync` does; returns their results."""
    with HistoryClient(server.url, server.key) as client:
        return [send_climb(client, folder, lambda _done, _total: None)["result"] for folder in folders]


def sync_command(server: Server, *folders: Path) -> subprocess.CompletedProcess[str]:
    return highmast("sync", *folders, "--service", server.url, "--key-file", server.key_file)


def pole_of(server: Server, code: str) -> dict[str, object]:
    with server.client() as client:
        return next(pole for pole in client.get("/v1/poles").json()["poles"] if pole["code"] == code)


def test_climb_becomes_history(server: Server, folder: Path) -> None:
    climb_id = write_climb(folder, "H-1")
    done = sync_command(server, folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert "created" in done.stdout
    pole = pole_of(server, "H-1")
    assert pole["latest"]["iso_4628_3"] == "Ri3"
    with server.client() as client:
        history = client.get(f"/v1/poles/{pole['id']}/history").json()
    (climb,) = history["climbs"]
    assert climb["climb_id"] == climb_id
    assert climb["assessment"]["whole"]["coverage"] == 0.93
    assert climb["assessment"]["whole"]["interval"]["low"] == pytest.approx(0.014)
    assert history["pole"]["height_m"] == 12.0


def test_sending_again_is_a_duplicate(server: Server, folder: Path) -> None:
    write_climb(folder, "H-2")
    assert sync(server, folder) == ["created"]
    assert sync(server, folder) == ["duplicate"]


def test_other_content_under_the_same_id_is_a_conflict(server: Server, folder: Path) -> None:
    write_climb(folder, "H-3")
    assert sync(server, folder) == ["created"]
    with server.client() as client:
        document = _document(folder)
        document["start"]["device"] = "another laptop"
        answer = client.post("/v1/climbs:batch", json={"climbs": [document]})
    (result,) = answer.json()["results"]
    assert result["result"] == "conflict"
    assert "not replaced" in result["detail"]


def _document(folder: Path) -> dict[str, object]:
    return read_climb(folder)[0].model_dump(mode="json")


def test_nothing_counts_before_its_pictures_are_here(server: Server, folder: Path) -> None:
    write_climb(folder, "H-4")
    pictures = [hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.glob("frames/*")]
    with server.client() as client:
        (result,) = client.post("/v1/climbs:batch", json={"climbs": [_document(folder)]}).json()["results"]
        assert result["result"] == "missing"
        assert set(pictures) <= set(result["missing"])
        codes = [pole["code"] for pole in client.get("/v1/poles").json()["poles"]]
    assert "H-4" not in codes


def test_sync_goes_on_where_it_was(server: Server, folder: Path) -> None:
    write_climb(folder, "H-5")
    photograph = folder / "frames" / "000000.jpg"
    sha256 = hashlib.sha256(photograph.read_bytes()).hexdigest()
    with server.client() as client:
        assert client.put(f"/v1/blobs/{sha256}", content=photograph.read_bytes()).status_code == 201
        assert client.post("/v1/blobs:missing", json={"sha256": [sha256]}).json() == {"missing": []}
    assert sync(server, folder) == ["created"]


@pytest.mark.parametrize("left", [None, b"cut short"])
def test_a_picture_that_the_service_lost_is_sent_again(server: Server, folder: Path, left: bytes | None) -> None:
    write_climb(folder, f"H-7 {left is None}")
    assert sync(server, folder) == ["created"]
    content = (folder / "frames" / "000000.jpg").read_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    place = server.data / "blobs" / sha256[:2] / sha256
    place.unlink()
    if left:
        place.write_bytes(left)
    with server.client() as client:
        assert client.post("/v1/blobs:missing", json={"sha256": [sha256]}).json() == {"missing": [sha256]}
    assert sync(server, folder) == ["duplicate"]
    assert place.read_bytes() == content


def test_a_blob_with_another_hash_is_refused(server: Server, folder: Path) -> None:
    write_climb(folder, "H-6")
    content = (folder / "frames" / "000000.jpg").read_bytes()
    wrong = "0" * 64
    with server.client() as client:
        assert client.put(f"/v1/blobs/{wrong}", content=content).status_code == 422
        assert client.get(f"/v1/blobs/{wrong}").status_code == 404
    assert not list((server.data / "blobs" / "incoming").iterdir())


def test_latest_follows_the_time_of_the_climb_not_of_arrival(server: Server, tmp_path: Path) -> None:
    write_climb(tmp_path / "new", "H-7", day=90, rusted_fraction=0.09)
    write_climb(tmp_path / "old", "H-7", day=1, rusted_fraction=0.001)
    assert sync(server, tmp_path / "new", tmp_path / "old") == ["created", "created"]
    pole = pole_of(server, "H-7")
    assert pole["latest"]["rusted_fraction"] == 0.09
    with server.client() as client:
        climbs = client.get(f"/v1/poles/{pole['id']}/history").json()["climbs"]
    assert [climb["assessment"]["whole"]["rusted_fraction"] for climb in climbs] == [0.09, 0.001]


def test_a_regrade_is_added_and_becomes_current(server: Server, folder: Path) -> None:
    climb_id = write_climb(folder, "H-8", rusted_fraction=0.02)
    sync(server, folder)
    write_grade(folder, climb_id, BEGAN + timedelta(days=30), 0.03)
    assert sync(server, folder) == ["created"]
    assert pole_of(server, "H-8")["latest"]["rusted_fraction"] == 0.03


def test_gradings_made_later_are_sent_too(server: Server, folder: Path) -> None:
    climb_id = write_climb(folder, "H-12", rusted_fraction=0.02)
    sync(server, folder)
    later = assessment(climb_id, BEGAN + timedelta(days=60), 0.04)
    (folder / "grades").mkdir()
    (folder / "grades" / f"{later.assessment_id}.json").write_text(later.model_dump_json())
    assert sync(server, folder) == ["created"]
    with server.client() as client:
        climb = client.get(f"/v1/climbs/{climb_id}").json()
    assert climb["assessment"]["whole"]["rusted_fraction"] == 0.04
    assert all(climb["pictures"].values())


def test_history_pages_without_gap_or_repeat(server: Server, tmp_path: Path) -> None:
    folders = [tmp_path / str(day) for day in range(5)]
    ids = [write_climb(folder, "H-9", day=day, frames=1) for day, folder in enumerate(folders)]
    assert sync(server, *folders) == ["created"] * 5
    path = f"/v1/poles/{pole_of(server, 'H-9')['id']}/history?limit=2"
    seen = []
    with server.client() as client:
        while path:
            page = client.get(path).json()
            seen += [climb["climb_id"] for climb in page["climbs"]]
            path = page["next"]
    assert seen == ids[::-1]


def test_sync_names_an_altered_photograph(server: Server, folder: Path) -> None:
    write_climb(folder, "H-10")
    (folder / "frames" / "000001.jpg").write_bytes(b"something else")
    done = sync_command(server, folder)
    assert done.returncode == 5
    assert "000001.jpg: altered since the climb" in done.stderr


def test_sync_without_a_valid_key_says_what_to_do(server: Server, folder: Path) -> None:
    write_climb(folder, "H-11")
    done = highmast("sync", folder, "--service", server.url, HIGHMAST_KEY="hm_wrong")
    assert done.returncode == 4
    assert "--key-file" in done.stderr


@pytest.mark.parametrize("content", [b"", "金鑰".encode(), b"\xff\xfe", b"hm_a hm_b"])
def test_a_file_that_holds_no_key_is_named(server: Server, folder: Path, content: bytes) -> None:
    wrong = folder.with_name("key")
    wrong.write_bytes(content)
    done = highmast("sync", folder, "--service", server.url, "--key-file", wrong)
    assert (done.returncode, f"{wrong} holds no key" in done.stderr.replace("\n", " ")) == (2, True), done.stderr


def test_everything_needs_a_key(server: Server) -> None:
    with httpx.Client(base_url=server.url, timeout=PATIENCE_S) as nobody:
        assert nobody.get("/v1/poles").status_code == 401
        assert nobody.get("/v1/openapi.json").status_code == 401
        assert nobody.get("/").headers["location"] == "/sign-in"


def test_a_sign_in_link_works_once(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as server, httpx.Client(base_url=server.url, timeout=PATIENCE_S) as browser:
        first = browser.get(server.sign_in)
        assert (first.status_code, first.headers["location"]) == (303, "/")
        assert browser.get("/v1/poles").status_code == 200
        assert browser.post("/v1/climbs:batch", json={"climbs": []}).status_code == 401
        assert httpx.get(server.sign_in, timeout=PATIENCE_S).status_code == 403


def test_key_file_is_for_its_owner_alone(server: Server) -> None:
    assert server.key_file.stat().st_mode & 0o777 == 0o600


def test_starting_again_keeps_data_and_key(tmp_path: Path) -> None:
    data, climb = tmp_path / "data", tmp_path / "climb"
    write_climb(climb, "S-1")
    with serving(data) as server:
        key = server.key
        assert sync(server, climb) == ["created"]
    with serving(data) as server:
        assert server.key == key
        assert pole_of(server, "S-1")["latest"]


def test_other_machines_wait_for_an_administrators_key(tmp_path: Path) -> None:
    done = highmast("serve", "--host", "0.0.0.0", "--port", "0", "--data", tmp_path / "data")
    assert done.returncode == 2
    assert "no administrator's key exists yet" in done.stderr


def test_a_lost_key_file_is_explained(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with serving(data) as server:
        server.key_file.unlink()
    done = highmast("serve", "--port", "0", "--data", data)
    assert done.returncode == 2
    assert "holds no valid key" in done.stderr


def test_sync_finds_the_key_that_serve_left(tmp_path: Path) -> None:
    write_climb(tmp_path / "climb", "S-2")
    with serving(tmp_path / "highmast") as server:
        done = highmast("sync", tmp_path / "climb", "--service", server.url, XDG_DATA_HOME=str(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")


def test_sync_says_when_no_service_is_there(tmp_path: Path) -> None:
    write_climb(tmp_path / "climb", "S-3")
    (tmp_path / "key").write_text("hm_any")
    with serving(tmp_path / "data") as server:
        url = server.url
    shutil.rmtree(tmp_path / "data")
    done = highmast("sync", tmp_path / "climb", "--service", url, "--key-file", tmp_path / "key")
    assert done.returncode == 4
    assert "cannot be reached" in done.stderr
