"""Silhouettes in training: steel is told from ground, moved before other ground, and learnt beside rust."""

import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

sys.path.insert(0, str(Path(__file__).parent))

from sample import write_photographs, write_tiles

from vision.files import sha256_of
from vision.gradability import no_steel_reason
from vision.labels import held_out, read_index, read_pair
from vision.model_file import SHIPPED
from vision.preprocess import padded
from vision.segmenter import Segmenter
from vision.training import finish, steel_limit
from vision.training.augment import GROUND, IGNORE, OTHER, RUST, STEEL
from vision.training.crops import BAND_PX, Crops, outlined, read_sources
from vision.training.loop import Places, Recipe, loss_of, prepared, train
from vision.training.network import RustNet
from vision.training.paste import moved, repainted
from vision.training.start import mean_network, trained_network
from vision.training.steel_head import crops_without_poles, fit_steel
from vision.training.synthetic import flat, reddened, redness, sheet, wall
from vision.training.tiles import Tiles

pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("default")]


def half_steel() -> np.ndarray:
    """Left half steel with a patch of rust, right half ground, (64, 64)."""
    label = np.full((64, 64), STEEL, np.uint8)
    label[:, 32:] = GROUND
    label[20:30, 4:14] = RUST
    return label


def test_a_silhouette_tells_steel_from_ground_but_for_a_band() -> None:
    rust = np.zeros((64, 64), np.uint8)
    rust[20:30, 4:14] = RUST
    rust[20:30, 50:60] = RUST  # no steel there
    inside = np.zeros((64, 64), bool)
    inside[:, :32] = True
    label = outlined(rust, inside)
    assert (label[20:30, 4:14] == RUST).all()
    assert (label[20:30, 50:60] == IGNORE).all()
    assert label[50, 5] == STEEL
    assert label[50, 60] == GROUND
    band = label[50] == OTHER
    assert band.sum() == BAND_PX - 1
    assert band[31]
    assert band[32]
    assert np.array_equal(outlined(rust, None), rust)


def test_moved_steel_keeps_its_rust_and_takes_the_new_ground() -> None:
    rng = np.random.default_rng(1)
    image, label = np.full((64, 64, 3), 200, np.uint8), half_steel()
    ground, there = np.full((64, 64, 3), 20, np.uint8), np.full((64, 64), OTHER, np.uint8)
    there[10:20, 50:60] = RUST
    out, joined = moved(rng, image, label, ground, there)
    assert np.array_equal(out[:, :26], image[:, :26])
    assert np.array_equal(out[:, 42:], ground[:, 42:])
    assert np.array_equal(joined[:, :32], label[:, :32])
    assert np.array_equal(joined[:, 36:], there[:, 36:])
    full = np.full_like(label, STEEL)
    assert np.array_equal(moved(rng, image, full, ground, there)[1], full)


def test_repainting_changes_all_but_the_rust() -> None:
    image = np.full((64, 64, 3), (150, 90, 60), np.uint8)
    label = np.full((64, 64), OTHER, np.uint8)
    label[:, :32] = RUST
    out = repainted(np.random.default_rng(2), image, label)
    assert np.array_equal(out[:, :16], image[:, :16])
    assert np.abs(out[:, 50:].astype(int) - image[:, 50:]).max() > 10


def test_the_loss_of_steel_counts_where_the_label_tells_it() -> None:
    label = torch.from_numpy(half_steel()[None])
    steel = (label != GROUND)[:, None, ::2, ::2]
    rust = torch.where((label == RUST)[:, None, ::2, ::2], 6.0, -6.0)
    right, wrong = (torch.cat([rust, torch.where(steel == told, 6.0, -6.0)], 1) for told in (True, False))
    assert loss_of(right, label) + 1 < loss_of(wrong, label)
    assert loss_of(right, label) == pytest.approx(float(loss_of(rust, label)), abs=0.1)
    unsaid = torch.where(label == RUST, RUST, OTHER).to(torch.uint8)
    unsaid[label == RUST] = IGNORE
    assert loss_of(right, unsaid) == loss_of(wrong, unsaid)


def test_made_pictures_say_what_is_steel(tmp_path: Path) -> None:
    tiles = Tiles(write_tiles(tmp_path / "tiles"))
    rng = np.random.default_rng(3)
    seen = {int(value) for _ in range(20) for value in np.unique(wall(rng, tiles, 64)[1])}
    assert seen == {GROUND, OTHER}  # plaster and concrete cover walls and steel alike
    for _ in range(8):
        assert set(np.unique(flat(rng, tiles, 64)[1])) <= {RUST, STEEL}


def test_concrete_with_rusted_bars_is_neither_wall_nor_coat(tmp_path: Path) -> None:
    root = write_tiles(tmp_path)
    before = Tiles(root)
    (root / "Concrete" / "Concrete_001.png").rename(root / "Concrete" / "Concrete_036.png")
    after = Tiles(root)
    assert (len(before.rust_free()["Concrete"]), len(after.rust_free()["Concrete"])) == (3, 2)
    assert len(after.coats()) == len(before.coats()) - 1


def test_a_coat_may_be_rusted_from_edge_to_edge(tmp_path: Path) -> None:
    tiles, rng = Tiles(write_tiles(tmp_path)), np.random.default_rng(6)
    shares = [(flat(rng, tiles, 64)[1] == RUST).mean() for _ in range(60)]
    assert 0.05 < np.mean(np.array(shares) > 0.999) < 0.4
    assert min(shares) == 0


def test_on_a_sheet_of_metal_what_is_red_is_rust_and_what_is_between_is_ignored(tmp_path: Path) -> None:
    root = write_tiles(tmp_path)
    grey, brown = (cv2.imread(str(root / name)) for name in ("Metal/Metal_000.png", "Rust/Rust_000.png"))
    assert grey is not None
    assert brown is not None
    cv2.imwrite(str(root / "Metal" / "Metal_041.png"), np.hstack([grey[:, :64], brown[:, 64:]]))
    tiles = Tiles(root)
    (tile,) = tiles.sheets()
    assert (redness(tile)[:, :60] < 90).mean() > 0.9
    assert (redness(tile)[:, 68:] > 145).mean() > 0.9
    made = [sheet(np.random.default_rng([7, index]), [tile], 96) for index in range(8)]
    picture, label = (np.stack(each) for each in zip(*made, strict=True))
    assert {RUST, STEEL} <= set(np.unique(label)) <= {RUST, STEEL, IGNORE}
    red = picture[..., 0].astype(int) - picture[..., 2]
    assert red[label == RUST].mean() > red[label == STEEL].mean() + 20


def test_reddened_ground_has_the_hue_of_rust() -> None:
    grey = np.random.default_rng(4).integers(90, 160, (32, 32, 3)).astype(np.uint8)
    red, green, blue = reddened(np.random.default_rng(5), grey).reshape(-1, 3).astype(float).mean(0)
    assert red > green >= blue


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Places:
    """A tiny data set whose photographs show steel in their left part, no rendered poles."""
    monkeypatch.setattr("vision.training.crops.SHARES", {"street": 0.8, "flat": 0.1, "wall": 0.1})
    photographs, tiles = write_photographs(tmp_path / "photographs"), write_tiles(tmp_path / "tiles")
    path = tmp_path / "silhouettes.toml"
    path.write_text("".join(
        f'[[photograph]]\nsha256 = "{sha256_of(image)}"\nname = "{image.stem}"\n'
        "steel = [[[0, 0], [140, 0], [140, 192], [0, 192]]]\n"
        for image in sorted((photographs / "street" / "images").glob("*.png"))
    ))  # fmt: skip
    return Places(photographs, tiles, tmp_path / "out", cache=tmp_path / "cache", silhouettes=path)


def test_silhouettes_reach_the_crops(places: Places) -> None:
    assert places.textures is not None
    poles = np.zeros((1, 96, 96, 4), np.uint8)
    read = read_sources(places.photographs, places.textures, poles, silhouettes=places.silhouettes)
    assert all({STEEL, GROUND} <= set(np.unique(label)) for _, label in read.photographs["street"])
    first, again = (Crops(read, 64, 8, 1)[3] for _ in range(2))
    assert np.array_equal(first[0], again[0])
    assert np.array_equal(first[1], again[1])
    with pytest.raises(ValueError, match="knows rust alone"):
        read_sources(places.photographs, places.textures, poles, classes=True, silhouettes=places.silhouettes)


def test_where_steel_is_is_learnt_exported_and_averaged(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finish, "POLES", 1)
    monkeypatch.setattr(finish, "MAPPED", 1)
    monkeypatch.setattr(steel_limit, "OF_EACH", 1)
    recipe = Recipe(steps=4, batch=2, side_px=64, poles=2, warm_up=1, check_every=4)
    torch.manual_seed(recipe.seed)
    before = steel_weights(RustNet(steel=True))
    network = train(recipe, places, lambda _: None)
    assert not np.allclose(steel_weights(network), before, atol=1e-6)
    path = places.out / "rust.onnx"
    finish.finish(network, places, "test", path)
    segmenter = Segmenter.load(path, threads=1)
    image = np.random.default_rng(1).integers(0, 255, (122, 321, 3), dtype=np.uint8)
    with torch.no_grad():
        half = torch.nn.functional.avg_pool2d(prepared(torch.from_numpy(padded(image)[0][None])), 2)
        wanted = network.taught(half)[0, 1].sigmoid().numpy()
    steel = segmenter.segment(image).steel
    assert steel is not None
    assert steel.shape == (31, 81)
    assert np.abs(steel - steel_limit.steel_of(network, image)).max() < 1e-4
    assert np.abs(steel - wanted[:31, :81]).max() < 1e-4
    without = train(recipe, replace(places, out=places.out / "without", silhouettes=None), lambda _: None)
    assert without.steel is None
    kept = places.out / "without" / "last.pt"
    assert np.allclose(steel_weights(mean_network((kept, path))), steel_weights(network), atol=1e-6)
    started = train(replace(recipe, rate=1e-12), replace(places, out=places.out / "b", start=path), lambda _: None)
    assert np.allclose(steel_weights(started), steel_weights(network), atol=1e-6)


def test_without_silhouettes_a_model_goes_on_telling_steel_as_its_start_does(places: Places) -> None:
    recipe = Recipe(steps=2, batch=2, side_px=64, warm_up=1, check_every=2)
    network = train(recipe, replace(places, textures=None, silhouettes=None, start=SHIPPED), lambda _: None)
    before = trained_network(SHIPPED)
    assert np.array_equal(steel_weights(network), steel_weights(before))
    assert not torch.equal(network.logit.weight, before.logit.weight)
    assert np.array_equal(steel_weights(trained_network(places.out / "last.pt")), steel_weights(before))


def test_the_limit_of_steel_refuses_no_picture_of_steel_but_is_no_lower(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steel_limit, "OF_EACH", 1)
    torch.manual_seed(2)
    network = RustNet(steel=True).eval()
    assert network.steel is not None
    assert network.steel.bias is not None
    network.steel.bias.data -= 1
    pairs = held_out(read_index(places.photographs))
    limit = steel_limit.steel_limit(network, pairs, places.textures)
    assert 0 < limit < steel_limit.HIGHEST
    assert places.textures is not None
    shown = (*steel_limit.coats(places.textures), *(read_pair(pair)[0] for pair in pairs))
    steels = [steel_limit.steel_of(network, image) for image in shown]
    assert not any(no_steel_reason(steel, limit) for steel in steels)
    assert any(no_steel_reason(steel, limit + 0.011) for steel in steels)
    assert steel_limit.steel_limit(RustNet(), pairs, None) == 0


class Halves:
    """Crops of one half grey steel and the other green grass, whose border moves."""

    seed = 4

    def __len__(self) -> int:
        return 12

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        rng = np.random.default_rng(index)
        label = np.where(np.arange(128) < 32 + 8 * (index % 9), STEEL, GROUND)[None].repeat(128, 0).astype(np.uint8)
        colours = np.where(label[..., None] == STEEL, (140, 140, 145), (50, 120, 30))
        return (colours + rng.normal(0, 12, (128, 128, 3))).clip(0, 255).astype(np.uint8), label


def test_the_layer_for_steel_is_fitted_to_a_network_that_never_saw_silhouettes() -> None:
    network = trained_network(SHIPPED).eval()
    network.steel = None
    fit_steel(network, Halves())  # type: ignore[arg-type]
    image, label = Halves()[20]
    with torch.no_grad():
        half = torch.nn.functional.avg_pool2d(prepared(torch.from_numpy(image[None])), 2)
        steel = network.taught(half)[0, 1].numpy() > 0
    assert (steel == (label[2::4, 2::4] == STEEL)).mean() > 0.9


def test_without_rendered_poles_the_other_sources_make_the_mix(places: Places) -> None:
    assert places.silhouettes is not None
    crops = crops_without_poles(places.photographs, places.textures, None, places.silhouettes)
    assert sorted(crops.shares) == ["flat", "street", "wall"]


def steel_weights(network: RustNet) -> np.ndarray:
    assert network.steel is not None
    return network.steel.weight.detach().numpy().copy()
