"""Which addresses a request may reach."""

import ipaddress
import queue
import socket
import threading

from requests_hardened.ip_filter import EXTRA_BLOCKED_NET_RANGES

from scraping.fetching.errors import FetchError, no_such_name

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

PRIVATE_NETWORKS = [
    ipaddress.ip_network(network)
    for network in ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7")
]


def is_allowed(address: Address, *, private: bool) -> bool:
    """Whether a request may go to this address; `private` also admits loopback and private networks, nothing more."""
    if isinstance(address, ipaddress.IPv6Address) and (
        address.ipv4_mapped or address.sixtofour or address.teredo or address.is_site_local
    ):
        return False  # an IPv4 address in disguise is judged by nobody on its way
    if private and any(address in network for network in PRIVATE_NETWORKS):
        return True
    special = address.is_multicast or address.is_reserved or any(address in net for net in EXTRA_BLOCKED_NET_RANGES)
    return address.is_global and not special


def addresses_of(host: str, port: int, *, private: bool, seconds: float) -> list[Address]:
    """Every address of a host, in the resolver's order, within `seconds`.

    Raises FetchError: "dns", "timeout", "bad_url", or "blocked_address" if even one record is not allowed, because a
    name that mixes public and internal addresses is how an internal one is reached.
    """
    try:
        found = [ipaddress.ip_address(host)]
    except ValueError:
        found = [ipaddress.ip_address(record[4][0]) for record in _records(host, port, seconds)]
    for address in found:
        if not is_allowed(address, private=private):
            raise FetchError(
                "blocked_address",
                f"{host} leads to {address}, which is not on the public internet, so no connection was made; enter a "
                "public address, or set FETCH_ALLOW_PRIVATE=1 to read lists on your own network.",
            )
    return list(dict.fromkeys(found))


def _records(host: str, port: int, seconds: float) -> list[tuple]:
    """getaddrinfo with a limit of its own: the system's resolver can take minutes over a dead name server."""
    answer: queue.SimpleQueue[list[tuple] | OSError | UnicodeError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answer.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            answer.put(error)

    threading.Thread(target=ask, daemon=True, name="fetch-dns").start()
    try:
        records = answer.get(timeout=seconds)
    except queue.Empty:
        message = f"The DNS gave no answer for {host} within {seconds:.0f} seconds; it is tried again."
        raise FetchError("timeout", message, True) from None
    if isinstance(records, UnicodeError):
        raise FetchError("bad_url", f"{host[:80]} is not a host name; correct the address.") from records
    if isinstance(records, OSError):
        raise no_such_name(host) from records
    return records
