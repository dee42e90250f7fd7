"""Benchmarks: ratios against peers and floors, taken in one run. `python -m bench [NAME …]`."""
