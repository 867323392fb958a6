"""From the dataset to a surrogate: models of its outputs, how good they are and would become, which
parameters matter, and a file with which they are used.
"""
