"""Connections that go only to judged addresses and end when their time is over."""

import functools
import socket
import ssl
import time
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from requests_hardened.ip_filter_adapter import IPFilterAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util.ssl_ import create_urllib3_context

from scraping.fetching.addresses import Address, addresses_of
from scraping.fetching.errors import timed_out

CONNECT_SECONDS = 10.0  # for one address, so that a dead one leaves time for the next


class Clock:
    """The time that a whole fetch has, robots.txt and redirects included."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """Seconds that remain; 0.0 when the time is over."""
        return max(0.0, self._end - time.monotonic())

    def check(self, where: str) -> None:
        """Raises FetchError "timeout" when the time is over."""
        if not self.left:
            raise timed_out(where, self.seconds)


class _Timed:
    """Mixed into sockets: each read has the time that is left, where a plain timeout starts anew at every byte."""

    clock: Clock

    def recv_into(self, *args: Any) -> int:
        left = self.clock.left
        if not left:
            raise TimeoutError("timed out")
        self.settimeout(left)  # type: ignore[attr-defined]
        return super().recv_into(*args)  # type: ignore[misc]


class _TimedSocket(_Timed, socket.socket):
    pass


class _TimedTLS(_Timed, ssl.SSLSocket):
    pass


class _TimedHTTP(HTTPConnection):
    def __init__(self, *args: Any, clock: Clock, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._clock = clock

    def _new_conn(self) -> socket.socket:
        plain = super()._new_conn()
        seconds = plain.gettimeout()
        line = _TimedSocket(fileno=plain.detach())
        line.settimeout(seconds)
        line.clock = self._clock
        return line


class _TimedHTTPS(HTTPSConnection):
    def __init__(self, *args: Any, clock: Clock, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._clock = clock

    def connect(self) -> None:
        # The handshake as a whole is bounded by the timeout for connecting.
        self.ssl_context = create_urllib3_context()
        self.ssl_context.sslsocket_class = _TimedTLS
        super().connect()
        self.sock.clock = self._clock  # type: ignore[union-attr]


class GuardedAdapter(IPFilterAdapter):  # type: ignore[misc]
    """requests-hardened's pinning, by a stricter rule.

    The library judges and pins the first record of a name. Here every record is judged by `addresses_of`, looked up
    once, and each is tried in turn as a literal address, which the library then judges by its own rule as well.
    """

    def __init__(self, *, https: bool, private: bool, clock: Clock) -> None:
        self._private = private
        self._clock = clock
        self._address: Address | None = None
        super().__init__(is_https_proto=https)

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Sends to the first of the host's addresses that takes the connection. Raises FetchError and requests' own."""
        url = urlsplit(str(request.url))
        host, port = str(url.hostname), url.port or (443 if url.scheme == "https" else 80)
        addresses = addresses_of(host, port, private=self._private, seconds=self._clock.left)
        for address in addresses:
            self._clock.check(url.netloc)
            self._address = address
            left = self._clock.left
            kwargs["timeout"] = (max(0.01, min(CONNECT_SECONDS, left)), max(0.01, left))
            try:
                return super().send(request, *args, **kwargs)
            except requests.ConnectionError as error:
                if address == addresses[-1] or not _never_connected(error):
                    raise
        raise AssertionError("addresses_of never gives an empty list")

    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, verify: Any, cert: Any = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Where to connect (the pinned address) and whom to expect there (the name)."""
        url = urlsplit(str(request.url))
        literal = f"[{self._address}]" if self._address and self._address.version == 6 else str(self._address)
        pinned = request.copy()
        pinned.url = url._replace(netloc=literal + (f":{url.port}" if url.port else "")).geturl()
        # The library's own rule knows loopback but no other private network, so it sits out where those are allowed.
        library: Any = super(IPFilterAdapter, self) if self._private else super()
        host_params, pool_kwargs = library.build_connection_pool_key_attributes(pinned, verify, cert)
        request.headers["Host"] = url.netloc
        if url.scheme == "https":
            name = str(url.hostname).rstrip(".")
            pool_kwargs["assert_hostname"] = pool_kwargs["server_hostname"] = name
        return host_params, pool_kwargs

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        """The library's pool, with connections that know the time."""
        pool = super().get_connection_with_tls_context(*args, **kwargs)
        pool.ConnectionCls = functools.partial(_TimedHTTPS if pool.scheme == "https" else _TimedHTTP, clock=self._clock)
        return pool


class GuardedSession(requests.Session):
    """A session that neither asks the environment (proxies, .netrc) nor follows redirects nor reads their bodies."""

    def __init__(self, *, private: bool, verify: bool | str, clock: Clock) -> None:
        super().__init__()
        self.trust_env = False
        self.verify = verify
        for scheme in ("http", "https"):
            self.mount(f"{scheme}://", GuardedAdapter(https=scheme == "https", private=private, clock=clock))

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """Always None: requests reads the whole body of each redirect that it knows of, even if it is not to follow."""
        return None

    def location(self, response: requests.Response) -> str | None:
        """Where a response redirects to, as sent; None if it does not."""
        try:
            return super().get_redirect_target(response)
        except UnicodeError:  # neither ASCII nor UTF-8
            return response.headers["Location"]


def _never_connected(error: requests.ConnectionError) -> bool:
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(reason, urllib3.exceptions.NewConnectionError | urllib3.exceptions.ConnectTimeoutError)
