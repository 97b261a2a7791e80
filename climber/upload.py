"""Sending climb folders to a history service, so that a broken link costs nothing but time.

Pictures go first, each named by its SHA-256, and only those that the service does not have. The climb's document goes
last; the service takes it only when it holds every picture that the document names. Sending again is free.
"""

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self
from urllib.parse import urlsplit

import httpx
from pydantic import ValidationError

from climber.errors import InputError, ServiceError
from climber.record import Assessment, ClimbUpload, Observation
from climber.recording import MASKS, assessment_files, read_record
from climber.saying import Saying

if TYPE_CHECKING:
    from climber.entries import ElementCheck, InventoryPole
    from climber.service.schemas import ClimbOut, PoleOut

PICTURES: tuple[Literal["surface", "rust", "coverage"], ...] = ("surface", "rust", "coverage")
TRIES = 6
FIRST_WAIT_S = 0.5
TIMEOUT = httpx.Timeout(60.0, connect=10.0)
CHUNK_BYTES = 1 << 20
HASHES_AT_ONCE = 5000


def read_climb(folder: Path) -> tuple[ClimbUpload, dict[str, Path]]:
    """Return a climb folder as the document to send and its files by hash.

    Raises InputError when a photograph is lost or altered, or `grade.json` is not an assessment.
    """
    record = read_record(folder)
    files = {seen.sha256: folder / seen.file for seen in record.observations}
    for sha256, path in files.items():
        _check(path, sha256)
    pictures = {kind: folder / f"{kind}.png" for kind in PICTURES if (folder / f"{kind}.png").exists()}
    hashes = {kind: file_sha256(path) for kind, path in pictures.items()}
    assessments = tuple(_assessments(folder))
    masks = {one.assessment_id: _masks(folder, one, record.observations) for one in assessments}
    hashed = {
        name: {seq: file_sha256(path) for seq, path in marked.items()} for name, marked in masks.items() if marked
    }
    upload = ClimbUpload(
        start=record.start,
        observations=record.observations,
        stop=record.stop,
        resumes=record.resumes,
        assessments=assessments,
        pictures=hashes,
        masks=hashed,
    )
    files |= {hashes[kind]: pictures[kind] for kind in pictures}
    return upload, files | {hashed[name][seq]: masks[name][seq] for name in hashed for seq in hashed[name]}


def _masks(folder: Path, given: Assessment, observations: Sequence[Observation]) -> dict[int, Path]:
    """Return the masks of an assessment by the number of the photograph."""
    home = folder / MASKS / given.assessment_id
    named = {seen.seq: home / f"{Path(seen.file).stem}.png" for seen in observations}
    return {seq: path for seq, path in named.items() if path.exists()}


def _check(path: Path, sha256: str) -> None:
    if not path.exists():
        raise InputError(f"{path}: the record names this photograph, but it is not there.")
    if file_sha256(path) != sha256:
        raise InputError(f"{path}: altered since the climb (its SHA-256 is not the recorded {sha256[:12]}…).")


def _assessments(folder: Path) -> Iterator[Assessment]:
    for path in assessment_files(folder):
        try:
            yield Assessment.model_validate_json(path.read_bytes())
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise InputError(f"{path}: {where}: {first['msg']}") from error


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


class HistoryClient:
    """A client of one history service. Repeats what a weak link broke; every request is safe to repeat."""

    def __init__(self, url: str, key: str, wait: Callable[[float], None] = time.sleep) -> None:
        """Talk to `url` with a key. `wait` pauses for so many seconds between two tries."""
        self._http = httpx.Client(base_url=url.rstrip("/"), headers={"Authorization": f"Bearer {key}"}, timeout=TIMEOUT)
        self._wait = wait

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def missing(self, hashes: list[str]) -> list[str]:
        """Return those hashes that the service has no blob of."""
        found: list[str] = []
        for first in range(0, len(hashes), HASHES_AT_ONCE):
            question = {"sha256": hashes[first : first + HASHES_AT_ONCE]}
            found += self.request("POST", "/v1/blobs:missing", json=question)["missing"]
        return found

    def put_blob(self, sha256: str, path: Path) -> None:
        """Upload a file and see its hash confirmed."""
        confirmed = self.request("PUT", f"/v1/blobs/{sha256}", content=lambda: _chunks(path))
        if confirmed["sha256"] != sha256:
            raise ServiceError(f"{path}: the service confirmed another hash. Nothing was counted; sync again.")

    def put_climb(self, upload: ClimbUpload) -> dict[str, Any]:
        """Send one climb's document; returns its result (`created`, `duplicate`, `conflict` or `missing`)."""
        body = f'{{"climbs":[{upload.model_dump_json()}]}}'.encode()
        headers = {"Content-Type": "application/json"}
        answer = self.request("POST", "/v1/climbs:batch", content=lambda: iter([body]), headers=headers)
        result: dict[str, Any] = answer["results"][0]
        return result

    def poles(self) -> "Iterator[PoleOut]":
        """Yield every pole of the organisation in order of code, with the numbers of its newest graded climb."""
        from climber.service.schemas import PolesPage

        path: str | None = "/v1/poles?limit=1000"
        while path:
            page = PolesPage.model_validate(self.request("GET", path))
            yield from page.poles
            path = page.next

    def history(self, pole_id: str) -> "Iterator[ClimbOut]":
        """Yield a pole's climbs, newest first, each with its current assessment."""
        from climber.service.schemas import History

        path: str | None = f"/v1/poles/{pole_id}/history"
        while path:
            page = History.model_validate(self.request("GET", path))
            yield from page.climbs
            path = page.next

    def import_poles(self, poles: "Sequence[InventoryPole]", *, dry_run: bool = False) -> list[str]:
        """Send at most 5000 poles of an inventory; returns `created`, `updated` or `unchanged` for each."""
        body = {"poles": [pole.model_dump(mode="json") for pole in poles], "dry_run": dry_run}
        return [one["result"] for one in self.request("POST", "/v1/poles:import", json=body)["results"]]

    def check_elements(self, checks: "Sequence[ElementCheck]") -> list[dict[str, Any]]:
        """Send at most 500 checks of elements; returns the result of each."""
        body = {"checks": [check.model_dump(mode="json") for check in checks]}
        results: list[dict[str, Any]] = self.request("POST", "/v1/elements:batch", json=body)["results"]
        return results

    def request(self, method: str, path: str, *, content: Callable[[], Any] | None = None, **options: Any) -> Any:
        """Send a request, again when the link or the service fails; returns the answer's JSON.

        Raises ServiceError when it is refused, or after TRIES tries.
        """
        for attempt in range(TRIES):
            try:
                answer = self._http.request(method, path, content=content() if content else None, **options)
            except httpx.TransportError as error:
                problem = f"{type(error).__name__}: {error}"
            else:
                if answer.status_code not in (429, 502, 503, 504):
                    return _accepted(answer)
                problem = f"status {answer.status_code}"
            if attempt < TRIES - 1:
                self._wait(FIRST_WAIT_S * 2**attempt)
        lost = Saying(
            "{service} cannot be reached ({problem}). What was confirmed stays; sync again to go on.",
            service=self._http.base_url,
            problem=problem,
        )
        raise ServiceError(lost)


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as content:
        while chunk := content.read(CHUNK_BYTES):
            yield chunk


def _accepted(answer: httpx.Response) -> Any:
    if answer.is_success:
        return answer.json()
    advice = Saying(" Give a valid key with --key-file or HIGHMAST_KEY.") if answer.status_code == 401 else ""
    refused = Saying(
        "{path}: refused with status {status}: {detail}{advice}",
        path=answer.request.url.path,
        status=answer.status_code,
        detail=_detail(answer),
        advice=advice,
    )
    raise ServiceError(refused)


def _detail(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["detail"])[:500]
    except (ValueError, KeyError, TypeError):
        return answer.text[:200]


def send_climb(client: HistoryClient, folder: Path, progress: Callable[[int, int], None]) -> dict[str, Any]:
    """Send one climb folder; `progress(done, total)` counts confirmed pictures. Returns the climb's result."""
    upload, files = read_climb(folder)
    missing = client.missing(list(files))
    for sent, sha256 in enumerate(missing):
        progress(len(files) - len(missing) + sent, len(files))
        client.put_blob(sha256, files[sha256])
    progress(len(files), len(files))
    return client.put_climb(upload)


def is_this_machine(url: str) -> bool:
    """Tell whether `url` is a service on this machine."""
    return urlsplit(url).hostname in ("localhost", "127.0.0.1", "::1")
