"""Frames to the map, in a thread of its own: motion never waits for vision."""

from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Full, Queue
from threading import Thread

from climber.mapping import Photographs, find_rust, read_image
from climber.record import Observation
from climber.views import view_at, view_in
from firmware_bridge.priority import step_back
from firmware_bridge.types import Frame
from vision.segmenter import Segmenter
from vision.surface import SurfaceMap
from vision.types import Camera, Image, Mask, View

WAITING = 4
"""Frames that may wait in memory. A later one is read back from its file after the climb."""


class Grader:
    """Segments each frame and lays it on the map. Frames that find the queue full are graded at the end."""

    def __init__(
        self,
        folder: Path,
        segmenter: Segmenter,
        surface: SurfaceMap,
        camera: Camera,
        graded: Callable[[Image, Mask | None], None] = lambda image, mask: None,
    ) -> None:
        """`graded` gets each photograph with its mask (None: not gradable), in the grader's thread."""
        self.surface = surface
        """Live, with poses as reported: what the crew sees filling up."""
        self.photographs = Photographs(surface.shape)
        """What the final map is laid from, with poses corrected."""
        self.graded = 0
        self.failure: Exception | None = None
        self._folder = folder
        self._segmenter = segmenter
        self._camera = camera
        self._show = graded
        self._late: list[Observation] = []
        self._queue: Queue[tuple[Path, Image, View] | None] = Queue(maxsize=WAITING)
        self._thread = Thread(target=self._work, name="grader", daemon=True)
        self._thread.start()

    def offer(self, frame: Frame, observation: Observation) -> None:
        """Take a confirmed frame; never blocks."""
        try:
            self._queue.put_nowait((self._folder / observation.file, frame.image, view_in(frame, self._camera)))
        except Full:
            self._late.append(observation)

    @property
    def waiting(self) -> int:
        """Frames taken but not graded yet."""
        return self._queue.qsize() + len(self._late)

    def add_late(self, observations: tuple[Observation, ...]) -> None:
        """Take frames that are on disk already, to be graded at the end."""
        self._late.extend(observations)

    def finish(self) -> Iterator[None]:
        """Grade what waits, then the late ones from their files; yields after each. Raises what went wrong."""
        self._queue.put(None)
        while self._thread.is_alive():
            self._thread.join(timeout=0.2)
            yield
        if self.failure is not None:
            raise self.failure
        for observation in self._late:
            file = self._folder / observation.file
            self._grade(file, read_image(file), view_at(observation, self._camera))
            yield
        self._late.clear()

    def _work(self) -> None:
        step_back()
        while (item := self._queue.get()) is not None:
            if self.failure is not None:
                continue
            try:
                self._grade(*item)
            except Exception as error:  # handed to the climb's thread by finish()
                self.failure = error

    def _grade(self, file: Path, image: Image, view: View) -> None:
        mask = find_rust(self._segmenter, self.surface.shape, image, view)
        self.surface.add(image, mask, view)
        self.photographs.keep(file, image, mask, view)
        self.graded += 1
        self._show(image, mask)
