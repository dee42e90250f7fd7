"""The guarded client against a scripted server: pages, statuses 49-53, redirects 54, robots.txt, webhooks."""

import gzip
import random
import zlib
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from django.core.cache import cache

from scraping.fetching import FetchError, crawl_delay, fetch, post
from scraping.fetching.errors import retry_after
from tests.loopback import (
    Loopback,
    endless,
    fails,
    redirect,
    response,
    to,
)

PAGE = b"<table><tr><td>Kaspersky</td></tr></table>" * 40


@pytest.fixture(autouse=True)
def on_loopback(settings):
    settings.FETCH_ALLOW_PRIVATE = True
    settings.CONTACT = "ops@lists.example"
    cache.clear()


@pytest.fixture
def site():
    with Loopback() as server:
        yield server


# What a page gives


def test_a_page_comes_whole_with_its_headers(site):
    site.on("/list", response(PAGE, headers={"ETag": '"7"', "Content-Type": "Text/HTML; Charset=GB2312"}))
    before = datetime.now(UTC)
    page = fetch(site.url("/list"), policy=to(site))
    assert (page.status, page.body, page.media_type, page.encoding) == (200, PAGE, "text/html", "gb2312")
    assert page.url == page.requested_url == site.url("/list")
    assert page.headers["ETag"] == '"7"'
    assert before <= page.fetched_at <= datetime.now(UTC)
    assert (page.not_modified, page.redirects) == (False, [])


def test_we_say_who_we_are(site, settings):
    site.on("/", response(PAGE))
    fetch(site.url(), policy=to(site))
    settings.CONTACT = ""
    fetch(site.url(), policy=to(site))
    fetch(site.url(), policy=to(site, user_agent="Other/2"))
    assert [request.headers["user-agent"] for request in site.requests if request.path == "/"] == [
        "WhitelistTracker/1.0 (+ops@lists.example)",
        "WhitelistTracker/1.0",
        "Other/2",
    ]


@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
@pytest.mark.parametrize(
    ("coding", "packed"),
    [
        ("", PAGE),
        ("identity", PAGE),
        ("gzip", gzip.compress(PAGE)),
        ("x-gzip", gzip.compress(PAGE)),
        ("GZIP", gzip.compress(PAGE[:50]) + gzip.compress(PAGE[50:])),
        ("gzip", gzip.compress(PAGE) + b"\0" * 20),
        ("deflate", zlib.compress(PAGE)),
        ("deflate", zlib.compress(PAGE)[2:-4]),
        ("deflate, gzip", gzip.compress(zlib.compress(PAGE))),
    ],
)
def test_codings_and_framings(site, framing, coding, packed):
    site.on("/", response(packed, headers={"Content-Encoding": coding} if coding else {}, framing=framing))
    assert fetch(site.url(), policy=to(site)).body == PAGE


def test_a_coded_page_of_any_size_is_decoded_whole(site):
    noise = random.Random(1)
    for size in (1, 65_535, 65_536, 65_537, 300_000):
        page = noise.randbytes(size // 2) + b"\0" * (size - size // 2)
        site.on("/", response(gzip.compress(page), headers={"Content-Encoding": "gzip"}))
        assert fetch(site.url(), policy=to(site)).body == page


def test_a_length_that_is_no_number_is_passed_over(site):
    site.on("/", response(PAGE, headers={"Content-Length": "\u00b2"}))
    assert fetch(site.url(), policy=to(site)).body == PAGE


def test_an_empty_page_may_claim_a_coding(site):
    site.on("/", response(b"", headers={"Content-Encoding": "gzip"}))
    assert fetch(site.url(), policy=to(site)).body == b""


# Statuses


def test_49_a_304_to_a_condition_is_unchanged(site):
    site.on("/", response(status=304, headers={"ETag": '"7"'}, framing="none"))
    page = fetch(site.url(), policy=to(site), etag='"7"', last_modified="Mon, 04 Aug 2014 00:00:00 GMT")
    assert (page.status, page.not_modified, page.body) == (304, True, b"")
    assert site.requests[-1].headers["if-none-match"] == '"7"'
    assert site.requests[-1].headers["if-modified-since"] == "Mon, 04 Aug 2014 00:00:00 GMT"
    assert "if-none-match" not in site.requests[0].headers, "robots.txt is read without the page's condition"


def test_50_a_304_to_no_condition_is_an_error(site):
    site.on("/", response(status=304, framing="none"))
    with fails("unexpected_304", transient=False, status=304):
        fetch(site.url(), policy=to(site))


@pytest.mark.parametrize(
    ("status", "code", "transient"),
    [
        (401, "unauthorized", False),
        (403, "forbidden", False),
        (404, "not_found", False),
        (408, "timeout", True),
        (410, "gone", False),
        (418, "client_error", False),
        (429, "rate_limited", True),
        (500, "server_error", True),
        (502, "server_error", True),
        (503, "unavailable", True),
        (202, "unexpected_status", True),
        (204, "unexpected_status", True),
        (206, "unexpected_status", True),
        (300, "unexpected_status", True),
    ],
)
def test_51_to_53_each_status_has_its_own_error(site, status, code, transient):
    site.on("/", response(PAGE, status), response(PAGE))
    with fails(code, transient=transient, status=status) as caught:
        fetch(site.url(), policy=to(site))
    assert str(status) in str(caught.value) and caught.value.retry_after is None
    assert fetch(site.url(), policy=to(site)).body == PAGE


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        ("0", 0),
        (format_datetime(datetime.now(UTC) + timedelta(minutes=10), usegmt=True), 600),
        ("Mon, 04 Aug 2014 00:00:00 GMT", 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86_400),
        ("99999999", 86_400),
        ("9" * 5000, 86_400),
        ("-5", None),
        ("soon", None),
        ("1e9", None),
        ("", None),
    ],
    ids=["seconds", "zero", "date", "past", "far", "many", "more", "negative", "word", "float", "none"],
)
def test_52_retry_after_is_honoured_and_capped(site, status, value, seconds):
    site.on("/", response(status=status, headers={"Retry-After": value}))
    with pytest.raises(FetchError) as caught:
        fetch(site.url(), policy=to(site))
    assert caught.value.retry_after == (
        None if seconds is None else pytest.approx(seconds, abs=60 if "GMT" in value else 0)
    )


def test_retry_after_with_a_date_without_zone_is_read_as_utc():
    in_an_hour = (datetime.now(UTC) + timedelta(hours=1)).strftime("%a, %d %b %Y %H:%M:%S")
    assert retry_after(in_an_hour) == pytest.approx(3600, abs=5)


# Redirects


def test_redirects_are_followed_and_named(site):
    site.on("/old", redirect("/older?x=1#part"))
    site.on("/older?x=1", redirect(f"//127.0.0.1:{site.port}/new", 308))
    site.on("/new", response(PAGE))
    page = fetch(site.url("/old"), policy=to(site))
    assert (page.body, page.requested_url, page.url) == (PAGE, site.url("/old"), site.url("/new"))
    assert [url.partition("#")[0] for url in page.redirects] == [site.url("/old"), site.url("/older?x=1")]


def test_a_redirects_body_is_not_read(site):
    site.on("/", endless(redirect("/new").replace(b"Content-Length", b"X-Length"), b"x" * 65_536))
    site.on("/new", response(PAGE))
    assert fetch(site.url(), policy=to(site)).body == PAGE


@pytest.mark.parametrize("target", ["/", "/b"])
def test_54_a_circle_of_redirects(site, target):
    site.on("/", redirect(target))
    site.on("/b", redirect("/"))
    with fails("redirect_loop", transient=False):
        fetch(site.url(), policy=to(site))
    assert len(site.requests) <= 3


def test_54_redirects_without_end(site):
    for hop in range(15):
        site.on(f"/{hop}", redirect(f"/{hop + 1}", Set_Cookie=f"hop={hop}"))
    site.on("/15", response(PAGE))
    with fails("redirect_loop", transient=False):
        fetch(site.url("/0"), policy=to(site))
    assert fetch(site.url("/5"), policy=to(site)).body == PAGE


def test_a_cookie_and_the_same_page_again_is_no_circle(site):
    site.on("/", redirect("/", Set_Cookie="seen=1"), response(PAGE))
    assert fetch(site.url(), policy=to(site)).body == PAGE
    assert site.requests[-1].headers["cookie"] == "seen=1"


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ("ftp://127.0.0.1/", "bad_url"),
        ("file:///etc/passwd", "bad_url"),
        ("javascript:alert(1)", "bad_url"),
        ("http://[::1/", "bad_url"),
        ("http://me:secret@127.0.0.1/", "bad_url"),
        ("http://127.0.0.1:22/", "blocked_port"),
        ("http://169.254.169.254/latest/meta-data", "blocked_address"),
    ],
)
def test_every_hop_is_judged(site, target, code):
    site.on("/", redirect(target))
    with fails(code, transient=False):
        fetch(site.url(), policy=to(site))


def test_a_hostile_target_is_quoted_on_one_short_line(site):
    site.on("/", redirect("http://[\0\x1b[31m" + "x" * 50_000))
    with fails("bad_url", transient=False) as caught:
        fetch(site.url(), policy=to(site))
    assert str(caught.value).isprintable() and len(str(caught.value)) < 400


# Robots


RULES = b"User-agent: *\nDisallow: /\n\nUser-agent: WhitelistTracker\nDisallow: /private\nCrawl-delay: 7\n"


def test_robots_are_obeyed_and_remembered(site):
    site.on("/robots.txt", response(RULES, headers={"Content-Type": "text/plain"}))
    site.on("/list", response(PAGE))
    site.on("/way", redirect("/private/list"))
    assert fetch(site.url("/list"), policy=to(site)).body == PAGE
    for path in ("/private/list", "/way"):
        with fails("robots", transient=False) as caught:
            fetch(site.url(path), policy=to(site))
        assert "/private/list" in str(caught.value)
    assert site.paths == ["/robots.txt", "/list", "/way"]
    assert crawl_delay(site.url("/list"), policy=to(site)) == 7
    with pytest.raises(FetchError):
        fetch(site.url("/list"), policy=to(site, user_agent="Other/1 (+https://WhitelistTracker.example)"))


def test_an_admin_may_override_robots(site):
    site.on("/robots.txt", response(b"User-agent: *\nDisallow: /"))
    site.on("/", response(PAGE))
    assert fetch(site.url(), policy=to(site, respect_robots=False)).body == PAGE
    assert site.paths == ["/"]


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_no_robots_allows(site, status):
    site.on("/robots.txt", response(status=status))
    site.on("/", response(PAGE))
    assert fetch(site.url(), policy=to(site)).body == PAGE
    assert crawl_delay(site.url(), policy=to(site)) is None


@pytest.mark.parametrize("status", [429, 500, 503])
def test_robots_that_cannot_be_read_for_now_put_it_off(site, status):
    site.on("/robots.txt", response(status=status, headers={"Retry-After": "30"}), response(b""))
    site.on("/", response(PAGE))
    with fails("robots", transient=True, status=status) as caught:
        fetch(site.url(), policy=to(site))
    assert caught.value.retry_after == 30 and site.paths == ["/robots.txt"]
    assert fetch(site.url(), policy=to(site)).body == PAGE, "a failure is not remembered"


def test_robots_go_through_the_same_guard(site, settings):
    site.on("/robots.txt", redirect("http://169.254.169.254/robots.txt"))
    with fails("blocked_address", transient=False):
        fetch(site.url(), policy=to(site))


# Webhooks


def test_a_webhook_gets_its_body_and_headers(site):
    site.on("/hook", response(b"thanks", 202))
    sent = post(site.url("/hook"), b'{"a": 1}', headers={"Idempotency-Key": "k1"}, policy=to(site))
    (request,) = site.requests
    assert (sent.status, request.method, request.body) == (202, "POST", b'{"a": 1}')
    assert request.headers["idempotency-key"] == "k1"


@pytest.mark.parametrize(
    ("answer", "code", "transient", "status"),
    [
        (response(status=500), "server_error", True, 500),
        (response(status=410), "gone", False, 410),
        (redirect("/elsewhere", 307), "redirected", False, 307),
        (response(status=304, framing="none"), "unexpected_status", True, 304),
    ],
)
def test_a_webhook_that_does_not_take_it(site, answer, code, transient, status):
    site.on("/hook", answer)
    with fails(code, transient=transient, status=status):
        post(site.url("/hook"), b"{}", policy=to(site))
    assert len(site.requests) == 1
