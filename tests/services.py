"""An installation of its own for tests: a database, a broker, and workers, beat and site as processes.

It follows the suite's environment: an own database on the server of DATABASE_URL and the broker of CELERY_BROKER_URL,
or without them SQLite and files in a folder of its own.
"""

import contextlib
import itertools
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg2
import pytest

ROOT = Path(__file__).resolve().parent.parent

# Waiting is part of the promises, but tests need not wait as long.
IMPATIENT = """
from datetime import timedelta
from scraping import dispatch, leases
leases.LEASE = timedelta(seconds=4)
dispatch.HINT_AGAIN = timedelta(seconds=3)
dispatch.FIRST_BACKOFF = timedelta(seconds=1)
"""

_serial = itertools.count(1)
_DJANGO = "import django; django.setup()\n"
_CELERY = "import sys; from celery.__main__ import main; sys.argv[0] = 'celery'; main()"


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def wait_for(what: Callable[[], Any], seconds: float = 60, every: float = 0.2) -> Any:
    """The first true answer of `what`; the test fails when it does not come in time."""
    end = time.monotonic() + seconds
    while not (answer := what()):
        if time.monotonic() > end:
            pytest.fail(f"it did not come within {seconds} s")
        time.sleep(every)
    return answer


def children(pid: int) -> list[int]:
    """The processes that a process started."""
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def kill_tree(pid: int) -> None:
    """SIGKILL to a process and to what it started."""
    for one in [*children(pid), pid]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(one, signal.SIGKILL)


class Installation:
    """Processes of the product on a database and a broker of their own, in `folder`."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        self.processes: list[subprocess.Popen] = []
        # Nothing of the suite's own environment but where the servers are.
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "CELERY_BROKER_URL") if name in os.environ}
        self.environment = {
            **kept,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DATA_DIR": str(folder),
            "TICK_SECONDS": "1",
            "LOG_LEVEL": "WARNING",
            "FETCH_ALLOW_PRIVATE": "1",
            **environment,
        }

    def python(self, code: str) -> Any:
        """Run code with Django set up; what it prints as JSON comes back."""
        answer = subprocess.run(
            [sys.executable, "-c", _DJANGO + code],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert answer.returncode == 0, answer.stderr
        return json.loads(answer.stdout) if answer.stdout.strip() else None

    def start(self, command: list[str], name: str) -> subprocess.Popen:
        """A process whose output goes to `folder`/name.log."""
        with (self.folder / f"{name}.log").open("ab") as output:
            process = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )
        self.processes.append(process)
        return process

    def celery(self, *arguments: str, patch: str = "", name: str = "") -> subprocess.Popen:
        """`celery -A config …` with the waiting shortened, and `patch` run in it first."""
        code = (
            f"{_DJANGO}{IMPATIENT}{patch}\nfrom celery.__main__ import main\nimport sys\nsys.argv[0] = 'celery'\nmain()"
        )
        command = [sys.executable, "-c", code, "--quiet", "-A", "config", *arguments]
        return self.start(command, name or arguments[0])

    def worker(self, *, patch: str = "", concurrency: int = 2, name: str = "worker") -> subprocess.Popen:
        """A worker as docs/operation.md starts it."""
        options = ["--loglevel", "WARNING", "--without-gossip", "--without-mingle", "-n", f"{name}@%h"]
        return self.celery("worker", "--concurrency", str(concurrency), *options, patch=patch, name=name)

    def beat(self) -> subprocess.Popen:
        """A beat."""
        return self.celery("beat", "--loglevel", "WARNING", "--pidfile=")

    def stop(self) -> None:
        """End every process."""
        for process in self.processes:
            kill_tree(process.pid)
            process.wait(10)
        self.processes.clear()

    def log(self) -> str:
        """What all processes have said."""
        return "\n".join(path.read_text(errors="replace") for path in sorted(self.folder.glob("*.log")))

    def rows(self, query: str) -> list[tuple]:
        """What the database answers, asked past the product."""
        url = urlsplit(self.environment.get("DATABASE_URL", ""))
        if url.scheme.startswith("postgres"):
            opened = psycopg2.connect(self.environment["DATABASE_URL"])
        else:
            opened = sqlite3.connect(self.folder / "tracker.sqlite3", timeout=20)
        with closing(opened) as line, closing(line.cursor()) as cursor:
            cursor.execute(query)
            return [tuple(row) for row in cursor.fetchall()]


@contextmanager
def _own_database(name: str) -> Iterator[dict[str, str]]:
    url = urlsplit(os.environ.get("DATABASE_URL", ""))
    if not url.scheme.startswith("postgres"):
        yield {}
        return
    with closing(psycopg2.connect(url._replace(path="/postgres").geturl())) as server:
        server.autocommit = True
        cursor = server.cursor()
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        cursor.execute(f'CREATE DATABASE "{name}"')
        try:
            yield {"DATABASE_URL": url._replace(path=f"/{name}").geturl()}
        finally:
            cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@contextmanager
def installation(folder: Path, **environment: str) -> Iterator[Installation]:
    """An installation with its tables made; all of it ends with the block."""
    with _own_database(f"whitelist_tracker_{os.getpid()}_{next(_serial)}") as database:
        made = Installation(folder, **database, **environment)
        made.python("from django.core.management import call_command; call_command('migrate', verbosity=0)")
        try:
            yield made
        finally:
            made.stop()
