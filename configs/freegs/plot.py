"""Plot the dataset of ``tokamak.yaml``: python configs/freegs/plot.py RUN_DIR [PICTURE]."""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from freeqdsk import geqdsk
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

# why a sample failed, as the beginning of its message: what to call it, marker and colour (Okabe
# and Ito's palette)
FAILURES = {
    "ValueError: No O-points": ("no magnetic axis", "x", "#D55E00"),
    "RuntimeError: Picard": ("iteration does not converge", "^", "#CC79A7"),
    "RuntimeError: not confined": ("not confined", "s", "#000000"),
    "RuntimeError: not at rest": ("not at rest", "*", "#0072B2"),
}


def main(run_dir: Path, picture: Path) -> None:
    dataset = pd.read_csv(run_dir / "enchanted_dataset.csv")
    dataset["name"] = dataset["run_dir"].map(lambda path: Path(path).name)
    failures = pd.read_csv(run_dir / "enchanted_failures.csv").set_index("task")["message"]
    dataset["reason"] = dataset["name"].map(failures)
    figure, (left, middle, right) = plt.subplots(
        1, 3, figsize=(13, 4.5), layout="constrained", width_ratios=[1.2, 1.2, 1.15]
    )
    plot_operating_space(figure, left, dataset)
    plot_shafranov_shift(figure, middle, dataset[dataset["success"]])
    plot_equilibrium(right, run_dir / "data" / widest(dataset))
    figure.savefig(picture, dpi=110)
    Image.open(picture).convert("RGB").quantize(256, kmeans=1).save(
        picture, optimize=True
    )  # half the size


def plot_operating_space(figure: Figure, axes: Axes, dataset: pd.DataFrame) -> None:
    dataset = dataset.assign(
        drive=1e6 * dataset["pressure_on_axis"] / dataset["plasma_current"] ** 2
    )
    solved = dataset[dataset["success"]]
    points = axes.scatter(
        solved["drive"],
        solved["x_point_z"],
        c=solved["poloidal_beta"],
        cmap="viridis",
        s=30,
        label="solved",
    )
    figure.colorbar(points, ax=axes, label="poloidal beta")
    for start, (name, marker, colour) in FAILURES.items():
        failed = dataset[dataset["reason"].fillna("").str.startswith(start)]
        axes.scatter(
            failed["drive"],
            failed["x_point_z"],
            marker=marker,
            color=colour,
            s=38,
            label=f"{name} ({len(failed)})",
        )
    axes.set(
        xscale="log",
        xlabel="pressure on axis / current$^2$  [Pa/kA$^2$]",
        ylabel="height of the lower X-point  [m]",
    )
    axes.set_title(f"{len(solved)} of {len(dataset)} points have an equilibrium", fontsize=11)
    axes.legend(
        loc="upper center", bbox_to_anchor=(0.45, -0.15), ncols=2, frameon=False, fontsize=8
    )


def plot_shafranov_shift(figure: Figure, axes: Axes, solved: pd.DataFrame) -> None:
    for touches, marker in ((False, "o"), (True, "D")):
        part = solved[solved["touches_wall"].astype(bool) == touches]
        points = axes.scatter(
            part["poloidal_beta"], part["axis_r"], c=part["x_point_z"], marker=marker,
            cmap="cividis", s=30,
            vmin=solved["x_point_z"].min(), vmax=solved["x_point_z"].max(),
            label="crosses the wall" if touches else "inside the wall",
        )  # fmt: skip
    figure.colorbar(points, ax=axes, label="height of the lower X-point  [m]")
    axes.set(xlabel="poloidal beta", ylabel="R of the magnetic axis  [m]")
    axes.set_title("pressure pushes the axis outwards", fontsize=11)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.15), ncols=2, frameon=False, fontsize=8)


def plot_equilibrium(axes: Axes, directory: Path) -> None:
    with open(directory / "equilibrium.geqdsk") as file:
        found = geqdsk.read(file)
    r = found.rleft + np.linspace(0, found.rdim, found.nx)
    z = found.zmid + np.linspace(-found.zdim / 2, found.zdim / 2, found.ny)
    flux = (found.psi - found.simagx) / (found.sibdry - found.simagx)
    axes.contour(r, z, flux.T, levels=np.linspace(0.1, 2.0, 20), cmap="cividis", linewidths=0.8)
    axes.contour(r, z, flux.T, levels=[1.0], colors="#D55E00", linewidths=1.8)
    axes.fill(found.rlim, found.zlim, fill=False, edgecolor="black", linewidth=1.5)
    axes.plot(found.rmagx, found.zmagx, "+", color="black", markersize=9)
    axes.set(xlabel="R  [m]", ylabel="Z  [m]", aspect="equal")
    axes.set_title(f"{directory.name}: flux, edge and wall", fontsize=11)


def widest(dataset: pd.DataFrame) -> str:
    """Name the equilibrium with the highest poloidal beta that stays inside the wall."""
    inside = dataset[dataset["success"] & ~dataset["touches_wall"].fillna(True).astype(bool)]
    return str(inside.loc[inside["poloidal_beta"].idxmax(), "name"])


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2] if len(sys.argv) > 2 else "docs/tutorials/freegs.png"))
