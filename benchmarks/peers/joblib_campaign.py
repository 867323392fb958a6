"""joblib with two workers."""

import os

import work
from joblib import Parallel, delayed

if __name__ == "__main__":
    kind, samples, root, program = work.arguments()
    rows = Parallel(n_jobs=2)(
        delayed(work.run)(kind, root, program, *point) for point in work.points(samples)
    )
    work.write_table(os.path.join(root, "dataset.csv"), rows)
