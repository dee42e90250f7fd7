"""The one guarded client for every outgoing request: pages, their redirects, robots.txt and webhooks.

Settings, all from the environment:

- `CONTACT`: an address or URL where a site's operator reaches us; it goes into the user agent.
- `FETCH_ALLOW_PRIVATE` (false): lets requests reach loopback and private networks, for an installation that reads an
  intranet. Link-local addresses (cloud metadata) and every other special range stay blocked.
- `FETCH_CA_BUNDLE` (unset): a PEM file of the authorities to trust in place of the usual ones, for sites whose
  certificate comes from a private or national authority.
"""

from scraping.fetching.client import Fetched, Policy, crawl_delay, fetch, post
from scraping.fetching.errors import FetchError

__all__ = ["FetchError", "Fetched", "Policy", "crawl_delay", "fetch", "post"]
