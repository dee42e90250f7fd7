"""Comparing two neighbouring snapshots of 25,000 rows, against csv-diff on the same two files."""

import io
import json

from csv_diff import compare as csv_diff_compare
from csv_diff import load_csv

from bench import data, lists
from bench.measure import report, seconds
from procurement.comparison import compare

BOUND = 0.1


def run() -> bool:
    """Both start cold: ours from the database, csv-diff from the files' text; both end with the changes."""
    vendor_list, rows = lists.make("bench-comparing"), data.first()
    after = data.changed(rows, 50, 1)
    lists.ingest(vendor_list, rows, 0)
    lists.ingest(vendor_list, after, 1)
    one, two = data.as_csv(rows).decode(), data.as_csv(after).decode()

    def theirs() -> object:
        return csv_diff_compare(load_csv(io.StringIO(one), key="id"), load_csv(io.StringIO(two), key="id"))

    def ours() -> str:
        return json.dumps(compare(vendor_list, "2024-01-01", "2024-01-02").as_json())

    a, b = seconds(ours, 15), seconds(theirs, 3)
    return report(
        "comparing neighbours of 25,000 rows", f"{a * 1000:.0f} ms", f"csv-diff's {b * 1000:.0f} ms", a / b, BOUND
    )
