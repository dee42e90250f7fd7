"""Charts drawn on the server as SVG, without script and without inline style.

Positions are percentages and heights are pixels, so that the drawing follows the page's width and its text does not.
Colours come from classes of static/site.css.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from procurement.observations import Segment, Span
from procurement.templatetags.lists import people_date

RELATIONS = ("domestic", "foreign", "unknown")
_LANE, _BAR = 22, 12  # pixels
_LABEL_ROOM = 22  # per cent of the width that a date needs on a phone


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
        """(per cent, text, anchor) of the dates to write, so that none covers another."""
        wanted = self._marked() or []
        for moment in (self.start, self.end):
            if all(abs(self.at(moment) - other) >= _LABEL_ROOM for other, *_ in wanted):
                wanted.append((self.at(moment), people_date(moment)))
        years = range(self.start.year + 1, self.end.year + 1)
        for year in years[:: max(1, len(years) // 5)]:
            x = self.at(datetime(year, 1, 1, tzinfo=UTC))
            if all(abs(x - other) >= _LABEL_ROOM * 0.7 for other, *_ in wanted) and 6 < x < 94:
                wanted.append((x, str(year)))
        return [(x, text, _anchor(x)) for x, text in sorted(wanted)]

    def _marked(self) -> list[tuple[float, str]]:
        places = [(self.at(moment), people_date(moment)) for moment in self.marks]
        if len(places) == 2 and places[1][0] - places[0][0] < _LABEL_ROOM:
            text = " – ".join(dict.fromkeys([places[0][1], places[1][1]]))
            return [((places[0][0] + places[1][0]) / 2, text)]
        return places


def _anchor(x: float) -> str:
    return "start" if x < 12 else "end" if x > 88 else "middle"


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


def sizes(
    series: Sequence[tuple[datetime, Mapping[str, int]]], axis: Axis, unobserved: Sequence[Span], label: str
) -> SafeString:
    """How many entries there were at each observation, by relation, stacked; a value holds until the next one.

    Args:
        series: (moment, {"foreign": n, "domestic": n, "unknown": n}) in order of time.
        unobserved: stretches to hatch.
        label: the chart in words.
    """
    height, top, width = 150, 8, 1000
    most = max((sum(counts.values()) for _, counts in series), default=0)
    ceiling = _round_up(most)
    areas, floor = [], [0.0] * len(series)
    for relation in RELATIONS:
        roof = [low + counts.get(relation, 0) for low, (_, counts) in zip(floor, series, strict=True)]
        if roof != floor:
            path = _steps([axis.at(at) * width / 100 for at, _ in series], floor, roof, ceiling, height, width)
            areas.append(format_html('<path class="area {}" d="{}"/>', relation, path))
        floor = roof
    lines = format_html_join(
        "",
        '<line class="grid" x1="0" x2="100%" y1="{0}" y2="{0}"/><text x="0" y="{1}">{2}</text>',
        (
            (top + height * (1 - share), top + height * (1 - share) - 3, f"{int(ceiling * share):,}")
            for share in (0.5, 1.0)
        ),
    )
    hatched = format_html_join(
        "",
        '<rect class="ground" x="{0}%" y="{2}" width="{1}%" height="{3}"/>'
        '<rect fill="url(#hatch)" x="{0}%" y="{2}" width="{1}%" height="{3}"/>',
        ((f"{axis.at(a):.3f}", f"{axis.at(b) - axis.at(a):.3f}", top, height) for a, b in unobserved),
    )
    texts = format_html_join(
        "",
        '<text x="{}%" y="{}" text-anchor="{}">{}</text>',
        ((f"{x:.2f}", top + height + 18, anchor, text) for x, text, anchor in axis.labels()),
    )
    return format_html(
        '{}<svg class="sizes" width="100%" height="{}" role="img" aria-label="{}">'
        '<svg x="0" y="{}" width="100%" height="{}" viewBox="0 0 {} {}" preserveAspectRatio="none">{}</svg>'
        '{}{}<line class="base" x1="0" x2="100%" y1="{}" y2="{}"/>{}</svg>',
        HATCH, top + height + 24, label, top, height, width, height, SafeString("".join(areas)),
        hatched, lines, top + height, top + height, texts,
    )  # fmt: skip


def _steps(
    xs: Sequence[float], floor: Sequence[float], roof: Sequence[float], ceiling: int, height: int, width: int
) -> str:
    def y(value: float) -> float:
        return height * (1 - value / ceiling)

    ends = [*xs[1:], float(width)]
    there = "".join(f"L{a:.1f} {y(v):.2f}L{b:.1f} {y(v):.2f}" for a, b, v in zip(xs, ends, roof, strict=True))
    back = "".join(
        f"L{b:.1f} {y(v):.2f}L{a:.1f} {y(v):.2f}" for a, b, v in reversed(list(zip(xs, ends, floor, strict=True)))
    )
    return f"M{there[1:]}{back}Z"


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
