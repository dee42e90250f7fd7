"""A site of its own to look at with a browser."""

import os
import shutil
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.services import free_port, installation, wait_for

CHROMIUM = os.environ.get("CHROMIUM") or next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
# As where the suite runs, static files are served from where they are written: nothing has to be collected first.
_SERVE = "import pytest, sys; from gunicorn.app.wsgiapp import run; sys.argv[0] = 'gunicorn'; run()"


@dataclass(frozen=True)
class Site:
    url: str
    loaded: Any  # what the code that loaded it printed


@contextmanager
def served(folder: Path, load: str, **environment: str) -> Iterator[Site]:
    """A site on a database of its own in `folder`, after `load` (Python, run with Django set up) has filled it."""
    with installation(folder, **environment) as made:
        loaded = made.python(load)
        host = f"localhost:{free_port()}"
        made.start([sys.executable, "-c", _SERVE, "config.wsgi", "--bind", host, "--threads", "4"], "site")
        site = Site(f"http://{host}", loaded)
        wait_for(lambda: _answers(site.url))
        yield site


def _answers(url: str) -> bool:
    try:
        return urllib.request.urlopen(f"{url}/healthz", timeout=5).status == 200
    except urllib.error.HTTPError as error:
        return error.code == 503  # no worker is there, and none is needed
    except OSError:
        return False
