"""Read any photograph a crew may have, as the RGB bytes that the model takes."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image as Picture
from PIL import ImageOps, UnidentifiedImageError

from vision.types import Image

MOST_PIXELS = 80_000_000
"""A larger picture is refused by its header, before it fills the memory."""

TOO_MANY = f"is more than {MOST_PIXELS // 1_000_000} million pixels; scale it down"

ENDINGS = frozenset((".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"))
"""What is taken for a photograph in a folder."""


class PhotographError(ValueError):
    """A file that is no readable photograph; the message says why."""


def photographs(paths: tuple[Path, ...]) -> Iterator[Path]:
    """Yield the given files, and the photographs inside given folders (and theirs) in name order."""
    for path in paths:
        if path.is_dir():
            yield from sorted(each for each in path.rglob("*") if each.suffix.lower() in ENDINGS and each.is_file())
        else:
            yield path


def read_photograph(path: Path) -> Image:
    """Read a picture upright, RGB (height_px, width_px, 3).

    Grey, palette, CMYK, alpha (dropped) and 16 bit are converted; EXIF rotation is applied. Raises
    PhotographError for a file that is missing, cut off, too large or no picture.
    """
    try:
        with _quietly(), Picture.open(path) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise PhotographError(f"{opened.width} x {opened.height} pixels {TOO_MANY}")
            return _rgb(_upright(opened))
    except PhotographError:
        raise
    except Picture.DecompressionBombError:
        raise PhotographError(TOO_MANY) from None
    except UnidentifiedImageError:
        raise PhotographError("not a picture (JPEG, PNG, TIFF, WebP or BMP)") from None
    except Exception as error:  # of a damaged file Pillow raises whatever its parsers do: ValueError, struct.error, ...
        raise PhotographError(f"cannot be read: {_reason(error)}") from None


def _upright(opened: Picture.Image) -> Picture.Image:
    """Turn a picture by its EXIF. Pillow would then write all of it again, which fails for an odd tag."""
    opened.load()
    opened.getexif()  # kept by Pillow from here on
    opened.info.pop("exif", None)
    return ImageOps.exif_transpose(opened)


@contextmanager
def _quietly() -> Iterator[None]:
    """Keep Pillow's warnings of odd metadata, and of a size that is refused here, to itself."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _rgb(picture: Picture.Image) -> Image:
    """Convert any mode; 16 and 32 bit grey keep their upper bits."""
    if picture.mode.startswith(("I", "F")):
        values = np.asarray(picture).astype(np.float64)
        scale = 255 / 65535 if picture.mode.startswith("I") else 255 / max(1.0, float(values.max()))
        grey = np.clip(values * scale, 0, 255).astype(np.uint8)
        return np.repeat(grey[..., None], 3, axis=2)
    return np.asarray(picture.convert("RGB"), dtype=np.uint8)


def _reason(error: BaseException) -> str:
    strerror = getattr(error, "strerror", None)
    return str(strerror or error or type(error).__name__)
