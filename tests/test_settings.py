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
        ("DEBUG", "maybe", "Set it to 1 or 0"),
        ("FETCH_ALLOW_PRIVATE", "si", "Set it to 1 or 0"),
        ("ALLOWED_HOSTS", "https://lists.example.org", "Use the name alone"),
        ("ALLOWED_HOSTS", "lists.example.org:8000", "Use the name alone"),
        ("SITE_URLS", "lists.example.org", "https://lists.example.org"),
        ("SITE_URLS", "https://lists.example.org/tracker/", "Use its scheme and name"),
        ("PROXY_COUNT", "two", "no number from 0 to 10"),
        ("PROXY_COUNT", "-1", "no number from 0 to 10"),
        ("FETCH_PORTS", "8080,http", "no number from 1 to 65535"),
        ("FETCH_PORTS", "70000", "no number from 1 to 65535"),
        ("TICK_SECONDS", "0", "no number from 0.2 to 300"),
        ("TICK_SECONDS", "soon", "no number from 0.2 to 300"),
        ("LOG_LEVEL", "LOUD", "Use one of DEBUG"),
        ("EMAIL_URL", "mail.example.org", "Use smtp+tls://"),
        ("EMAIL_URL", "ftp://user:hunter2@mail.example.org", "Use smtp+tls://"),
        ("DATABASE_URL", "nonsense", "Use postgres://"),
        ("DATABASE_URL", "postgres://", "names no database"),
        ("DATABASE_URL", "sqlite:////nonexistent/tracker.sqlite3", "does not exist"),
        ("DATABASE_URL", "mysql://root:hunter2@db/tracker", "Use postgres://"),
        ("CELERY_BROKER_URL", "amqp://guest:hunter2@queue", "Use redis://"),
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


def test_a_command_says_it_without_a_traceback(tmp_path):
    answer = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path), "DATABASE_URL": "nonsense"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert answer.returncode == 1
    assert answer.stderr.startswith("DATABASE_URL names no database that is supported.")
    assert answer.stderr.count("\n") == 1


def test_a_database_that_is_not_migrated_is_said_in_a_sentence(tmp_path):
    answer = subprocess.run(
        [sys.executable, "manage.py", "verify"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert answer.returncode == 1
    assert "Run: python manage.py migrate" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_a_variable_that_is_set_to_nothing_counts_as_unset(start):
    names = "DEBUG ALLOWED_HOSTS SITE_URLS PROXY_COUNT FETCH_PORTS EMAIL_URL DATABASE_URL CELERY_BROKER_URL SECRET_KEY"
    assert shown(start(**dict.fromkeys(names.split(), "")))["database"][0] == "sqlite3"
