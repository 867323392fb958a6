"""How a task ends with everything it has started, wherever that lives: under local execution, in
SLURM jobs and on Dask workers alike.
"""
