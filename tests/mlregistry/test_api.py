import pytest

from tests.api_suite import ResourceSuite, routes_without_a_test
from tests.factories import (
    CandidateFactory,
    DetectionFactory,
    MLModelFactory,
    ModelRunFactory,
    SkyObjectFactory,
    TrainingSetFactory,
)

DETECTIONS = "/api/v1/detections/"


class TestTrainingSets(ResourceSuite):
    route = "training-sets"

    def make(self):
        return TrainingSetFactory()


class TestModels(ResourceSuite):
    route = "models"

    def make(self):
        return MLModelFactory()


class TestModelRuns(ResourceSuite):
    route = "model-runs"

    def make(self):
        return ModelRunFactory()


class TestDetections(ResourceSuite):
    route = "detections"

    def make(self):
        return DetectionFactory()


def test_every_route_has_its_suite():
    assert routes_without_a_test("mlregistry", globals()) == set()


@pytest.mark.parametrize(
    ("query", "scores"),
    [
        ({"confidence_score__gte": "0.9"}, [0.95]),
        ({"confidence_score__lte": "0.9"}, [0.6, 0.5]),
        ({"status__in": "validated,confirmed"}, [0.95, 0.5]),
        ({"label": "supernova"}, [0.95]),
        ({"cone": "10,0,60"}, [0.95, 0.6]),
    ],
)
def test_detections_are_found_by_what_science_asks_for(query, scores, api_of):
    DetectionFactory(ra=10, dec=0, confidence_score=0.95, status="validated", label="supernova")
    DetectionFactory(ra=10, dec=0.001, confidence_score=0.6)
    DetectionFactory(ra=30, dec=0, confidence_score=0.5, status="confirmed")
    page = api_of("viewer").get(DETECTIONS, query | {"ordering": "-confidence_score"}).json()
    assert [row["confidence_score"] for row in page["results"]] == scores


def test_a_detection_is_found_by_its_sky_object(api_of):
    place = SkyObjectFactory()
    DetectionFactory()
    run = ModelRunFactory()
    mine = DetectionFactory(
        model_run=run, candidate=CandidateFactory(difference_run=run.difference_run, sky_object=place)
    )
    page = api_of("viewer").get(DETECTIONS, {"candidate__sky_object": str(place.pk)}).json()
    assert [row["id"] for row in page["results"]] == [str(mine.pk)]
