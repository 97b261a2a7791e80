"""A climb over a painted pole with wrong poses, its truth kept beside it: what the studies measure on."""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from vision.refine import Refinement, refine
from vision.refine_match import Small, small
from vision.render import PoleRenderer
from vision.render_climb import PoseErrors, Shot, shots
from vision.render_surface import PaintedSurface, painted_surface
from vision.strip import Segments, pole_strip, segment_strip, useless_reason
from vision.types import Image, Mask, PoleShape

ERRORS = PoseErrors(height_factor=0.995, azimuth_deg=1.0, standoff_factor=1.1)
"""Encoder drift 0.5 %, azimuth jitter 1 degree, standoff error 10 %."""


@dataclass(frozen=True, slots=True)
class Climbed:
    """One climb: the pole, the frames in the order taken, and their poses corrected by what they show."""

    shape: PoleShape
    painted: PaintedSurface
    renderer: PoleRenderer
    taken: tuple[Shot, ...]
    found: Refinement


def climb(
    shape: PoleShape,
    seed: int,
    fraction: float,
    errors: PoseErrors = ERRORS,
    covered_m: tuple[float, float] = (0, 0),
    lost: int = 0,
) -> Climbed:
    """Photograph a painted pole with wrong poses and correct them.

    A rag hangs over the lens while the camera is between the two heights `covered_m`; every `lost`-th frame is lost.
    """
    painted = painted_surface(shape, seed, fraction)
    renderer = PoleRenderer(shape, painted.rgb, seed, painted.rust)
    taken: list[Shot] = []
    seen: list[Small] = []
    for index, shot in enumerate(shots(shape, renderer, errors, seed)):
        if lost and index % lost == lost - 1:
            continue
        if covered_m[0] < shot.true.height_m < covered_m[1]:
            shot = replace(shot, image=_covered(shot.image))
        seen.append(small(shot.image, shot.said))
        taken.append(shot)
    return Climbed(shape, painted, renderer, tuple(taken), refine(shape, seen, [shot.said for shot in taken]))


def _covered(image: Image) -> Image:
    """A dark cloth before the lens lets through a blur, and the sensor adds its noise."""
    blurred = cv2.GaussianBlur(image, (0, 0), 40).astype(np.float32) / 3
    noise = np.random.default_rng(1).normal(0, 4, image.shape)
    return np.asarray(np.clip(blurred + noise, 0, 255), dtype=np.uint8)


def true_mask(shape: PoleShape, shot: Shot) -> Mask | None:
    """Return the truth in a frame as a model's answer; None where a climb would call the frame ungradable."""
    return None if useless_reason(shape, shot.said, shot.image) else shot.mask()


def model_mask(shape: PoleShape, shot: Shot, segmenter: Segments) -> Mask | None:
    """Return a model's answer to a frame, as a climb would ask for it."""
    if useless_reason(shape, shot.said, shot.image):
        return None
    return segment_strip(segmenter, shot.image, pole_strip(shape, shot.said))


def mean_of_frames(climbed: Climbed) -> float:
    """Return what averaging each frame's share of rusty pole pixels would have said, masks being true."""
    shares = [shot.truth.sum() / max(1, int(climbed.renderer.pole_mask(shot.true).sum())) for shot in climbed.taken]
    return float(np.mean(shares))
