"""The drawing of a light curve."""

import re
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astrid.models import Observation
from pipeline.models import LightCurvePoint
from pipeline.plots import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, light_curve_svg

NUMBER = re.compile(r"-?[\d.]+(e[+-]\d+)?")
NIGHT = datetime(2026, 10, 1, 3, tzinfo=UTC)


def point(day=0.0, *, band="r", flux=1000.0, mag=None, limit=22.0, error=0.1) -> LightCurvePoint:
    """A point that no database knows."""
    observation = Observation(observation_time=NIGHT + timedelta(days=day), filter_band=band)
    return LightCurvePoint(
        observation=observation, flux=flux, flux_error=100.0, snr=flux / 100, limiting_mag=limit, mag=mag,
        mag_error=None if mag is None else error,
    )  # fmt: skip


def drawn(*points) -> ElementTree.Element:
    return ElementTree.fromstring(light_curve_svg(points))


def texts(svg) -> list[str]:
    return [element.text for element in svg.iter("text")]


def places(svg, tag="circle") -> list[tuple[float, float]]:
    """Where the markers are, without those of the legend."""
    return [
        (float(each.get("cx")), float(each.get("cy"))) for each in svg.iter(tag) if float(each.get("cy")) > TOP - 10
    ]


def test_brighter_is_higher_and_later_is_to_the_right():
    (x1, y1), (x2, y2) = places(drawn(point(0, mag=20.0), point(3, mag=19.0)))
    assert x1 < x2
    assert y1 > y2


def test_what_was_not_seen_is_a_triangle_that_points_down_from_the_limit():
    svg = drawn(point(0, mag=20.0), point(3, limit=21.5))
    (triangle,) = svg.iter("polygon")
    (_, left_y), (_, right_y), (_, tip_y) = (map(float, pair.split(",")) for pair in triangle.get("points").split())
    assert left_y == right_y < tip_y
    assert len(places(svg)) == 1


def test_the_error_bar_reaches_one_error_to_both_sides():
    svg = drawn(point(0, mag=20.0, error=0.5), point(1, mag=21.0, error=0.5))
    bars = [line for group in svg.iter("g") if group.find("circle") is not None for line in group.iter("line")]
    (_, y20), (_, y21) = places(svg)
    lengths = [abs(float(bar.get("y1")) - float(bar.get("y2"))) for bar in bars]
    assert lengths == pytest.approx([y21 - y20] * 2, abs=0.2)


def test_without_any_magnitude_the_flux_is_drawn():
    svg = drawn(point(0, flux=-500.0), point(1, flux=200.0))
    assert "flux (ADU)" in texts(svg)
    (_, y1), (_, y2) = places(svg)
    assert y1 > y2


def test_points_that_have_no_place_on_the_axis_are_told_of():
    svg = drawn(point(0, mag=20.0), point(1, limit=None), point(2, limit=None))
    assert any("2 without a zero point left out" in text for text in texts(svg))


def test_it_says_in_words_what_it_shows():
    svg = drawn(point(0, mag=20.0), point(30, mag=21.0))
    assert svg.get("role") == "img"
    assert svg.get("aria-label") == "Light curve, points: 2, 2026-10-01 to 2026-10-31"
    assert "2026-10-01 03:00, r: 20.00 ± 0.10" in [title.text for title in svg.iter("title")]


def test_bands_have_their_colours_and_stand_in_the_legend():
    svg = drawn(point(0, mag=20.0, band="g"), point(1, mag=20.0, band="r"), point(2, mag=20, band="clear"))
    assert {"g", "r", "clear"} <= set(texts(svg))
    inks = {group.get("fill") for group in svg.iter("g") if group.find("circle") is not None}
    assert len(inks) == 3
    assert "currentColor" in inks


def test_the_legend_goes_from_blue_to_red():
    svg = drawn(*(point(day, mag=20.0, band=band) for day, band in enumerate(("z", "g", "clear", "r"))))
    assert [text for text in texts(svg) if text in ("g", "r", "z", "clear")][::-1] == ["g", "r", "z", "clear"]


@pytest.mark.parametrize("flux", [3e7, 3e3, 1e-9])
def test_the_ticks_are_told_from_each_other_and_have_room_at_any_scale(flux):
    labels = [text for text in texts(drawn(point(0, flux=flux), point(1, flux=-flux))) if NUMBER.fullmatch(text)]
    assert len(labels) > 2
    assert len(labels) == len(set(labels))
    assert max(map(len, labels)) <= 9


def test_a_filters_name_is_text_and_nothing_else():
    page = light_curve_svg([point(0, mag=20.0, band="<script>alert(1)</script>")])
    assert "<script" not in page
    assert "&lt;script" in page


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.builds(
            point,
            day=st.floats(0, 20_000),
            flux=st.floats(-1e6, 1e6),
            mag=st.none() | st.floats(-5, 35),
            limit=st.none() | st.floats(0, 30),
            error=st.floats(0.001, 5),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_everything_is_within_the_frame_and_the_axes_have_ticks(points):
    points.sort(key=lambda point: point.observation.observation_time)
    svg = drawn(*points)
    for x, y in places(svg):
        assert LEFT <= x <= WIDTH - RIGHT
        assert TOP <= y <= HEIGHT - BOTTOM
    grid = [line for line in svg.iter("line") if line.get("opacity")]
    assert 1 <= len(grid) <= 10
    ticks = [line for line in svg.iter("line") if line.get("y2") == str(HEIGHT - BOTTOM + 5)]
    assert 1 <= len(ticks) <= 45
