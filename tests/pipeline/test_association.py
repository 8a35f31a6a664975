from datetime import UTC, datetime

import pytest

from pipeline.association import associate
from pipeline.models import Candidate, SkyObject
from tests.database import set_by_sql
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
    with django_assert_num_queries(8):
        associate(run, radius_arcsec=2.0)


def test_of_one_place_in_one_run_the_most_significant_counts():
    run = DifferenceRunFactory()
    weak, strong = (CandidateFactory(difference_run=run, ra=10, dec=20, significance=sigma) for sigma in (6, 9))
    faded = CandidateFactory(difference_run=run, ra=10, dec=20, significance=5, is_negative=True)
    elsewhere = CandidateFactory(difference_run=run, ra=10.1, dec=20, significance=5)
    associate(run, radius_arcsec=2.0)

    assert SkyObject.objects.count() == 2
    assert statuses(weak, strong, faded, elsewhere) == ["duplicate", "pending", "pending", "pending"]


@pytest.mark.parametrize(
    ("before", "expected"), [("pending", ["duplicate", "pending"]), ("detected", ["detected", "duplicate"])]
)
def test_of_two_runs_of_an_observation_the_one_that_was_worked_on_counts_or_else_the_new(before, expected):
    first = DifferenceRunFactory(status="completed")
    old = CandidateFactory(difference_run=first, ra=10, dec=20)
    associate(first, radius_arcsec=2.0)
    set_by_sql(old, status=before)
    second = DifferenceRunFactory(observation=first.observation)
    new = CandidateFactory(difference_run=second, ra=10, dec=20)
    associate(second, radius_arcsec=2.0)

    assert statuses(old, new) == expected


def test_another_night_at_the_same_place_is_no_duplicate():
    night(1, (150.0, 2.0))
    night(2, (150.0, 2.0))
    assert set(Candidate.objects.values_list("status", flat=True)) == {"pending"}


def statuses(*candidates) -> list[str]:
    return [Candidate.objects.get(pk=row.pk).status for row in candidates]
