"""What computes the network: ONNX Runtime in float32, or OpenVINO where the parity gate let it pass on this machine.

The choice is made by `highmast runtime` (vision/parity.py) and kept in one small file per user; without that file,
with another model, another processor or another OpenVINO, ONNX Runtime computes.
"""

import json
import os
import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy.typing as npt
import onnxruntime

Run = Callable[[npt.NDArray[Any], str | None], list[npt.NDArray[Any]]]
"""Bytes (1, h, w, 3) to the graph's outputs, or to the named one, for which the others are not computed."""

DEFAULT = "onnxruntime f32"
SIZES = 4
"""Sizes of picture for which OpenVINO gets a graph of its own for each output, a tenth faster; any others share one."""

CANDIDATES = (DEFAULT, "openvino f32", "openvino bf16")


def onnx_session(content: bytes, threads: int) -> onnxruntime.InferenceSession:
    """Open a model in ONNX Runtime on the processor."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def onnx_run(session: onnxruntime.InferenceSession) -> Run:
    """Compute with ONNX Runtime."""
    options = onnxruntime.RunOptions()
    options.only_execute_path_to_fetches = True

    def run(image: npt.NDArray[Any], output: str | None) -> list[npt.NDArray[Any]]:
        return list(session.run(None if output is None else [output], {"image": image}, options))

    return run


def open_vino(content: bytes, precision: str, threads: int) -> Run:
    """Open a model in OpenVINO with `precision` f32 or bf16; ModuleNotFoundError without the extra `openvino`."""
    import openvino

    hints = {
        "INFERENCE_PRECISION_HINT": precision,
        "INFERENCE_NUM_THREADS": threads,
        "PERFORMANCE_HINT": "LATENCY",
    }
    core = openvino.Core()
    compiled: dict[tuple[Any, ...], Any] = {}

    def request(output: str | None, shape: tuple[int, ...]) -> Any:
        known = sum(name == output for name, *_ in compiled)
        key = (output, *shape) if (output, *shape) in compiled or known < SIZES else (output,)
        if key not in compiled:
            model = core.read_model(content)
            if output is not None:
                model = openvino.Model([model.output(output)], model.get_parameters())
            if len(key) > 1:
                model.reshape(list(shape))
            compiled[key] = core.compile_model(model, "CPU", hints).create_infer_request()
        return compiled[key]

    def run(image: npt.NDArray[Any], output: str | None) -> list[npt.NDArray[Any]]:
        answers = request(output, image.shape).infer({0: image})
        return [answers[index].copy() for index in range(len(answers))]

    return run


def place() -> Path:
    """Return the file that keeps the choice."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "highmast" / "runtime.json"


def machine() -> dict[str, str]:
    """Return what a choice is valid for, beside the model."""
    return {"processor": _processor(), "openvino": _version("openvino"), "onnxruntime": onnxruntime.__version__}


def keep(sha256: str, name: str) -> None:
    """Keep the choice for a model on this machine."""
    path = place()
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".tmp")
    part.write_text(json.dumps({"model_sha256": sha256, "runtime": name, **machine()}, indent=1))
    part.replace(path)


def kept(sha256: str) -> str:
    """Return the choice for a model on this machine; DEFAULT where there is none or anything has changed."""
    try:
        choice = json.loads(place().read_text())
        same = choice == {"model_sha256": sha256, "runtime": choice["runtime"], **machine()}
    except (OSError, ValueError, KeyError, TypeError):
        return DEFAULT
    return str(choice["runtime"]) if same and choice["runtime"] in CANDIDATES else DEFAULT


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return " ".join(line.split(":", 1)[1].strip() for line in lines if line.startswith(("model name", "flags")))[:4000]


def _version(package: str) -> str:
    from importlib.metadata import PackageNotFoundError, version  # 50 ms that one photograph need not wait

    try:
        return version(package)
    except PackageNotFoundError:
        return "none"
