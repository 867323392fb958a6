"""Make all pictures of the application anew, from campaigns that really run: ``python screenshots/make.py``.

Writes ``NAME-COLUMNSxLINES.svg`` beside this file and, where Chromium is installed (Debian: chromium), the same as PNG.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
SIZES = ((80, 24), (120, 36))


@dataclass(frozen=True)
class Scene:
    """One picture: what is opened, which keys are pressed, and what must then be on the screen."""

    name: str
    keys: tuple[str, ...]
    shows: str
    opened: str = "pendulum"  #: run directory or configuration, in the directory of the campaigns; empty: nothing
    live: bool = False  #: while the campaign runs


SCENES = (
    Scene("runs", ("1",), "pendulum", opened=""),
    Scene("config", (), "executors", opened="campaign.yaml"),
    Scene("config-error", (), "did you mean", opened="mistakes.yaml"),
    Scene("config-replace", ("ctrl+r", *"design", "tab", *"model"), "1 of ", opened="campaign.yaml"),
    Scene("form", ("f11",), "complete", opened="program.yaml"),
    Scene("launch", ("f9",), "--run-mode", opened="campaign.yaml"),
    Scene("monitor", ("3",), "RUNNING", opened="live", live=True),
    Scene("batches", ("3", "b"), "OLDEST", opened="live", live=True),
    Scene("nodes", ("3", "n"), "cores busy", opened="nodes", live=True),
    Scene("learned", ("3", "m"), "cross-validated error", opened="learning"),
    Scene("task", ("3", "s", "s", "s", "enter"), "d1_b"),
    Scene("failures", ("4",), "drive"),
    Scene("results-table", ("5",), "success"),
    Scene("results-scatter", ("5", "s"), "colour"),
    Scene("results-histogram", ("5", "d"), "samples"),
    Scene("compare", ("1", "space", "down", "space", "C"), "core-hours", opened=""),
    Scene("menu", ("5", "f10"), "Show the dataset"),
    Scene("plots-mean", ("5", "P", "m", "down"), "mean largest_angle"),
    Scene("plots-timeline", ("5", "P", "t", "down"), "at once"),
    Scene("log", ("6",), "main.log"),
    Scene("help", ("3", "question_mark"), "Help"),
)


def prepare(directory: Path) -> None:
    """Run the campaign to its end, and one that learns, and put beside them a configuration with mistakes."""
    shutil.copy(HERE.parent / "configs" / "command_minimal.yaml", directory / "program.yaml")
    for name in ("pendulum.py", "campaign.yaml"):
        shutil.copy(HERE / name, directory)
    text = (directory / "campaign.yaml").read_text()
    mistaken = text.replace("LatinHypercubeSampler", "LatinHypercubSampler").replace("n_workers: 2", "n_workers: two").replace("budget", "bugdet")
    (directory / "mistakes.yaml").write_text(mistaken)
    enchanted(directory, "campaign.yaml", "--no-ui", "--log-level", "INFO", "--set", "supervisor.log_failures=true").wait(timeout=300)
    enchanted(directory, str(HERE.parent / "configs" / "sampler_bayesian.yaml"), "--no-ui", "--base-run-dir", "learning").wait(timeout=300)


def enchanted(directory: Path, *arguments: str) -> subprocess.Popen[bytes]:
    """Start the program without its app."""
    return subprocess.Popen(
        [sys.executable, "-m", "enchanted_tui", *arguments],
        cwd=directory,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@contextmanager
def place_of_the_study() -> Iterator[Path]:
    """A directory for the campaigns, removed afterwards; pictures show its path, so it is the same each time."""
    directory = Path(tempfile.gettempdir(), "study")
    try:
        directory.mkdir()
    except FileExistsError:
        raise SystemExit(f"{directory} is there already, perhaps from pictures that are being made at this moment; move it away.") from None
    try:
        yield directory
    finally:
        shutil.rmtree(directory)


#: Options of the slow runner, by the directory of the campaign that has it.
LIVE = {"live": "", "nodes": ", resources: {cpus_per_rank: 1}"}


@contextmanager
def running(directory: Path, name: str) -> Iterator[None]:
    """A campaign that takes its time, in the directory `name`."""
    slow = 'runners.pendulum={type: PythonRunner, function: "pendulum:swing", arguments: {pause: 1.0}%s}' % LIVE[name]
    process = enchanted(directory, "campaign.yaml", "--no-ui", "--base-run-dir", name, "--overwrite", "--set", slow)
    try:
        time.sleep(25)
        yield
    finally:
        process.terminate()
        process.wait(timeout=60)


async def photograph(directory: Path, scene: Scene, size: tuple[int, int], out: Path) -> Path:
    """Open the app, press the keys, and write the picture."""
    from enchanted_tui.ui.app import EnchantedApp

    app = EnchantedApp(directory / scene.opened if scene.opened else None)
    async with app.run_test(size=size) as pilot:
        await settle(pilot, 3.0)
        for key in scene.keys:
            await pilot.press(key)
            await settle(pilot, 1.0)
        for _ in range(40):
            await settle(pilot, 0.5)
            if scene.shows in text_of(app):
                break
        await settle(pilot, 1.0)
        if scene.shows not in text_of(app):
            raise SystemExit(f"{scene.name}: {scene.shows!r} is not on the screen:\n{text_of(app)}")
        path = out / f"{scene.name}-{size[0]}x{size[1]}.svg"
        path.write_text(app.export_screenshot(title="enchanted-tui"))
        app.exit()
    return path


async def settle(pilot: object, seconds: float) -> None:
    """Let the app work for a while."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        await pilot.pause(0.1)  # type: ignore[attr-defined]


def text_of(app: object) -> str:
    """Give what is on the screen as plain text."""
    lines = app.screen._compositor.render_strips()  # type: ignore[attr-defined]
    return "\n".join("".join(segment.text for segment in line) for line in lines)


def to_png(path: Path) -> None:
    """Render the picture by Chromium, which sets each character where the SVG file says."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        return
    box = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', path.read_text())
    assert box is not None
    size = ",".join(str(round(float(side))) for side in box.groups())
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars", "--disable-background-networking"]
    with tempfile.TemporaryDirectory(prefix="browser-") as profile:
        command = [program, *flags, f"--user-data-dir={profile}", f"--window-size={size}", f"--screenshot={path.with_suffix('.png')}"]
        subprocess.run([*command, path.as_uri()], check=True, timeout=120, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", metavar="NAME", help="only this picture; repeatable")
    parser.add_argument("--size", action="append", metavar="COLUMNSxLINES", help="instead of 80x24 and 120x36; repeatable")
    parser.add_argument("--out", type=Path, default=HERE, help="where to, instead of beside this file")
    options = parser.parse_args()
    sizes = [tuple(map(int, size.split("x"))) for size in options.size] if options.size else SIZES
    scenes = [scene for scene in SCENES if not options.only or scene.name in options.only]
    options.out.mkdir(parents=True, exist_ok=True)
    with place_of_the_study() as directory:
        for name in ("CONFIG", "STATE", "CACHE", "DATA"):
            os.environ[f"XDG_{name}_HOME"] = str(directory / ".xdg" / name.lower())
        out = options.out.resolve()
        prepare(directory)
        os.chdir(directory)
        for live in ("", *LIVE):
            chosen = [scene for scene in scenes if (scene.opened if scene.live else "") == live]
            if not chosen:
                continue
            with running(directory, live) if live else nullcontext():
                for scene in chosen:
                    for size in sizes:
                        to_png(asyncio.run(photograph(directory, scene, (size[0], size[1]), out)))
                        print(f"{scene.name} {size[0]}x{size[1]}")


if __name__ == "__main__":
    main()
