"""Benchmarks of speed and scale: `make perf` for the quick ones, `make perf-big` for a million items; or
`python -m perf PART`, where `python -m perf --help` lists the parts."""
