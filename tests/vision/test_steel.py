"""What is said of a photograph that shows no steel."""

import numpy as np

from climber.photo_grade import graded
from vision.gradability import no_steel_reason
from vision.segmenter import Segmenter
from vision.types import Mask, ModelInfo

INFO = ModelInfo("test", "0" * 64, 0.5, 1.0, 0.0)


def test_a_photograph_without_steel_is_not_graded_and_says_so() -> None:
    card = Segmenter.load(threads=1).card
    texture = np.random.default_rng(1).integers(60, 200, (90, 110, 3)).astype(np.uint8)
    label, steel = np.zeros((90, 110), np.uint8), np.zeros((23, 28), np.float32)
    line = graded("a.jpg", texture, Mask(label.astype(np.float32), label, INFO, None, steel), card)
    assert (line.gradable, line.rusted_fraction) == (False, None)
    assert line.reason.startswith("not steel")
    steel[:2, :10] = 0.9
    line = graded("a.jpg", texture, Mask(label.astype(np.float32), label, INFO, None, steel), card)
    assert (line.gradable, line.rusted_fraction) == (True, 0)


def test_a_model_that_does_not_tell_steel_refuses_nothing() -> None:
    assert no_steel_reason(None, 0.4) is None
