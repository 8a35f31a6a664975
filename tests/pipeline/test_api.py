from tests.api_suite import ResourceSuite, routes_without_a_test
from tests.factories import (
    CandidateFactory,
    CatalogueFactory,
    CatalogueSourceFactory,
    DifferenceRunFactory,
    KnownMatchFactory,
    LightCurvePointFactory,
    MasterFrameFactory,
    MinorPlanetFactory,
    PreprocessRunFactory,
    ProcessingJobFactory,
    SkyObjectFactory,
)

CANDIDATES = "/api/v1/candidates/"


class TestPreprocessRuns(ResourceSuite):
    route = "preprocess-runs"

    def make(self):
        return PreprocessRunFactory()


class TestDifferenceRuns(ResourceSuite):
    route = "difference-runs"

    def make(self):
        return DifferenceRunFactory()


class TestSkyObjects(ResourceSuite):
    route = "sky-objects"

    def make(self):
        return SkyObjectFactory()


class TestCandidates(ResourceSuite):
    route = "candidates"

    def make(self):
        return CandidateFactory()


class TestProcessingJobs(ResourceSuite):
    route = "processing-jobs"

    def make(self):
        return ProcessingJobFactory()


class TestMasterFrames(ResourceSuite):
    route = "master-frames"

    def make(self):
        return MasterFrameFactory()


class TestCatalogues(ResourceSuite):
    route = "catalogues"

    def make(self):
        return CatalogueFactory()


class TestCatalogueSources(ResourceSuite):
    route = "catalogue-sources"

    def make(self):
        return CatalogueSourceFactory()


class TestMinorPlanets(ResourceSuite):
    route = "minor-planets"

    def make(self):
        return MinorPlanetFactory()


class TestKnownMatches(ResourceSuite):
    route = "known-matches"

    def make(self):
        return KnownMatchFactory()


class TestLightCurvePoints(ResourceSuite):
    route = "light-curve-points"

    def make(self):
        return LightCurvePointFactory()


def test_every_route_has_its_suite():
    assert routes_without_a_test("pipeline", globals()) == set()


def test_candidates_of_one_object_in_one_cone_brightest_first(api_of):
    place = SkyObjectFactory(ra=10, dec=20)
    run = DifferenceRunFactory()
    faint, bright = (
        CandidateFactory(difference_run=run, sky_object=place, ra=10, dec=20, snr=snr, mag=mag, mag_error=0.1)
        for snr, mag in ((6, 20.5), (60, 18.0))
    )
    CandidateFactory(difference_run=run, sky_object=place, ra=10, dec=21, snr=600)
    CandidateFactory(difference_run=run, ra=10, dec=20)
    query = {"cone": "10,20,1", "sky_object": str(place.pk), "ordering": "-snr"}
    client = api_of("viewer")
    assert _keys(client.get(CANDIDATES, query)) == [str(bright.pk), str(faint.pk)]
    assert _keys(client.get(CANDIDATES, query | {"mag__lte": "19"})) == [str(bright.pk)]
    assert _keys(client.get(CANDIDATES, query | {"snr__lte": "10"})) == [str(faint.pk)]


def test_jobs_are_found_by_what_they_work_on(api_of):
    mine, _ = ProcessingJobFactory(status="failed", error_message="no stars"), ProcessingJobFactory()
    answer = api_of("operator").get("/api/v1/processing-jobs/", {"entity_id": mine.entity_id, "status": "failed"})
    assert [row["error_message"] for row in answer.json()["results"]] == ["no stars"]


def _keys(answer) -> list[str]:
    return [row["id"] for row in answer.json()["results"]]
