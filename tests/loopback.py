"""A scripted HTTP server on loopback: each path plays what a test tells it to, byte by byte if need be.

    with Loopback() as site:
        site.on("/list", response(b"<table>…"))                 # the same answer every time
        site.on("/list", response(status=503), response(b"…"))  # one after the other; the last one stays
        fetch(site.url("/list"))
        assert site.paths == ["/robots.txt", "/list"]

A path without a script answers 404, so robots.txt allows everything. The host name in `url` may be any that the test
has made to resolve to 127.0.0.1.
"""

import contextlib
import dataclasses
import errno
import pickle
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Self

import pytest
import trustme
import urllib3.util.connection

from scraping.fetching import FetchError, Policy

REASONS = {200: "OK", 304: "Not Modified", 302: "Found", 404: "Not Found"}


@dataclasses.dataclass
class Request:
    """One request as the server saw it; header names in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


Script = bytes | Callable[[socket.socket, Request], None]


def response(
    body: bytes = b"", status: int = 200, headers: dict[str, str] | None = None, *, framing: str = "length"
) -> bytes:
    """An answer's bytes. `framing` is "length" (Content-Length), "chunked" or "close" (the connection's end)."""
    fields = {"Content-Type": "text/html; charset=utf-8", **(headers or {})}
    if framing == "length":
        fields.setdefault("Content-Length", str(len(body)))
    elif framing == "chunked":
        fields["Transfer-Encoding"] = "chunked"
        body = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:7], body[7:]) if part) + b"0\r\n\r\n"
    head = f"HTTP/1.1 {status} {REASONS.get(status, 'Something')}\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return head.encode("latin-1") + b"\r\n" + body


def redirect(target: str, status: int = 302, **headers: str) -> bytes:
    """A redirect to `target`; further headers with underscores for hyphens."""
    fields = {"Location": target, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return response(b"moved", status, fields)


def drip(data: bytes, *, at_once: int = 0, every: float = 0.05) -> Script:
    """Sends the first `at_once` bytes, then the others one by one, `every` so many seconds."""

    def play(line: socket.socket, _: Request) -> None:
        line.sendall(data[:at_once])
        for byte in data[at_once:]:
            time.sleep(every)
            line.sendall(bytes([byte]))

    return play


def endless(data: bytes, then: bytes) -> Script:
    """Sends `data`, then `then` over and over until the client hangs up."""

    def play(line: socket.socket, _: Request) -> None:
        line.sendall(data)
        while True:
            line.sendall(then)

    return play


class Loopback:
    """The server; a context manager. `connections` counts what was accepted, `requests` holds what was asked."""

    def __init__(self, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> None:
        self.requests: list[Request] = []
        self.connections = 0
        self._host = host
        self._tls = tls
        self._scripts: dict[str, list[Script]] = {}
        self._listener = socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
        self.port: int = self._listener.getsockname()[1]

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # closing alone leaves accept() waiting
        self._listener.close()

    def url(self, path: str = "/", host: str = "") -> str:
        """The address of a path, at the server's own host unless another name is given."""
        host = host or (f"[{self._host}]" if ":" in self._host else self._host)
        return f"{'https' if self._tls else 'http'}://{host}:{self.port}{path}"

    def on(self, path: str, *scripts: Script) -> None:
        """What a path plays from now on, one script a request; the last one stays. The query is part of the path."""
        self._scripts[path] = list(scripts)

    @property
    def paths(self) -> list[str]:
        """The paths asked for so far, in order."""
        return [request.path for request in self.requests]

    def _accept(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(line,), daemon=True).start()

    def _serve(self, line: socket.socket) -> None:
        # The client may hang up at any byte, or refuse the certificate.
        with contextlib.suppress(OSError, ValueError):
            line.settimeout(30)
            with self._tls.wrap_socket(line, server_side=True) if self._tls else line as line:
                self._play(line)
                line.shutdown(socket.SHUT_RDWR)

    def _play(self, line: socket.socket) -> None:
        if not self._tls and line.recv(1, socket.MSG_PEEK) == b"\x16":  # TLS spoken to a server that has none
            line.recv(65_536)
            line.sendall(response(status=400))
            return
        request = _read_request(line)
        self.requests.append(request)
        scripts = self._scripts.get(request.path, [response(b"no such page", 404)])
        script = scripts.pop(0) if len(scripts) > 1 else scripts[0]
        if callable(script):
            script(line, request)
        else:
            line.sendall(script)


def _read_request(line: socket.socket) -> Request:
    file = line.makefile("rb")
    method, path, _ = file.readline().decode("latin-1").split(" ")
    headers = {}
    while field := file.readline().strip():
        name, _, value = field.decode("latin-1").partition(":")
        headers[name.lower()] = value.strip()
    return Request(method, path, headers, file.read(int(headers.get("content-length", 0))))


# What tests of the guarded client share


def to(*sites: Loopback, **kwargs) -> Policy:
    """A policy that allows the servers' ports and gives up soon."""
    return Policy(ports=frozenset({80, 443, *(site.port for site in sites)}), **{"deadline": 5, **kwargs})


@contextlib.contextmanager
def fails(code: str, *, transient: bool, status: int | None = None) -> Iterator[pytest.ExceptionInfo[FetchError]]:
    """Expects a FetchError and checks what every one must have; yields pytest's record of it."""
    with pytest.raises(FetchError) as caught:
        yield caught
    error = caught.value
    assert (error.code, error.transient, error.status) == (code, transient, status), str(error)
    assert str(error).endswith(".") and "\n" not in str(error) and len(str(error)) > 40
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def fake_names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list]:
    """A DNS of the test's own: name to a list of addresses, or to several such lists, one a look-up."""
    known: dict[str, list] = {}
    real = socket.getaddrinfo

    def resolve(host, port, *args, **kwargs):
        if host not in known:
            return real(host, port, *args, **kwargs)
        answers = known[host]
        if answers and isinstance(answers[0], list):
            answers = answers.pop(0) if len(answers) > 1 else answers[0]
        if not answers:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [
            (socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
            for address in answers
        ]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return known


class Internet:
    """Public addresses that lead to loopback servers by `ways`; `asked` lists where connections were to go."""

    def __init__(self) -> None:
        self.ways: dict[tuple[str, int], int] = {}
        self.asked: list[tuple[str, int]] = []


def fake_internet(monkeypatch: pytest.MonkeyPatch) -> Internet:
    """Replaces the real internet: an address without a way is unreachable."""
    internet = Internet()
    real = urllib3.util.connection.create_connection

    def connect(address, *args, **kwargs):
        internet.asked.append(address)
        if address not in internet.ways:
            raise OSError(errno.ENETUNREACH, "Network is unreachable")
        return real(("127.0.0.1", internet.ways[address]), *args, **kwargs)

    monkeypatch.setattr(urllib3.util.connection, "create_connection", connect)
    return internet


def trusted_authority(settings, folder: Path) -> trustme.CA:
    """A certificate authority that FETCH_CA_BUNDLE trusts."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    settings.FETCH_CA_BUNDLE = str(folder / "ca.pem")
    return authority


def tls(certificate: trustme.LeafCert) -> ssl.SSLContext:
    """What `Loopback(tls=…)` needs to show this certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context
