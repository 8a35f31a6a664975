from datetime import UTC, datetime

import pytest

from pipeline.association import associate
from pipeline.models import SkyObject
from tests.factories import CandidateFactory, DifferenceRunFactory

pytestmark = pytest.mark.django_db

ARCSEC = 1 / 3600


def night(day: int, *places: tuple[float, float], significance: float = 10.0):
    run = DifferenceRunFactory(observation__observation_time=datetime(2026, 10, day, tzinfo=UTC))
    for ra, dec in places:
        CandidateFactory(difference_run=run, ra=ra, dec=dec, significance=significance)
    associate(run, radius_arcsec=2.0)
    return run


def test_one_place_on_two_nights_is_one_object():
    night(1, (150.0, 2.0))
    night(2, (150.0, 2.0 + ARCSEC))
    place = SkyObject.objects.get()
    assert place.candidate_count == 2
    assert (place.first_seen.day, place.last_seen.day) == (1, 2)


def test_places_further_apart_than_the_radius_are_two_objects():
    night(1, (150.0, 2.0))
    night(2, (150.0, 2.0 + 3 * ARCSEC))
    assert SkyObject.objects.count() == 2


def test_the_position_of_record_is_the_most_significant_candidates():
    night(1, (150.0, 2.0), significance=6.0)
    night(2, (150.0, 2.0 + ARCSEC), significance=60.0)
    night(3, (150.0, 2.0 - 0.5 * ARCSEC), significance=7.0)
    assert SkyObject.objects.get().dec == pytest.approx(2.0 + ARCSEC)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ((359.99999, 0.0), (0.00001, 0.0)),
        ((10.0, 89.9999), (190.0, 89.9999)),
        ((10.0, -89.9999), (190.0, -89.9999)),
    ],
)
def test_an_object_is_recognised_across_ra_0_and_the_poles(first, second):
    night(1, first)
    night(2, second)
    assert SkyObject.objects.count() == 1


def test_a_candidate_goes_to_the_nearest_object():
    night(1, (150.0, 2.0), (150.0, 2.0 + 3 * ARCSEC))
    run = night(2, (150.0, 2.0 + 1.9 * ARCSEC))
    assert run.candidates.get().sky_object.dec > 2.0 + ARCSEC


def test_associating_again_changes_nothing():
    run = night(1, (150.0, 2.0), (151.0, 2.0))
    before = set(run.candidates.values_list("pk", "sky_object"))
    associate(run, radius_arcsec=2.0)
    assert set(run.candidates.values_list("pk", "sky_object")) == before
    assert SkyObject.objects.count() == 2


def test_the_number_of_queries_does_not_grow_with_the_candidates(django_assert_num_queries):
    run = DifferenceRunFactory()
    CandidateFactory.create_batch(40, difference_run=run)
    with django_assert_num_queries(4):
        associate(run, radius_arcsec=2.0)
