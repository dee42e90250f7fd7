"""The read-only interface under /api/v1/: anonymous, typed, paged."""
