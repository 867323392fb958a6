"""Campaigns beside each other: what they have cost and found, and which sampler has reached which
error of a surrogate with how many samples.
"""
