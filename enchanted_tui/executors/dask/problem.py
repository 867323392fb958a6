"""Why there is no cluster."""

from enchanted_tui.errors import UserError


class ClusterProblem(UserError):
    """No cluster can be had; the text is a sentence for the user."""
