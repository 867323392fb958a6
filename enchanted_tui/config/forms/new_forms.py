"""What a form begins with that is to become a campaign of one's own."""

from __future__ import annotations

from enchanted_tui.config.templates import Template

GROUP = "form"  #: of such a beginning, where templates are listed

_TEXT = """\
# {about}
# Made with the form of the editor (m); each line can be edited by hand as well.
executors:
  here:
    type: LocalExecutor

samplers:
  points:
    type: LatinHypercubeSampler
    parameters:
      x: {{low: 0, high: 1}}
    budget: 20

runners:
  {runner}:
    type: {type}

supervisor:
  base_run_dir: runs/my_{runner}
  seed: 1
  run_order:
    - {{executor: here, sampler: points, runner: {runner}}}
"""


def new_forms() -> list[Template]:
    """Return them as templates; each says nothing yet of the program or function that is to run, so
    it is not valid as it stands.
    """
    return [
        Template(
            GROUP,
            "My program",
            "Fill in a form: a program of your own, its parameters, what to read back.",
            _TEXT.format(
                about="A program of my own over the space of its parameters.",
                runner="program",
                type="CommandRunner",
            ),
        ),
        Template(
            GROUP,
            "My function",
            "Fill in a form: a Python function of your own and its parameters.",
            _TEXT.format(
                about="A Python function of my own over the space of its parameters.",
                runner="function",
                type="PythonRunner",
            ),
        ),
    ]
