"""For all tests: no model that somebody promoted on this machine, commands that speak English, and a Hypothesis that
judges the code, not how busy the machine is."""

import os
import shutil
import tempfile

from hypothesis import HealthCheck, settings

os.environ["HIGHMAST_MODELS"] = tempfile.mkdtemp(prefix="highmast-models-")
os.environ["LC_MESSAGES"] = "C"
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


def pytest_unconfigure() -> None:
    """Leave nothing behind in the system's folder for temporary files."""
    shutil.rmtree(os.environ["HIGHMAST_MODELS"], ignore_errors=True)
