"""`highmast grade` as a person runs it: a process, files, exit statuses."""

import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from vision.render_noise import tile

ROOT = Path(__file__).parents[3]


def highmast(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "climber", *map(str, words)], cwd=ROOT, capture_output=True, text=True, check=False
    )


@pytest.fixture
def rusty(tmp_path: Path) -> Path:
    rng = np.random.default_rng(3)
    image = (165 + 4 * rng.standard_normal((250, 310, 3))).clip(0, 255).astype(np.uint8)
    image[64:192, 64:192] = tile("rust_005")
    path = tmp_path / "photos" / "rusty.png"
    path.parent.mkdir()
    cv2.imwrite(str(path), image[..., ::-1])
    return path


def test_a_photograph_gets_a_grade_and_a_mask(rusty: Path, tmp_path: Path) -> None:
    done = highmast("grade", rusty, "--json", "--masks", tmp_path / "masks")
    assert (done.returncode, done.stderr) == (0, "")
    line = json.loads(done.stdout)
    assert list(line) == [
        "image", "rusted_fraction", "interval", "iso_4628_3", "astm_d610", "gradable", "reason", "model", "rule",
    ]  # fmt: skip
    mask = cv2.imread(str(tmp_path / "masks" / "rusty.png"), cv2.IMREAD_UNCHANGED)
    assert (mask.shape, mask.dtype) == ((250, 310), np.uint8)
    assert set(np.unique(mask)) == {0, 1}
    assert line["rusted_fraction"] == pytest.approx(float(mask.mean()))
    assert line["interval"][0] <= line["rusted_fraction"] <= line["interval"][1]
    assert line["iso_4628_3"] in ("Ri4", "Ri5")


def test_bad_files_are_reported_and_the_rest_go_on(rusty: Path) -> None:
    (rusty.parent / "a_text.jpg").write_text("no picture")
    (rusty.parent / "z_cut.png").write_bytes(rusty.read_bytes()[:2000])
    done = highmast("grade", rusty.parent, rusty.parent / "missing.jpg")
    assert done.returncode == 5
    assert "rusted" in done.stdout
    assert done.stdout.count("\n") == 1
    for name in ("a_text.jpg: not a picture", "z_cut.png: ", "missing.jpg: cannot be read: No such file"):
        assert name in done.stderr


def test_json_has_one_line_for_a_bad_file_too(rusty: Path) -> None:
    (rusty.parent / "bad.jpg").write_text("no picture")
    done = highmast("grade", rusty.parent, "--json")
    bad, good = map(json.loads, done.stdout.splitlines())
    assert (done.returncode, bad["gradable"], good["gradable"]) == (5, False, True)
    assert bad["reason"].startswith("unreadable")
    assert bad["rusted_fraction"] is None


def test_an_ungradable_photograph_keeps_status_0_and_gets_its_mask(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "dot.png"), np.full((1, 1, 3), 200, np.uint8))
    done = highmast("grade", tmp_path / "dot.png", "--masks", tmp_path / "masks")
    assert done.returncode == 0
    assert "ungradable  too small: 1 x 1 pixels" in done.stdout
    assert cv2.imread(str(tmp_path / "masks" / "dot.png"), cv2.IMREAD_UNCHANGED).shape == (1, 1)


def test_wrong_use_is_explained(rusty: Path, tmp_path: Path) -> None:
    other = tmp_path / "more" / "rusty.jpg"
    other.parent.mkdir()
    other.write_bytes(rusty.read_bytes())
    cases = {
        ("grade", rusty, "--model", rusty): "no highmast rust model",
        ("grade", rusty, other, "--masks", tmp_path / "masks"): "would both write rusty.png",
        ("grade", tmp_path / "more" / ".."): None,
    }
    empty = tmp_path / "empty"
    empty.mkdir()
    cases[("grade", empty)] = "no photographs in"
    for words, message in cases.items():
        done = highmast(*words)
        assert (done.returncode, message is None or message in done.stderr) == (0 if message is None else 2, True)


def test_no_result_takes_the_place_of_a_photograph_or_of_another_result(rusty: Path, tmp_path: Path) -> None:
    before, same = rusty.read_bytes(), tmp_path / "out"
    for option in ("--masks", "--pictures"):
        done = highmast("grade", rusty.parent, option, tmp_path / "photos" / ".." / "photos")
        assert done.returncode == 2
        assert "rusty.png is a photograph and would be overwritten" in done.stderr
        assert rusty.read_bytes() == before
    done = highmast("grade", rusty, "--masks", same, "--pictures", same)
    assert done.returncode == 2
    assert "give each a folder of its own" in done.stderr
    assert not list(same.iterdir())


def test_a_place_that_takes_no_results_is_named(rusty: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "taken" / "rusty.png").mkdir(parents=True)
    for place, why in (("file", "File exists"), ("file/below", "Not a directory"), ("taken", "Is a directory")):
        done = highmast("grade", rusty, "--masks", tmp_path / place)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1)
        assert f"{tmp_path / place}: {why}; give a folder that you can write" in done.stderr


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS takes no such names")
def test_a_name_that_is_no_utf_8_ends_no_batch(rusty: Path) -> None:
    name = os.fsencode(rusty.parent) + b"/" + "锈蚀".encode("gbk") + b".png"
    Path(os.fsdecode(name)).write_bytes(rusty.read_bytes())
    command = [sys.executable, "-m", "climber", "grade", str(rusty.parent)]
    strict = os.environ | {"PYTHONIOENCODING": "utf-8:strict"}  # as under zh_HK.UTF-8, which not every machine has
    done = subprocess.run(command, cwd=ROOT, env=strict, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert name + b"  " in done.stdout
    assert done.stdout.count(b"rusted") == 2


def test_torch_is_not_imported(rusty: Path) -> None:
    code = (
        "import sys; from climber.commands.grade import command\n"
        f"command([{str(rusty)!r}], standalone_mode=False)\n"
        "assert 'torch' not in sys.modules and 'fastapi' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read every folder")
def test_an_unreadable_folder_is_named(tmp_path: Path) -> None:
    locked = tmp_path / "locked"
    locked.mkdir(mode=0)
    done = highmast("grade", locked)
    assert done.returncode == 2
    locked.chmod(0o700)
