"""What is in the site besides the demonstration: lists that are held, large or hostile, and people who curate.

It runs in the site's own process environment, see conftest.
"""

import json
from datetime import UTC, datetime, timedelta

from django.apps import apps
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import Group, User
from django.contrib.sessions.backends.db import SessionStore
from django.core.management import call_command

from procurement.models import Authority, Snapshot, VendorList
from scraping import pipeline, roles
from scraping.models import Run
from vendors.models import Vendor

BEFORE, AFTER = datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 1, 12, tzinfo=UTC)
PASSWORD = "a long enough pass phrase"
TWELVE_TO_FIVE = "Antivirus software, twelve and then five"
HOSTILE = b"""<!doctype html><title>x</title><script>window.ran = 1; alert('script')</script>
<body onload="alert('load')"><img src=x onerror="alert('image')"><img src="http://elsewhere.invalid/pixel.png">
<table><tr><th>Vendor</th><th>Product</th></tr>
<tr><td>&lt;script&gt;window.ran=1;alert('cell')&lt;/script&gt;</td>
<td>&lt;img src=x onerror=alert('cell')&gt;</td></tr>
<tr><td>"&gt;&lt;svg onload=alert('svg')&gt;</td><td>{{ 7|add:"7" }} ${7*7}</td></tr>
<tr><td>Plain</td><td>javascript:alert('link')</td></tr></table>"""


def load() -> str:
    """Load everything; returns JSON of the numbers that tests need to find it."""
    with open("/dev/null", "w") as silence:  # noqa: PTH123
        call_command("demo", stdout=silence)
    roles.make(apps)
    carla = User.objects.create_user("carla", password=PASSWORD, is_staff=True)
    carla.groups.add(Group.objects.get(name="curator"))
    hostile = _hostile()
    source = make_list("watched", "A list with a source").sources.create(
        url="https://example.org/list.html", interval=timedelta(days=1), enabled=False
    )
    _large()
    return json.dumps(
        {
            "session": _session_of(User.objects.create_superuser("ann")),
            "held": make_held("held-list", "Office software, a list that is held").pk,
            "to_publish": make_held("twelve-to-five", TWELVE_TO_FIVE).pk,
            "to_withdraw": make_held("half-a-page", "A list that broke").pk,
            "hostile": hostile.pk,
            "hostile_list": hostile.list_id,
            "hostile_capture": hostile.capture_id,
            "source": source.pk,
            "kaspersky": Vendor.objects.get(slug="kaspersky").pk,
        }
    )


def make_list(slug: str, title: str, **fields: str) -> VendorList:
    authority, _ = Authority.objects.get_or_create(name="Procurement Office", jurisdiction="CN")
    return VendorList.objects.create(authority=authority, slug=slug, title=title, **fields)


def make_held(slug: str, title: str) -> Snapshot:
    """A list of 12 vendors that was then read with 5, which the guard holds."""
    vendor_list = make_list(slug, title)
    ingest(vendor_list, _table(12), BEFORE, "recorded")
    return ingest(vendor_list, _table(5), AFTER, "held")


def ingest(vendor_list: VendorList, body: bytes, at: datetime, outcome: str, **options: str) -> Snapshot:
    run: Run = pipeline.ingest(vendor_list, body, at=at, **{"file_name": "list.html", **options})
    assert run.outcome == outcome, run.reason
    assert run.snapshot is not None
    return run.snapshot


def _table(count: int) -> bytes:
    rows = "".join(f"<tr><td>Vendor {n}</td><td>Antivirus {n}</td></tr>" for n in range(1, count + 1))
    return f"<h1>Approved</h1><table><tr><th>Vendor</th><th>Product</th></tr>{rows}</table>".encode()


def _large() -> None:
    large = make_list("large-list", "Network devices, a large list")
    for at, rows in ((BEFORE, range(1000)), (AFTER, range(40, 1010))):
        body = "vendor,product,category,identifier\n" + "".join(
            f"Orion {n % 300},Switch {n},Network,ID-{n:05}\n" for n in rows
        )
        ingest(large, body.encode(), at, "recorded", file_name="list.csv")


def _hostile() -> Snapshot:
    vendor_list = make_list(
        "hostile", "<script>alert('title')</script>", description="<img src=x onerror=alert('description')>"
    )
    return ingest(
        vendor_list, HOSTILE, BEFORE, "recorded", url="javascript:alert('address')", file_name="<b>page</b>.html"
    )


def _session_of(user: User) -> str:
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return session.session_key or ""
