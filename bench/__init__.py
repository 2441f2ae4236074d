"""Benchmarks: one program a question, peers beside us in the same run."""
