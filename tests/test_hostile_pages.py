"""Everything scraped is hostile: nothing of it can run on a page, and only addresses of the web become links."""

import pytest
from lxml import html

from procurement import recording
from procurement.entries import Row
from procurement.models import Recipe, Report, Snapshot, Statement
from scraping.models import Run
from tests.histories import day, make_list
from tests.test_evidence import make_capture
from tests.test_feed_page import make_vendor
from vendors.models import Alias, Ownership

pytestmark = pytest.mark.django_db

EVIL = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{ 7 }}"
EVIL_URL = "javascript:alert(1)//https://example.org/"


@pytest.fixture
def hostile():
    listed = make_list(
        slug="evil", title=EVIL, title_printed=EVIL, language='x" onload="', category=EVIL[:90],
        description=EVIL, website=EVIL_URL,
    )  # fmt: skip
    vendor = make_vendor("evil", EVIL[:150], "CN", "Evil")
    vendor.website = vendor.country_source = EVIL_URL
    vendor.description = EVIL
    vendor.save()
    Alias.objects.create(vendor=vendor, text=EVIL + "alias", language="zh'\"><", source=EVIL_URL)
    Ownership.objects.create(vendor=vendor, owner_name=EVIL, country="US", source=EVIL_URL)
    vendor.identifiers.create(scheme=EVIL[:40], value=EVIL[:90], source=EVIL_URL)
    recipe = Recipe.objects.create(list=listed, version=1, text=EVIL, note=EVIL)
    row = Row("Evil", EVIL, EVIL, "1", EVIL, {EVIL: EVIL})
    for n, rows in enumerate([[row, Row(EVIL, EVIL)], [row._replace(product=EVIL + "!", extra={EVIL: "x" + EVIL})]]):
        capture = make_capture(
            listed, EVIL.encode() + bytes([n]), at=day(n), url=EVIL_URL, media_type=EVIL, encoding=EVIL[:40],
            headers={EVIL: EVIL}, file_name=EVIL,
        )  # fmt: skip
        found = recording.record(
            capture, rows, recipe=recipe, basis="reported", basis_note=EVIL, label=EVIL[:90]
        ).snapshot
        Run.objects.create(
            list=listed, trigger="file", outcome="held", reason=EVIL, snapshot=found, log=[[EVIL, EVIL], ["", EVIL]]
        )
    report = Report.objects.create(publisher=EVIL, title=EVIL, url=EVIL_URL)
    said = Statement.objects.create(
        report=report, list=listed, speaker=EVIL, stance="asserts", text=EVIL, scope=EVIL, said_on_note=EVIL[:90]
    )
    said.vendors.add(vendor)
    recording.withdraw(Snapshot.objects.latest("pk"), why=EVIL)
    recording.restore(Snapshot.objects.latest("pk"), why=EVIL)


@pytest.mark.parametrize(
    "address",
    [
        "/changes/",
        "/changes/?text=%3Cscript%3Ealert(1)%3C/script%3E&since=%22%3E%3Cscript%3E",
        "/changes/?list=%22%3E%3Cimg%20src=x%20onerror=alert(1)%3E",
        "/vendors/",
        "/vendors/?text=%22%3E%3Cscript%3Ealert(1)%3C/script%3E",
        "/vendors/evil/",
        "snapshots",
        "/search/?q=script",
        "/search/?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E",
        "/vendors/%22%3E%3Cscript%3E/",
    ],
)
def test_nothing_scraped_can_run(client, hostile, address):
    addresses = [s.get_absolute_url() for s in Snapshot.objects.all()] if address == "snapshots" else [address]
    for each in addresses:
        response = client.get(each)
        page = html.fromstring(response.content)
        assert all(script.get("src", "").startswith("/static/") for script in page.iter("script"))
        assert not list(page.iter("img"))
        for element in page.iter():
            for name, value in element.attrib.items():
                assert not name.startswith("on"), (name, value)
                assert name != "style"
                if name in {"href", "src", "action"}:
                    assert value.startswith(("/", "#", "?", "http://", "https://")), value
        assert "style-src 'self'" in response["Content-Security-Policy"]


def test_no_address_from_data_is_linked_unless_it_is_of_the_web(client, hostile):
    for address in ("/vendors/evil/", "/search/?q=evil"):
        assert b'href="javascript' not in client.get(address).content
