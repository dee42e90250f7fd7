"""Scheduled checks by real worker and beat processes that are killed: each slot still has exactly one outcome."""

import itertools
import os
import shutil
import signal
import subprocess
import threading
from datetime import UTC, datetime

import pytest

from tests.loopback import Loopback, Request, response
from tests.services import Installation, children, free_port, installation, kill_tree, wait_for

pytestmark = pytest.mark.services

_serial = itertools.count(1)


def page(*vendors: str) -> bytes:
    rows = "".join(f"<tr><td>{vendor}</td><td>Antivirus</td></tr>" for vendor in vendors)
    return f"<html><body><table><tr><th>Vendor</th><th>Product</th></tr>{rows}</table></body></html>".encode()


PAGE = page("Rising", "Kingsoft", "Jiangmin")


@pytest.fixture(scope="module")
def site():
    with Loopback() as site:
        yield site


@pytest.fixture(scope="module")
def whole(tmp_path_factory, site):
    with installation(tmp_path_factory.mktemp("installation"), FETCH_PORTS=str(site.port)) as whole:
        yield whole


@pytest.fixture
def product(whole: Installation):
    """The installation with no process of an earlier test and no work left over from it."""
    yield whole
    whole.stop()
    whole.python("from scraping.models import Source; Source.objects.all().delete()")


def add_sources(product: Installation, site: Loopback, count: int = 1) -> list[int]:
    """Lists with a source that is due now, at /1, /2, …"""
    numbers = [next(_serial) for _ in range(count)]
    return product.python(f"""
import json
from procurement.models import Authority, VendorList
from scraping.models import Source
authority, _ = Authority.objects.get_or_create(name="An authority", jurisdiction="CN")
made = []
for n in {numbers}:
    one = VendorList.objects.create(authority=authority, slug=f"list-{{n}}", title=f"List {{n}}")
    # Due now, and not again while a test runs: an hourly source would be, on the hour.
    made.append(Source.objects.create(list=one, url=f"{site.url()}{{n}}", crontab="0 0 29 2 *").pk)
print(json.dumps(made))
""")


def runs(product: Installation, sources: list[int]) -> list[tuple]:
    """(outcome, error code, attempts) of the sources' runs."""
    chosen = ", ".join(map(str, sources))
    return product.rows(
        f"select outcome, error_code, attempts from scraping_run where source_id in ({chosen}) order by id"
    )


def finished(product: Installation, sources: list[int], count: int = 0) -> list[tuple]:
    """The runs, when each source has its one outcome."""
    wanted = count or len(sources)
    found = wait_for(lambda: (got := runs(product, sources)) and sum(bool(run[0]) for run in got) >= wanted and got)
    assert len(found) == wanted
    return found


def one_snapshot_each(product: Installation, sources: list[int]) -> None:
    chosen = ", ".join(map(str, sources))
    counts = product.rows(
        "select count(s.id) from scraping_source o left join procurement_snapshot s on s.list_id = o.list_id "
        f"where o.id in ({chosen}) group by o.id"
    )
    assert counts == [(1,)] * len(sources)


class Hold:
    """A page that is not answered until it is let go; `asked` says that somebody waits for it."""

    def __init__(self) -> None:
        self.asked, self.released = threading.Semaphore(0), threading.Event()

    def __call__(self, line, _: Request) -> None:
        self.asked.release()
        self.released.wait(60)
        line.sendall(response(PAGE))

    def wait(self) -> None:
        assert self.asked.acquire(timeout=60)


def path_of(product: Installation, source: int) -> str:
    ((url,),) = product.rows(f"select url from scraping_source where id = {source}")
    return "/" + url.rsplit("/", 1)[1]


def held_page(product: Installation, site: Loopback, sources: list[int], *then: bytes) -> Hold:
    hold = Hold()
    site.on(path_of(product, sources[0]), hold, *(then or [response(PAGE)]))
    return hold


def test_two_beats_and_two_workers_give_one_outcome_a_slot(product, site):
    sources = add_sources(product, site, 24)
    for source in sources:
        site.on(path_of(product, source), response(PAGE))
    for number in 1, 2:
        product.worker(name=f"worker{number}")
        product.beat()
    assert finished(product, sources) == [("recorded", "", 1)] * 24
    one_snapshot_each(product, sources)
    assert "locked" not in product.log()
    # The next slot is an hour away for all of them.
    ((soonest,),) = product.rows("select min(next_due_at) from scraping_source where enabled")
    if isinstance(soonest, str):
        soonest = datetime.fromisoformat(soonest)
    assert (soonest if soonest.tzinfo else soonest.replace(tzinfo=UTC)) > datetime.now(UTC)


AT_ONCE = """
import json, threading, time
from datetime import timedelta
from django.db import connections
from scraping import dispatch, leases
from scraping.models import Run

def at_once(*calls):
    results, gate = [], threading.Barrier(len(calls))
    def one(call):
        gate.wait()
        try:
            results.append(call())
        finally:
            connections.close_all()
    threads = [threading.Thread(target=one, args=(call,)) for call in calls]
    [thread.start() for thread in threads]
    [thread.join(60) for thread in threads]
    return results

"""


def test_two_dispatchers_at_once_make_one_run_a_source(product, site):
    sources = add_sources(product, site, 20)
    first, second = product.python(AT_ONCE + "print(json.dumps(at_once(dispatch.dispatch, dispatch.dispatch)))")
    assert len(runs(product, sources)) == 20
    assert len({*first, *second}) == len([*first, *second]) == 20


def test_four_workers_at_once_give_one_outcome(product, site):
    sources = add_sources(product, site)
    site.on(path_of(product, sources[0]), response(PAGE))
    results = product.python(
        AT_ONCE + "(run,) = dispatch.dispatch(); print(json.dumps(at_once(*[lambda: dispatch.work(run)] * 4)))"
    )
    assert sorted(results) == ["recorded", "taken", "taken", "taken"]
    assert runs(product, sources) == [("recorded", "", 1)]
    one_snapshot_each(product, sources)


def test_a_lease_is_renewed_while_its_holder_works(product, site):
    add_sources(product, site)
    first, later = product.python(
        AT_ONCE
        + """
leases.LEASE = timedelta(seconds=0.6)
(run,) = dispatch.dispatch()
held = leases.take(run)
until = lambda: Run.objects.get(pk=run).leased_until
with leases.renewed(held):
    end = time.monotonic() + 20
    while until() == held.leased_until and time.monotonic() < end:
        time.sleep(0.05)
print(json.dumps([held.leased_until.timestamp(), until().timestamp()]))
"""
    )
    assert later > first


def test_a_beat_that_is_killed_after_firing_doubles_nothing(product, site):
    sources = add_sources(product, site, 4)
    for source in sources:
        site.on(path_of(product, source), response(PAGE))
    beat = product.beat()
    wait_for(lambda: any((product.folder / "broker" / "queue").glob("*")) or beat.poll() is None)
    kill_tree(beat.pid)
    product.beat()
    product.worker()
    assert finished(product, sources) == [("recorded", "", 1)] * 4
    one_snapshot_each(product, sources)


@pytest.mark.parametrize("victim", ["child", "parent", "both"])
def test_a_worker_that_is_killed_in_the_middle(product, site, victim):
    sources = add_sources(product, site)
    hold = held_page(product, site, sources)
    product.beat()
    worker = product.worker(concurrency=1)
    hold.wait()
    if victim == "child":
        for child in children(worker.pid):
            os.kill(child, signal.SIGKILL)
    elif victim == "parent":
        os.kill(worker.pid, signal.SIGKILL)
        product.worker(name="next")
    else:
        kill_tree(worker.pid)
        product.worker(name="next")
    outcome, _, attempts = finished(product, sources)[0]
    hold.released.set()
    assert outcome == "recorded"
    # The child of a parent that is killed may still have come to its end.
    assert attempts == 2 or (victim == "parent" and attempts == 1)
    one_snapshot_each(product, sources)


def test_a_worker_that_is_told_to_end_finishes_what_it_does(product, site):
    sources = add_sources(product, site)
    hold = held_page(product, site, sources)
    product.beat()
    worker = product.worker()
    hold.wait()
    worker.terminate()
    hold.released.set()
    assert worker.wait(30) == 0
    assert finished(product, sources) == [("recorded", "", 1)]


def test_a_page_that_kills_every_worker_is_given_up_and_others_are_read(product, site):
    poison, other = add_sources(product, site, 2)
    for source in poison, other:
        site.on(path_of(product, source), response(PAGE))
    suicide = f"""
import os, signal
from scraping import pipeline
settle = pipeline.settle
def kill(run, *args, **kwargs):
    if run.source_id == {poison}:
        os.kill(os.getpid(), signal.SIGKILL)
    settle(run, *args, **kwargs)
pipeline.settle = kill
"""
    product.beat()
    product.worker(patch=suicide)
    assert finished(product, [other]) == [("recorded", "", 1)]
    assert finished(product, [poison]) == [("failed", "worker_died", 4)]
    assert product.rows(f"select count(*) from scraping_run where source_id = {poison}") == [(1,)]


def test_a_passing_failure_is_tried_again_from_the_database(product, site):
    sources = add_sources(product, site)
    site.on(path_of(product, sources[0]), response(b"", 503), response(b"", 500), response(PAGE))
    product.beat()
    product.worker()
    outcome, _, attempts = finished(product, sources)[0]
    assert (outcome, attempts) == ("recorded", 3)


def test_a_source_that_is_deleted_while_it_is_read(product, site):
    sources = add_sources(product, site)
    path = path_of(product, sources[0])
    hold = held_page(product, site, sources)
    product.beat()
    product.worker()
    hold.wait()
    product.python(f"from scraping.models import Source; Source.objects.get(pk={sources[0]}).delete()")
    hold.released.set()
    slug = f"list-{path[1:]}"
    query = (
        "select r.outcome, r.source_id from scraping_run r join procurement_vendorlist l on l.id = r.list_id "
        f"where l.slug = '{slug}' and r.outcome <> ''"
    )
    ((_, source),) = wait_for(lambda: product.rows(query))
    assert source is None


@pytest.mark.skipif(not shutil.which("redis-server"), reason="redis-server is not installed")
def test_a_redis_that_is_killed_and_forgets_everything(tmp_path_factory, site):
    port = free_port()
    folder = tmp_path_factory.mktemp("with-redis")
    redis = [
        shutil.which("redis-server"),
        "--port",
        str(port),
        "--save",
        "",
        "--appendonly",
        "no",
        "--dir",
        str(folder),
    ]

    def start_redis() -> subprocess.Popen:
        return subprocess.Popen(redis, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    server = start_redis()
    try:
        environment = {"FETCH_PORTS": str(site.port), "CELERY_BROKER_URL": f"redis://127.0.0.1:{port}/0"}
        with installation(folder, **environment) as product:
            product.beat()
            product.worker()
            first = add_sources(product, site, 3)
            for source in first:
                site.on(path_of(product, source), response(PAGE))
            finished(product, first)
            server.kill()
            server.wait()
            second = add_sources(product, site, 3)
            for source in second:
                site.on(path_of(product, source), response(PAGE))
            # Asking by hand does not hang on a broker that is away.
            asked = product.python(f"""
import json, time
from scraping import dispatch
from scraping.models import Source
begun = time.monotonic()
dispatch.ask(Source.objects.get(pk={first[0]}))
print(json.dumps(time.monotonic() - begun))
""")
            assert asked < 10
            server = start_redis()
            assert [run[0] for run in finished(product, second)] == ["recorded"] * 3
            assert sorted(run[0] for run in finished(product, first, 4)) == ["recorded"] * 3 + ["unchanged"]
            one_snapshot_each(product, second)
    finally:
        server.kill()
        server.wait()
