"""The notebooks run, in order, on the shipped data set; they are short, define nothing and are kept without outputs."""

import ast
import os
import re
import shutil
import time
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
NEEDED = ("nbclient", "nbformat", "ipykernel", "matplotlib", "torch")

missing = [name for name in NEEDED if find_spec(name) is None]
if missing and os.environ.get("HIGHMAST_REQUIRE_ALL") == "1":
    raise RuntimeError(f"HIGHMAST_REQUIRE_ALL=1, but {missing} are missing: pip install 'highmast[train,notebooks]'")
if missing:
    pytest.skip(f"{', '.join(missing)} missing: pip install 'highmast[train,notebooks]'", allow_module_level=True)

import nbformat  # noqa: E402
from nbclient import NotebookClient  # noqa: E402

from vision.dataset.formats.masks import mask_of  # noqa: E402

DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


def test_there_are_five() -> None:
    assert [path.stem[:2] for path in NOTEBOOKS] == ["01", "02", "03", "04", "05"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_short_defines_nothing_and_is_clear(path: Path) -> None:
    cells = nbformat.read(path, 4).cells
    assert len(cells) < 20
    for cell in cells:
        if cell.cell_type == "code":
            assert (cell.outputs, cell.execution_count) == ([], None)
            assert not any(isinstance(node, DEFINITIONS) for node in ast.walk(ast.parse(cell.source)))


def execute(notebook: nbformat.NotebookNode) -> None:
    where = {"metadata": {"path": str(ROOT / "notebooks")}}
    NotebookClient(notebook, timeout=600, kernel_name="python3", resources=where).execute()


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_labelling_again_makes_another_batch_and_what_was_corrected_is_read_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "notebook").mkdir()
    shutil.copyfile(ROOT / "vision" / "models" / "rust.onnx", tmp_path / "notebook" / "rust.onnx")
    for name, value in {"RUNS": str(tmp_path), "PICKS": "2"}.items():
        monkeypatch.setenv(f"HIGHMAST_{name}", value)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    notebook = nbformat.read(NOTEBOOKS[3], 4)
    execute(notebook)
    corrected = tmp_path / "batch-1" / "to-label" / "cvat" / "annotations.xml"
    corrected.write_text(re.sub("<mask .*?</mask>", "", corrected.read_text(), count=1))
    kept = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    execute(notebook)
    assert (tmp_path / "batch-2" / "labelled-1" / "dataset.toml").is_file()
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    back = nbformat.v4.new_code_cell('BATCH = RUNS / "batch-1"')
    execute(nbformat.v4.new_notebook(cells=[code[0], back, code[-1]]))
    assert {path: path.read_bytes() for path in kept} == kept
    first, second = (sorted((tmp_path / "batch-1" / f"labelled-{number}" / "masks").iterdir()) for number in (1, 2))
    assert [sum(mask_of(path).any() for path in masks) for masks in (first, second)] == [2, 1]


@pytest.mark.torch
@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.filterwarnings("default")  # of the kernel's client; the notebooks run in a process of their own
def test_the_notebooks_run_one_after_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HIGHMAST_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("HIGHMAST_STEPS", "8")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    outputs = {}
    for path in NOTEBOOKS:
        notebook = nbformat.read(path, 4)
        began_s = time.monotonic()
        execute(notebook)
        print(f"{path.stem}: {time.monotonic() - began_s:.1f} s")
        outputs[path.stem[:2]] = [output for cell in notebook.cells for output in cell.get("outputs", [])]
        if shown := os.environ.get("HIGHMAST_KEEP_NOTEBOOKS"):
            nbformat.write(notebook, Path(shown) / path.name)
    pictures = {name: sum("image/png" in out.get("data", {}) for out in made) for name, made in outputs.items()}
    assert pictures == {"01": 2, "02": 1, "03": 3, "04": 1, "05": 1}
    assert (tmp_path / "runs" / "notebook" / "run.json").is_file()
    assert (tmp_path / "runs" / "models" / "journal.jsonl").is_file()
    assert "12 photographs came back, 0 left out, 0 problems" in str(outputs["04"])
