"""Labels beside rust, from a mask to the map, the assessment and the picture."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Picture

from climber.assess import Climbed, assess
from climber.drawing import draw_map, read_graded
from climber.mapping import Photographs
from climber.pictures import NO_LABEL, label_colours, write_labels, write_pictures
from climber.record import CameraDescription, ClimbStart, PoleDescription
from climber.recording import Recorder
from climber.telling import summary
from tests.climber.test_drawing import CLIMB, NOW
from vision.strip import segment_strip
from vision.surface import SurfaceMap
from vision.types import Camera, Image, Mask, ModelInfo, PoleShape, View

MODEL = ModelInfo("four", "a" * 64, 0.5, 0.95, 0.001, labels=("sound", "stain", "fair", "severe"), rust_values=(2, 3))
SHAPE = PoleShape(1.2, 300, 300)
VIEW = View(Camera(320, 320, 960, 960, 160, 160), 0.6, 90.0, 700)


class Bands:
    """Says four labels by the quarter of the picture, from the top."""

    def segment(self, image: Image) -> Mask:
        rows, columns = image.shape[:2]
        classes = np.repeat(np.arange(4, dtype=np.uint8), rows // 4)[:, None].repeat(columns, 1)
        rust = (classes >= 2).astype(np.uint8)
        return Mask(rust.astype(np.float32), rust, MODEL, classes)


@pytest.fixture(scope="module")
def surface(tmp_path_factory: pytest.TempPathFactory) -> SurfaceMap:
    """One photograph, kept and laid as a climb does it."""
    file = tmp_path_factory.mktemp("frames") / "frame.png"
    image = np.random.default_rng(1).integers(60, 180, (320, 320, 3), dtype=np.uint8)
    Picture.fromarray(image).save(file)
    photographs = Photographs(SHAPE)
    photographs.keep(file, image, segment_strip(Bands(), image, slice(40, 280)), VIEW)
    surface = SurfaceMap(SHAPE, 2)
    list(photographs.lay(surface, photographs.refined()))
    return surface


def test_the_map_holds_the_label_of_each_element(surface: SurfaceMap) -> None:
    assert surface.label is not None
    column = surface.columns // 4
    seen = [int(surface.label[surface.row_of(height_m), column]) for height_m in (0.687, 0.629, 0.571, 0.513)]
    assert seen == [0, 1, 2, 3]
    assert surface.label[surface.rusty()].min() >= 1


def test_the_assessment_lists_each_labels_area_with_an_interval(surface: SurfaceMap) -> None:
    found = assess(surface, MODEL, Climbed(CLIMB, 1, NOW))
    labels = {label.name: label for label in found.labels}
    assert list(labels) == ["sound", "stain", "fair", "severe"]
    assert [label.rust for label in found.labels] == [False, False, True, True]
    assert sum(label.area_m2 for label in found.labels) == pytest.approx(found.whole.seen_m2)
    assert labels["fair"].area_m2 + labels["severe"].area_m2 == pytest.approx(found.whole.rusted_m2)
    assert 0.12 < labels["stain"].fraction < 0.3
    assert all(label.interval.low < label.fraction < label.interval.high for label in found.labels)
    assert "severe" in summary(found)


def test_a_model_that_knows_rust_alone_lists_no_labels() -> None:
    surface = SurfaceMap(SHAPE, 4)
    image = np.zeros((320, 320, 3), np.uint8)
    surface.add(image, Mask(np.ones((320, 320), np.float32), np.ones((320, 320), np.uint8), MODEL), VIEW)
    assert assess(surface, MODEL, Climbed(CLIMB, 1, NOW)).labels == ()


def test_the_unrolled_picture_shows_labels_and_names_them(surface: SurfaceMap, tmp_path: Path) -> None:
    camera = CameraDescription(width_px=320, height_px=320, fx_px=960, fy_px=960, cx_px=160, cy_px=160)
    pole = PoleDescription(code="P-8", height_m=1.2, base_diameter_mm=300, top_diameter_mm=300)
    start = ClimbStart(
        climb_id=CLIMB, started_at=NOW, pole=pole, camera=camera, robot="simulator", simulated=True, device="laptop",
        software="highmast test", planned_frames=1,
    )  # fmt: skip
    with Recorder.begin(tmp_path / "P-8", start) as recorder:
        recorder.stop("completed", "completed", NOW)
    write_pictures(tmp_path / "P-8", surface)
    path = write_labels(tmp_path / "P-8", surface, MODEL)
    assert path is not None
    with Picture.open(path) as opened:
        values = np.asarray(opened)
    assert set(np.unique(values)) == {0, 1, 2, 3, NO_LABEL}
    (tmp_path / "P-8" / "grade.json").write_text(assess(surface, MODEL, Climbed(CLIMB, 1, NOW)).model_dump_json())
    picture = draw_map(read_graded(tmp_path / "P-8"))
    picture.save(tmp_path / "map.png")
    colours = label_colours([False, False, True, True])
    assert len(set(colours)) == 4
    counts = {colour: int((np.asarray(picture) == colour).all(axis=2).sum()) for colour in colours[1:]}
    assert min(counts.values()) > 1000
