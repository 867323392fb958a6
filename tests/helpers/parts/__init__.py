"""Runners, samplers and parsers that configurations of tests name. Workers import them, so the
standard library alone.
"""
