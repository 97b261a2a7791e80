"""The parity gate, and what is kept of it."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from climber.commands import runtime as runtime_command
from vision import parity, runtime
from vision.metrics import count
from vision.parity import fastest, judged, pictured, trials
from vision.segmenter import Segmenter, remember

needs_openvino = pytest.mark.skipif(find_spec("openvino") is None, reason="OpenVINO is not installed")


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(parity, "SIDE_PX", 256)


def test_without_a_choice_onnx_runtime_computes() -> None:
    assert Segmenter.load_fastest(threads=1).runtime == runtime.DEFAULT


@needs_openvino
def test_openvino_in_float32_gives_the_same_labels() -> None:
    image, truth = pictured(1)
    first, second = (Segmenter.load(None, 1, name).segment(image) for name in ("onnxruntime f32", "openvino f32"))
    assert np.abs(first.probability - second.probability).max() < 1e-3
    assert (first.label != second.label).mean() <= 1 - parity.SAME_LABELS
    assert truth.any()


@needs_openvino
def test_a_kept_choice_is_used_until_the_machine_or_model_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    remember(None, "openvino f32")
    assert Segmenter.load_fastest(threads=1).runtime == "openvino f32"
    monkeypatch.setattr(runtime, "_processor", lambda: "another")
    assert Segmenter.load_fastest(threads=1).runtime == runtime.DEFAULT


def test_a_damaged_choice_is_no_choice() -> None:
    runtime.place().parent.mkdir(parents=True)
    for text in ("", "[]", '{"runtime": 3}', "\x00"):
        runtime.place().write_text(text)
        assert runtime.kept("0" * 64) == runtime.DEFAULT


def test_the_gate_refuses_masks_that_differ() -> None:
    truth = np.zeros((100, 100), np.uint8)
    truth[:50] = 1
    base = count(truth, truth)
    shifted = np.roll(truth, 2, axis=0)
    assert judged("openvino bf16", 1.0, [truth], [truth], base, base).passes
    assert not judged("openvino f32", 1.0, [shifted], [truth], count(shifted, truth), base).passes
    assert not judged("openvino bf16", 1.0, [shifted], [truth], count(shifted, truth), base).passes
    smaller = truth.copy()
    smaller[48:] = 0
    assert not judged("openvino bf16", 1.0, [smaller], [truth], count(smaller, truth), base).passes


def test_every_runtime_is_tried_and_the_default_always_passes() -> None:
    tried = list(trials(None, 1, 2))
    assert [trial.runtime for trial in tried] == list(runtime.CANDIDATES)
    assert tried[0].passes
    assert tried[0].same_labels == 1
    assert fastest(tried).passes


def test_the_command_keeps_the_fastest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parity, "CANDIDATES", (runtime.DEFAULT,))
    done = CliRunner().invoke(runtime_command.command, ["--threads", "1"], catch_exceptions=False)
    assert done.exit_code == 0
    assert "fastest that passes: onnxruntime f32" in done.output
    assert runtime.place().is_file()
