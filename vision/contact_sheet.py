"""One picture of many: where a model and the truth disagree most."""

import cv2
import numpy as np

from vision.evaluation import PhotoScore
from vision.labels import RustMask, read_pair
from vision.segmenter import Segmenter
from vision.types import Image

CELL_PX = 320
CAPTION_PX = 24
COLUMNS = 3
TRUTH, ANSWER = (0, 114, 178), (230, 159, 0)
"""Okabe and Ito's blue and orange."""


def contact_sheet(segmenter: Segmenter, scores: list[PhotoScore], count: int) -> bytes:
    """Return a PNG of the `count` photographs with most wrong pixels, each beside itself with outlines.

    Above each stand its name and IoU, black on white.
    """
    worst = sorted(scores, key=lambda score: -(score.counts.false_positive + score.counts.false_negative))[:count]
    cells = [_cell(segmenter, score) for score in worst]
    while len(cells) % COLUMNS:
        cells.append(np.zeros_like(cells[0]))
    rows = [np.hstack(cells[start : start + COLUMNS]) for start in range(0, len(cells), COLUMNS)]
    written, png = cv2.imencode(".png", cv2.cvtColor(np.vstack(rows), cv2.COLOR_RGB2BGR))
    assert written
    return bytes(png)


def _cell(segmenter: Segmenter, score: PhotoScore) -> Image:
    image, truth = read_pair(score.pair)
    label = segmenter.segment(image).label
    drawn = image.copy()
    for mask, colour in ((truth, TRUTH), (label, ANSWER)):
        _outline(drawn, mask, colour)
    pair = np.hstack([cv2.resize(each, (CELL_PX, CELL_PX), interpolation=cv2.INTER_AREA) for each in (image, drawn)])
    caption = np.full((CAPTION_PX, pair.shape[1], 3), 255, np.uint8)
    cv2.putText(
        caption, f"{score.pair.name} {score.counts.iou:.2f}", (4, CAPTION_PX - 7), 0, 0.5, (0, 0, 0), 1, cv2.LINE_AA
    )
    return np.asarray(np.vstack([caption, pair]), dtype=np.uint8)


def _outline(picture: Image, mask: RustMask, colour: tuple[int, int, int]) -> None:
    outlines, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(picture, outlines, -1, colour, 2)
