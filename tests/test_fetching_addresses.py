"""Where requests may go: the address probes of case 70, and the controls that must still work."""

import ipaddress
import random
import time

import pytest
from django.core.cache import cache

from scraping.fetching import FetchError, Policy, fetch, post
from scraping.fetching.addresses import is_allowed
from tests.loopback import (
    Loopback,
    fails,
    fake_internet,
    fake_names,
    redirect,
    response,
    tls,
    to,
    trusted_authority,
)

PAGE = b"<table><tr><td>Kaspersky</td></tr></table>"


@pytest.fixture(autouse=True)
def fresh_cache():
    cache.clear()


@pytest.fixture
def names(monkeypatch):
    return fake_names(monkeypatch)


@pytest.fixture
def internet(monkeypatch):
    return fake_internet(monkeypatch)


@pytest.fixture
def authority(settings, tmp_path):
    return trusted_authority(settings, tmp_path)


BLOCKED = [
    "127.0.0.1", "127.8.9.1", "0.0.0.0", "0.1.2.3", "10.1.2.3", "172.16.0.1", "172.31.255.254", "192.168.1.1",
    "169.254.169.254", "100.64.0.1", "100.127.255.254", "192.0.0.1", "192.0.2.1", "192.88.99.1", "198.18.0.1",
    "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:0:127.0.0.1", "64:ff9b::7f00:1",
    "64:ff9b::808:808", "64:ff9b:1::7f00:1", "100::1", "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:20::1",
    "2001:db8::1", "2002:7f00:1::1", "2002:808:808::1", "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1",
    "fec0::1", "ff02::1", "ff0e::1",
]  # fmt: skip

SPELLINGS = [
    "2130706433", "0x7f000001", "017700000001", "0177.0.0.1", "0x7f.1", "127.1", "127.0.1", "0", "localhost",
    "localhost.", "①②⑦.0.0.1", "127。0。0。1", "[::1]", "[0:0:0:0:0:0:0:1]", "[::ffff:7f00:1]", "[::ffff:127.0.0.1]",
]  # fmt: skip


def bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address


@pytest.fixture
def guarded(settings, internet):
    """The rule as it is without FETCH_ALLOW_PRIVATE, before a listener that must see nothing."""
    settings.FETCH_ALLOW_PRIVATE = False
    with Loopback() as trap:
        for address in ("127.0.0.1", "::1", "0.0.0.0"):
            internet.ways[(address, trap.port)] = trap.port
        yield trap
        time.sleep(0.02)
        assert trap.connections == 0
    assert not [address for address, _ in internet.asked if address in BLOCKED]


def send(method: str, url: str, policy: Policy) -> None:
    if method == "post":
        post(url, b"{}", policy=policy)
    else:
        fetch(url, policy=policy)


@pytest.mark.parametrize("method", ["fetch", "post"])
@pytest.mark.parametrize("address", BLOCKED)
def test_70_special_addresses_are_blocked_as_literals_and_behind_names(guarded, names, internet, address, method):
    names["name.example"] = [address]
    names["mixed.example"] = ["93.184.215.14", address]
    for host in (bracketed(address), "name.example", "mixed.example"):
        with fails("blocked_address", transient=False):
            send(method, f"http://{host}:{guarded.port}/", to(guarded))
    assert internet.asked == []


@pytest.mark.parametrize("method", ["fetch", "post"])
@pytest.mark.parametrize("host", SPELLINGS)
def test_70_other_spellings_of_loopback_are_blocked(guarded, host, method):
    with pytest.raises(FetchError) as caught:
        send(method, f"http://{host}:{guarded.port}/", to(guarded))
    assert caught.value.code in {"blocked_address", "dns", "bad_url"}, str(caught.value)


@pytest.mark.parametrize("method", ["fetch", "post"])
@pytest.mark.parametrize(
    "url",
    [
        "http://user@127.0.0.1:{port}/",
        "http://user:pw@93.184.215.14/",
        "http://93.184.215.14@127.0.0.1:{port}/",
        "http://93.184.215.14:80@127.0.0.1:{port}/",
        "http://127.0.0.1:{port}#@93.184.215.14/",
        "http://127.0.0.1:{port}\\@93.184.215.14/",
        "http://127.0.0.1:{port} @93.184.215.14/",
        "http://127.0.0.1\t:{port}/",
        "ftp://127.0.0.1:{port}/",
        "file:///etc/passwd",
        "gopher://127.0.0.1:{port}/",
        "dict://127.0.0.1:{port}/",
        "unix:///var/run/docker.sock",
        "http+unix://%2Fvar%2Frun%2Fdocker.sock/",
        "data:text/html,x",
        "//127.0.0.1:{port}/",
        "127.0.0.1:{port}",
        "http://",
        "http:///path",
        "http://[fe80::1%25lo]:{port}/",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1:-1/",
        "http://93.184.215.14:6379/",
        "http://" + "a" * 64 + ".example/",
        "",
    ],
)
def test_70_other_forms_are_refused(guarded, internet, url, method):
    with pytest.raises(FetchError) as caught:
        send(method, url.format(port=guarded.port), to(guarded))
    assert caught.value.code in {"bad_url", "blocked_address", "blocked_port", "dns"}, str(caught.value)
    assert not caught.value.transient or caught.value.code == "dns"
    assert internet.asked == []


def test_70_a_name_that_changes_its_mind_is_pinned(guarded, names, internet):
    """Rebinding: public at the first look-up, loopback at every later one. What was judged is what is connected to."""
    for method in ("fetch", "post"):
        names["rebind.example"] = [["93.184.215.14"], ["127.0.0.1"]]
        with fails("unreachable", transient=True):
            send(method, f"http://rebind.example:{guarded.port}/", to(guarded))
    assert set(internet.asked) == {("93.184.215.14", guarded.port)}


@pytest.mark.parametrize("target", ["127.0.0.1", "[::1]", "0x7f.1", "[::ffff:127.0.0.1]", "name.example"])
def test_70_a_public_page_cannot_redirect_inside(guarded, names, internet, target):
    names["name.example"] = ["10.0.0.1"]
    with Loopback() as public:
        internet.ways[("93.184.215.14", 80)] = public.port
        public.on("/", redirect(f"http://{target}:{guarded.port}/"))
        with fails("blocked_address", transient=False):
            fetch("http://93.184.215.14/", policy=to(guarded))
        assert public.paths == ["/robots.txt", "/"]


def test_70_the_environment_names_no_proxy(guarded, monkeypatch, internet):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{guarded.port}")
    with fails("unreachable", transient=True):
        fetch("http://93.184.215.14/")


def test_70_the_code_cannot_allow_private_addresses():
    with pytest.raises(TypeError):
        Policy(private_addresses=True)


def test_70_an_intranet_may_be_read_but_no_metadata(internet, settings):
    settings.FETCH_ALLOW_PRIVATE = True
    with Loopback() as intranet:
        intranet.on("/", response(PAGE))
        for address in ("10.1.2.3", "192.168.1.1", "fd12::1"):
            internet.ways[(address, 80)] = intranet.port
            assert fetch(f"http://{bracketed(address)}/").body == PAGE
        for address in ("169.254.169.254", "fe80::1", "0.0.0.0", "224.0.0.1", "::ffff:10.1.2.3", "64:ff9b::a01:203"):
            with fails("blocked_address", transient=False):
                fetch(f"http://{bracketed(address)}/")


# Controls of 70: what must still work


@pytest.mark.parametrize("address", ["93.184.215.14", "1.1.1.1", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"])
def test_70_public_addresses_are_read(guarded, names, internet, address):
    names["lists.example"] = [address]
    with Loopback() as public:
        internet.ways[(address, 80)] = public.port
        public.on("/", response(PAGE))
        assert fetch("http://lists.example/").body == PAGE
        assert fetch(f"http://{bracketed(address)}/").body == PAGE
        post("http://lists.example/", b"{}")
        assert {request.headers["host"] for request in public.requests} == {"lists.example", bracketed(address)}


def test_70_loopback_over_ipv6_is_read_where_it_is_allowed(settings):
    settings.FETCH_ALLOW_PRIVATE = True
    try:
        server = Loopback(host="::1")
    except OSError:
        pytest.skip("this machine has no IPv6")
    with server:
        server.on("/", response(PAGE))
        assert fetch(server.url(), policy=to(server)).body == PAGE
        assert server.requests[-1].headers["host"] == f"[::1]:{server.port}"


def test_70_a_dead_address_gives_way_to_the_next(guarded, names, internet):
    names["lists.example"] = ["2606:4700::1", "93.184.215.14"]
    with Loopback() as public:
        internet.ways[("93.184.215.14", 80)] = public.port
        public.on("/", response(PAGE))
        assert fetch("http://lists.example/").body == PAGE
    assert internet.asked[:2] == [("2606:4700::1", 80), ("93.184.215.14", 80)]


def test_70_public_tls_with_its_name_and_redirects_work(guarded, authority, names, internet):
    names.update({"lists.example": ["93.184.215.14"], "www.lists.example": ["93.184.215.15"]})
    with Loopback() as plain, Loopback(tls=tls(authority.issue_cert("www.lists.example"))) as secure:
        internet.ways.update({("93.184.215.14", 80): plain.port, ("93.184.215.15", 443): secure.port})
        plain.on("/", redirect("https://www.lists.example/list", 301))
        secure.on("/list", response(PAGE))
        assert fetch("http://lists.example/").url == "https://www.lists.example/list"


def test_70_an_independent_guard_agrees():
    ssrfguard = pytest.importorskip("ssrfguard", reason="the independent guard is not installed")
    oracle = ssrfguard.Policy()
    dice = random.Random(70)
    samples = [ipaddress.ip_address(address) for address in BLOCKED]
    samples += [ipaddress.IPv4Address(dice.getrandbits(32)) for _ in range(3000)]
    samples += [ipaddress.IPv6Address(dice.getrandbits(128)) for _ in range(1000)]
    samples += [ipaddress.IPv6Address((0x2000 << 112) | dice.getrandbits(125)) for _ in range(3000)]
    disagreements = [str(a) for a in samples if is_allowed(a, private=False) and not oracle.permits_address(str(a))]
    assert disagreements == []
    assert sum(is_allowed(address, private=False) for address in samples) > 3000
