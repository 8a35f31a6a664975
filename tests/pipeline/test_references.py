import pytest

from pipeline.references import best_reference
from tests.factories import ObservationFactory

pytestmark = pytest.mark.django_db


def test_the_reference_is_of_the_same_survey_filter_and_place():
    reference = ObservationFactory(kind="reference", status="preprocessed", ra=10.0, dec=0.0, filter_band="r")
    same = {"survey": reference.survey, "ra": 10.0, "dec": 0.01, "filter_band": "r"}
    assert best_reference(ObservationFactory(**same)) == reference
    assert best_reference(ObservationFactory(**same | {"filter_band": "g"})) is None
    assert best_reference(ObservationFactory(**same | {"dec": 5.0})) is None
    assert best_reference(ObservationFactory(ra=10.0, dec=0.01)) is None


def test_a_reference_that_is_not_preprocessed_is_not_used_yet():
    reference = ObservationFactory(kind="reference", status="ingested", ra=10.0, dec=0.0)
    assert best_reference(ObservationFactory(survey=reference.survey, ra=10.0, dec=0.0)) is None
