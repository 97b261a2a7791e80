"""What a photograph might also have looked like: geometry, light, camera faults, and contrast equalisation."""

import cv2
import numpy as np

from vision.labels import RustMask
from vision.types import Image

OTHER, RUST, STEEL, GROUND, IGNORE = 0, 1, 2, 3, 255
"""Labels of a crop: not rust, rust, sound steel, no steel at all; the last is left out of the loss.

OTHER is where nobody said whether it is steel: photographs without a silhouette, and a band along silhouettes' edges.
"""


def cropped(
    rng: np.random.Generator, image: Image, label: RustMask, side: int, scale: tuple[float, float]
) -> tuple[Image, RustMask]:
    """Cut a square of `side` pixels at a random scale, turn and place; outside the picture is ignored."""
    rows, columns = label.shape
    zoom = float(np.exp(rng.uniform(np.log(scale[0]), np.log(scale[1]))))
    turn = float(rng.normal(0, 8)) + (90.0 * rng.integers(1, 4) if rng.random() < 0.15 else 0)
    span = side / zoom
    centre = [_place(rng, size, span) for size in (columns, rows)]
    if rng.random() < 0.35 and (label == RUST).any():
        row, column = _one(rng, label)
        centre = [float(column + rng.uniform(-0.4, 0.4) * span), float(row + rng.uniform(-0.4, 0.4) * span)]
        centre = [_inside(value, size, span) for value, size in zip(centre, (columns, rows), strict=True)]
    warp = cv2.getRotationMatrix2D((centre[0], centre[1]), turn, zoom)
    warp[:, 2] += side / 2 - np.array(centre)
    if rng.random() < 0.5:
        warp = np.array([[-1.0, 0, side - 1], [0, 1, 0]]) @ np.vstack([warp, [0, 0, 1]])
    how = cv2.INTER_AREA if zoom < 0.7 else cv2.INTER_LINEAR
    picture = cv2.warpAffine(image, warp, (side, side), flags=how, borderMode=cv2.BORDER_REFLECT_101)
    target = cv2.warpAffine(
        label, warp, (side, side), flags=cv2.INTER_NEAREST, borderMode=cv2.BORDER_CONSTANT, borderValue=IGNORE
    )
    return np.asarray(picture, dtype=np.uint8), np.asarray(target, dtype=np.uint8)


def _place(rng: np.random.Generator, size: int, span: float) -> float:
    return size / 2 if span >= size else float(rng.uniform(span / 2, size - span / 2))


def _inside(value: float, size: int, span: float) -> float:
    return size / 2 if span >= size else float(np.clip(value, span / 2, size - span / 2))


def _one(rng: np.random.Generator, label: RustMask) -> tuple[int, int]:
    where = np.flatnonzero(label == RUST)
    row, column = divmod(int(rng.choice(where)), label.shape[1])
    return row, column


def relit(rng: np.random.Generator, image: Image) -> Image:
    """Change light, white balance, saturation and contrast; sometimes lay a shadow or equalise the contrast."""
    if rng.random() < 0.35:
        image = equalised(image, rng.uniform(1, 4), int(rng.integers(4, 13)))
    x = image.astype(np.float32) / 255
    if rng.random() < 0.8:
        x = x ** np.float32(np.exp(rng.normal(0, 0.3)))
        x = (x - 0.5) * np.float32(rng.uniform(0.6, 1.25)) + np.float32(0.5 + rng.normal(0, 0.07))
    if rng.random() < 0.5:
        warm, tint = rng.normal(0, 0.09), rng.normal(0, 0.04)
        x = x * np.array([1 + warm, 1 + tint, 1 - warm], dtype=np.float32)
    if rng.random() < 0.5:
        grey = x.mean(axis=2, keepdims=True)
        x = grey + (x - grey) * np.float32(rng.uniform(0.55, 1.4))
    if rng.random() < 0.15:
        x = x * _shadow(rng, x.shape[0])[..., None]
    if rng.random() < 0.06:
        x = x * np.float32(rng.uniform(0.2, 0.5))  # dusk
    return (np.clip(x, 0, 1) * 255).astype(np.uint8)


def equalised(image: Image, clip: float, cells: int = 8) -> Image:
    """Apply adaptive histogram equalisation to lightness over a grid of cells, as the street photographs had."""
    lab = cv2.cvtColor(image, cv2.COLOR_RGB2LAB)
    lab[..., 0] = cv2.createCLAHE(clip, (cells, cells)).apply(lab[..., 0])
    return np.asarray(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB), dtype=np.uint8)


def _shadow(rng: np.random.Generator, side: int) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """Half plane of shade with a soft edge, shape (side, side)."""
    angle, offset = rng.uniform(0, 2 * np.pi), rng.uniform(-0.4, 0.4)
    y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j].astype(np.float32)
    edge = (x * np.cos(angle) + y * np.sin(angle) - offset) / rng.uniform(0.01, 0.4)
    return np.asarray(1 - rng.uniform(0.2, 0.65) / (1 + np.exp(-np.clip(4 * edge, -20, 20))), dtype=np.float32)


def recorded(rng: np.random.Generator, image: Image) -> Image:
    """Add what a camera does: blur, noise, JPEG."""
    if rng.random() < 0.25:
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), rng.uniform(0.3, 1.6)), dtype=np.uint8)
    if rng.random() < 0.3:
        noise = rng.standard_normal(image.shape, dtype=np.float32) * np.float32(rng.uniform(1, 10))
        image = np.clip(image + noise, 0, 255).astype(np.uint8)
    if rng.random() < 0.3:
        _, coded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(35, 95))])
        image = np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), dtype=np.uint8)
    return image
