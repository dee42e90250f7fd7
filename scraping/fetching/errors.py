"""Why a request failed: a stable code, whether trying again can help, and a sentence for the person who can act."""

import http.client
import socket
import ssl
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import requests
import urllib3
from requests_hardened.ip_filter import InvalidIPAddress
from urllib3.util.ssl_match_hostname import CertificateError

LONGEST_WAIT = 86_400.0  # seconds; a server that asks for more is asked again after a day


class FetchError(Exception):
    """A request that gave nothing to use.

    `code` is a stable slug, `transient` says that the same request may succeed later, `retry_after` is the server's
    own wish in seconds (at most a day), `status` the HTTP status where there was one. `str()` is one sentence.
    """

    def __init__(
        self,
        code: str,
        message: str,
        transient: bool = False,
        status: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        # It quotes what strangers sent, goes into the database (which takes no NUL) and onto one line of a page.
        message = " ".join("".join(char if char.isprintable() else " " for char in message).split())
        # All arguments go up, because a worker's exception is pickled on its way to the parent process.
        super().__init__(code, message, transient, status, retry_after)
        self.code = code
        self.message = message
        self.transient = transient
        self.status = status
        self.retry_after = retry_after

    def __str__(self) -> str:
        return self.message


STATUSES: dict[int, tuple[str, bool, str]] = {
    401: ("unauthorized", False, "{where} asks for a login (401); find a public address of the list"),
    403: ("forbidden", False, "{where} forbids the page to us (403); ask its operator, or enter another address"),
    404: ("not_found", False, "{where} has no such page (404); look where the list has moved and enter that address"),
    408: ("timeout", True, "{where} gave up waiting for our request (408); it is tried again"),
    410: (
        "gone",
        False,
        "{where} says that the page was removed for good (410); enter its new address or end the source",
    ),
    429: (
        "rate_limited",
        True,
        "{where} says that we ask too often (429); it is tried again later, choose a longer interval",
    ),
    503: ("unavailable", True, "{where} is unavailable for the moment (503); it is tried again later"),
}


def from_status(status: int, headers: Mapping[str, str], where: str) -> FetchError:
    """The error for an answer whose status is not the one that was hoped for."""
    if status in STATUSES:
        code, transient, sentence = STATUSES[status]
    elif status >= 500:
        code, transient, sentence = (
            "server_error",
            True,
            "{where} failed on its side ({status}); it is tried again later",
        )
    elif status >= 400:
        code, transient, sentence = "client_error", False, "{where} rejects the request ({status}); check the address"
    else:
        code, transient = "unexpected_status", True
        sentence = "{where} answered {status} where a whole page was expected; it is tried again, look at the address"
    wait = retry_after(headers.get("Retry-After", ""))
    return FetchError(code, sentence.format(where=where, status=status) + ".", transient, status, wait)


def retry_after(value: str) -> float | None:
    """Seconds to wait, 0 to a day, as a Retry-After header says in seconds or as a date; None if it is not clear."""
    value = value.strip()
    if value.isascii() and value.isdigit():
        return LONGEST_WAIT if len(value) > 9 else min(float(value), LONGEST_WAIT)
    try:
        at = parsedate_to_datetime(value)
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        seconds = (at - datetime.now(UTC)).total_seconds()
    except (ValueError, OverflowError):
        return None
    return min(max(seconds, 0.0), LONGEST_WAIT)


def timed_out(where: str, seconds: float) -> FetchError:
    """The error for a request that used up its whole time."""
    return FetchError(
        "timeout", f"{where} did not finish within {seconds:g} seconds; it is tried again, or allow it more time.", True
    )


def truncated(where: str, how: str) -> FetchError:
    """The error for a body that ended before it was whole."""
    return FetchError("truncated", f"{where} stopped in the middle of the page ({how}); it is tried again.", True)


def explain(error: Exception, where: str, *, reading: bool = False) -> FetchError:
    """The typed error for what requests or urllib3 raised; `reading` says that the headers had already come."""
    causes = list(_causes(error))

    def first(*kinds: type[BaseException]) -> BaseException | None:
        return next((cause for cause in causes if isinstance(cause, kinds)), None)

    if certificate := first(ssl.SSLCertVerificationError, CertificateError):
        reason = str(getattr(certificate, "verify_message", "") or certificate).rstrip(".")
        message = (
            f"{where} shows a certificate that is not valid for it ({reason}); its operator must renew or correct it."
        )
        return FetchError("tls", message)
    if first(InvalidIPAddress):
        return FetchError("blocked_address", f"{where} is not on the public internet; enter a public address.")
    if first(requests.exceptions.InvalidHeader, requests.exceptions.InvalidURL, urllib3.exceptions.LocationValueError):
        return FetchError(
            "bad_response",
            f"{where} breaks the rules of HTTP ({_short(error)}); check the address, or tell its operator.",
            reading,
        )
    if reading:
        return truncated(where, _short(causes[-1]))
    if first(ConnectionRefusedError):
        return FetchError(
            "refused", f"{where} refuses connections; check the address and port, it is tried again.", True
        )
    if first(urllib3.exceptions.NewConnectionError) and not first(TimeoutError):
        return FetchError("unreachable", f"{where} cannot be reached ({_short(causes[-1])}); it is tried again.", True)
    if first(TimeoutError, urllib3.exceptions.TimeoutError, requests.Timeout):
        return FetchError("timeout", f"{where} does not answer; check the address, it is tried again.", True)
    if first(ssl.SSLError, urllib3.exceptions.SSLError):
        message = (
            f"{where} and we could not agree on an encrypted connection ({_short(causes[-1])}); it is tried again."
        )
        return FetchError("tls", message, True)
    if first(ConnectionResetError, BrokenPipeError, http.client.RemoteDisconnected):
        return FetchError("disconnected", f"{where} hung up before it answered; it is tried again.", True)
    if first(http.client.HTTPException, urllib3.exceptions.ProtocolError):
        message = f"{where} sent something that is not HTTP ({_short(causes[-1])}); check the address and port."
        return FetchError("bad_response", message, True)
    if first(socket.gaierror):
        return no_such_name(where)
    return FetchError("unreachable", f"{where} cannot be reached ({_short(causes[-1])}); it is tried again.", True)


def no_such_name(where: str) -> FetchError:
    """The error for a host name without an address."""
    return FetchError("dns", f"{where} has no address in the DNS; check the name's spelling, it is tried again.", True)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error and what lies beneath it; requests keeps urllib3's in `args`, urllib3 keeps its own in `reason`."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        one = waiting.pop(0)
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        inner = [getattr(one, "reason", None), *one.args, one.__cause__, one.__context__]
        waiting += [cause for cause in inner if isinstance(cause, BaseException)]


def _short(error: BaseException) -> str:
    text = " ".join(str(getattr(error, "strerror", "") or error).split())
    return (text or type(error).__name__)[:120]
