"""What runs inside a SLURM job: shipped to the cluster as one archive. Standard library only,
Python 3.9 or newer.
"""
