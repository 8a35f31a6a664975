from datetime import UTC, datetime
from pathlib import Path

import pytest

from astrid.simulate import Exposure, Transient
from curation.demo import tally
from pipeline.models import Candidate
from tests.factories import CandidateFactory, DifferenceRunFactory

pytestmark = pytest.mark.django_db


def source(x: float, snr: float) -> Transient:
    return Transient(ra=10.0, dec=5.0, mag=19.0, x=x, y=50.0, snr=snr, near_galaxy=False, field="1", epoch=1)


def exposure(*, transients=(), variables=()) -> Exposure:
    return Exposure(
        path=Path("field1-epoch1.fits"),
        field="1",
        epoch=1,
        kind="science",
        observation_time=datetime(2026, 10, 1, tzinfo=UTC),
        seeing_arcsec=1.5,
        transients=tuple(transients),
        variables=tuple(variables),
    )


def with_candidates(*places: float):
    run = DifferenceRunFactory()
    for x in places:
        CandidateFactory(difference_run=run, pixel_x=x, pixel_y=50.0)
    return run.observation


def test_transients_count_by_brightness_and_everything_else_as_false():
    truth = exposure(transients=[source(100, 50), source(200, 20), source(300, 6), source(400, 7)])
    observation = with_candidates(101.0, 301.5, 250.0, 700.0)
    counts = tally([(truth, observation)], Candidate)
    assert (counts.bright, counts.bright_found) == (2, 1)
    assert (counts.faint, counts.faint_found) == (2, 1)
    assert counts.false == 2
    assert counts.completeness == 0.5
    assert counts.false_per_image == 2.0


def test_a_variable_star_is_neither_found_nor_false():
    truth = exposure(transients=[source(100, 50)], variables=[source(500, -30)])
    counts = tally([(truth, with_candidates(500.0))], Candidate)
    assert (counts.bright_found, counts.false) == (0, 0)


def test_an_image_without_candidates_finds_nothing():
    counts = tally([(exposure(transients=[source(100, 50)]), with_candidates())], Candidate)
    assert (counts.bright, counts.bright_found, counts.false) == (1, 0, 0)


def test_images_add_up():
    pairs = [(exposure(transients=[source(100, 50)]), with_candidates(100.0, 5.0)) for _ in range(3)]
    counts = tally(pairs, Candidate)
    assert (counts.images, counts.bright_found, counts.false, counts.false_per_image) == (3, 3, 3, 1.0)
