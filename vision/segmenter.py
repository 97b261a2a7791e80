"""Rust in a photograph, pixel by pixel, by the network in ONNX Runtime or OpenVINO. Imports no torch."""

import hashlib
import os
from functools import partial
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from vision.model_file import Card, ModelFileError, from_metadata, read_model
from vision.preprocess import padded, probability_of, tiles
from vision.registry import production
from vision.runtime import DEFAULT, Run, keep, kept, onnx_run, onnx_session, open_vino
from vision.two_scales import at_half_scale, rust_logit
from vision.types import Image, Mask, ModelInfo

Probability = npt.NDArray[np.float32]


class Segmenter:
    """A loaded model. `segment` may be called from one thread at a time."""

    def __init__(self, run: Run, outputs: tuple[str, ...], card: Card, sha256: str, runtime: str) -> None:
        self.run, self._outputs = run, outputs
        self.two_scales = "fine" in outputs
        """Whether the graph gives both scales apart, so that the full one is computed only where it is needed."""
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
            return cls(onnx_run(session), outputs, card, sha256, runtime)
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
        height, width = image.shape[:2]
        whole = padded(image)[0]
        steel = None
        if self.two_scales:
            probability, steel = self._two_scales(whole, (ceil(height / 4), ceil(width / 4)))
            labels: list[npt.NDArray[Any]] = []
        else:
            probability, *labels = self._everywhere(whole)
        probability, *labels = (plane[:height, :width] for plane in (probability, *labels))
        label = (probability >= np.float32(self.card.threshold)).astype(np.uint8)
        classes = np.where(label, labels[1], labels[0]) if labels else None
        return Mask(np.ascontiguousarray(probability), label, self.info, classes, steel)

    def _two_scales(self, image: Image, quarter: tuple[int, int]) -> tuple[Probability, Probability | None]:
        """Return the probability of rust, from coarse to fine, and that of steel cut to a quarter of the picture."""
        small = at_half_scale(image, self._coarse)
        logit = rust_logit(image, small[0], partial(self._logit, "fine"))
        probability = probability_of(logit, self.card.temperature)
        if len(small) == 1:
            return probability, None
        steel = 1 / (1 + np.exp(-small[1, : quarter[0], : quarter[1]]))
        return probability, np.asarray(steel, dtype=np.float32)

    def _coarse(self, part: Image) -> npt.NDArray[np.float32]:
        planes = self._logit("coarse", part)
        return planes if planes.ndim == 3 else planes[None]  # before format 4

    def _logit(self, output: str, part: Image) -> npt.NDArray[np.float32]:
        return np.asarray(self.run(np.ascontiguousarray(part)[None], output)[0][0], dtype=np.float32)

    def _everywhere(self, image: Image) -> list[npt.NDArray[Any]]:
        """Return the planes of a graph that computes both scales at once, probability of rust first."""
        planes = [np.empty(image.shape[:2], dtype=np.uint8 if n else np.float32) for n in range(len(self._outputs))]
        for tile in tiles(*image.shape[:2]):
            rust, *labels = self.run(np.ascontiguousarray(image[tile.read])[None], None)
            probability = (
                rust[0] if self._outputs[0] == "probability" else probability_of(rust[0], self.card.temperature)
            )
            for plane, answer in zip(planes, (probability, *(each[0] for each in labels)), strict=True):
                plane[tile.keep] = tile.kept(answer)
        return planes


def remember(path: Path | None, runtime: str) -> None:
    """Keep a runtime for a model file (None = the one in production) on this machine."""
    keep(_sha256(path), runtime)


def _sha256(path: Path | None) -> str:
    return hashlib.sha256(read_model(production() if path is None else path)).hexdigest()
