"""What a site's robots.txt asks of us, remembered for an hour (RFC 9309)."""

import functools
import hashlib
from collections.abc import Callable
from urllib.parse import urlsplit

from django.core.cache import cache
from protego import Protego

from scraping.fetching.errors import FetchError

REMEMBERED = 3600  # seconds
MAX_BYTES = 512 * 1024  # RFC 9309 asks for at least 500 KiB


def require_allowed(url: str, agent: str, read: Callable[[str], bytes]) -> None:
    """Raises FetchError "robots" if the site asks `agent` not to read this URL, or cannot say for the moment.

    `read` fetches a URL through the guarded client; its other errors (no connection, say) pass through.
    """
    if not rules_of(url, read).can_fetch(url, _token(agent)):
        site = urlsplit(url)
        message = (
            f"{site.netloc} asks programs in its robots.txt not to read {site.path[:120] or '/'}; ask its operator, or "
            "let an admin override robots.txt for this source."
        )
        raise FetchError("robots", message)


def delay(url: str, agent: str, read: Callable[[str], bytes]) -> float | None:
    """Seconds between requests that the site asks of `agent`, None if it asks none; raises as `require_allowed`."""
    wished = rules_of(url, read).crawl_delay(_token(agent))
    return None if wished is None else float(wished)


def rules_of(url: str, read: Callable[[str], bytes]) -> Protego:
    """The rules of the URL's site, from the cache or from the site."""
    site = urlsplit(url)
    address = f"{site.scheme}://{site.netloc}/robots.txt"
    key = "robots:" + hashlib.sha256(address.encode()).hexdigest()
    text = cache.get(key)
    if text is None:
        text = _read(address, read)
        cache.set(key, text, REMEMBERED)
    return _parsed(text)


def _read(address: str, read: Callable[[str], bytes]) -> str:
    try:
        return read(address).decode("utf-8", "replace")
    except FetchError as error:
        if error.status is None:
            raise
        if error.status < 500 and error.status != 429:
            return ""  # there are no rules, so everything is allowed
        message = (
            f"{urlsplit(address).netloc} cannot show its robots.txt for the moment ({error.status}), so nothing is "
            "read there; it is tried again."
        )
        raise FetchError("robots", message, True, error.status, error.retry_after) from error


def _token(agent: str) -> str:
    """The product's name alone: a contact address could contain another robot's."""
    return agent.partition("/")[0]


@functools.lru_cache(maxsize=64)
def _parsed(text: str) -> Protego:
    return Protego.parse(text)
