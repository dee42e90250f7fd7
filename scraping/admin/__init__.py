"""Operation: sources with their recipe and schedule, and every run."""

from scraping.admin import runs, sources  # noqa: F401  # importing registers them
