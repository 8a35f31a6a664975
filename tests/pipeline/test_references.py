"""Which reference an observation is compared with, criterion by criterion."""

from datetime import timedelta

import numpy as np
import pytest

from astrid.services import set_config
from pipeline.references import best_reference, waiting_for
from tests.factories import ObservationFactory, PreprocessRunFactory

pytestmark = pytest.mark.django_db

SIDE_DEG = 256 * 0.6 / 3600


def corners(ra, dec, *, side_deg=SIDE_DEG, turned_deg=0.0) -> list[list[float]]:
    """Of a square image in the tangent plane at its middle."""
    angles = np.radians(45 + 90 * np.arange(4) + turned_deg)
    x, y = np.radians(side_deg) / np.sqrt(2) * np.array([np.cos(angles), np.sin(angles)])
    ra, dec = np.radians(ra), np.radians(dec)
    down = np.cos(dec) - y * np.sin(dec)
    places = ra + np.arctan2(x, down), np.arctan2(np.sin(dec) + y * np.cos(dec), np.hypot(x, down))
    return [[float(np.degrees(a) % 360), float(np.degrees(d))] for a, d in zip(*places, strict=True)]


def image(survey=None, *, ra=10.0, dec=20.0, depth_mag=21.0, seeing_arcsec=1.5, side_deg=SIDE_DEG, **fields):
    """A preprocessed observation with its footprint and its quality."""
    if survey is not None:
        fields["survey"] = survey
    fields = {"status": "preprocessed", "footprint": corners(ra, dec, side_deg=side_deg)} | fields
    size = round(side_deg * 3600 / 0.6)
    observation = ObservationFactory(ra=ra, dec=dec, image_width=size, image_height=size, **fields)
    PreprocessRunFactory(observation=observation, status="completed", depth_mag=depth_mag, seeing_arcsec=seeing_arcsec)
    return observation


def reference(survey, **fields):
    return image(survey, kind="reference", **fields)


@pytest.fixture
def science():
    return image()


def shifted(fraction: float) -> float:
    """Right ascension of an image at declination 20 that covers a fraction of the one at 10."""
    return 10.0 + SIDE_DEG * (1 - fraction) / np.cos(np.radians(20))


def test_the_reference_is_of_the_same_survey_filter_and_place(science):
    same = reference(science.survey)
    assert best_reference(science) == same
    assert best_reference(image(science.survey, filter_band="g")) is None
    assert best_reference(image(science.survey, dec=25.0)) is None
    assert best_reference(image()) is None


@pytest.mark.parametrize("status", ["ingested", "preprocessing", "failed", "archived"])
def test_a_reference_that_is_not_preprocessed_is_not_used(science, status):
    reference(science.survey, status=status)
    assert best_reference(science) is None


def test_an_observation_is_never_its_own_reference():
    alone = image(kind="reference")
    assert best_reference(alone) is None


def test_the_one_that_covers_it_wins_over_a_deeper_one_that_does_not(science):
    whole = reference(science.survey, depth_mag=19.0)
    reference(science.survey, ra=shifted(0.8), depth_mag=24.0)
    assert best_reference(science) == whole


def test_of_those_that_cover_it_alike_the_deeper_wins(science):
    reference(science.survey, seeing_arcsec=0.7)
    deep = reference(science.survey, depth_mag=22.0, ra=shifted(0.97))
    reference(science.survey, depth_mag=None)
    assert best_reference(science) == deep


def test_of_those_as_deep_the_sharper_wins(science):
    reference(science.survey, depth_mag=21.02)
    sharp = reference(science.survey, depth_mag=21.0, seeing_arcsec=0.9)
    reference(science.survey, seeing_arcsec=None)
    assert best_reference(science) == sharp


def test_of_those_alike_the_nearer_in_time_wins(science):
    reference(science.survey, observation_time=science.observation_time - timedelta(days=40))
    near = reference(science.survey, observation_time=science.observation_time + timedelta(days=20))
    assert best_reference(science) == near


def test_of_equals_the_newest_wins(science):
    older = reference(science.survey)
    type(older).objects.filter(pk=older.pk).update(created_at=science.observation_time - timedelta(days=1))
    newest = reference(science.survey)
    assert best_reference(science) == newest


def test_one_that_is_too_old_is_not_used(science, actor):
    reference(science.survey, observation_time=science.observation_time - timedelta(days=100))
    assert best_reference(science) is not None
    set_config(key="pipeline.reference_max_age_days", value=99.0, actor=actor)
    assert best_reference(science) is None


def test_the_last_run_tells_the_depth(science):
    once_deep = reference(science.survey, depth_mag=23.0)
    other = reference(science.survey, depth_mag=22.0)
    assert best_reference(science) == once_deep
    PreprocessRunFactory(observation=once_deep, status="completed", depth_mag=20.0)
    PreprocessRunFactory(observation=other, status="failed", depth_mag=None)
    type(once_deep.preprocess_runs.first()).objects.filter(depth_mag=23.0).update(
        created_at=science.observation_time - timedelta(days=1)
    )
    assert best_reference(science) == other


def test_a_reference_that_covers_a_third_serves_and_one_that_covers_a_twentieth_does_not(science):
    reference(science.survey, ra=shifted(0.05))
    assert best_reference(science) is None
    third = reference(science.survey, ra=shifted(0.3))
    assert best_reference(science) == third


def test_a_large_reference_serves_where_its_centre_is_far(science):
    large = reference(science.survey, ra=11.0, dec=20.9, side_deg=2.0)
    assert best_reference(science) == large


@pytest.mark.parametrize(
    ("here", "there"),
    [((359.999, 5.0), (0.001, 5.0)), ((30.0, 89.999), (210.0, 89.999)), ((100.0, -90.0), (5.0, -90.0))],
)
def test_it_is_found_across_ra_zero_and_at_the_poles(here, there):
    science = image(ra=here[0], dec=here[1])
    found = reference(science.survey, ra=there[0], dec=there[1])
    assert best_reference(science) == found
    assert waiting_for(found) == [science]


def test_those_wait_for_a_reference_that_it_may_serve(science):
    others = [
        image(science.survey, ra=shifted(0.3)),
        image(science.survey, ra=shifted(0.05)),
        image(science.survey, filter_band="g"),
        image(science.survey, status="differenced"),
        image(science.survey, observation_time=science.observation_time - timedelta(days=4000)),
        image(),
    ]
    new = reference(science.survey)
    waiting = waiting_for(new)
    assert set(waiting) == {science, others[0]}
    preprocessed = [row for row in (science, *others) if row.status == "preprocessed"]
    assert {row.pk for row in preprocessed if best_reference(row) == new} == {row.pk for row in waiting}


def test_it_costs_three_queries_however_many_there_are(science, django_assert_num_queries):
    for _ in range(5):
        reference(science.survey)
    with django_assert_num_queries(3):
        best_reference(science)
