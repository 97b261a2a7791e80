"""README names every command, links only to what is there, and its pole file is one."""

import re
from pathlib import Path

import click

from climber.cli import COMMANDS, highmast
from climber.pole import load_pole

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_command_has_its_line() -> None:
    assert [name for name in COMMANDS if f"| `highmast {name}` |" not in README] == []


def test_the_model_in_production_is_the_default_that_every_command_names() -> None:
    commands = [highmast.get_command(click.Context(highmast), name) for name in COMMANDS]
    options = [each for command in commands if command for each in command.params if each.name == "model"]
    helps = [each.help for each in options if isinstance(each, click.Option)]
    assert set(helps) == {"Model file; default: the one in production."}


def test_links_lead_to_files() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_pole_file_can_be_climbed(tmp_path: Path) -> None:
    example = re.search(r"```toml\n(.*?)```", README, re.DOTALL)
    assert example is not None
    path = tmp_path / "pole.toml"
    path.write_text(example[1], encoding="utf-8")
    pole = load_pole(path)
    assert pole.description.code == "HKG-A-017"
    assert len(pole.shape.sections) == 2
