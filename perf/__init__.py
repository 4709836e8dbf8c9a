"""Benchmarks of speed and scale. One command prints the table: `make perf`, or `python -m perf --items 10000`."""
