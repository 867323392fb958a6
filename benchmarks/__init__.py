"""What campaigns cost, measured beside bare loops and other tools: ``python -m benchmarks``."""
