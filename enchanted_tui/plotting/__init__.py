"""Plots of a campaign: which there are, what each is of, and figures to publish by matplotlib."""
