"""No test grades with a model that somebody promoted on this machine."""

import os
import tempfile

os.environ["HIGHMAST_MODELS"] = tempfile.mkdtemp(prefix="highmast-models-")
