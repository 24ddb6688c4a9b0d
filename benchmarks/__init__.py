"""The benchmarks: each figure is one JSON line, printed and kept in ``benchmarks/results/``."""
