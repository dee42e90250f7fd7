"""Timing and reporting."""

import statistics
import time
from collections.abc import Callable


def seconds(work: Callable[[], object], runs: int = 5) -> float:
    """The median wall time of some runs, in seconds, after one that is not counted."""
    work()
    return statistics.median(_one(work) for _ in range(runs))


def _one(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def report(what: str, ours: str, theirs: str, ratio: float, bound: float) -> bool:
    """Print one figure with its bound; returns whether it holds."""
    holds = ratio <= bound
    print(f"{'holds' if holds else 'FAILS':<6} {ratio:7.3f} ≤ {bound:<6g} {what}: {ours} against {theirs}", flush=True)
    return holds
