"""Operation: sources with their recipe and schedule, and every run."""

from scraping.admin import runs, sources  # noqa: F401  # importing registers them
from scraping.workbench import tasks  # noqa: F401  # a worker has to know them too
