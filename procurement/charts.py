"""Charts drawn on the server as SVG, without script and without inline style.

Positions are percentages and heights are pixels, so that the drawing follows the page's width and its text does not.
Colours come from classes of static/site.css.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from procurement.observations import Segment
from procurement.templatetags.lists import people_date

RELATIONS = ("domestic", "foreign", "unknown")
_LANE, _BAR = 24, 12  # pixels
_TOP, _HEIGHT = 4, 150  # pixels
_MOST = 400
_CHARACTER = 1.85  # per cent of the width that a letter of a date needs on a phone


@dataclass(frozen=True)
class Axis:
    """The time that a chart covers, and the two moments that it marks."""

    start: datetime
    end: datetime
    marks: tuple[datetime, ...] = ()

    def at(self, moment: datetime) -> float:
        """Where a moment stands, in per cent from the left."""
        whole = (self.end - self.start) / timedelta(seconds=1)
        return max(0.0, min(100.0, 100 * ((moment - self.start) / timedelta(seconds=1)) / whole)) if whole else 0.0

    def labels(self) -> list[tuple[float, str, str]]:
        """(per cent, text, anchor) of the dates to write, the marked ones first, so that none covers another."""
        years = range(self.start.year + 1, self.end.year + 1)
        firsts = [(self.at(datetime(year, 1, 1, tzinfo=UTC)), str(year)) for year in years[:: max(1, len(years) // 5)]]
        ends = [(self.at(moment), people_date(moment)) for moment in (self.start, self.end)]
        shown: list[tuple[float, str, str]] = []
        taken: list[tuple[float, float]] = []
        for x, text in [*self._marked(), *ends, *firsts]:
            x, anchor, left, right = _placed(x, text)
            if all(right < other_left or left > other_right for other_left, other_right in taken):
                shown.append((x, text, anchor))
                taken.append((left - 2, right + 2))
        return sorted(shown)

    def _marked(self) -> list[tuple[float, str]]:
        """The marked moments; in one label where two would cover each other."""
        places = [(self.at(moment), people_date(moment)) for moment in self.marks]
        if len(places) == 2 and _placed(*places[0])[3] + 2 > _placed(*places[1])[2]:
            text = " – ".join(dict.fromkeys([places[0][1], places[1][1]]))
            return [((places[0][0] + places[1][0]) / 2, text)]
        return places


def _placed(x: float, text: str) -> tuple[float, str, float, float]:
    """(x, anchor, left, right) of a label, in per cent: centred on its place, but never beyond the edges."""
    width = len(text) * _CHARACTER
    if x < width / 2:
        return min(x, 100 - width), "start", min(x, 100 - width), min(x, 100 - width) + width
    if x > 100 - width / 2:
        return max(x, width), "end", max(x, width) - width, max(x, width)
    return x, "middle", x - width / 2, x + width / 2


@dataclass(frozen=True)
class Lane:
    """One vendor's (or list's) row of a presence strip."""

    label: str
    segments: Sequence[Segment]
    relation: str = "unknown"
    href: str = ""

    def said(self) -> str:
        """The lane in words, for those who do not see it."""
        words = {"present": "on the list", "absent": "not on the list", "unobserved": "not observed"}
        parts = [
            f"{words[s.state]} {people_date(s.start)}" + (f" to {people_date(s.end)}" if s.end > s.start else "")
            for s in self.segments
        ]
        return f"{self.label}: {'; '.join(parts) or 'never observed'}"


HATCH = mark_safe(
    '<svg class="defs" aria-hidden="true"><defs>'
    '<pattern id="hatch" class="hatch" width="5" height="5" patternUnits="userSpaceOnUse" '
    'patternTransform="rotate(45)"><line x1="0" y1="0" x2="0" y2="5"/></pattern></defs></svg>'
)


def strip(lanes: Sequence[Lane], axis: Axis, ticks: Sequence[tuple[datetime, str]] = ()) -> SafeString:
    """Who was present when, one lane each; what is not observed is hatched, a proven absence after it is marked.

    Args:
        ticks: (moment, "seen", "seen partial" or "missed") of each check, drawn above the lanes.
    """
    rows = format_html_join("", '<li><span class="lane">{}</span>{}</li>', ((_name(x), _lane(x, axis)) for x in lanes))
    head = format_html('<li aria-hidden="true"><span class="lane"></span>{}</li>', _head(axis, ticks))
    return format_html('{}<ol class="strip">{}{}</ol>', HATCH, head, rows)


def _name(lane: Lane) -> SafeString:
    if lane.href:
        return format_html('<a href="{}" title="{}">{}</a>', lane.href, lane.label, lane.label)
    return format_html('<span title="{}">{}</span>', lane.label, lane.label)


def _head(axis: Axis, ticks: Sequence[tuple[datetime, str]]) -> SafeString:
    texts = format_html_join(
        "", '<text x="{}%" y="12" text-anchor="{}">{}</text>', ((f"{x:.2f}", a, t) for x, t, a in axis.labels())
    )
    dots = format_html_join(
        "",
        "{}",
        (
            (
                format_html('<circle class="{}" cx="{}%" cy="24" r="2.2"/>', style, f"{axis.at(moment):.2f}")
                if style != "missed"
                else format_html(
                    '<line class="missed" x1="{0}%" x2="{0}%" y1="20" y2="28"/>', f"{axis.at(moment):.2f}"
                ),
            )
            for moment, style in ticks
        ),
    )
    return format_html('<svg width="100%" height="30">{}{}</svg>', texts, dots)


def _lane(lane: Lane, axis: Axis) -> SafeString:
    top = (_LANE - _BAR) // 2
    shapes = [
        format_html('<line class="edge" x1="{0}%" x2="{0}%" y1="0" y2="{1}"/>', f"{axis.at(m):.2f}", _LANE)
        for m in axis.marks
    ]
    shapes.append(format_html('<line class="base" x1="0" x2="100%" y1="{0}" y2="{0}"/>', _LANE // 2))
    last_known = ""
    for segment in lane.segments:
        x, width = axis.at(segment.start), axis.at(segment.end) - axis.at(segment.start)
        place = {"x": f"{x:.3f}", "w": f"{max(width, 0):.3f}", "y": top, "h": _BAR, "style": lane.relation}
        if segment.state == "present":
            # A line beside the bar keeps the shortest presence wide enough to be seen.
            shapes.append(
                format_html(
                    '<line class="at {style}" x1="{x}%" x2="{x}%" y1="{y}" y2="{bottom}"/>'
                    '<rect class="{style}" x="{x}%" y="{y}" width="{w}%" height="{h}"/>',
                    bottom=top + _BAR,
                    **place,
                )
            )
        elif segment.state == "unobserved":
            shapes.append(
                format_html(
                    '<rect class="ground" x="{x}%" y="{y}" width="{w}%" height="{h}"/>'
                    '<rect fill="url(#hatch)" x="{x}%" y="{y}" width="{w}%" height="{h}"/>',
                    **place,
                )
            )
        elif last_known == "present":
            shapes.append(
                format_html('<line class="mark" x1="{0}%" x2="{0}%" y1="1" y2="{1}"/>', f"{x:.3f}", _LANE - 1)
            )
        if segment.state != "unobserved":
            last_known = segment.state
    # What one observation shows stands above the hatching that follows it.
    shapes.sort(key=lambda shape: 'class="at' in shape or 'class="mark' in shape)
    return format_html(
        '<svg width="100%" height="{}" role="img" aria-label="{}">{}</svg>',
        _LANE,
        lane.said(),
        SafeString("".join(shapes)),
    )


@dataclass(frozen=True)
class Stretch:
    """A number of entries by relation, known from one moment to another; of no length where it is of one moment."""

    start: datetime
    end: datetime
    counts: Mapping[str, int]


def sizes(stretches: Sequence[Stretch], axis: Axis, label: str) -> SafeString:
    """How many entries there were, by relation, stacked. Between the stretches nothing is known: that is hatched.

    Args:
        label: the chart in words.
    """
    ceiling = _round_up(max((sum(s.counts.values()) for s in stretches), default=0))
    shapes = [format_html('<rect fill="url(#hatch)" x="0" y="{}" width="100%" height="{}"/>', _TOP, _HEIGHT)]
    for stretch in _coarse(_merged(stretches)):
        shapes += _column(stretch, axis, ceiling)
    lines = format_html_join(
        "",
        '<line class="grid" x1="0" x2="100%" y1="{0}" y2="{0}"/><text class="over" x="2" y="{1}">{2}</text>',
        (
            (
                f"{_TOP + _HEIGHT * (1 - share):.1f}",
                f"{_TOP + _HEIGHT * (1 - share) + 13:.1f}",
                f"{ceiling * share:,.0f}",
            )
            for share in (0.5, 1.0)
        ),
    )
    texts = format_html_join(
        "",
        '<text x="{}%" y="{}" text-anchor="{}">{}</text>',
        ((f"{x:.2f}", _TOP + _HEIGHT + 18, anchor, text) for x, text, anchor in axis.labels()),
    )
    return format_html(
        '{}<svg class="sizes" width="100%" height="{}" role="img" aria-label="{}">{}{}'
        '<line class="base" x1="0" x2="100%" y1="{}" y2="{}"/>{}</svg>',
        HATCH, _TOP + _HEIGHT + 24, label, SafeString("".join(shapes)), lines, _TOP + _HEIGHT, _TOP + _HEIGHT, texts,
    )  # fmt: skip


def _column(stretch: Stretch, axis: Axis, ceiling: int) -> list[SafeString]:
    """The stack of one stretch, on the ground that hides the hatching; a lone moment is a bar of some pixels."""
    x, width = axis.at(stretch.start), axis.at(stretch.end) - axis.at(stretch.start)
    if width:
        bar = '<rect class="{style}" shape-rendering="crispEdges" x="{x}%" width="{w}%" y="{y}" height="{h}"/>'
    else:
        bar = '<line class="{style} bar" x1="{x}%" x2="{x}%" y1="{y}" y2="{bottom}"/>'
    place = {"x": f"{x:.3f}", "w": f"{width:.3f}"}
    shapes = [format_html(bar, style="ground", y=_TOP, h=_HEIGHT, bottom=_TOP + _HEIGHT, **place)] if width else []
    floor = float(_TOP + _HEIGHT)
    for relation in RELATIONS:
        height = _HEIGHT * stretch.counts.get(relation, 0) / ceiling
        if height:
            y, bottom, h = f"{floor - height:.2f}", f"{floor:.2f}", f"{height:.2f}"
            shapes.append(format_html(bar, style=relation, y=y, h=h, bottom=bottom, **place))
        floor -= height
    return shapes


def _merged(stretches: Sequence[Stretch]) -> list[Stretch]:
    merged: list[Stretch] = []
    for stretch in stretches:
        if merged and merged[-1].end == stretch.start and merged[-1].counts == stretch.counts:
            merged[-1] = Stretch(merged[-1].start, stretch.end, stretch.counts)
        else:
            merged.append(stretch)
    return merged


def _coarse(stretches: list[Stretch]) -> list[Stretch]:
    """At most about `_MOST` of them: neighbours that no screen tells apart become one, with the first's numbers."""
    each = -(-len(stretches) // _MOST)
    coarse: list[Stretch] = []
    for index, stretch in enumerate(stretches):
        if index % each and coarse and coarse[-1].end == stretch.start:
            coarse[-1] = Stretch(coarse[-1].start, stretch.end, coarse[-1].counts)
        else:
            coarse.append(stretch)
    return coarse


def _round_up(value: int) -> int:
    """The next number that is easy to halve: 4, 10, 20, 40, 60, 100, 200…"""
    step = 1
    while True:
        for factor in (2, 4, 6, 8, 10):
            if factor * step >= value:
                return factor * step
        step *= 10


def window(moments: Sequence[datetime], *, until: datetime | None = None) -> tuple[datetime, datetime]:
    """The time that a chart of these observations covers: to the present where the list is still checked (`until`),
    else a little beyond the last of them, so that it can be seen."""
    start, last = moments[0], moments[-1]
    if until is not None and until > last:
        return start, until
    return start, last + max((last - start) * 0.04, timedelta(hours=6))
