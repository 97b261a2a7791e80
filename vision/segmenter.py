"""Rust in a photograph, pixel by pixel, by the network in ONNX Runtime or OpenVINO. Imports no torch."""

import hashlib
import os
from pathlib import Path

import numpy as np

from vision.model_file import Card, ModelFileError, from_metadata, read_model
from vision.preprocess import padded, probability_of, tiles
from vision.registry import production
from vision.runtime import DEFAULT, Run, keep, kept, onnx_session, open_vino
from vision.types import Image, Mask, ModelInfo


class Segmenter:
    """A loaded model. `segment` may be called from one thread at a time."""

    def __init__(self, run: Run, outputs: tuple[str, ...], card: Card, sha256: str, runtime: str) -> None:
        self._run, self._outputs = run, len(outputs)
        self._halved = outputs[0] == "logit"
        self.card = card
        rates = (card.true_positive_rate, card.false_positive_rate, card.gains, card.alarms)
        sure = (card.sure_gains, card.sure_alarms)
        self.info = ModelInfo(card.name, sha256, card.threshold, *rates, *sure, card.labels, card.rust_values)
        self.runtime = runtime
        """What computes: `onnxruntime f32`, `openvino f32` or `openvino bf16`."""

    @classmethod
    def load(cls, path: Path | None = None, threads: int | None = None, runtime: str = DEFAULT) -> "Segmenter":
        """Load a model file (None = the one in production, see vision/registry.py) for `threads` cores (None = all).

        `runtime` is one of `vision.runtime.CANDIDATES`. Raises ModelFileError (a ValueError) when the file is missing,
        damaged or of another kind, ImportError when the runtime is not installed.
        """
        path = production() if path is None else path
        content = read_model(path)
        threads = threads or os.cpu_count() or 1
        try:
            session = onnx_session(content, threads)
        except Exception as error:  # ONNX Runtime raises its own, unexported kinds
            raise ModelFileError(f"ONNX Runtime refuses model {path}: {error}; fetch the model again") from error
        card = from_metadata(path, session.get_modelmeta().custom_metadata_map)
        outputs = tuple(each.name for each in session.get_outputs())
        sha256 = hashlib.sha256(content).hexdigest()
        if runtime == DEFAULT:
            return cls(lambda image: session.run(None, {"image": image}), outputs, card, sha256, runtime)
        return cls(open_vino(content, runtime.split()[1], threads), outputs, card, sha256, runtime)

    @classmethod
    def load_fastest(cls, path: Path | None = None, threads: int | None = None) -> "Segmenter":
        """Load with the runtime that `highmast runtime` kept for this model on this machine, if it did.

        It starts a second or two later than ONNX Runtime: for many pictures. Raises like `load`.
        """
        return cls.load(path, threads, kept(_sha256(path)))

    def segment(self, image: Image) -> Mask:
        """Find rust in an RGB photograph of any size; ValueError unless it is uint8 (height_px, width_px, 3)."""
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or 0 in image.shape:
            raise ValueError(f"image is {image.dtype} {image.shape}; give RGB bytes, shape (height_px, width_px, 3)")
        planes = [np.empty(image.shape[:2], dtype=np.float32 if n == 0 else np.uint8) for n in range(self._outputs)]
        for tile in tiles(*image.shape[:2]):
            for plane, answer in zip(planes, self._answer(image[tile.read]), strict=True):
                plane[tile.keep] = tile.kept(answer)
        label = (planes[0] >= np.float32(self.card.threshold)).astype(np.uint8)
        classes = np.where(label, planes[2], planes[1]) if self._outputs == 3 else None
        return Mask(planes[0], label, self.info, classes)

    def _answer(self, part: Image) -> list[np.ndarray[tuple[int, int], np.dtype[np.float32]]]:
        rust, *labels = self._run(padded(part))
        planes = (probability_of(rust) if self._halved else rust, *labels)
        return [plane[0, : part.shape[0], : part.shape[1]] for plane in planes]


def remember(path: Path | None, runtime: str) -> None:
    """Keep a runtime for a model file (None = the one in production) on this machine."""
    keep(_sha256(path), runtime)


def _sha256(path: Path | None) -> str:
    return hashlib.sha256(read_model(production() if path is None else path)).hexdigest()
