"""Whether a list is being read as it should be, in one word and one sentence. The facts come annotated on the list."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from procurement.models import VendorList

State = Literal["current", "stale", "failing", "held", "unscheduled", "empty"]

# A check may wait this long for a worker before we say that it is late.
_LATE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Freshness:
    """The state of a list's reading. `reason` is a sentence for people, blank where all is well."""

    state: State
    reason: str = ""

    @property
    def word(self) -> str:
        return _WORDS[self.state]

    @property
    def needs_care(self) -> bool:
        """Whether somebody should look."""
        return self.state in {"stale", "failing", "held"}


_WORDS: dict[State, str] = {
    "current": "Current",
    "stale": "Stale",
    "failing": "Failing",
    "held": "Held",
    "unscheduled": "Not scheduled",
    "empty": "Not observed yet",
}


def judge(facts: VendorList, now: datetime) -> Freshness:
    """Judge a list that was annotated by `VendorListQuerySet.with_freshness`.

    Args:
        facts: the list.
        now: the present moment, UTC.
    """
    last, held = facts.last_observed_at, facts.held_at
    if facts.check_outcome == "failed":
        return Freshness("failing", facts.check_reason or "The last check failed.")
    if held is not None and (last is None or held > last):
        return Freshness("held", facts.held_reason or "The last page that was read waits for review.")
    if facts.check_outcome == "held" and facts.check_snapshot_status in {None, "held"}:
        return Freshness("held", facts.check_reason or "The last check waits for review.")
    due = facts.next_check_at
    if last is None:
        return Freshness("empty", "" if due else "Nothing is recorded, and no check is scheduled.")
    if due is None:
        return Freshness("unscheduled", "No check is scheduled.")
    if now - due > _LATE:
        return Freshness("stale", f"The check that was due on {due:%Y-%m-%d %H:%M} UTC has not run.")
    if now - last > facts.gap_after:
        return Freshness("stale", f"Not observed for {(now - last).days} days.")
    return Freshness("current")
