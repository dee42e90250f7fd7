"""What a comparison says in words: its sentence, what bounds it, and the line by which it is cited. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from procurement.comparison import Comparison, VendorTotal
from procurement.grouping import KINDS
from procurement.models import Change, Snapshot
from procurement.templatetags.lists import gist, people_date


class Part(NamedTuple):
    """A piece of a sentence; `style` is "", "strong", "dropped" or "added"."""

    text: str
    style: str = ""


def plain(parts: Iterable[Part]) -> str:
    return "".join(part.text for part in parts)


def several(number: int, thing: str, things: str = "") -> str:
    """A number with its noun: 1 vendor, 5 vendors, 2 entries."""
    plural = things or (f"{thing[:-1]}ies" if thing.endswith("y") else f"{thing}s")
    return f"{number:,} {thing if number == 1 else plural}"


def of_relations(relations: Sequence[str]) -> str:
    """How many of some are foreign: "both foreign", "3 foreign, 1 domestic", "all of unknown origin"."""
    counts = Counter(relations)
    words = {"foreign": "foreign", "domestic": "domestic", "unknown": "of unknown origin"}
    if len(counts) == 1:
        (relation, n), *_ = counts.items()
        return {1: "", 2: "both "}.get(n, "all ") + words[relation]
    return ", ".join(f"{counts[r]:,} {words[r]}" for r in words if counts[r])


def sentence(comparison: Comparison) -> list[Part]:
    """What happened between the two snapshots, as far as they go: vendors first, then entries, then who is foreign."""
    summary = comparison.summary
    moved = sum(summary[kind] for kind in KINDS[:-1])
    if not moved and not summary["first_seen"]:
        return [*_nothing(comparison), *_foreign(comparison)]
    left = comparison.vendors_that("left", "dropped")
    came = comparison.vendors_that("came", "added", "relisted")
    vendors = _vendors(left, came)
    if _entries_tell_more(comparison, left, came):
        return [*vendors, *_entries(comparison, alone=not vendors), *_foreign(comparison)]
    rest = []
    if summary["unchanged"] and comparison.end.is_full:
        rest.append(f"{several(summary['unchanged'], 'vendor')} stayed")
    if summary["first_seen"]:
        rest.append(
            f"{summary['first_seen']:,} first seen"
            if rest
            else f"{several(summary['first_seen'], 'vendor')} first seen"
        )
    if rest:
        vendors = (
            [*vendors[:-1], Part("; "), Part("; ".join(rest)), Part(". ")]
            if vendors
            else [Part("; ".join(rest) + ". ")]
        )
    return [*vendors, *_foreign(comparison)]


def _vendors(left: Sequence[VendorTotal], came: Sequence[VendorTotal]) -> list[Part]:
    """Who left and who came altogether, and how many of them are foreign; said once where it is the same of all."""
    moved = [(vendors, word) for vendors, word in ((left, "dropped"), (came, "added")) if vendors]
    alike = len({v.relation for v in (*left, *came)}) == 1 and len(moved) == 2
    parts: list[Part] = []
    for index, (vendors, word) in enumerate(moved):
        if index:
            parts.append(Part(" and " if alike else "; "))
        parts.append(Part(f"{several(len(vendors), 'vendor')} {word}", word))
        if not alike or index:
            who = [v.relation for v in ((*left, *came) if alike else vendors)]
            parts.append(Part(f", {of_relations(who)}"))
    return [*parts, Part(". ")] if parts else []


def _entries_tell_more(comparison: Comparison, left: Sequence[VendorTotal], came: Sequence[VendorTotal]) -> bool:
    """Whether the rows say more than the vendors do: some vendor has several, or a row changed without its vendor."""
    summary = comparison.summary
    return (
        any(t.before > 1 or t.after > 1 for t in comparison.vendors)
        or summary["dropped"] != len(left)
        or summary["added"] + summary["relisted"] != len(came)
        or bool(summary["renamed"] or summary["amended"])
    )


def _entries(comparison: Comparison, *, alone: bool) -> list[Part]:
    summary = comparison.summary
    styles = {"dropped": "dropped", "added": "added", "relisted": "added"}
    parts = [Part("Entries: ")]
    for kind in KINDS[:-1]:
        if summary[kind]:
            parts += [Part(f"{summary[kind]:,} {kind}", styles.get(kind, "strong") if alone else ""), Part(", ")]
    if summary["first_seen"]:
        parts += [Part(f"{summary['first_seen']:,} first seen"), Part(", ")]
    if comparison.end.is_full:
        parts.append(Part(f"{summary['unchanged']:,} unchanged"))
    else:
        parts.pop()
    return [*parts, Part(". ")]


def _nothing(comparison: Comparison) -> list[Part]:
    if not comparison.end.is_full:
        return [Part("The later snapshot names nobody who was not on the list before. ")]
    return [
        Part("No difference", "strong"),
        Part(f": {_all(comparison.summary['unchanged'])}. "),
    ]


def _all(number: int) -> str:
    if not number:
        return "the list is empty at both ends"
    return "its one entry stayed" if number == 1 else f"all {number:,} entries stayed"


def _foreign(comparison: Comparison) -> list[Part]:
    """How many foreign vendors the list has at either end, no surer than what is known of it and of them."""
    before, after = comparison.relations["foreign"]
    if not before and not after:
        return []
    what = "Foreign vendors on the list"
    if not (comparison.start.is_full and comparison.end.is_full):
        what = "Foreign vendors known to be on the list"
    elif any(comparison.relations["unknown"]):
        what = "Vendors known to be foreign"
    change = f"still {after:,}" if before == after else f"{before:,} → {after:,}"
    return [Part(f"{what}: "), Part(change, "strong"), Part(".")]


def caveats(comparison: Comparison) -> list[str]:
    """What a careful reader must know before quoting the sentence."""
    start, end = comparison.start, comparison.end
    found = []
    if not start.is_full:
        who = f"The earlier snapshot is partial. {gist(start.basis_note)}".strip()
        if comparison.first_seen:
            who += " Who is first seen later may have been on the list before, so nobody of them is reported as added."
        found.append(who)
    if not end.is_full:
        found.append(
            f"The later snapshot is partial. {gist(end.basis_note)}".strip()
            + " It proves who was on the list, and nobody's absence: whom it does not name is not reported as dropped."
        )
    found += _second_hand(start, end)
    ours = [d for d in comparison.changes if d.cause != Change.Cause.SOURCE]
    if ours:
        found.append(
            f"{several(len(ours), 'difference')} may be ours: the snapshots were read by different recipes, "
            "so that the publisher need not have changed anything. This is not news."
        )
    return found


def _second_hand(start: Snapshot, end: Snapshot) -> list[str]:
    """What the full snapshots rest on where that is no capture; said once where it is the same of both."""
    words = {"reported": "compiled from reports", "inferred": "inferred"}
    told = [
        (f"{words[s.basis]}, not captured from the publisher. {gist(s.basis_note)}".strip(), which)
        for s, which in ((start, "earlier"), (end, "later"))
        if s.is_full and s.basis != Snapshot.Basis.CAPTURED
    ]
    if len(told) == 2 and told[0][0] == told[1][0]:
        return [f"Both snapshots are {told[0][0]}"]
    return [f"The {which} snapshot is {what}" for what, which in told]


def heading(comparison: Comparison) -> str:
    return f"{_day(comparison.start)} to {_day(comparison.end)}"


def _day(snapshot: Snapshot) -> str:
    return people_date(snapshot.captured_at)


def citation(comparison: Comparison, address: str, today: date) -> str:
    """The line to put under a quotation: who, what, when, which bytes prove it, and where."""
    authority = comparison.list.authority
    ends = " and ".join(_cited(s) for s in (comparison.start, comparison.end))
    return (
        f"{authority.name} ({authority.country}), “{comparison.list.title}”, compared between {ends}. "
        f"Whitelist Tracker, {address}, read on {today.isoformat()}."
    )


def _cited(snapshot: Snapshot) -> str:
    facts = [f"snapshot {snapshot.pk}"]
    if not snapshot.is_full:
        facts.append("partial")
    if snapshot.basis != Snapshot.Basis.CAPTURED:
        facts.append(snapshot.basis)
    return f"{snapshot.captured_at:%Y-%m-%d} ({', '.join(facts)}, sha256:{snapshot.capture.sha256[:16]})"


def counted(kinds: Counter[tuple[str, str]]) -> list[Part]:
    """A snapshot's changes in one line, from counts by (kind, relation): "2 dropped, both foreign; 1 added"."""
    parts: list[Part] = []
    for kind in ("dropped", "added", "relisted", "renamed", "amended"):
        relations = [r for (k, r), n in kinds.items() if k == kind for _ in range(n)]
        if not relations:
            continue
        if parts:
            parts.append(Part("; "))
        style = {"dropped": "dropped", "added": "added", "relisted": "added"}.get(kind, "")
        parts.append(Part(f"{len(relations):,} {kind}", style))
        if kind in {"dropped", "added", "relisted"} and set(relations) != {"unknown"}:
            parts.append(Part(f", {of_relations(relations)}"))
    return parts
