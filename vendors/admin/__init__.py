"""Curation of vendors and of the names that lists print."""

from vendors.admin import log, names, vendors  # noqa: F401  # importing registers them
