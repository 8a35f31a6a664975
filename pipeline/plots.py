"""Drawings for people's pages: inline SVG in the colours of the page around it."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from xml.etree.ElementTree import Element, SubElement, tostring

from django.utils.safestring import SafeString, mark_safe

from pipeline.models import LightCurvePoint

WIDTH, HEIGHT = 720, 300
LEFT, RIGHT, TOP, BOTTOM = 66, 14, 30, 46
MARKER = 4.0
# Near the colours that the bands are seen in, and to be told from light and from dark paper.
BAND_COLOURS = {"u": "#8a63d2", "b": "#4a7fd6", "g": "#2a9d6f", "v": "#7a9a2e", "r": "#d8503f", "i": "#c27c0e"}
# Of light, from blue to red; names of other kinds come last.
BAND_ORDER = "ubgvrizyjhk"
DAY_S = 86_400.0
# Distances of the ticks in time: hours, days, months and years, near enough.
TIME_STEPS_S = (*(3600.0 * h for h in (1, 2, 3, 6, 12)), *(DAY_S * d for d in (1, 2, 5, 10, 20, 50, 100, 200, 500)))


@dataclass(frozen=True)
class _Mark:
    """One observation: a value with its error, or, without one, a limit."""

    time: datetime
    value: float
    error: float | None
    band: str
    label: str


@dataclass(frozen=True)
class _Axis:
    """Values from `first` to `last` on pixels from `start` to `end`, and where its ticks stand."""

    first: float
    last: float
    start: float
    end: float
    step: float

    def __call__(self, value: float) -> float:
        return self.start + (value - self.first) / (self.last - self.first) * (self.end - self.start)

    def ticks(self) -> Iterator[float]:
        low, high = sorted((self.first, self.last))
        for number in range(math.ceil(low / self.step), math.floor(high / self.step) + 1):
            yield number * self.step


def light_curve_svg(points: Sequence[LightCurvePoint]) -> SafeString:
    """Draw a light curve of at least one point: magnitudes, or fluxes in ADU where there is not one magnitude.

    Points stand with their error bars, upper limits as triangles that point down; bands have their colours.
    """
    in_magnitudes = any(point.mag is not None for point in points)
    marks = [mark for point in points if (mark := (_magnitude if in_magnitudes else _flux)(point))]
    times, values = _time_axis(marks), _value_axis(marks, upside_down=in_magnitudes)
    svg = Element("svg", viewBox=f"0 0 {WIDTH} {HEIGHT}", width=str(WIDTH), height=str(HEIGHT), role="img")
    svg.set("font-size", "12")
    svg.set("aria-label", f"Light curve, points: {len(marks)}, {_day(marks[0])} to {_day(marks[-1])}")
    name = "magnitude" if in_magnitudes else "flux (ADU)"
    _draw_axes(svg, times, values, name=name, missing=len(points) - len(marks))
    for mark in sorted(marks, key=lambda mark: mark.error is not None):
        _draw(SubElement(svg, "g", _ink(mark)), mark, times(mark.time.timestamp()), values)
    _draw_legend(svg, marks)
    # ElementTree has escaped every text.
    return mark_safe(tostring(svg, encoding="unicode"))


def _magnitude(point: LightCurvePoint) -> _Mark | None:
    observation = point.observation
    if point.mag is not None:
        text = f"{point.mag:.2f} ± {point.mag_error:.2f}"
        return _Mark(observation.observation_time, point.mag, point.mag_error, observation.filter_band, text)
    if point.limiting_mag is not None:
        text = f"fainter than {point.limiting_mag:.2f}"
        return _Mark(observation.observation_time, point.limiting_mag, None, observation.filter_band, text)
    return None


def _flux(point: LightCurvePoint) -> _Mark:
    observation = point.observation
    text = f"{point.flux:.4g} ± {point.flux_error:.2g} ADU"
    return _Mark(observation.observation_time, point.flux, point.flux_error, observation.filter_band, text)


def _time_axis(marks: list[_Mark]) -> _Axis:
    seconds = [mark.time.timestamp() for mark in marks]
    margin = max(0.04 * (max(seconds) - min(seconds)), 0.2 * DAY_S)
    first, last = min(seconds) - margin, max(seconds) + margin
    step = next((step for step in TIME_STEPS_S if (last - first) / step <= 7), TIME_STEPS_S[-1])
    return _Axis(first, last, LEFT, WIDTH - RIGHT, step)


def _value_axis(marks: list[_Mark], *, upside_down: bool) -> _Axis:
    low = min(mark.value - (mark.error or 0) for mark in marks)
    high = max(mark.value + (mark.error or 0) for mark in marks)
    margin = 0.08 * (high - low) or 0.5
    low, high = low - margin, high + margin
    power = 10.0 ** math.floor(math.log10(high - low))
    step = next(part * power for part in (0.1, 0.2, 0.5, 1, 2) if (high - low) / (part * power) <= 7)
    first, last = (high, low) if upside_down else (low, high)
    return _Axis(first, last, HEIGHT - BOTTOM, TOP, step)


def _draw_axes(svg: Element, times: _Axis, values: _Axis, *, name: str, missing: int) -> None:
    paper = SubElement(svg, "g", stroke="currentColor")
    labels = SubElement(svg, "g", {"fill": "currentColor", "fill-opacity": "0.75"})
    for value in values.ticks():
        y, opacity = f"{values(value):.1f}", "0.12" if value else "0.4"
        SubElement(paper, "line", {"x1": str(LEFT), "x2": str(WIDTH - RIGHT), "y1": y, "y2": y, "opacity": opacity})
        _write(labels, _number(value, values.step), LEFT - 8, values(value) + 4, anchor="end")
    for second in times.ticks():
        x = f"{times(second):.1f}"
        SubElement(paper, "line", {"x1": x, "x2": x, "y1": str(HEIGHT - BOTTOM), "y2": str(HEIGHT - BOTTOM + 5)})
        _write(labels, _tick_label(second, times.step), times(second), HEIGHT - BOTTOM + 19, anchor="middle")
    bottom = str(HEIGHT - BOTTOM)
    SubElement(paper, "line", {"x1": str(LEFT), "x2": str(WIDTH - RIGHT), "y1": bottom, "y2": bottom})
    years = sorted({_utc(second).year for second in (times.first, times.last)})
    note = f" · {missing} without a zero point left out" if missing else ""
    _write(labels, f"{' – '.join(map(str, years))}, UTC{note}", WIDTH - RIGHT, HEIGHT - 8, anchor="end")
    _write(labels, name, LEFT, TOP - 14, anchor="start")


def _draw(group: Element, mark: _Mark, x: float, values: _Axis) -> None:
    y = values(mark.value)
    SubElement(group, "title").text = f"{mark.time.astimezone(UTC):%Y-%m-%d %H:%M}, {mark.band}: {mark.label}"
    if mark.error is None:
        corners = f"{x - MARKER:.1f},{y:.1f} {x + MARKER:.1f},{y:.1f} {x:.1f},{y + 1.8 * MARKER:.1f}"
        SubElement(group, "polygon", {"points": corners, "fill-opacity": "0.15", "stroke-opacity": "0.7"})
        return
    ends = (f"{values(mark.value + sign * mark.error):.1f}" for sign in (-1, 1))
    SubElement(group, "line", dict(zip(("x1", "x2", "y1", "y2"), (f"{x:.1f}",) * 2 + tuple(ends), strict=True)))
    SubElement(group, "circle", cx=f"{x:.1f}", cy=f"{y:.1f}", r=str(MARKER))


def _draw_legend(svg: Element, marks: list[_Mark]) -> None:
    x = WIDTH - RIGHT
    for band in sorted({mark.band for mark in marks}, key=_from_blue_to_red, reverse=True):
        mark = next(mark for mark in marks if mark.band == band)
        x -= 8 * len(band)
        _write(SubElement(svg, "g", {"fill": "currentColor"}), band, x, TOP - 14, anchor="start")
        x -= 10
        SubElement(SubElement(svg, "g", _ink(mark)), "circle", cx=str(x), cy=str(TOP - 18), r=str(MARKER))
        x -= 16


def _ink(mark: _Mark) -> dict[str, str]:
    colour = BAND_COLOURS.get(mark.band[:1].lower(), "currentColor")
    return {"fill": colour, "stroke": colour, "stroke-width": "1.5"}


def _write(parent: Element, text: str, x: float, y: float, *, anchor: str) -> None:
    SubElement(parent, "text", {"x": f"{x:.1f}", "y": f"{y:.1f}", "text-anchor": anchor}).text = text


def _from_blue_to_red(band: str) -> tuple[int, str]:
    place = BAND_ORDER.find(band[:1].lower())
    return (place if place >= 0 else len(BAND_ORDER), band)


def _number(value: float, step: float) -> str:
    """As many digits as tell it from the next tick."""
    decimals = -math.floor(math.log10(step))
    if value and (abs(value) >= 1e6 or decimals > 3):
        return f"{value:.1e}"
    return f"{value:.{min(max(0, decimals), 3)}f}"


def _tick_label(second: float, step: float) -> str:
    return f"{_utc(second):%-d %b %H:%M}" if step < DAY_S else f"{_utc(second):%-d %b}"


def _utc(second: float) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=second)


def _day(mark: _Mark) -> str:
    return f"{mark.time.astimezone(UTC):%Y-%m-%d}"
