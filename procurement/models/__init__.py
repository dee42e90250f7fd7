"""What the lists said: lists, the evidence for them, their recorded history, and what was claimed about it."""

from procurement.models.claims import Report, Statement
from procurement.models.evidence import Capture, Recipe
from procurement.models.history import FOREVER, Change, Decision, Entry, Listing, Snapshot
from procurement.models.lists import Authority, VendorList

__all__ = [
    "FOREVER",
    "Authority",
    "Capture",
    "Change",
    "Decision",
    "Entry",
    "Listing",
    "Recipe",
    "Report",
    "Snapshot",
    "Statement",
    "VendorList",
]
