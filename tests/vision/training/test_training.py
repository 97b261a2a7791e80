"""Training for real, on a tiny data set: it learns, resumes, repeats itself, and exports what it learned."""

import json
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch.nn import functional

from vision.model_file import SHIPPED
from vision.segmenter import Segmenter

sys.path.insert(0, str(Path(__file__).parent))

from sample import write_photographs, write_tiles

from vision.comparison import looks
from vision.corrections import Corrections
from vision.training import crops, finish
from vision.training import poles as made_poles
from vision.training.augment import GROUND, IGNORE, OTHER, RUST, STEEL
from vision.training.loop import Places, Recipe, loss_of, pace, prepared, train
from vision.training.network import RustNet, folded, load_backbone, mobilenet_v2
from vision.training.paste import pasted
from vision.training.start import mean_network, trained_network
from vision.training.synthetic import pole
from vision.training.tiles import HELD_OUT_RUST, Tiles

pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("default")]

SMALL = Recipe(steps=4, batch=2, side_px=64, poles=2, warm_up=1, check_every=4, save_every_s=0.0)


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Places:
    root = tmp_path_factory.mktemp("training")
    photographs, tiles = write_photographs(root / "photographs"), write_tiles(root / "tiles")
    return Places(photographs, tiles, root / "out", None, root / "cache")


def weights(network: RustNet) -> np.ndarray:
    return torch.cat([value.flatten() for value in network.state_dict().values()]).numpy()


def only_street(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crops, "SHARES", {"street": 0.5, "flat": 0.2, "wall": 0.1, "pole": 0.2})


def test_the_same_seed_gives_the_same_weights_and_a_resumed_run_too(
    places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    only_street(monkeypatch)
    whole = train(SMALL, replace(places, out=tmp_path / "whole"), lambda _: None)
    again = train(SMALL, replace(places, out=tmp_path / "again"), lambda _: None)
    assert np.array_equal(weights(whole), weights(again))

    class Interrupted(Exception):
        pass

    def cut(line: str) -> None:
        raise Interrupted(line)

    monkeypatch.setattr("vision.training.loop.LOG_EVERY", 2)
    with pytest.raises(Interrupted):
        train(SMALL, replace(places, out=tmp_path / "cut"), cut)
    state = torch.load(tmp_path / "cut" / "last.pt", weights_only=True)
    assert 0 < state["step"] < SMALL.steps
    resumed = train(SMALL, replace(places, out=tmp_path / "cut"), lambda _: None)
    assert np.allclose(weights(whole), weights(resumed), atol=1e-6)


def test_the_log_of_a_run_that_was_killed_goes_on_as_if_it_was_not(
    places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    recipe, bare = replace(SMALL, check_every=3), replace(places, textures=None)
    monkeypatch.setattr("vision.training.loop.LOG_EVERY", 1)
    train(recipe, replace(bare, out=tmp_path / "whole"), lambda _: None)
    whole = [json.loads(line) for line in (tmp_path / "whole" / "log.jsonl").read_text().splitlines()]

    def killed(line: str) -> None:
        if json.loads(line)["step"] == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr("vision.training.loop.LOG_EVERY", 4)
    mine = replace(bare, out=tmp_path / "killed")
    with pytest.raises(KeyboardInterrupt):
        train(recipe, mine, killed)
    with (mine.out / "log.jsonl").open("a") as file:
        file.write('{"step": 4, "loss": 9}\n{"step": 8, "lo')  # of steps after the checkpoint
    train(recipe, mine, lambda _: None)
    lines = [json.loads(line) for line in (mine.out / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [3, 4, 4]
    assert lines[1]["loss"] == pytest.approx(whole[-2]["loss"], abs=2e-4)


def test_a_set_without_validation_photographs_is_refused_before_the_first_step(tmp_path: Path) -> None:
    photographs = write_photographs(tmp_path / "photographs")
    index = photographs / "index.csv"
    index.write_text(index.read_text().replace(",val", ",test"))
    with pytest.raises(ValueError, match="no photographs of split 'val'"):
        train(SMALL, Places(photographs, None, tmp_path / "out"), lambda _: None)
    assert not (tmp_path / "out").exists()


def test_a_folder_goes_on_with_its_own_run_alone(tmp_path: Path) -> None:
    from dataclasses import replace

    from vision.training.tracking import OTHERS, Run

    photographs = write_photographs(tmp_path / "photographs")
    mine = Places(photographs, None, tmp_path / "out")
    recipe = replace(SMALL, steps=1, batch=1)
    train(recipe, mine, Run(recipe, mine, lambda _: None).say)
    Run(replace(recipe, steps=2, mixed=True), mine)
    with pytest.raises(ValueError, match=r"holds another run, with `rate` 0\.0012, `seed` 1; give another --out"):
        Run(replace(recipe, seed=2, rate=1e-3), mine)
    corrections = tmp_path / "corrections.toml"
    corrections.write_text("photograph = []\n")
    with pytest.raises(ValueError, match="other corrections or silhouettes"):
        Run(recipe, replace(mine, corrections=corrections))
    with pytest.raises(ValueError, match="holds another run, with another start or backbone; give"):
        Run(recipe, replace(mine, start=SHIPPED))
    with pytest.raises(ValueError, match="holds another run, with other textures; give"):
        Run(recipe, replace(mine, textures=write_tiles(tmp_path / "tiles")))
    kept = (tmp_path / "out" / "run.json").read_bytes()
    index = photographs / "index.csv"
    index.write_text(index.read_text().replace("s0,train", "s0,val"))
    with pytest.raises(ValueError, match=r"the photographs of .* as they were"):
        Run(recipe, mine)
    assert (tmp_path / "out" / "run.json").read_bytes() == kept
    index.write_text(index.read_text().replace("s0,val", "s0,train"))
    older = {name: value for name, value in json.loads(kept).items() if name not in OTHERS}
    (tmp_path / "out" / "run.json").write_text(json.dumps(older))
    Run(recipe, mine)  # a folder of an earlier highmast goes on too
    checkpoint = tmp_path / "out" / "last.pt"
    for cut in (checkpoint.read_bytes()[:9999], b""):
        checkpoint.write_bytes(cut)
        with pytest.raises(ValueError, match="is cut off"):
            train(recipe, mine, lambda _: None)
        with pytest.raises(ValueError, match="no checkpoint"):
            trained_network(checkpoint)


def test_no_model_is_judged_on_photographs_that_it_or_its_start_learnt_from(tmp_path: Path) -> None:
    from dataclasses import replace

    from click.testing import CliRunner

    from climber.commands import evaluate

    photographs = write_photographs(tmp_path / "photographs")
    mine = Places(photographs, None, tmp_path / "first")
    recipe = replace(SMALL, steps=1, batch=1)
    finish.finish(train(recipe, mine, lambda _: None), mine, "first", tmp_path / "first.onnx")
    index = photographs / "index.csv"
    index.write_text(index.read_text().replace("s0,train", "s0,spare"))
    mine = replace(mine, out=tmp_path / "second", start=tmp_path / "first.onnx")
    finish.finish(train(recipe, mine, lambda _: None), mine, "second", tmp_path / "second.onnx")
    production, candidate = (Segmenter.load(path, 1) for path in (SHIPPED, tmp_path / "second.onnx"))
    assert len(list(looks(production, candidate, (photographs,), "val", None))) == 2
    index.write_text(index.read_text().replace("s0,spare", "s0,val").replace("s7,val", "s7,train"))
    with pytest.raises(ValueError, match=r"candidate second learnt from 1 of these 2 .*, such as street/s0"):
        next(looks(production, candidate, (photographs,), "val", None))
    for start in (tmp_path / "second.onnx", tmp_path / "second" / "last.pt"):
        with pytest.raises(ValueError, match=f"{start} learnt from 1 of these 2"):
            train(recipe, replace(mine, out=tmp_path / "third", start=start), lambda _: None)
        with pytest.raises(ValueError, match="the network learnt from 1 of these 2"):
            finish.finish(mean_network((SHIPPED, start)), mine, "again", tmp_path / "again.onnx")
    assert not (tmp_path / "third").exists()
    assert next(looks(candidate, production, (photographs,), "val", None)).place == "street"  # it says of none
    told = CliRunner().invoke(evaluate.command, [str(photographs), "--model", str(tmp_path / "second.onnx")])
    assert "street/val: the model learnt from 1 of these photographs" in told.stderr


def test_the_exported_file_says_what_the_network_says(
    places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from vision.training import finish

    only_street(monkeypatch)
    monkeypatch.setattr(finish, "POLES", 2)
    monkeypatch.setattr(finish, "MAPPED", 2)
    torch.manual_seed(5)
    network = RustNet().eval()
    card = finish.finish(network, places, "test", tmp_path / "rust.onnx")
    segmenter = Segmenter.load(tmp_path / "rust.onnx", threads=1)
    image = np.random.default_rng(1).integers(0, 255, (121, 321, 3), dtype=np.uint8)
    for limit in (-1e9, -2.5, 1e9):  # full scale everywhere, here and there, nowhere
        monkeypatch.setattr("vision.two_scales.NO_RUST", limit)
        wanted = 1 / (1 + np.exp(-finish.logits(network, image) / card.temperature))
        assert np.abs(segmenter.segment(image).probability - wanted).max() < 1e-4
    assert segmenter.card == card


def test_possible_rust_is_answered_by_the_mean_of_both_scales() -> None:
    from vision.training import finish

    torch.manual_seed(5)
    network = RustNet().eval()
    image = np.random.default_rng(1).integers(0, 255, (128, 192, 3), dtype=np.uint8)
    with torch.no_grad():
        logit = network.answer(prepared(torch.from_numpy(image[None])))
        wanted = functional.interpolate(logit, scale_factor=2.0, mode="bilinear")[0, 0].numpy()
    assert np.allclose(finish.logits(network, image), wanted, atol=1e-5)


def test_folding_batch_norms_changes_nothing() -> None:
    torch.manual_seed(1)
    plain = mobilenet_v2(weights=None).features[:18].eval()
    for module in plain.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.normal_(module.bias)
    x = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        wanted = plain(x)
        assert torch.allclose(folded(plain)(x), wanted, rtol=1e-3, atol=1e-4)


def test_the_loss_leaves_ignored_pixels_out_and_falls_with_the_truth() -> None:
    label = torch.zeros((1, 64, 64), dtype=torch.uint8)
    label[:, :32] = 1
    right = torch.where(label[:, None, ::2, ::2] == 1, 6.0, -6.0)
    assert loss_of(right, label) < loss_of(torch.zeros_like(right), label) < loss_of(-right, label)
    unknown = label.clone()
    unknown[:, 16:48] = IGNORE
    changed = right.clone()
    changed[:, :, 10:22] = 5.0
    assert loss_of(changed, unknown) == pytest.approx(float(loss_of(right, unknown)), abs=0.02)


def test_preprocessing_is_the_backbones() -> None:
    image = torch.tensor([[[[0, 128, 255]]]], dtype=torch.uint8)
    assert prepared(image).flatten().tolist() == pytest.approx([-1, 0, 127 / 128])


def test_learning_rate_rises_then_falls() -> None:
    recipe = Recipe(steps=1000, warm_up=100)
    rates = [pace(step, recipe) for step in range(1000)]
    assert rates[0] < rates[50] < rates[99] == 1
    assert rates[100:] == sorted(rates[100:], reverse=True)
    assert rates[-1] < 0.02


def test_held_out_rust_is_not_trained_on_and_clean_poles_have_none(places: Places) -> None:
    tiles = Tiles(places.textures)
    names = {stem for stem, _ in tiles.by_material["Rust"]}
    assert names & set(HELD_OUT_RUST)
    assert len(tiles.rust(False)) + len(tiles.rust(True)) == len(names)
    picture, rust, shaft = pole(np.random.default_rng(2), tiles, 96, clean=True)
    assert picture.shape == (96, 96, 3)
    assert shaft.any()
    assert not rust.any()


def test_a_backbone_of_another_kind_is_refused(tmp_path: Path) -> None:
    save_file({"weight": torch.zeros(1)}, tmp_path / "other.safetensors")
    for path in (tmp_path / "other.safetensors", SHIPPED):
        with pytest.raises(ValueError, match="holds no weights of MobileNetV2"):
            load_backbone(RustNet(), path)


def test_tiles_without_a_coat_are_refused(tmp_path: Path) -> None:
    root = write_tiles(tmp_path / "tiles")
    (root / "Plastic").rename(tmp_path / "Plastic")
    with pytest.raises(ValueError, match=r"holds no texture tiles Plastic/\*\.png"):
        Tiles(root)


def test_a_crop_depends_on_seed_and_index_alone(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    only_street(monkeypatch)
    poles = np.zeros((1, 96, 96, 4), np.uint8)
    sources = crops.read_sources(places.photographs, places.textures, poles)
    first, second = (crops.Crops(sources, 64, 8, seed) for seed in (1, 2))
    assert np.array_equal(first[3][0], crops.Crops(sources, 64, 8, 1)[3][0])
    assert not np.array_equal(first[3][0], second[3][0])
    image, label = first[5]
    assert (image.shape, label.shape) == ((64, 64, 3), (64, 64))
    assert set(np.unique(label)) <= {OTHER, RUST, STEEL, GROUND, IGNORE}


def test_pasted_rust_carries_its_label_and_leaves_the_rest_alone() -> None:
    rng = np.random.default_rng(3)
    image, label = np.full((64, 64, 3), 200, np.uint8), np.zeros((64, 64), np.uint8)
    piece, rust = np.full((64, 64, 3), (120, 60, 30), np.uint8), np.zeros((64, 64), np.uint8)
    rust[20:40, 20:40] = 1
    rust[:, 60:] = IGNORE
    out, joined = pasted(rng, image, label, piece, rust)
    assert np.array_equal(joined, rust)
    assert np.array_equal(out[:, 56:], image[:, 56:])
    assert out[30, 30, 0] > 1.5 * out[30, 30, 2]
    same, untouched = pasted(rng, image, label, piece, np.zeros_like(rust))
    assert np.array_equal(same, image)
    assert np.array_equal(untouched, label)


def test_kept_poles_are_those_of_the_same_tiles_and_painter(places: Places, tmp_path: Path) -> None:
    assert places.textures is not None
    green = write_tiles(tmp_path / "green")
    for path in green.glob("*/*.png"):
        cv2.imwrite(str(path), np.full((128, 128, 3), (30, 160, 30), np.uint8))
    before = made_poles.pole_pool(places.textures, 2, 64, 1, tmp_path)
    after = made_poles.pole_pool(green, 2, 64, 1, tmp_path)
    assert not np.array_equal(after, before)
    assert np.array_equal(after, made_poles.rendered(green, 2, 64, 1))
    moved = green.rename(tmp_path / "moved")
    assert np.array_equal(made_poles.pole_pool(moved, 2, 64, 1, tmp_path), after)
    assert len(list(tmp_path.glob("*.npy"))) == 2
    assert all(list(Path(made_poles.__file__).parents[1].glob(each)) for each in made_poles.PAINTERS)


def test_a_run_starts_from_a_model_file_or_a_checkpoint(
    places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    from vision.training import finish

    only_street(monkeypatch)
    monkeypatch.setattr(finish, "POLES", 2)
    monkeypatch.setattr(finish, "MAPPED", 2)
    torch.manual_seed(6)
    network = RustNet().eval()  # many biases are nought, and the exporter keeps equal ones only once
    finish.finish(network, places, "test", tmp_path / "rust.onnx")
    assert np.array_equal(weights(trained_network(tmp_path / "rust.onnx")), weights(network))
    still = replace(SMALL, steps=1, rate=1e-12)
    moved = train(still, replace(places, out=tmp_path / "out", start=tmp_path / "rust.onnx"), lambda _: None)
    assert np.allclose(weights(moved), weights(network), atol=1e-6)
    assert np.array_equal(weights(trained_network(tmp_path / "out" / "last.pt")), weights(moved))
    (tmp_path / "other.onnx").write_bytes(b"no model")
    with pytest.raises(ValueError, match="no highmast rust model"):
        trained_network(tmp_path / "other.onnx")


def test_training_in_bfloat16_learns_float32_weights(
    places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    only_street(monkeypatch)
    network = train(replace(SMALL, mixed=True, steps=2), replace(places, out=tmp_path / "out"), lambda _: None)
    assert {value.dtype for value in network.state_dict().values()} == {torch.float32}
    assert np.isfinite(weights(network)).all()


def test_corrections_reach_training(places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import hashlib

    only_street(monkeypatch)
    image = places.photographs / "street" / "images" / "s0.png"
    key = hashlib.sha256(image.read_bytes()).hexdigest()
    path = tmp_path / "corrections.toml"
    path.write_text(f'[[photograph]]\nsha256 = "{key}"\nname = "s0"\nreason = "a test"\ndrop = true\n')
    poles = np.zeros((1, 96, 96, 4), np.uint8)
    assert len(crops.read_sources(places.photographs, places.textures, poles).photographs["street"]) == 6
    assert len(crops.read_sources(places.photographs, places.textures, poles, path).photographs["street"]) == 5
    assert Corrections({}).by_sha256 == {}


def test_train_and_export_as_commands(places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from click.testing import CliRunner

    from climber.commands import export
    from climber.commands import train as train_command
    from climber.errors import InputError
    from vision.training import finish

    only_street(monkeypatch)
    monkeypatch.setattr(finish, "POLES", 1)
    monkeypatch.setattr(finish, "MAPPED", 1)
    data = ["--photographs", str(places.photographs), "--textures", str(places.textures)]
    small = ["--steps", "1", "--batch", "1", "--side", "64", "--poles", "2", "--threads", "1"]
    run = tmp_path / "run"
    done = CliRunner().invoke(
        train_command.command, [*data, *small, "--out", str(run), "--cache", str(places.cache)], catch_exceptions=False
    )
    assert done.exit_code == 0
    assert "street_val_iou" in done.output
    done = CliRunner().invoke(
        export.command,
        [str(run / "last.pt"), *data, "--out", str(tmp_path / "new" / "again.onnx")],
        catch_exceptions=False,
    )
    assert done.exit_code == 0
    image = np.zeros((64, 64, 3), np.uint8)
    first, second = (
        Segmenter.load(path, 1).segment(image) for path in (run / "rust.onnx", tmp_path / "new" / "again.onnx")
    )
    assert np.array_equal(first.probability, second.probability)
    with pytest.raises(InputError, match="no checkpoint"):
        CliRunner().invoke(
            export.command, [str(run / "run.json"), *data, "--out", str(tmp_path / "x")], catch_exceptions=False
        )
    done = CliRunner().invoke(train_command.command, [*data, "--start", str(tmp_path), "--out", str(run)])
    assert (done.exit_code, "is a directory" in done.output) == (2, True)
    with pytest.raises(InputError, match="no multiple of 32"):
        CliRunner().invoke(train_command.command, [*data, "--side", "65", "--out", str(run)], catch_exceptions=False)
