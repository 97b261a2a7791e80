"""The compose file names what there is: commands, settings, services and volumes. No container engine is needed."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from climber.commands.serve import command

HERE = Path(__file__).parents[2] / "climber" / "service"


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((HERE / "compose.yaml").read_text())
    return document


def test_services_and_volumes_that_are_named_exist(compose: dict[str, Any]) -> None:
    services = compose["services"]
    for service in services.values():
        for other, need in service.get("depends_on", {}).items():
            assert other in services
            assert need["condition"] != "service_healthy" or "healthcheck" in services[other]
        for volume in service.get("volumes", []):
            assert volume.split(":")[0] in compose["volumes"]


def test_settings_are_those_of_serve(compose: dict[str, Any]) -> None:
    known = {option.envvar for option in command.params} - {None}
    environment = compose["services"]["service"]["environment"]
    ours = {name for name in environment if name.startswith("HIGHMAST_")}
    assert ours <= known
    page = (HERE / "README.md").read_text()
    assert all(name in page for name in environment)


def test_the_image_runs_serve_with_options_that_exist() -> None:
    text = (HERE / "Dockerfile").read_text()
    line = re.search(r"^CMD (\[.*\])$", text, re.MULTILINE)
    assert line
    words = yaml.safe_load(line[1])
    assert words[:2] == ["highmast", "serve"]
    command.make_context("serve", words[2:])


def test_no_secret_is_written_down(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        for name, value in service.get("environment", {}).items():
            if "PASSWORD" in name or "SECRET" in name:
                assert value.startswith("${"), name
