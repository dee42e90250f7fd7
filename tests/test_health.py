"""What /healthz says."""

import json
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.test import RequestFactory
from django.utils import timezone

from config import health
from scraping import dispatch, leases
from scraping.models import Run, Source
from tests.histories import make_list


def get():
    response = health.healthz(RequestFactory().get("/healthz"))
    return response.status_code, json.loads(response.content)


def source(due: timedelta) -> None:
    Source.objects.create(list=make_list(), url="https://example.org/", interval=timedelta(hours=1))
    Source.objects.update(next_due_at=timezone.now() + due)


@pytest.mark.django_db
class TestHealthz:
    def test_an_installation_without_sources_is_well(self):
        assert get() == (
            200,
            {
                "status": "ok",
                "checks": {
                    "late": False,
                    "waiting": 0,
                    "newest_run_s": None,
                    "oldest_due_s": None,
                    "oldest_waiting_s": None,
                },
            },
        )

    def test_a_source_that_nobody_dispatches_is_late(self):
        source(due=-timedelta(minutes=10))
        status, body = get()
        assert (status, body["status"], body["checks"]["late"]) == (200, "ok", True)
        assert body["checks"]["oldest_due_s"] >= 600

    def test_a_run_that_no_worker_takes_is_late(self):
        source(due=timedelta())
        (run,) = dispatch.dispatch(timezone.now() + timedelta(seconds=1))
        Run.objects.update(created_at=timezone.now() - timedelta(minutes=10))
        assert get()[1]["checks"]["late"]
        leases.take(run)
        assert not get()[1]["checks"]["late"]
        assert get()[1]["checks"]["waiting"] == 0

    def test_missing_migrations_are_named(self, monkeypatch):
        monkeypatch.setattr(health, "_migrated", False)
        monkeypatch.setattr(health.MigrationExecutor, "migration_plan", lambda *_: [("vendors", False)])
        assert get() == (
            503,
            {
                "status": "failing",
                "reason": "Migrations that the database does not have yet: 1. Run: manage.py migrate",
            },
        )

    def test_a_database_that_is_away_is_named_without_its_password(self, monkeypatch):
        def away(*_args, **_kwargs):
            raise OperationalError("connection to server at db.example.org (password=hunter2) failed")

        monkeypatch.setattr(health, "_checks", away)
        status, body = get()
        assert (status, body["status"]) == (503, "failing")
        assert "hunter2" not in str(body) and "DATABASE_URL" in body["reason"]

    def test_it_is_cheap(self, django_assert_max_num_queries):
        get()
        with django_assert_max_num_queries(5):
            get()
