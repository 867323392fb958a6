"""Plot the dataset of ``oscillator.yaml``: python configs/ngspice/plot.py RUN_DIR [PICTURE]."""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

# why a sample failed, as the beginning of its message: what to call it, marker and colour (Okabe
# and Ito's palette)
FAILURES = {
    "the oscillation does not start": ("does not start", "x", "#D55E00"),
    "the amplitude is not steady": ("not steady after 300 periods", "^", "#CC79A7"),
}


def main(run_dir: Path, picture: Path) -> None:
    dataset = pd.read_csv(run_dir / "enchanted_dataset.csv")
    failures = pd.read_csv(run_dir / "enchanted_failures.csv").set_index("task")["message"]
    dataset["reason"] = dataset["run_dir"].map(lambda path: failures.get(Path(path).name, ""))
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.4), layout="constrained")
    plot_startup(figure, left, dataset)
    plot_amplitude(figure, right, dataset)
    figure.savefig(picture, dpi=110)


def plot_startup(figure: Figure, axes: Axes, dataset: pd.DataFrame) -> None:
    """Compare what step 1 predicts, the growth, with what step 2 measures, the time to start."""
    started = dataset[dataset["success"]]
    points = axes.scatter(
        started["growth_per_period"],
        started["startup_periods"],
        c=started["amplitude_v"],
        cmap="viridis",
        s=26,
    )
    figure.colorbar(points, ax=axes, label="amplitude  [V]")
    growth = np.linspace(0.02, started["growth_per_period"].max(), 400)
    axes.plot(
        growth,
        e_foldings(started).median() / growth,
        color="0.5",
        zorder=0,
        label="linear growth from the kick",
    )
    for start, (name, marker, colour) in FAILURES.items():
        failed = dataset[dataset["reason"].str.startswith(start)]
        label = f"{name} ({len(failed)})"
        axes.scatter(
            failed["growth_per_period"],
            np.full(len(failed), 400),
            marker=marker,
            color=colour,
            s=34,
            label=label,
        )
    axes.axvline(0, color="0.8", linewidth=1, zorder=0)
    axes.set(
        yscale="log",
        ylim=(5, 600),
        xlabel="growth per period, from step 1",
        ylabel="periods until 90 % of the amplitude, from step 2",
    )
    out_of_band = dataset["growth_per_period"].isna().sum()
    axes.set_title(
        f"{len(started)} of {len(dataset)} circuits oscillate; {out_of_band} have no resonance in"
        " the band",
        fontsize=11,
    )
    axes.legend(frameon=False, fontsize=9, loc="upper right", bbox_to_anchor=(1, 0.9))


def e_foldings(started: pd.DataFrame) -> pd.Series:
    """Give how many e-foldings lie between what the kick leaves on the resonator and 90 % of the
    amplitude.

    The kick of startup.cir, a trapezoid of 10 uA over three quarters of a period T, leaves 10 uA *
    T/2 * sinc(1/2) sinc(1/4) / C.
    """
    kick = (
        10e-6
        / 2
        / started["resonance_hz"]
        * np.sinc(1 / 2)
        * np.sinc(1 / 4)
        / (1e-12 * started["capacitance_pf"])
    )
    return np.log(0.9 * started["amplitude_v"] / kick)


def plot_amplitude(figure: Figure, axes: Axes, dataset: pd.DataFrame) -> None:
    """Compare the amplitude with that of a current switched fully from side to side."""
    started = dataset[dataset["success"]]
    parallel = started["quality_factor"] * np.sqrt(
        1e3 * started["inductance_nh"] / started["capacitance_pf"]
    )  # nH / pF = 1e3 ohm^2
    switched = 2 / np.pi * 1e-3 * started["tail_current_ma"] * parallel
    points = axes.scatter(
        switched, started["amplitude_v"], c=started["distortion_percent"], cmap="cividis", s=26
    )
    figure.colorbar(points, ax=axes, label="harmonic distortion  [%]")
    line = np.array([0, 1.05 * switched.max()])
    axes.plot(line, line, color="0.5", zorder=0, label="current fully switched")
    axes.set(
        xlabel=r"$2/\pi$ · tail current · resistance of the resonator  [V]",
        ylabel="amplitude  [V]",
        ylim=(0, 1.1 * started["amplitude_v"].max()),
    )
    axes.set_title("amplitude: limited by the current, then by the voltage", fontsize=11)
    axes.legend(frameon=False, fontsize=9, loc="lower right")


if __name__ == "__main__":
    main(
        Path(sys.argv[1]), Path(sys.argv[2] if len(sys.argv) > 2 else "docs/tutorials/ngspice.png")
    )
