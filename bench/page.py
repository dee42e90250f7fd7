"""The comparison page of a 25,000-row list with 50 changes, against the same rows rendered whole."""

from django.template import engines
from django.test import Client

from bench import data, lists
from bench.measure import report, seconds
from procurement.models import Listing

BOUND = 0.1
WHOLE = """<table>{% for listing in listings %}<tr><th>{{ listing.entry.vendor }}</th>
<td>{{ listing.entry.product }}</td>
<td>{{ listing.entry.category }}</td><td>{{ listing.entry.identifier }}</td><td>{{ listing.entry.origin }}</td>
<td>{{ listing.listed_from|date:"Y-m-d" }}</td></tr>{% endfor %}</table>"""


def run() -> bool:
    """Both through Django: a request for the page, and a plain template over the rows of the later snapshot."""
    vendor_list, rows = lists.make("bench-page"), data.first()
    lists.ingest(vendor_list, rows, 0)
    lists.ingest(vendor_list, data.changed(rows, 50, 1), 1)
    client, template = Client(), engines["django"].from_string(WHOLE)
    address = f"/lists/{vendor_list.slug}/compare/2024-01-01..2024-01-02/"

    def ours() -> None:
        assert client.get(address).status_code == 200

    def theirs() -> str:
        listed = Listing.objects.filter(list=vendor_list).on(lists.START).select_related("entry")
        return template.render({"listings": listed})

    a, b = seconds(ours, 15), seconds(theirs, 3)
    return report("the comparison page", f"{a * 1000:.0f} ms", f"whole rendering's {b * 1000:.0f} ms", a / b, BOUND)
