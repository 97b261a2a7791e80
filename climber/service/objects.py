"""Blobs by SHA-256 in a folder: received beside their place, hashed on the way, flushed, then renamed.

A blob's name is its hash, never anything a client chose.
"""

import hashlib
import os
import secrets
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import anyio
from PIL import Image, UnidentifiedImageError

from climber.files import sync_folder
from climber.service.settings import Limits

Image.MAX_IMAGE_PIXELS = None  # Pillow's limit lies below a whole pole; ours is checked before anything is decoded
MIME = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}


class BlobRefusedError(Exception):
    """What was sent is not kept: status for HTTP and a sentence for its sender."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class BlobInfo:
    """What is known of a picture without decoding it."""

    sha256: str
    size_bytes: int
    mime: str
    width_px: int
    height_px: int


class BlobFolder:
    """Blobs under `folder`, two characters of the hash a sub-folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._incoming = folder / "incoming"
        self._incoming.mkdir(parents=True, exist_ok=True)

    def path(self, sha256: str) -> Path:
        """Return where the blob lies, present or not."""
        return self._folder / sha256[:2] / sha256

    def check(self) -> None:
        """Raise OSError when nothing can be written here."""
        probe = self._incoming / secrets.token_hex(16)
        try:
            probe.write_bytes(b"x")  # a full disk still takes an empty file
        finally:
            probe.unlink(missing_ok=True)

    async def receive(self, sha256: str, chunks: AsyncIterator[bytes], limits: Limits) -> BlobInfo:
        """Store what `chunks` bring, or raise BlobRefusedError: too large, no picture, another hash."""
        temporary = self._incoming / secrets.token_hex(16)
        try:
            size_bytes = await _hash_into(temporary, sha256, chunks, limits.blob_bytes)
            info = await anyio.to_thread.run_sync(_inspect, temporary, sha256, size_bytes, limits.blob_pixels)
            await anyio.to_thread.run_sync(_keep, temporary, self.path(sha256))
        finally:
            temporary.unlink(missing_ok=True)
        await self.kept(info)
        return info

    async def kept(self, info: BlobInfo) -> None:
        """Called when a blob lies in its place, before it is acknowledged."""

    async def local(self, sha256: str) -> Path:
        """Return the blob's file for reading."""
        return self.path(sha256)

    async def whole(self, sizes: Mapping[str, int]) -> set[str]:
        """Return which of the blobs, named with their bytes, are really here; a file may be lost or cut short."""
        return await anyio.to_thread.run_sync(lambda: {one for one in sizes if self._size_bytes(one) == sizes[one]})

    def _size_bytes(self, sha256: str) -> int | None:
        try:
            return self.path(sha256).stat().st_size
        except FileNotFoundError:
            return None


async def _hash_into(temporary: Path, sha256: str, chunks: AsyncIterator[bytes], limit_bytes: int) -> int:
    hashed, size_bytes = hashlib.sha256(), 0
    async with await anyio.open_file(temporary, "wb") as out:
        async for chunk in chunks:
            size_bytes += len(chunk)
            if size_bytes > limit_bytes:
                raise BlobRefusedError(413, f"The blob is larger than {limit_bytes} bytes.")
            hashed.update(chunk)
            await out.write(chunk)
        await out.flush()
        await anyio.to_thread.run_sync(os.fsync, out.wrapped.fileno())
    if hashed.hexdigest() != sha256:
        raise BlobRefusedError(
            422, f"{size_bytes} bytes came with SHA-256 {hashed.hexdigest()}, not {sha256}. Send them again."
        )
    return size_bytes


def _inspect(path: Path, sha256: str, size_bytes: int, limit_pixels: int) -> BlobInfo:
    try:
        with Image.open(path, formats=list(MIME)) as image:
            kind, (width_px, height_px) = image.format, image.size
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise BlobRefusedError(415, "Only JPEG, PNG and WebP pictures are kept.") from error
    if width_px * height_px > limit_pixels:
        raise BlobRefusedError(413, f"{width_px} x {height_px} is more than {limit_pixels} pixels.")
    return BlobInfo(sha256, size_bytes, MIME[kind or ""], width_px, height_px)


def _keep(temporary: Path, place: Path) -> None:
    place.parent.mkdir(exist_ok=True)
    temporary.replace(place)
    sync_folder(place.parent)
    sync_folder(place.parent.parent)
