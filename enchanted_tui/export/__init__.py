"""The dataset for those who train models: typed files with units and provenance, splits, and a
reader for notebooks.
"""
