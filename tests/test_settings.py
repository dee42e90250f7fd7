"""The environment: safe defaults, and a sentence for every value that is wrong."""

import json
import os
import subprocess
import sys

import pytest

from tests.services import ROOT

SHOW = """
import json
from config import settings as s
names = "DEBUG ALLOWED_HOSTS SITE_URLS SESSION_COOKIE_SECURE SECURE_SSL_REDIRECT FETCH_PORTS FETCH_ALLOW_PRIVATE"
names += " CELERY_BROKER_URL EMAIL_BACKEND TICK_SECONDS"
shown = {name: getattr(s, name) for name in names.split()}
shown["database"] = s.DATABASES["default"]["ENGINE"].rpartition(".")[2], str(s.DATABASES["default"]["NAME"])
shown["secret"] = s.SECRET_KEY
print(json.dumps(shown))
"""


@pytest.fixture
def start(tmp_path):
    """Read the settings in a process that has only this environment."""

    def start(**environment: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, "-c", SHOW],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path / "data"), **environment},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return start


def shown(answer: subprocess.CompletedProcess) -> dict:
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)


def test_nothing_set_is_one_safe_machine(start, tmp_path):
    first, second = shown(start()), shown(start())
    assert first == second  # the secret is made once
    assert len(first.pop("secret")) >= 50
    assert (tmp_path / "data" / "secret_key").stat().st_mode & 0o777 == 0o600
    assert first == {
        "DEBUG": False,
        "ALLOWED_HOSTS": ["localhost", "127.0.0.1", "[::1]"],
        "SITE_URLS": [],
        "SESSION_COOKIE_SECURE": False,
        "SECURE_SSL_REDIRECT": False,
        "FETCH_PORTS": [],
        "FETCH_ALLOW_PRIVATE": False,
        "CELERY_BROKER_URL": "filesystem://",
        "EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend",
        "TICK_SECONDS": 15.0,
        "database": ["sqlite3", str(tmp_path / "data" / "tracker.sqlite3")],
    }


def test_servers_are_named_by_two_variables(start):
    found = shown(
        start(DATABASE_URL="postgres://tracker:pass@db:5432/tracker", CELERY_BROKER_URL="redis://queue:6379/0")
    )
    assert found["database"] == ["postgresql", "tracker"]
    assert found["CELERY_BROKER_URL"] == "redis://queue:6379/0"


def test_a_site_behind_tls_keeps_its_cookies_there(start):
    found = shown(start(SITE_URLS="https://lists.example.org", ALLOWED_HOSTS="lists.example.org,.example.net"))
    assert found["SESSION_COOKIE_SECURE"] and found["SECURE_SSL_REDIRECT"]
    assert found["ALLOWED_HOSTS"] == ["lists.example.org", ".example.net"]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("DATA_DIR", "FILE", "Set DATA_DIR to a folder"),
        ("DATA_DIR", "/proc/nowhere", "Set DATA_DIR to a folder"),
        ("SECRET_KEY", "too short", "Unset it to have one made"),
        ("DATABASE_URL", "postgres://a:b@db:port/tracker", "Use postgres://"),
        ("CELERY_BROKER_URL", "amqp://queue", "Use redis://"),
        ("CELERY_BROKER_URL", "queue", "Use redis://"),
        ("FETCH_CA_BUNDLE", "/nonexistent.pem", "Set it to a PEM file"),
    ],
)
def test_a_wrong_value_is_refused_with_what_to_set(start, tmp_path, name, value, said):
    if value == "FILE":
        (tmp_path / "file").touch()
        value = str(tmp_path / "file")
    answer = start(**{name: value})
    last = answer.stderr.strip().splitlines()[-1]
    assert answer.returncode != 0
    assert last.startswith("django.core.exceptions.ImproperlyConfigured: ")
    assert name in last and said in last
    assert "hunter2" not in last
