"""Fetching a page and posting to a webhook: the only places from which a request leaves."""

import contextlib
import dataclasses
import http.client
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.message import Message
from urllib.parse import urldefrag, urljoin, urlsplit

import requests
import urllib3
from django.conf import settings

from scraping.fetching import robots
from scraping.fetching.connecting import Clock, GuardedSession
from scraping.fetching.decoding import ACCEPTED, read_body
from scraping.fetching.errors import FetchError, explain, from_status

MOST_REDIRECTS = 10


@dataclasses.dataclass(frozen=True)
class Policy:
    """What a request may cost and touch: decoded bytes, seconds in all (redirects and robots.txt included), ports."""

    max_bytes: int = 50 * 1024 * 1024
    deadline: float = 60.0
    ports: frozenset[int] = frozenset({80, 443})
    respect_robots: bool = True
    user_agent: str = ""  # blank: who we are, with the installation's CONTACT

    @property
    def private_addresses(self) -> bool:
        """Whether private networks may be reached: the operator's FETCH_ALLOW_PRIVATE says so, never the code."""
        return bool(getattr(settings, "FETCH_ALLOW_PRIVATE", False))

    @property
    def agent(self) -> str:
        """The User-Agent header."""
        contact = settings.CONTACT
        return self.user_agent or "WhitelistTracker/1.0" + (f" (+{contact})" if contact else "")


DEFAULT = Policy()


@dataclasses.dataclass(frozen=True)
class Fetched:
    """A whole answer. `redirects` holds the URLs that redirected, in order, the requested one first."""

    url: str
    requested_url: str
    status: int
    headers: dict[str, str]
    body: bytes
    media_type: str
    encoding: str
    fetched_at: datetime  # aware, UTC: when the headers had arrived
    not_modified: bool = False
    redirects: list[str] = dataclasses.field(default_factory=list)


def fetch(url: str, *, policy: Policy = DEFAULT, etag: str = "", last_modified: str = "") -> Fetched:
    """Reads a page. `etag` and `last_modified`, as an earlier answer's headers gave them, make the request conditional.

    Returns the whole decoded body, or `not_modified` with an empty one. Raises FetchError for everything else.
    """
    conditions = {"If-None-Match": etag, "If-Modified-Since": last_modified}
    return _get(url, policy, Clock(policy.deadline), {name: value for name, value in conditions.items() if value})


def post(url: str, body: bytes, *, headers: Mapping[str, str] | None = None, policy: Policy = DEFAULT) -> Fetched:
    """Delivers a body to a webhook; any 2xx is success and the answer's body is not read.

    Redirects are not followed, since the receiver's secret would go along. Raises FetchError otherwise.
    """
    clock = Clock(policy.deadline)
    session = _session(policy, clock)
    request = _prepared(session, requests.Request("POST", url, headers=dict(headers or {}), data=body), policy)
    with _answer(session, request, clock) as (response, arrived):
        if location := session.location(response):
            message = f"{_where(request)} redirects to {location[:200]}; enter the webhook's new address."
            raise FetchError("redirected", message, status=response.status_code)
        if not 200 <= response.status_code < 300:
            raise from_status(response.status_code, response.headers, _where(request))
        return _fetched(response, arrived, requested_url=url)


def crawl_delay(url: str, *, policy: Policy = DEFAULT) -> float | None:
    """Seconds between two requests that the site's robots.txt asks for; None if it asks none. Raises FetchError."""
    clock = Clock(policy.deadline)
    return robots.delay(url, policy.agent, lambda address: _robots(address, policy, clock))


def _get(url: str, policy: Policy, clock: Clock, conditions: dict[str, str]) -> Fetched:
    redirects: list[str] = []
    visited = set()
    here = url
    session = _session(policy, clock)
    while True:
        request = _prepared(session, requests.Request("GET", here, headers=conditions), policy)
        if policy.respect_robots:
            robots.require_allowed(str(request.url), policy.agent, lambda address: _robots(address, policy, clock))
        # A site may set a cookie and send the visitor to the same page again, which is no loop.
        state = (urldefrag(str(request.url)).url, frozenset(session.cookies.items()))
        if state in visited or len(redirects) > MOST_REDIRECTS:
            raise FetchError(
                "redirect_loop",
                f"{_where(request)} redirects in a circle or more than {MOST_REDIRECTS} times; enter the address "
                "of the page itself.",
            )
        visited.add(state)
        with _answer(session, request, clock) as (response, arrived):
            location = session.location(response)
            if location is None:
                return _page(response, arrived, url, redirects, policy, clock, conditional=bool(conditions))
        redirects.append(str(request.url))
        here = _target(request, location)


def _page(
    response: requests.Response,
    arrived: datetime,
    requested_url: str,
    redirects: list[str],
    policy: Policy,
    clock: Clock,
    *,
    conditional: bool,
) -> Fetched:
    """The final answer, if it is a whole page or a wanted 304."""
    where = _where(response.request)
    if response.status_code == 304 and conditional:
        return _fetched(response, arrived, requested_url, redirects=redirects, not_modified=True)
    if response.status_code == 304:
        message = f"{where} says that the page is unchanged (304) though we asked for all of it; tell its operator."
        raise FetchError("unexpected_304", message, status=304)
    # 203 is a page that a proxy touched up; 206 would be a part of one, 202 and 204 promise or deny one.
    if response.status_code not in {200, 203}:
        raise from_status(response.status_code, response.headers, where)
    with _explained(where, clock, reading=True):
        body = read_body(response, where, max_bytes=policy.max_bytes, clock=clock)
    return _fetched(response, arrived, requested_url, body=body, redirects=redirects)


def _robots(address: str, policy: Policy, clock: Clock) -> bytes:
    alone = dataclasses.replace(policy, respect_robots=False, max_bytes=robots.MAX_BYTES)
    return _get(address, alone, clock, {}).body


def _session(policy: Policy, clock: Clock) -> GuardedSession:
    bundle = getattr(settings, "FETCH_CA_BUNDLE", "")
    session = GuardedSession(private=policy.private_addresses, verify=bundle or True, clock=clock)
    session.headers.clear()
    session.headers.update({"User-Agent": policy.agent, "Accept": "*/*", "Accept-Encoding": ACCEPTED})
    return session


def _prepared(session: GuardedSession, request: requests.Request, policy: Policy) -> requests.PreparedRequest:
    """The request, judged as it will be sent. Raises FetchError "bad_url" or "blocked_port"."""
    try:
        prepared = session.prepare_request(request)
        url = urlsplit(str(prepared.url))
        port = url.port if url.port is not None else {"http": 80, "https": 443}.get(url.scheme)
    except (requests.RequestException, ValueError) as error:
        raise FetchError("bad_url", f"{str(request.url)[:200]} is not a web address; correct it.") from error
    if url.scheme not in {"http", "https"} or not url.hostname:
        raise FetchError("bad_url", f"{str(request.url)[:200]} is not an http or https address; correct it.")
    if "@" in url.netloc:
        raise FetchError("bad_url", f"The address at {url.hostname} carries a user name; remove it up to the @ sign.")
    if port not in policy.ports:
        allowed = ", ".join(map(str, sorted(policy.ports)))
        message = f"{url.hostname} is addressed at port {port}, and only {allowed} may be used; correct the address."
        raise FetchError("blocked_port", message)
    return prepared


def _target(request: requests.PreparedRequest, location: str) -> str:
    try:
        return urljoin(str(request.url), location)
    except ValueError as error:
        message = f"{_where(request)} redirects to {location[:200]}, which is no web address; enter the page's own."
        raise FetchError("bad_url", message) from error


@contextlib.contextmanager
def _answer(
    session: GuardedSession, request: requests.PreparedRequest, clock: Clock
) -> Iterator[tuple[requests.Response, datetime]]:
    """The answer's status and headers and when they arrived; its connection is closed at the end."""
    with _explained(_where(request), clock):
        response = session.send(request, stream=True, allow_redirects=False)
    try:
        yield response, datetime.now(UTC)
    finally:
        response.close()
        session.close()


@contextlib.contextmanager
def _explained(where: str, clock: Clock, *, reading: bool = False) -> Iterator[None]:
    """Turns what the libraries raise into a FetchError; one that comes when the time is over is a timeout."""
    try:
        yield
    except (requests.RequestException, urllib3.exceptions.HTTPError, http.client.HTTPException, OSError) as error:
        clock.check(where)
        raise explain(error, where, reading=reading) from error


def _where(request: requests.PreparedRequest) -> str:
    """The host for a sentence, and robots.txt where nobody asked for it by name."""
    url = urlsplit(str(request.url))
    return url.netloc + (url.path if url.path == "/robots.txt" else "")


def _fetched(
    response: requests.Response,
    arrived: datetime,
    requested_url: str,
    *,
    body: bytes = b"",
    redirects: list[str] | None = None,
    not_modified: bool = False,
) -> Fetched:
    content_type = Message()
    content_type["Content-Type"] = response.headers.get("Content-Type", "")
    return Fetched(
        url=str(response.url),
        requested_url=requested_url,
        status=response.status_code,
        headers=dict(response.headers),
        body=body,
        media_type=str(content_type["Content-Type"]).partition(";")[0].strip().lower(),
        encoding=content_type.get_content_charset("") or "",
        fetched_at=arrived,
        not_modified=not_modified,
        redirects=redirects or [],
    )
