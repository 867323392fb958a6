"""A bare loop in one process."""

import os

import work

if __name__ == "__main__":
    kind, samples, root, program = work.arguments()
    rows = [work.run(kind, root, program, *point) for point in work.points(samples)]
    work.write_table(os.path.join(root, "dataset.csv"), rows)
