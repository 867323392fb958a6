"""Why there is no cluster."""


class ClusterProblem(Exception):
    """No cluster can be had; the text is a sentence for the user."""
