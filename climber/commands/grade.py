"""`highmast grade`: the rust in photographs, without a robot, a pole or a service."""

import json
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from climber.errors import SOME_UNREAD, InputError

if TYPE_CHECKING:
    from climber.photo_grade import PhotoGrade
    from vision.segmenter import Segmenter
    from vision.types import Image, Mask

BAR_FROM = 20
"""Fewer photographs are done before a progress bar is of use."""


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="IMAGE_OR_FOLDER...")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.option("--masks", type=click.Path(path_type=Path), help="Folder for <stem>.png: 0 = not rust, 1 = rust.")
@click.option(
    "--pictures", type=click.Path(path_type=Path), help="Folder for <stem>.png: photograph beside its labels."
)
@click.option("--model", type=click.Path(path_type=Path), help="Model file; default: the one in production.")
@click.option("--threads", type=click.IntRange(1, 256), help="Cores to use; all by default.")
def command(
    paths: tuple[Path, ...],
    as_json: bool,
    masks: Path | None,
    pictures: Path | None,
    model: Path | None,
    threads: int | None,
) -> None:
    """Grade the rust in photographs: its share of the picture, ISO 4628-3 and ASTM D610.

    A file that cannot be read is reported and the rest go on; the exit status is then 5. A model that knows more
    labels than rust writes their values into the masks, and says each label's share.
    """
    images = _found(paths, masks, pictures)
    segmenter = _loaded(model, threads, len(images) >= BAR_FROM)
    unread = 0
    for line, error in _lines(images, segmenter, masks, pictures):
        unread += error is not None
        if error is not None:
            click.echo(f"highmast: {line.image}: {error}", err=True)
        if as_json or error is None:
            click.echo(json.dumps(line.as_json()) if as_json else line.as_text())
    if unread:
        sys.exit(SOME_UNREAD)


def _found(paths: tuple[Path, ...], *folders: Path | None) -> list[Path]:
    """List the photographs; refuse two that would write the same mask."""
    from vision.photograph import photographs

    try:
        images = list(photographs(paths))
    except OSError as error:
        raise InputError(f"{error.filename}: {error.strerror}; give a readable folder") from None
    if not images:
        raise InputError(f"no photographs in {', '.join(map(str, paths))}; give JPEG, PNG, TIFF, WebP or BMP files")
    for folder in folders:
        if folder is not None:
            with _writing(folder):
                folder.mkdir(parents=True, exist_ok=True)
            _check_stems(images)
            _check_places(images, folder)
    if None not in folders and len({each.resolve() for each in folders if each is not None}) < len(folders):
        raise InputError(f"{folders[0]}: masks and pictures have the same names; give each a folder of its own")
    return images


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """Say which folder takes no results, and why."""
    try:
        yield
    except OSError as error:
        raise InputError(f"{folder}: {error.strerror}; give a folder that you can write, on a disk with room") from None


def _check_places(images: list[Path], folder: Path) -> None:
    """Refuse a folder in which a result would take a photograph's own place."""
    for image in images:
        written = folder / f"{image.stem}.png"
        if written.exists() and image.exists() and written.samefile(image):
            raise InputError(f"{written} is a photograph and would be overwritten; give another folder for the results")


def _check_stems(images: list[Path]) -> None:
    taken: dict[str, Path] = {}
    for image in images:
        other = taken.setdefault(image.stem, image)
        if other is not image:
            raise InputError(f"{other} and {image} would both write {image.stem}.png; grade them into two folders")


def _loaded(model: Path | None, threads: int | None, many: bool) -> "Segmenter":
    from vision.runtime import DEFAULT
    from vision.segmenter import Segmenter

    try:
        segmenter = (Segmenter.load_fastest if many else Segmenter.load)(model, threads)
    except ValueError as error:
        raise InputError(str(error)) from None
    if segmenter.runtime != DEFAULT:
        click.echo(f"computed by {segmenter.runtime}, kept by `highmast runtime`", err=True)
    return segmenter


def _lines(
    images: list[Path], segmenter: "Segmenter", masks: Path | None, pictures: Path | None
) -> Iterator[tuple["PhotoGrade", str | None]]:
    """Grade in order; a photograph that cannot be read comes with its error."""
    from climber.photo_grade import graded, not_graded

    with click.progressbar(length=len(images), file=sys.stderr, hidden=_few(images), label="grading") as bar:
        for path, read in _read_ahead(images):
            if isinstance(read, ValueError):
                yield not_graded(str(path), f"unreadable: {read}", segmenter.card), str(read)
            else:
                mask = segmenter.segment(read)
                if masks is not None:
                    with _writing(masks):
                        _write(masks / f"{path.stem}.png", mask)
                if pictures is not None:
                    with _writing(pictures):
                        _draw(pictures / f"{path.stem}.png", read, mask)
                yield graded(str(path), read, mask, segmenter.card), None
            bar.update(1)


def _read_ahead(images: list[Path]) -> Iterator[tuple[Path, "Image | ValueError"]]:
    """Read the next photograph while the last one is segmented: two in memory, no more."""
    with ThreadPoolExecutor(1) as reader:
        coming = reader.submit(_read, images[0])
        for path, following in zip(images, [*images[1:], None], strict=True):
            read = coming.result()
            if following is not None:
                coming = reader.submit(_read, following)
            yield path, read


def _read(path: Path) -> "Image | ValueError":
    from vision.photograph import PhotographError, read_photograph

    try:
        return read_photograph(path)
    except PhotographError as error:
        return error


def _few(images: list[Path]) -> bool:
    return len(images) < BAR_FROM or not sys.stderr.isatty()


def _write(path: Path, mask: "Mask") -> None:
    """Write a mask as a grey PNG of 0 and 1, or of the model's own labels."""
    import cv2

    from climber.files import write_file

    written, png = cv2.imencode(".png", mask.label if mask.classes is None else mask.classes)
    assert written
    write_file(path, bytes(png))


def _draw(path: Path, image: "Image", mask: "Mask") -> None:
    """Write a photograph beside itself with its labels laid over."""
    from climber.files import write_file
    from vision.dataset.sheet import beside, tiled

    values = mask.label if mask.classes is None else mask.classes
    write_file(path, tiled([beside(image, values, path.stem)], 1))
