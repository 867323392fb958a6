"""A runner: how to run one sample. Runs on workers, so it imports only what it needs."""

from __future__ import annotations

from enchanted_tui.plugins import Runner, SampleFailed, option


class OrbitRunner(Runner):
    """Follow a particle in an anharmonic well."""

    steps: int = option(500, doc="How many steps to follow it.", ge=1)

    def single_code_run(self, run_dir, params):
        """Run in `run_dir`, which is empty and this sample's own; what is raised is this sample's
        failure.
        """
        x, v = params["x0"], params["v0"]
        for _ in range(self.steps):
            v -= 0.01 * (x - 0.1 * x**3)
            x += 0.01 * v
            if abs(x) > 10:
                raise SampleFailed("the particle has left the well", outputs={"x": x})
        with open(f"{run_dir}/orbit.txt", "w") as file:
            file.write(f"{x} {v}\n")
        return {"x": x, "v": v, "success": True}

    def many_code_run(self, run_dirs, params_list):
        """Run many samples in one call, where the configuration says so by `batch`: worth it for
        vectorised codes. A result, or an exception, for each sample.
        """
        for run_dir, params in zip(run_dirs, params_list, strict=True):
            try:
                yield self.single_code_run(run_dir, params)
            except SampleFailed as failure:
                yield failure

    def output_names(self):
        """Name the outputs known beforehand."""
        return ("x", "v")

    def required_parameters(self):
        """Name the parameters needed, so that a missing one is found before anything runs."""
        return {"": {"x0", "v0"}}
