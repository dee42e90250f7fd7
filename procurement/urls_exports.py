"""The addresses of exports and feeds: a page's own without its last slash, with an extension."""

from typing import Any

from django.urls import path, register_converter

from procurement import feeds
from procurement.views import exports


class TableFormat:
    """What every table comes as."""

    regex = "csv|json"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        if value not in self.regex.split("|"):
            raise ValueError(f"no export as {value!r}")
        return value


class FeedFormat(TableFormat):
    regex = "atom"


register_converter(TableFormat, "table")
register_converter(FeedFormat, "feed")


def _both(route: str, table: Any, feed: Any, name: str) -> list[Any]:
    return [
        path(f"{route}.<table:format>", table, name=name),
        path(f"{route}.<feed:format>", feed, name=name),
    ]


urlpatterns = [
    path("lists.<table:format>", exports.lists, name="lists-export"),
    *_both("lists/<slug:slug>", exports.list_now, feeds.of_list, "list-export"),
    path("lists/<slug:slug>/snapshots.<table:format>", exports.snapshots, name="snapshots-export"),
    path("lists/<slug:slug>/on/<str:day>.<table:format>", exports.as_of, name="as-of-export"),
    path("lists/<slug:slug>/compare/<str:ends>.<table:format>", exports.comparison, name="comparison-export"),
    *_both("changes", exports.changes, feeds.changes, "changes-export"),
    path("vendors.<table:format>", exports.vendors, name="vendors-export"),
    *_both("vendors/<slug:slug>", exports.vendor, feeds.of_vendor, "vendor-export"),
    path("snapshots/<int:pk>.<table:format>", exports.snapshot, name="snapshot-export"),
    path("statements.<table:format>", exports.statements, name="statements-export"),
]
