"""What goes wrong between a server and us: faults 37-44 and 58, and 68 as far as the packing of a body goes."""

import gzip
import socket
import struct
import time
import zlib
from datetime import UTC, datetime

import pytest
import trustme
from django.core.cache import cache

from scraping.fetching import FetchError, Policy, fetch
from tests.loopback import (
    Loopback,
    drip,
    endless,
    fails,
    fake_names,
    redirect,
    response,
    tls,
    to,
    trusted_authority,
)

PAGE = b"<table><tr><td>Kaspersky</td></tr></table>" * 40


@pytest.fixture(autouse=True)
def on_loopback(settings):
    settings.FETCH_ALLOW_PRIVATE = True
    cache.clear()


@pytest.fixture
def site():
    with Loopback() as server:
        yield server


@pytest.fixture
def names(monkeypatch):
    return fake_names(monkeypatch)


def test_37_refused():
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with fails("refused", transient=True) as caught:
        fetch(f"http://127.0.0.1:{port}/", policy=Policy(ports=frozenset({port})))
    assert f"127.0.0.1:{port}" in str(caught.value)


def test_38_no_such_name(names):
    names["lists.example"] = []
    with fails("dns", transient=True):
        fetch("http://lists.example/")


def test_38_a_name_server_that_does_not_answer(monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: time.sleep(1.5))
    start = time.monotonic()
    with fails("timeout", transient=True):
        fetch("http://lists.example/", policy=Policy(deadline=0.3))
    assert time.monotonic() - start < 1.2


@pytest.fixture
def authority(settings, tmp_path):
    return trusted_authority(settings, tmp_path)


def test_39_a_valid_certificate_is_accepted_and_the_name_is_announced(authority, names):
    names["lists.example"] = ["127.0.0.1"]
    announced = []
    context = tls(authority.issue_cert("lists.example"))
    context.sni_callback = lambda _line, name, _context: announced.append(name)
    with Loopback(tls=context) as site:
        site.on("/", response(PAGE))
        assert fetch(site.url(host="lists.example"), policy=to(site)).body == PAGE
        assert site.requests[-1].headers["host"] == f"lists.example:{site.port}"
    assert set(announced) == {"lists.example"}


@pytest.mark.parametrize(
    ("certificate", "reason"),
    [
        (
            lambda authority: authority.issue_cert("lists.example", not_after=datetime(2020, 1, 1, tzinfo=UTC)),
            "expired",
        ),
        (lambda authority: authority.issue_cert("other.example"), "doesn't match"),
        (lambda authority: authority.issue_cert("127.0.0.1"), "doesn't match"),
        (lambda authority: trustme.CA().issue_cert("lists.example"), "issuer"),
    ],
    ids=["expired", "wrong host", "the address's own", "unknown authority"],
)
def test_39_a_bad_certificate_is_named(authority, names, certificate, reason):
    names["lists.example"] = ["127.0.0.1"]
    with Loopback(tls=tls(certificate(authority))) as site:
        with fails("tls", transient=False) as caught:
            fetch(site.url(host="lists.example"), policy=to(site))
        assert reason in str(caught.value) and not site.requests


def test_39_no_tls_at_all_may_pass(site):
    with fails("tls", transient=True):
        fetch(site.url().replace("http:", "https:"), policy=to(site))


@pytest.mark.parametrize("secure", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize(
    "script",
    [
        drip(response(PAGE)),
        drip(response(PAGE), at_once=200),
        drip(response(PAGE, framing="chunked"), at_once=200),
        drip(response(gzip.compress(PAGE) * 9, headers={"Content-Encoding": "gzip"}, framing="close"), at_once=150),
        lambda line, request: time.sleep(3),
    ],
    ids=["40 headers", "41 body", "41 chunks", "41 gzip", "silence"],
)
def test_drips_end_at_the_deadline(authority, script, secure):
    with Loopback(tls=tls(authority.issue_cert("127.0.0.1")) if secure else None) as site:
        site.on("/", script)
        start = time.monotonic()
        with fails("timeout", transient=True):
            fetch(site.url(), policy=to(site, deadline=0.7))
        assert 0.6 < time.monotonic() - start < 2


def test_the_deadline_covers_redirects_and_robots_together(site):
    slow = drip(response(b"", 404), at_once=40, every=0.004)
    site.on("/robots.txt", slow)
    for hop in range(9):
        site.on(f"/{hop}", drip(redirect(f"/{hop + 1}"), at_once=40, every=0.004))
    start = time.monotonic()
    with fails("timeout", transient=True):
        fetch(site.url("/0"), policy=to(site, deadline=1.5))
    assert 1.4 < time.monotonic() - start < 2.5
    assert len(site.requests) > 2


def test_40_a_tls_handshake_that_never_comes():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with fails("timeout", transient=True):
            fetch(f"https://127.0.0.1:{port}/", policy=Policy(ports=frozenset({port}), deadline=0.5))


CUT = gzip.compress(PAGE)[:-9]


@pytest.mark.parametrize(
    "sent",
    [
        response(PAGE)[:-100],
        response(PAGE, headers={"Content-Length": str(len(PAGE) + 100_000)}),
        response(PAGE, framing="chunked")[:-5],
        response(PAGE, framing="chunked")[:-200],
        response(CUT, headers={"Content-Encoding": "gzip"}),
        response(CUT, headers={"Content-Encoding": "gzip"}, framing="close"),
        response(CUT, headers={"Content-Encoding": "gzip"}, framing="chunked"),
        response(b"", headers={"Content-Encoding": "gzip"}, framing="close"),
        response(PAGE)[:40],
        response(PAGE)[:17],
        response(zlib.compress(PAGE)[:-5], headers={"Content-Encoding": "deflate"}, framing="close"),
        response(gzip.compress(PAGE) + CUT, headers={"Content-Encoding": "gzip"}, framing="close"),
        response(gzip.compress(CUT), headers={"Content-Encoding": "gzip, gzip"}),
    ],
    ids=[
        "42 short",
        "42 far too short",
        "43 without its last chunk",
        "43 within a chunk",
        "44 gzip",
        "44 gzip, no length",
        "44 gzip, chunked",
        "44 gzip of nothing",
        "headers cut in a line",
        "headers cut after a line",
        "44 deflate",
        "44 second member",
        "44 inner gzip",
    ],
)
def test_a_cut_body_is_never_a_page(site, sent):
    site.on("/", sent, response(PAGE))
    with fails("truncated", transient=True):
        fetch(site.url(), policy=to(site))
    assert fetch(site.url(), policy=to(site)).body == PAGE


def test_a_reset_in_the_body_is_a_cut(site):
    def reset(line, _):
        line.sendall(response(PAGE, framing="close")[:-100])
        time.sleep(0.1)
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        line.close()

    site.on("/", reset)
    with fails("truncated", transient=True):
        fetch(site.url(), policy=to(site))


@pytest.mark.parametrize(
    ("headers", "transient"),
    [
        ({"Content-Encoding": "br"}, False),
        ({"Content-Encoding": "zstd"}, False),
        ({"Content-Encoding": "gzip, gzip, gzip"}, False),
        ({"Transfer-Encoding": "gzip, chunked"}, False),
        ({"Content-Encoding": "gzip"}, True),
        ({"Content-Encoding": "deflate"}, True),
    ],
)
def test_what_cannot_be_unpacked_is_refused(site, headers, transient):
    site.on("/", response(PAGE, headers=headers))
    with fails("bad_encoding", transient=transient):
        fetch(site.url(), policy=to(site))


@pytest.mark.parametrize(
    "sent", [b"", b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500 + b"\r\n"]
)
def test_an_answer_that_is_none(site, sent):
    site.on("/", sent)
    with pytest.raises(FetchError) as caught:
        fetch(site.url(), policy=to(site, respect_robots=False))
    assert caught.value.code in {"disconnected", "bad_response"} and caught.value.transient


# Size


def test_58_a_large_body_is_refused_by_its_length(site):
    site.on("/", response(b"x" * 1000, headers={"Content-Length": str(2 * 1024**3)}))
    with fails("too_large", transient=False):
        fetch(site.url(), policy=to(site))


@pytest.mark.parametrize("chunked", [False, True])
def test_58_an_endless_body_is_cut_off(site, chunked):
    head = response(headers={"Transfer-Encoding": "chunked"} if chunked else {}, framing="none")
    site.on("/", endless(head, b"10000\r\n" + b"x" * 65_536 + b"\r\n" if chunked else b"x" * 65_536))
    with fails("too_large", transient=False):
        fetch(site.url(), policy=to(site, max_bytes=1_000_000))


@pytest.mark.parametrize("layers", [1, 2])
def test_68_a_small_body_that_unpacks_to_a_huge_one_is_cut_off(site, layers):
    bomb = zlib.compressobj(9, wbits=31)
    packed = b"".join(bomb.compress(b"\0" * 2**20) for _ in range(200)) + bomb.flush()
    if layers == 2:
        packed = gzip.compress(packed)
    site.on("/", response(packed, headers={"Content-Encoding": ", ".join(["gzip"] * layers)}))
    with fails("too_large", transient=False):
        fetch(site.url(), policy=to(site, max_bytes=1_000_000))


def test_the_limit_itself_is_allowed(site):
    site.on("/", response(gzip.compress(PAGE), headers={"Content-Encoding": "gzip"}))
    assert fetch(site.url(), policy=to(site, max_bytes=len(PAGE))).body == PAGE
    with fails("too_large", transient=False):
        fetch(site.url(), policy=to(site, max_bytes=len(PAGE) - 1))
