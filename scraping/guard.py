"""Whether a page still says what this list says: the judgement made before anything is published. Pure.

A reading that fails it is held with the reason, in words and figures; a person publishes or withdraws it.
"""

from dataclasses import dataclass

MOST_LOST = 0.5
MOST_GAINED = 3.0
FEWEST_TO_JUDGE = 3
FEWEST_GAINED = 50


@dataclass(frozen=True, slots=True)
class Bounds:
    """The rows that an admin expects of a list; None: no bound."""

    min_rows: int | None = None
    max_rows: int | None = None


@dataclass(frozen=True, slots=True)
class Size:
    """How large a reading is: rows as read, and different entries among them."""

    rows: int
    entries: int


def judge(size: Size, previous: Size | None, *, bounds: Bounds = Bounds(), unattended: bool = False) -> str:
    """Why a reading is to be held, or "" where it is not.

    Args:
        previous: the last published full snapshot before it, if there is one.
        unattended: nobody chose this page: it was fetched on schedule. A sudden growth is then suspicious as well; in
            a history that a person imports, years may lie between two snapshots.
    """
    if size.rows == 0:
        before = f" The last published snapshot has {previous.entries} entries." if previous else ""
        return f"No rows were read: an empty list, or a page that no longer holds it.{before}"
    if bounds.min_rows is not None and size.rows < bounds.min_rows:
        return f"{size.rows} rows were read; this source's lower bound is {bounds.min_rows}."
    if bounds.max_rows is not None and size.rows > bounds.max_rows:
        return f"{size.rows} rows were read; this source's upper bound is {bounds.max_rows}."
    if previous is None:
        return ""
    lost = previous.entries - size.entries
    if lost >= FEWEST_TO_JUDGE and size.entries < previous.entries * MOST_LOST:
        return (
            f"{previous.entries} entries became {size.entries}: {lost / previous.entries:.0%} of the list is gone at "
            "once. A true mass removal and a broken page look alike."
        )
    if unattended and -lost >= FEWEST_GAINED and size.entries > previous.entries * MOST_GAINED:
        return f"{previous.entries} entries became {size.entries}: more than {MOST_GAINED:.0f} times the list at once."
    return ""
