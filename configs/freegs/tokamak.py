"""Free-boundary tokamak equilibria with FreeGS, for the campaign in ``tokamak.yaml`` beside this
file.
"""

from __future__ import annotations

import os
import time
from functools import lru_cache
from typing import Any

import matplotlib

matplotlib.use("Agg")  # before FreeGS, which imports pyplot: no window, no display needed

import freegs
import numpy as np
from freegs import geqdsk, polygons
from freegs.gradshafranov import Greens
from scipy.integrate import romb

BOX = {"Rmin": 0.1, "Rmax": 2.0, "Zmin": -1.0, "Zmax": 1.0}  #: the computed domain [m]
X_POINT_R = 1.1  #: major radius of both X-points [m]
UPPER_X_POINT_Z = 0.8  #: height of the upper X-point [m]
VACUUM_FIELD = 2.0  #: R * B_toroidal outside the plasma [T m]
#: in normalised flux; equilibria stay within 0.11, since four coils cannot meet five constraints
#: exactly
EDGE_TOLERANCE = 0.25
RESTART = "plasma_flux.npz"  #: what another equilibrium starts from
Q_AT = (
    0.05,
    0.25,
    0.50,
    0.75,
    0.95,
)  #: normalised poloidal flux at which the safety factor is reported


def equilibrium(
    pressure_on_axis: float,
    plasma_current: float,
    x_point_z: float,
    run_dir: str,
    resolution: int = 65,
    max_iterations: int = 50,
    neighbour_run_dir: str | None = None,
) -> dict[str, Any]:
    """Solve for one equilibrium in the machine `freegs.machine.TestTokamak` and write it to
    ``equilibrium.geqdsk`` in `run_dir`; the iteration starts from the equilibrium in
    `neighbour_run_dir`, if one is given.

    `pressure_on_axis` in Pa, `plasma_current` in A, `x_point_z` (height of the lower X-point) in m;
    `resolution` points in R and in Z, of the form 2**n + 1. Lengths come back in m, the volume in
    m^3.

    Raises ValueError or RuntimeError if there is no equilibrium, if the iteration does not
    converge, or if what it converges to is no confined plasma.
    """
    tokamak = freegs.machine.TestTokamak()
    plasma = freegs.Equilibrium(
        tokamak=tokamak,
        nx=resolution,
        ny=resolution,
        boundary=free_boundary,
        psi=first_flux(neighbour_run_dir, plasma_current),
        **BOX,
    )
    profiles = freegs.jtor.ConstrainPaxisIp(plasma, pressure_on_axis, plasma_current, VACUUM_FIELD)
    coils = freegs.control.constrain(
        xpoints=[(X_POINT_R, x_point_z), (X_POINT_R, UPPER_X_POINT_Z)],
        isoflux=[
            (X_POINT_R, x_point_z, X_POINT_R, -x_point_z)
        ],  # the plasma's edge passes through the lower X-point and its mirror image
    )
    started = time.perf_counter()
    _, changes = freegs.solve(plasma, profiles, coils, maxits=max_iterations, convergenceInfo=True)
    solve_sec = time.perf_counter() - started
    require_equilibrium(plasma, x_point_z)
    with open(os.path.join(run_dir, "equilibrium.geqdsk"), "w") as file:
        geqdsk.write(plasma, file)
    np.savez(os.path.join(run_dir, RESTART), flux=plasma.plasma_psi, current=plasma_current)
    return {**measure(plasma), "iterations": len(changes), "solve_sec": solve_sec}


def first_flux(neighbour_run_dir: str | None, plasma_current: float) -> np.ndarray | None:
    """Return the flux of the plasma in `neighbour_run_dir` [Wb/rad], shape (resolution,
    resolution), for another current; None, FreeGS' own first guess, if there is no neighbour.
    """
    if neighbour_run_dir is None:
        return None
    with np.load(os.path.join(neighbour_run_dir, RESTART)) as before:
        flux: np.ndarray = before["flux"] * (plasma_current / before["current"])
    return flux


def measure(plasma: freegs.Equilibrium) -> dict[str, Any]:
    """Give the quantities that go into the dataset."""
    axis_r, axis_z, _ = plasma.magneticAxis()
    safety_factor = plasma.q(np.array(Q_AT))
    return {
        "poloidal_beta": plasma.poloidalBeta(),
        **{f"q{round(100 * psi):02d}": q for psi, q in zip(Q_AT, safety_factor, strict=True)},
        "axis_r": axis_r,
        "axis_z": axis_z,
        "volume": plasma.plasmaVolume(),
        **shape(plasma),
    }


def shape(plasma: freegs.Equilibrium) -> dict[str, Any]:
    """Give elongation and triangularity of the last closed flux surface, and whether it crosses the
    wall.
    """
    r, z = plasma.separatrix().T
    major_radius, minor_radius = (r.max() + r.min()) / 2, np.ptp(r) / 2
    wall = plasma.tokamak.wall
    return {
        "elongation": np.ptp(z) / (2 * minor_radius),
        "triangularity": (major_radius - (r[z.argmax()] + r[z.argmin()]) / 2) / minor_radius,
        "touches_wall": bool(polygons.intersect(r, z, wall.R, wall.Z)),
    }


def require_equilibrium(plasma: freegs.Equilibrium, x_point_z: float) -> None:
    """Refuse a solution that is no confined plasma at rest, although the iteration ended.

    With too much pressure for its current, the plasma is pushed outwards until no flux surface
    around it closes inside the domain. And the iteration ends where flux changes little from one
    step to the next: also where the plasma drifts slowly away.
    """
    core = plasma.mask
    if core is None or core[[0, -1], :].any() or core[:, [0, -1]].any():
        axis_r, axis_z, _ = plasma.magneticAxis()
        raise RuntimeError(
            f"not confined: the plasma around the axis at R = {axis_r:.2f} m, Z = {axis_z:.2f} m"
            " reaches the edge of the domain"
        )
    flux = float(plasma.psiNRZ(X_POINT_R, -x_point_z))
    if abs(flux - 1.0) > EDGE_TOLERANCE:
        raise RuntimeError(
            f"not at rest: normalised flux {flux:.2f} where the plasma's edge was asked to be,"
            " which has 1"
        )


def free_boundary(
    plasma: freegs.Equilibrium, current_density: np.ndarray, flux: np.ndarray
) -> None:
    """Set `flux` on the edge of the domain to what the plasma's current induces there.

    The sum of Green's functions that `freegs.boundary.freeBoundary` evaluates in every iteration,
    as one matrix that each worker computes once; the solve takes a third of the time.
    """
    edge, response = edge_response(plasma.nx, plasma.ny)
    flux[edge] = response @ current_density.ravel()


@lru_cache(maxsize=1)
def edge_response(nx: int, ny: int) -> tuple[np.ndarray, np.ndarray]:
    """Give the mask of edge points, shape (nx, ny), and their flux per current density, shape (edge
    points, nx * ny).
    """
    r, z = np.meshgrid(
        np.linspace(BOX["Rmin"], BOX["Rmax"], nx),
        np.linspace(BOX["Zmin"], BOX["Zmax"], ny),
        indexing="ij",
    )
    cell = (r[1, 0] - r[0, 0]) * (z[0, 1] - z[0, 0])
    weights = (
        np.outer(romb(np.eye(nx)), romb(np.eye(ny))) * cell
    )  # Romberg's rule is linear: this is its weight at each point
    edge = np.zeros((nx, ny), dtype=bool)
    edge[[0, -1], :] = edge[:, [0, -1]] = True
    response = np.empty((np.count_nonzero(edge), nx * ny))
    for row, (i, j) in zip(response, np.argwhere(edge), strict=True):
        green = Greens(r, z, r[i, j], z[i, j])
        green[i, j] = 0.0  # infinite at the point itself, where no current flows
        row[:] = (green * weights).ravel()
    return edge, response
