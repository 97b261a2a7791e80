"""The demo: what a crew and a manager would do, one step after the other, with a simulated robot."""

import shutil
import time
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from climber.children import Child
from climber.errors import HighmastError
from climber.expedition import Settings, climb_pole
from climber.pole import Pole, load_pole
from climber.record import Assessment, GradedArea
from climber.screen import plain_console
from climber.truth import rusted_truth_m2
from climber.upload import HistoryClient, send_climb

POLE = Path(__file__).parent / "demo_pole.toml"


def demonstrate(out: Path, seed: int) -> None:
    """Run the demo into `out`; raises HighmastError when any step fails."""
    began_s = time.monotonic()
    console = plain_console()
    folder = out / "climbs" / f"{datetime.now(UTC):%Y%m%d-%H%M%S}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    pole_file = out / "pole.toml"
    shutil.copyfile(POLE, pole_file)
    _climb(console, out, folder, pole_file, seed)
    _sync(console, out, folder)
    assessment = Assessment.model_validate_json((folder / "grade.json").read_bytes())
    console.rule("3  What the climb found, beside the truth of the simulated pole")
    console.print(beside_the_truth(assessment, load_pole(pole_file)))
    console.print(how_to_look(out, folder))
    console.print(f"Took {time.monotonic() - began_s:.0f} s.")


def _climb(console: Console, out: Path, folder: Path, pole_file: Path, seed: int) -> None:
    console.rule("1  A simulated robot climbs")
    arguments = ["--serial", "tcp://127.0.0.1:0", "--camera", "http://127.0.0.1:0", "--seed", str(seed)]
    arguments += ["--set", "LINK_TIMEOUT=4"]  # a busy machine may silence a program for a while; a demo goes on then
    with Child(out / "simulator.log", "simulate", "--pole", str(pole_file), *arguments, "--speed", "max") as robot:
        robot.wait_for("robot", "camera")
        ended = climb_pole(
            Settings(
                robot_url=robot.said["robot"],
                camera_url=robot.said["camera"],
                pole=pole_file,
                folder=folder,
                resume=False,
                model=None,
                mm_per_px=1.0,
                speed_m_s=0.3,
                yes=True,
            ),
            console,
        )
    if ended.outcome != "completed":
        raise HighmastError(f"the simulated climb did not complete: {ended.reason}")


def _sync(console: Console, out: Path, folder: Path) -> None:
    console.rule("2  The climb becomes part of the pole's history")
    with Child(out / "service.log", "serve", "--port", "0", "--data", str(out / "history")) as service:
        service.wait_for("service", "key file")
        url = service.said["service"]
        with HistoryClient(url, Path(service.said["key file"]).read_text().strip()) as client:
            result = send_climb(client, folder, lambda done, total: None)
            console.print(f"{result['result']}: {folder}")
            history = client.request("GET", f"/v1/poles/{result['pole_id']}/history")
    console.print(f"the service lists {len(history['climbs'])} climb(s) of this pole")


def beside_the_truth(assessment: Assessment, pole: Pole) -> str:
    """What the climb found, part by part, beside what the simulator painted."""
    rust = pole.surface().rust
    lines = [f"{'part':<12} {'grade':<12} {'rusted m2':>9} {'true m2':>8}   share (95 %){'':<14} seen"]
    for part in (assessment.whole, *(part for part in assessment.parts if part.part == "section")):
        truth = "unknown" if rust is None else f"{rusted_truth_m2(pole.shape, rust, part.bottom_m, part.top_m):.3f}"
        lines.append(f"{part.name:<12} {_found(part, truth)} {part.coverage:7.1%}")
    return "\n".join(lines)


def _found(part: GradedArea, truth: str) -> str:
    if part.rusted_m2 is None or part.rusted_fraction is None or part.interval is None:
        return f"not graded (true: {truth} m2): {part.reason}"
    grade = f"{part.iso_4628_3} D610 {part.astm_d610}"
    share = f"{part.rusted_fraction:.2%} ({part.interval.low:.2%} to {part.interval.high:.2%})"
    return f"{grade:<12} {part.rusted_m2:9.3f} {truth:>8}   {share:<26}"


def how_to_look(out: Path, folder: Path) -> str:
    """Where the result lies and how to open it."""
    return (
        f"The record is {folder}: climb.jsonl, frames/, grade.json,\n"
        "and the unrolled pole in surface.png, rust.png and coverage.png.\n"
        "To look at it in a browser, run this and open the sign-in link it prints:\n"
        f"  highmast serve --data {out / 'history'}"
    )
