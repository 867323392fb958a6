"""A SLURM cluster of this machine, and campaigns on it."""
