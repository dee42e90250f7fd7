"""Database bytes of 365 daily snapshots of 25,000 rows at 0.2 % churn, against those of the first."""

from django.db import connection

from bench import data, lists
from bench.measure import report

BOUND = 2.0
DAYS = 365


def run() -> bool:
    """The bytes that the database's own files hold, rows and indexes, with free pages left out."""
    empty = size()
    vendor_list, rows = lists.make("bench-storage"), data.first()
    lists.ingest(vendor_list, rows, 0)
    first = size() - empty
    for day in range(1, DAYS):
        rows = data.changed(rows, data.ROWS // 500, day)
        lists.ingest(vendor_list, rows, day)
    last = size() - empty
    what = f"database bytes of {DAYS} daily snapshots at 0.2 % churn"
    return report(what, f"{last / 2**20:.1f} MiB", f"the first's {first / 2**20:.1f} MiB", last / first, BOUND)


def size() -> int:
    """Bytes in use."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(
                "SELECT (p.page_count - f.freelist_count) * s.page_size FROM pragma_page_count() p, "
                "pragma_freelist_count() f, pragma_page_size() s"
            )
        else:
            cursor.execute(
                "SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c "
                "JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND n.nspname = 'public'"
            )
        return int(cursor.fetchone()[0])
