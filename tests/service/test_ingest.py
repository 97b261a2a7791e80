"""What happens to climbs that arrive oddly: taken up again, with a wrong clock, malformed, or from strangers."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from climber.ids import uuid7
from climber.recording import Recorder, read_record
from climber.upload import HistoryClient, read_climb, send_climb
from tests.service.climbs import BEGAN, assessment, photograph, start_of, write_climb
from tests.service.servers import Server


@pytest.fixture
def send(server: Server) -> Callable[[Path], dict[str, Any]]:
    """Send one folder; returns the service's result."""

    def once(folder: Path) -> dict[str, Any]:
        with HistoryClient(server.url, server.key) as client:
            return send_climb(client, folder, lambda _done, _total: None)

    return once


def document(folder: Path) -> dict[str, Any]:
    return json.loads(read_climb(folder)[0].model_dump_json())


def climb(server: Server, climb_id: str) -> dict[str, Any]:
    with server.client() as client:
        return client.get(f"/v1/climbs/{climb_id}").json()


def post(server: Server, *documents: dict[str, Any]) -> httpx.Response:
    with server.client() as client:
        return client.post("/v1/climbs:batch", json={"climbs": documents})


def test_a_climb_taken_up_again_goes_on(server: Server, folder: Path, send: Any) -> None:
    start = start_of("I-1", BEGAN)
    with Recorder.begin(folder, start) as recorder:
        recorder.observe(photograph(0, BEGAN, "I-1 a"))
        recorder.stop("stopped", "wind 14 m/s", BEGAN)
    assert send(folder)["result"] == "created"
    assert climb(server, start.climb_id)["outcome"] == "stopped"
    with Recorder.resume(read_record(folder), "simulator", BEGAN) as recorder:
        recorder.observe(photograph(1, BEGAN, "I-1 b"))
        recorder.stop("completed", "completed", BEGAN)
    assert send(folder)["result"] == "created"
    now = climb(server, start.climb_id)
    assert (now["outcome"], now["frames"]) == ("completed", 2)
    assert send(folder)["result"] == "duplicate"


def test_a_completed_climb_does_not_go_on(server: Server, folder: Path, send: Any) -> None:
    climb_id = write_climb(folder, "I-2", rusted_fraction=None)
    send(folder)
    longer = document(folder)
    longer["resumes"] = [
        {"previous_sha256": "0" * 64, "resumed_at": BEGAN.isoformat(), "robot": "simulator", "frames": 3}
    ]
    assert post(server, longer).json()["results"][0]["result"] == "conflict"
    assert climb(server, climb_id)["frames"] == 3


def test_an_infinite_number_is_refused(server: Server, folder: Path) -> None:
    write_climb(folder, "I-8")
    sent = json.dumps({"climbs": [document(folder)]}).replace('"height_m": 12.0', '"height_m": 1e400', 1)
    with server.client() as client:
        answer = client.post("/v1/climbs:batch", content=sent.encode(), headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert "height_m" in answer.json()["detail"]


def test_the_same_climb_twice_in_one_batch(server: Server, folder: Path, send: Any) -> None:
    write_climb(folder, "I-3", rusted_fraction=None)
    send(folder)
    other = document(folder)
    other["start"]["climb_id"] = uuid7(BEGAN)
    changed = json.loads(json.dumps(other)) | {"stop": None}
    results = post(server, other, other, changed).json()["results"]
    assert [one["result"] for one in results] == ["created", "duplicate", "conflict"]


def test_a_clock_that_is_ahead_does_not_make_a_climb_the_newest_for_ever(
    server: Server, folder: Path, send: Any
) -> None:
    days_ahead = (datetime.now(UTC) - BEGAN).days + 400
    climb_id = write_climb(folder, "I-4", day=days_ahead)
    result = send(folder)
    assert result["result"] == "created"
    assert "clock is" in result["detail"]
    stored = climb(server, climb_id)
    assert stored["climbed_at"] == stored["received_at"]


def test_a_clock_that_is_ahead_does_not_make_a_grading_the_last_for_ever(
    server: Server, folder: Path, send: Any
) -> None:
    climb_id = write_climb(folder, "I-8a", day=(datetime.now(UTC) - BEGAN).days + 400)
    send(folder)
    sent = document(folder)
    again = assessment(climb_id, datetime.now(UTC), 0.3, model="test 2")
    sent["assessments"].append(json.loads(again.model_dump_json()))
    assert post(server, sent).json()["results"][0]["assessments_added"] == 1
    assert climb(server, climb_id)["assessment"]["model"] == "test 2"


def test_an_assessment_of_another_climb_is_refused(server: Server, folder: Path, send: Any) -> None:
    write_climb(folder, "I-5")
    send(folder)
    sent = document(folder)
    sent["assessments"].append(json.loads(assessment(uuid7(BEGAN), BEGAN, 0.5).model_dump_json()))
    assert "of another climb" in post(server, sent).json()["results"][0]["detail"]


def _with(sent: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    *parents, last = path.split(".")
    place: Any = sent
    for name in parents:
        place = place[int(name) if name.isdigit() else name]
    place[last] = value
    return sent


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("start.device", "zero \0 byte"),
        ("start.device", "x" * 201),
        ("start.climb_id", "../../etc/passwd"),
        ("start.pole.code", "'; DROP TABLE pole; --"),
        ("start.pole.height_m", 1e300),
        ("start.pole.lat", 91),
        ("start.unknown", 1),
        ("observations.0.seq", 2**63),
        ("observations.0.sha256", "0" * 63),
        ("observations.0.file", "frames/../../x.jpg"),
        ("assessments.0.whole.iso_4628_3", "x" * 300),
        ("assessments.0.whole.coverage", 1.5),
        ("pictures.other", "0" * 64),
        ("stop.reason", "x" * 2001),
    ],
)
def test_what_is_out_of_bounds_is_refused_whole(server: Server, folder: Path, path: str, value: object) -> None:
    write_climb(folder, "I-6")
    answer = post(server, _with(document(folder), path, value))
    assert answer.status_code == 422
    with server.client() as client:
        assert "I-6" not in client.get("/v1/poles?limit=1000").text


@pytest.mark.parametrize("name", ["start.device", "start.robot", "start.software", "stop.reason"])
def test_sql_in_a_text_is_only_text(server: Server, tmp_path: Path, send: Any, name: str) -> None:
    folder = tmp_path / "climb"
    climb_id = write_climb(folder, "I-7", rusted_fraction=None)
    send(folder)
    sent = _with(document(folder), name, "x'); DROP TABLE climb; -- %s :id {0}")
    sent["start"]["climb_id"] = climb_id[:-12] + f"{abs(hash(name)) % 16**12:012x}"
    assert post(server, sent).json()["results"][0]["result"] == "created"
    assert "DROP TABLE" in json.dumps(climb(server, sent["start"]["climb_id"])) or name == "start.software"


def test_too_large_a_body_is_refused(server: Server) -> None:
    with server.client() as client:
        assert client.post("/v1/climbs:batch", content=b" " * (65 * 2**20)).status_code == 413
        chunks = (b" " * 2**20 for _ in range(65))
        assert client.post("/v1/climbs:batch", content=chunks).status_code == 413
        assert client.post("/v1/blobs:missing", json={"sha256": ["0" * 64] * 10_001}).status_code == 422


def test_what_is_no_picture_is_refused(server: Server) -> None:
    from hashlib import sha256

    for content in (b"", b"%PDF-1.7", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"\xff\xd8\xff\xe0broken"):
        with server.client() as client:
            assert client.put(f"/v1/blobs/{sha256(content).hexdigest()}", content=content).status_code == 415
    assert not list((server.data / "blobs" / "incoming").iterdir())


def test_a_picture_bomb_is_refused_unread(server: Server) -> None:
    import struct
    import zlib
    from hashlib import sha256

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    with server.client() as client:
        answer = client.put(f"/v1/blobs/{sha256(bomb).hexdigest()}", content=bomb)
    assert (answer.status_code, "100000 x 100000" in answer.text) == (413, True)
