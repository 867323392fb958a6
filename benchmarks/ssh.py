"""``python -m benchmarks.ssh``: what the way to a cluster costs, against the number of samples,
beside one command a sample.

Starts an SSH server of its own on this machine, so the network costs nothing: what remains is our
part, and the number of round trips, each of which costs the network's latency besides.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))  # for `helpers`

from enchanted_tui.executors.slurm.ssh.ssh_options import SshSettings
from enchanted_tui.executors.slurm.ssh.ssh_transport import SshTransport

_SAMPLES = (10, 100, 1_000)
_PER_JOB = 100  #: samples that share a file of inputs and one of results


@contextmanager
def _server() -> Iterator[Any]:
    from helpers.ssh.sshd import Sshd

    with (
        tempfile.TemporaryDirectory(prefix="bench-ssh-") as directory,
        Sshd(Path(directory)) as server,
    ):
        yield server


def _transport(server: Any, kind: str) -> SshTransport:
    settings = SshSettings(
        host="127.0.0.1",
        port=server.port,
        key_filename=str(server.user_key),
        known_hosts=str(server.known_hosts),
        config_file="/dev/null",
        identity_agent="none",
        transport=kind,
    )
    return SshTransport(settings, python=sys.executable)


def _timed(action: Callable[[], object]) -> float:
    begun = time.perf_counter()
    action()
    return time.perf_counter() - begun


def measure(kind: str, rounds: int, sizes: tuple[int, ...]) -> Iterator[dict[str, Any]]:
    """Yield one measurement after another, as seconds."""
    with _server() as server, tempfile.TemporaryDirectory(prefix="bench-ssh-files-") as directory:
        logs_in = []
        for _ in range(rounds):
            begun = time.perf_counter()
            transport = _transport(server, kind)
            logs_in.append(time.perf_counter() - begun)
            transport.close()
        yield {
            "transport": kind,
            "what": "log in",
            "samples": 0,
            "seconds": statistics.median(logs_in),
            "round trips": 0,
        }
        transport = _transport(server, kind)
        one = [_timed(lambda: transport.run(["true"])) for _ in range(max(5, 4 * rounds))]
        yield {
            "transport": kind,
            "what": "one command",
            "samples": 1,
            "seconds": statistics.median(one),
            "round trips": 1,
        }
        for samples in sizes:
            yield from _moves(transport, kind, samples, Path(directory) / str(samples), rounds)
        transport.close()
        assert server.log_ins == rounds + 1


def _moves(
    transport: SshTransport, kind: str, samples: int, room: Path, rounds: int
) -> Iterator[dict[str, Any]]:
    """Move what `samples` samples need: inputs up, results down, run directories home, away with
    them.
    """
    shares = {
        str(room / "far" / f"share{number}"): json.dumps({"params": {"x": 0.5}}).encode() * _PER_JOB
        for number in range(max(1, samples // _PER_JOB))
    }
    names = [f"d0_b0_s{number}_r0" for number in range(samples)]
    times: dict[str, list[float]] = {}
    before = transport.round_trips
    for number in range(rounds):
        far = room / f"far{number}"
        for name in names:  # as the jobs leave them
            (far / name).mkdir(parents=True)
            (far / name / "out.txt").write_text("1.5 2.5\n" * 20)
        moves: dict[str, Callable[[], object]] = {
            "inputs up": lambda: transport.put(shares),
            "results down": lambda: transport.read(dict.fromkeys(shares, 0)),
            "run directories home": lambda: transport.fetch(
                str(far),  # noqa: B023
                names,
                room / f"home{number}",  # noqa: B023
            ),
            "clean the far side": lambda: transport.remove([str(far / name) for name in names]),  # noqa: B023
        }
        for what, move in moves.items():
            times.setdefault(what, []).append(_timed(move))
    trips = (transport.round_trips - before) // rounds // len(times)
    for what, seconds in times.items():
        yield {
            "transport": kind,
            "what": what,
            "samples": samples,
            "seconds": statistics.median(seconds),
            "round trips": trips,
        }


def campaigns(sizes: tuple[int, ...]) -> Iterator[dict[str, Any]]:
    """Yield the wall time of whole campaigns of samples that take no time, on a cluster of this
    machine, with and without SSH.
    """
    from helpers.slurm.bed import Bed

    with (
        tempfile.TemporaryDirectory(prefix="bench-slurm-") as directory,
        Bed(Path(directory) / "bed") as bed,
    ):
        reached = {
            "host": "127.0.0.1",
            "port": bed.ssh_port,
            "key_filename": str(bed.key_file),
            "known_hosts": str(bed.known_hosts),
            "config_file": "/dev/null",
            "identity_agent": "none",
        }
        ways: dict[str, dict[str, Any] | None] = {
            "none": None,
            "paramiko": reached,
            "openssh": {**reached, "transport": "openssh"},
        }
        for samples in sizes:
            for name, ssh in ways.items():
                root = Path(directory) / f"{name}-{samples}"
                root.mkdir()
                config = root / "campaign.yaml"
                config.write_text(
                    json.dumps(_campaign(samples, ssh, root / "run")), encoding="utf-8"
                )
                command = [sys.executable, "-m", "enchanted_tui", str(config), "--no-ui"]
                environment = {**os.environ, **bed.environment}
                begun = time.perf_counter()
                subprocess.run(
                    command, env=environment, check=True, capture_output=True, timeout=120 + samples
                )
                yield {
                    "transport": name,
                    "what": "campaign",
                    "samples": samples,
                    "seconds": time.perf_counter() - begun,
                    "round trips": 0,
                }


def _campaign(samples: int, ssh: dict[str, Any] | None, run_dir: Path) -> dict[str, Any]:
    executor = {
        "type": "SlurmExecutor",
        "ssh": ssh,
        "python": sys.executable,
        "samples_per_job": max(1, samples // 8),
    }
    sampler = {
        "type": "RandomSampler",
        "parameters": ["x", "y"],
        "bounds": [[0, 1], [0, 1]],
        "budget": samples,
        "batch_size": samples,
    }
    return {
        "executors": {
            "cluster": (
                executor
                if ssh
                else {name: value for name, value in executor.items() if name != "ssh"}
            )
        },
        "samplers": {"points": sampler},
        "runners": {"gaussian": {"type": "SyntheticDoubleGaussianRunner", "dimensions": 2}},
        "supervisor": {
            "base_run_dir": str(run_dir),
            "seed": 1,
            "run_order": [{"sampler": "points", "executor": "cluster", "runner": "gaussian"}],
        },
    }


def table(measured: list[dict[str, Any]]) -> str:
    """Lay the measurements out, with what one command a sample would cost beside."""
    command = {"none": float("nan")} | {
        each["transport"]: each["seconds"] for each in measured if each["what"] == "one command"
    }
    lines = [
        "| transport | what | samples | round trips | time | a sample | one command a sample |",
        "|---|---|---:|---:|---:|---:|---:|",
    ]
    for each in measured:
        samples = each["samples"]
        share = f"{1000 * each['seconds'] / samples:.3f} ms" if samples > 1 else ""
        beside = (
            f"{command[each['transport']] * samples:.1f} s"
            if samples > 1 and each["what"] != "campaign"
            else ""
        )
        shown = f"{samples:,}" if samples else ""
        trips, seconds = each["round trips"] or "", each["seconds"]
        lines.append(
            f"| {each['transport']} | {each['what']} | {shown} | {trips} | {seconds:.3f} s |"
            f" {share} | {beside} |"
        )
    return "\n".join(lines) + "\n"


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.ssh", description="Measure what the way to a cluster costs."
    )
    parser.add_argument(
        "--rounds", type=int, default=3, metavar="N", help="how often each is measured"
    )
    parser.add_argument("--quick", action="store_true", help="once, and at most 100 samples")
    options = parser.parse_args()
    sizes = _SAMPLES[:2] if options.quick else _SAMPLES
    measured = [
        each
        for kind in ("paramiko", "openssh")
        for each in measure(kind, 1 if options.quick else options.rounds, sizes)
    ]
    measured += campaigns((100,) if options.quick else (100, 1_000, 2_000))
    print(table(measured), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
