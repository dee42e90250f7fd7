"""What reading a source may cost in all, over however many pages its list is split."""

import time

from django.conf import settings

from scraping import fetching
from scraping.models import Source


class Limits:
    """Seconds and bytes of one visit to a source; the clock starts when it is made."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._started = time.monotonic()
        self._bytes = 0
        self._pages = 0

    def policy(self) -> fetching.Policy:
        """What the next request may cost and touch.

        Raises:
            fetching.FetchError: nothing is left.
        """
        source = self._source
        seconds = source.deadline - (time.monotonic() - self._started)
        so_far = f"{self._pages} pages of {source.url} were read, and the list goes on"
        if seconds <= 0:
            message = f"{so_far} after the source's {source.deadline} seconds; it is tried again, or allow it more."
            raise fetching.FetchError("timeout", message, transient=True)
        if self._bytes >= source.max_bytes:
            message = f"{so_far} beyond the source's {source.max_bytes:,} bytes; allow it more if it is that long."
            raise fetching.FetchError("too_large", message)
        return fetching.Policy(
            max_bytes=source.max_bytes - self._bytes,
            deadline=seconds,
            ports=frozenset({80, 443, *settings.FETCH_PORTS}),
            respect_robots=not source.ignore_robots,
        )

    def take(self, body: bytes) -> None:
        """Count a page that came."""
        self._bytes += len(body)
        self._pages += 1

    def pause(self, url: str) -> None:
        """Wait between two pages for as long as the site asks.

        Raises:
            fetching.FetchError: nothing is left, or robots.txt cannot be read.
        """
        policy = self.policy()
        wished = fetching.crawl_delay(url, policy=policy) if policy.respect_robots else None
        time.sleep(min(wished or 0, policy.deadline))
