"""From a changed CSV file of 25,000 rows to a committed snapshot, against plain Python's parse and difference."""

import csv
import io
import statistics
import time

from bench import data, lists
from bench.measure import report, seconds

BOUND = 4.0


def run() -> bool:
    """Record seven days of 50 changes each; the floor parses the new file and differences two sets of rows."""
    vendor_list, rows = lists.make("bench-recording"), data.first()
    lists.ingest(vendor_list, rows, 0)
    times = []
    for day in range(1, 8):
        old, rows = rows, data.changed(rows, 50, day)
        body = data.as_csv(rows)
        start = time.perf_counter()
        lists.ingest_body(vendor_list, body, day)
        times.append(time.perf_counter() - start)
    before = set(map(tuple, old))

    def floor() -> int:
        after = set(map(tuple, csv.reader(io.StringIO(body.decode()))))
        return len(after - before) + len(before - after)

    ours, theirs = statistics.median(times[1:]), seconds(floor, 7)
    what = "recording a changed 25,000-row CSV, file to committed snapshot"
    return report(what, f"{ours * 1000:.0f} ms", f"plain Python's {theirs * 1000:.0f} ms", ours / theirs, BOUND)
