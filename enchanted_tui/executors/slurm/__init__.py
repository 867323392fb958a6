"""SLURM jobs that work through many samples each: from a login node, or from anywhere through
SSH.
"""
