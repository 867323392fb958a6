"""A configuration that works, and ways to spoil it."""

GOOD = """\
executors:
  e1: {type: LocalExecutor}
samplers:
  s1:
    type: RandomSampler
    parameters: [x, y]
    bounds: [[0, 1], [0, 1]]
    budget: 10
runners:
  r1: {type: ExampleRunner}
supervisor:
  base_run_dir: out
  run_order:
    - {executor: e1, sampler: s1, runner: r1}
"""


def spoilt(old, new, text=GOOD):
    """Replace a piece of the good configuration."""
    assert old in text
    return text.replace(old, new, 1)
