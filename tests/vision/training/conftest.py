"""Training needs torch: without it these tests are skipped, or fail where everything is required."""

import os
from importlib.util import find_spec

import pytest

collect_ignore_glob: list[str] = []
if find_spec("torch") is None:
    if os.environ.get("HIGHMAST_REQUIRE_ALL") == "1":
        raise RuntimeError("HIGHMAST_REQUIRE_ALL=1, but torch is missing: pip install 'highmast[train]'")
    collect_ignore_glob = ["test_*.py"]


def pytest_report_header() -> str:
    return "training tests: skipped, torch is missing" if find_spec("torch") is None else "training tests: run"


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    """Tests run beside each other; the loader's processes must not inherit OpenCV's threads."""
    import cv2
    import torch

    cv2.setNumThreads(1)
    torch.set_num_threads(1)
