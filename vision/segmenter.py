"""Rust in a photograph, pixel by pixel, by the network in ONNX Runtime. Imports no torch."""

import hashlib
import os
from pathlib import Path

import numpy as np
import onnxruntime

from vision.model_file import Card, ModelFileError, from_metadata, read_model
from vision.preprocess import padded, tiles
from vision.registry import production
from vision.types import Image, Mask, ModelInfo


class Segmenter:
    """A loaded model. `segment` may be called from one thread at a time."""

    def __init__(self, session: onnxruntime.InferenceSession, card: Card, sha256: str) -> None:
        self._session = session
        self._outputs = len(session.get_outputs())
        self.card = card
        rates = (card.true_positive_rate, card.false_positive_rate, card.gains, card.alarms)
        self.info = ModelInfo(card.name, sha256, card.threshold, *rates)

    @classmethod
    def load(cls, path: Path | None = None, threads: int | None = None) -> "Segmenter":
        """Load a model file (None = the one in production, see vision/registry.py) for `threads` cores (None = all).

        Raises ModelFileError (a ValueError) when the file is missing, damaged or of another kind.
        """
        path = production() if path is None else path
        content = read_model(path)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads or os.cpu_count() or 1
        options.enable_cpu_mem_arena = False
        options.log_severity_level = 3
        try:
            session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # ONNX Runtime raises its own, unexported kinds
            raise ModelFileError(f"ONNX Runtime refuses model {path}: {error}; fetch the model again") from error
        card = from_metadata(path, session.get_modelmeta().custom_metadata_map)
        return cls(session, card, hashlib.sha256(content).hexdigest())

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
        answers = self._session.run(None, {"image": padded(part)})
        return [answer[0, : part.shape[0], : part.shape[1]] for answer in answers]
