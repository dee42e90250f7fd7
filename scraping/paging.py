"""A list that is split over pages is read as one, or not at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urldefrag, urljoin

from procurement import captures
from scraping import extractors
from scraping.fetching import FetchError

if TYPE_CHECKING:
    from scraping.pipeline import Received

MOST_PAGES = 200

FetchPage = Callable[[str], "Received"]


class Pages:
    """The pages of one list, in the order in which they follow each other; the first one is there from the start."""

    def __init__(self, first: Received, fetch_page: FetchPage | None = None) -> None:
        """Args: fetch_page fetches the page at an address; None where there is no publisher to ask (a file)."""
        self.received = [first]
        self._fetch_page = fetch_page

    @property
    def first(self) -> Received:
        return self.received[0]

    @property
    def further(self) -> list[Received]:
        """What was fetched besides the first page, so far as it came."""
        return self.received[1:]

    def read(self, recipe: extractors.Recipe | None) -> extractors.Reading:
        """The rows of all pages in order. `next_pages` of the result names pages that could not be asked for.

        Without a recipe all pages are read by the one that the first suggests.

        Raises:
            extractors.ExtractionError: a page does not hold the list.
            scraping.fetching.FetchError: a page cannot be fetched, or the pages have no end.
            procurement.captures.CaptureError: a page could not be kept.
        """
        readings = [_read(self.first, recipe)]
        recipe = readings[0].recipe
        seen = {_plain(self.first.url), _plain(_base(self.first))}
        waiting = _addresses(self.first, readings[0])
        while waiting and self._fetch_page is not None:
            address = waiting.pop(0)
            if address in seen:
                if address == _plain(_base(self.received[-1])) or "links" in dict(recipe.paging):
                    continue  # the last page's "next" that leads to itself, or page numbers that stand on every page
                raise _endless(f"page {len(self.received)} leads back to an earlier one, {address}")
            if len(self.received) == MOST_PAGES:
                raise FetchError(
                    "too_many_pages",
                    f"The list goes on after {MOST_PAGES} pages, at {address}; nothing was recorded. Give an address "
                    "that shows more rows on a page, or the publisher's download.",
                )
            page = self._fetch_page(address)
            captures.keep(page.body)
            if any(page.body == one.body for one in self.received):
                raise _endless(f"page {len(self.received) + 1}, {address}, is byte for byte an earlier one")
            self.received.append(page)
            seen |= {address, _plain(_base(page))}
            readings.append(_read(page, recipe, number=len(self.received)))
            waiting += [one for one in _addresses(page, readings[-1]) if one not in waiting]
        return joined(readings, unread=[one for one in waiting if one not in seen])


def joined(readings: list[extractors.Reading], *, unread: list[str]) -> extractors.Reading:
    """The readings of a list's pages as one. `unread` holds the addresses of pages that are missing."""
    return replace(
        readings[0],
        rows=[row for reading in readings for row in reading.rows],
        warnings=list(dict.fromkeys(warning for reading in readings for warning in reading.warnings)),
        next_pages=unread,
    )


def missing(reading: extractors.Reading) -> str:
    """Why a reading is not the whole list: it names pages that did not come with it. "" where it is whole."""
    if not reading.next_pages:
        return ""
    return (
        f"The list goes on at {reading.next_pages[0]}, and that page did not come with this one: what stands there "
        "would seem to be gone. Scrape the address to read all pages, or import this one with --coverage partial."
    )


def _read(page: Received, recipe: extractors.Recipe | None, number: int = 1) -> extractors.Reading:
    try:
        return extractors.read(
            page.body,
            recipe=recipe,
            media_type=page.media_type,
            url=_base(page) or page.file_name,
            encoding=page.encoding,
        )
    except extractors.ExtractionError as error:
        if number == 1:
            raise
        raise type(error)(f"Page {number}, {page.url}: {error}") from error


def _base(page: Received) -> str:
    """Where a page was found in the end: relative links start there."""
    return page.headers.get("X-Final-URL", page.url)


def _plain(address: str) -> str:
    return urldefrag(address).url


def _addresses(page: Received, reading: extractors.Reading) -> list[str]:
    """The pages that a page names, in order.

    Raises:
        FetchError: what it names is no address.
    """
    found = []
    for link in reading.next_pages:
        try:
            found.append(_plain(urljoin(_base(page), link)))
        except ValueError as error:
            message = f"{page.url} names {link[:200]} as its next page, which is no web address; correct the recipe."
            raise FetchError("bad_url", message) from error
    return list(dict.fromkeys(found))


def _endless(what: str) -> FetchError:
    return FetchError(
        "paging_loop", f"The list's pages have no end: {what}; nothing was recorded. Correct the recipe's paging rule."
    )
