"""A small data set with three labels, made for a test."""

from pathlib import Path

import cv2
import numpy as np

from vision.dataset.folder import Dataset, Label, Photograph, write_dataset
from vision.files import sha256_of

SIZE = (48, 40)
LABELS = (
    Label(value=0, name="not rust", rust=False),
    Label(value=1, name="rust", rust=True),
    Label(value=2, name="stain", rust=False),
)


def picture(seed: int, size: tuple[int, int] = SIZE) -> np.ndarray:
    """Blotches that no other seed has, RGB."""
    grid = np.random.default_rng(seed).integers(0, 256, (12, 12, 3)).astype(np.uint8)
    return cv2.resize(grid, size, interpolation=cv2.INTER_CUBIC)


def mask(seed: int, size: tuple[int, int] = SIZE) -> np.ndarray:
    """Ragged areas of all three labels."""
    field = cv2.resize(np.random.default_rng([seed, 1]).random((9, 9)).astype(np.float32), size)
    return np.digitize(field, (0.55, 0.7)).astype(np.uint8)


def write_png(path: Path, pixels: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), pixels[..., ::-1] if pixels.ndim == 3 else pixels)
    return path


def write_small(root: Path, count: int = 6) -> Dataset:
    """Write photographs of three poles, two in train and one in val."""
    photographs = []
    for number in range(count):
        image = write_png(root / "images" / f"p{number}.png", picture(number))
        label = write_png(root / "masks" / f"p{number}.png", mask(number))
        photographs.append(
            Photograph(
                image=f"images/p{number}.png", mask=f"masks/p{number}.png", place=f"pole {number % 3}",
                image_sha256=sha256_of(image), mask_sha256=sha256_of(label), mm_per_px=0.5 + number / 10,
            )
        )  # fmt: skip
    dataset = Dataset(
        format="highmast-dataset/1", name="small", source="made for a test", licence="CC0-1.0", split_by="pole",
        labels=LABELS, splits={"train": ("pole 0", "pole 1"), "val": ("pole 2",)}, photograph=tuple(photographs),
    )  # fmt: skip
    write_dataset(root, dataset)
    return dataset
