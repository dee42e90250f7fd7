"""Curation of lists and of what is said about them, decisions on snapshots, and a look at all that is recorded."""

from procurement.admin import claims, evidence, history, lists, snapshots  # noqa: F401  # importing registers them
