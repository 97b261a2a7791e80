"""A tiny data set and tile folder, made for a test: grey walls with brown patches."""

from pathlib import Path

import cv2
import numpy as np

from vision.render_noise import tile


def write_photographs(root: Path) -> Path:
    """Write six training and two validation photographs of the set `street`."""
    rows = ["set,name,split"]
    for folder in ("images", "masks"):
        (root / "street" / folder).mkdir(parents=True)
    for index in range(8):
        rng = np.random.default_rng(index)
        image = (150 + 8 * rng.standard_normal((192, 192, 3))).clip(0, 255).astype(np.uint8)
        mask = np.zeros((192, 192), np.uint8)
        top, left = rng.integers(10, 60, 2)
        image[top : top + 128, left : left + 128] = tile("rust_005")
        mask[top : top + 128, left : left + 128] = 1
        cv2.imwrite(str(root / "street" / "images" / f"s{index}.png"), image[..., ::-1])
        cv2.imwrite(str(root / "street" / "masks" / f"s{index}.png"), mask)
        rows.append(f"street,s{index},{'train' if index < 6 else 'val'}")
    (root / "index.csv").write_text("\n".join(rows) + "\n")
    return root


def write_tiles(root: Path) -> Path:
    """Write two tiles of each material that made pictures use."""
    for material in ("Rust", "Paint", "Plastic", "Metal", "Plaster", "Concrete", "Bricks"):
        (root / material).mkdir(parents=True)
        for number in (0, 1, 3):
            picture = tile(f"rust_00{number}") if material == "Rust" else tile("metal_000")
            cv2.imwrite(str(root / material / f"{material}_00{number}.png"), picture[..., ::-1])
    return root
