import pytest
from django.utils.dateparse import parse_datetime
from rest_framework.test import APIClient

from astrid.api import ObservationViewSet
from astrid.models import Observation, Survey, SystemConfig
from tests.api_suite import ResourceSuite, routes_without_a_test
from tests.factories import ObservationFactory, SurveyFactory

OBSERVATIONS = "/api/v1/observations/"


class TestSurveys(ResourceSuite):
    route = "surveys"

    def make(self):
        return SurveyFactory()


class TestObservations(ResourceSuite):
    route = "observations"
    creates = True

    def make(self):
        return ObservationFactory()


class TestSystemConfig(ResourceSuite):
    route = "system-config"

    def make(self):
        return SystemConfig.objects.create(key=f"key.{SystemConfig.objects.count()}", value=1)


def test_every_route_has_its_suite():
    assert routes_without_a_test("astrid", globals()) == set()


def test_the_root_lists_every_route_and_needs_a_login(api_of):
    assert api_of(None).get("/api/v1/").status_code == 401
    routes = api_of("viewer").get("/api/v1/").json()
    assert {"surveys", "observations", "system-config"} <= set(routes)


@pytest.fixture
def facts(db):
    """What a telescope says of a new observation."""
    return {
        "survey": str(SurveyFactory().pk),
        "observation_id": "night-1/exposure-7",
        "ra": 150.1,
        "dec": -2.2,
        "footprint": [[150.0, -2.3], [150.2, -2.3], [150.2, -2.1], [150.0, -2.1]],
        "observation_time": "2026-10-01T03:04:05.678Z",
        "filter_band": "r",
        "exposure_time": 60,
    }


class TestCreatingAnObservation:
    @pytest.mark.parametrize("role", ["pipeline", "operator"])
    def test_telescopes_and_operators_may(self, role, api_of, facts):
        answer = api_of(role).post(OBSERVATIONS, facts)
        assert answer.status_code == 201
        row = Observation.objects.get(pk=answer.json()["id"])
        assert row.status == "ingested"
        assert (row.ra, row.dec, row.footprint) == (150.1, -2.2, facts["footprint"])
        assert row.observation_time == parse_datetime("2026-10-01T03:04:05.678Z")
        assert answer.json()["created_at"]

    @pytest.mark.parametrize("role", ["viewer", "curator"])
    def test_readers_may_not(self, role, api_of, facts):
        assert api_of(role).post(OBSERVATIONS, facts).status_code == 403
        assert not Observation.objects.exists()

    def test_a_session_needs_the_csrf_token(self, make_user, facts):
        client = APIClient(enforce_csrf_checks=True)
        client.force_login(make_user("operator"))
        assert client.post(OBSERVATIONS, facts).status_code == 403

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("ra", 360),
            ("ra", -0.1),
            ("ra", "nan"),
            ("ra", None),
            ("dec", 90.1),
            ("dec", "-inf"),
            ("exposure_time", -1),
            ("exposure_time", 0),
            ("exposure_time", "inf"),
            ("airmass", 0.5),
            ("airmass", "nan"),
            ("seeing", 0),
            ("pixel_scale", -0.6),
            ("zero_point_mag", "nan"),
            ("image_width", -1),
            ("image_width", 10**12),
            ("observation_time", "yesterday"),
            ("observation_time", "0001-01-01T00:00:00+14:00"),
            ("filter_band", ""),
            ("filter_band", "r" * 51),
            ("observation_id", "nul \0"),
            ("observation_id", ""),
            ("fits_url", "file:///etc/passwd"),
            ("kind", "selfie"),
            ("survey", "00000000-0000-7000-8000-000000000000"),
            ("footprint", "nonsense"),
            ("footprint", []),
            ("footprint", [[1, 2, 3]] * 4),
            ("footprint", [[400, 0]] * 4),
            ("footprint", [["nan", 0]] * 4),
            ("footprint", [[0, 0]] * 5),
        ],
    )
    def test_a_wrong_value_is_named_and_nothing_is_written(self, field, value, api_of, facts):
        answer = api_of("pipeline").post(OBSERVATIONS, facts | {field: value})
        assert answer.status_code == 400
        said = answer.json()
        # A constraint of the database speaks for the row, and names the rule, which names the field.
        assert field in said or any(field.split("_")[0] in line for line in said["non_field_errors"])
        assert not Observation.objects.exists()

    def test_what_is_missing_is_named(self, api_of):
        answer = api_of("pipeline").post(OBSERVATIONS, {})
        assert answer.status_code == 400
        assert set(answer.json()) == {
            "survey",
            "observation_id",
            "ra",
            "dec",
            "observation_time",
            "filter_band",
            "exposure_time",
        }

    @pytest.mark.parametrize("body", ["[]", '"text"', "{", '{"ra": NaN}', ""])
    def test_what_is_no_json_object_is_400(self, body, api_of):
        answer = api_of("pipeline").post(OBSERVATIONS, data=body, content_type="application/json")
        assert answer.status_code == 400

    def test_a_duplicate_is_refused_in_its_survey_and_free_in_another(self, api_of, facts):
        client = api_of("pipeline")
        assert client.post(OBSERVATIONS, facts).status_code == 201
        again = client.post(OBSERVATIONS, facts)
        assert again.status_code == 400
        assert "observation_id" in str(again.json())
        assert client.post(OBSERVATIONS, facts | {"survey": str(SurveyFactory().pk)}).status_code == 201
        assert Observation.objects.count() == 2

    def test_the_pipelines_own_fields_are_not_the_clients_to_set(self, api_of, facts):
        mine = {
            "id": "00000000-0000-7000-8000-000000000000",
            "status": "archived",
            "fits_file_path": "../../etc/passwd",
            "fits_sha256": "0" * 64,
            "created_at": "1999-01-01T00:00:00Z",
        }
        answer = api_of("pipeline").post(OBSERVATIONS, facts | mine).json()
        assert {name: answer[name] for name in mine}.items().isdisjoint(mine.items())
        assert answer["status"] == "ingested"
        assert answer["fits_file_path"] == ""


class TestCone:
    def search(self, client, cone):
        answer = client.get(OBSERVATIONS, {"cone": cone})
        assert answer.status_code == 200, answer.json()
        return [row["observation_id"] for row in answer.json()["results"]]

    def test_it_reaches_across_ra_0_nearest_first(self, api_of):
        for name, ra in (("west", 359.9995), ("east", 0.0004), ("far", 0.01)):
            ObservationFactory(observation_id=name, ra=ra, dec=0)
        client = api_of("viewer")
        assert self.search(client, "0,0,5") == ["east", "west"]
        assert self.search(client, "359.9999, 0, 5") == ["west", "east"]

    def test_it_reaches_across_the_pole(self, api_of):
        ObservationFactory(observation_id="over the pole", ra=180, dec=89.9995)
        assert self.search(api_of("viewer"), "0,89.9995,5") == ["over the pole"]

    def test_it_is_ordered_by_distance_unless_asked_otherwise(self, api_of):
        for name, dec, exposure_s in (("far", 2e-4, 10), ("near", 1e-4, 20)):
            ObservationFactory(observation_id=name, ra=10, dec=dec, exposure_time=exposure_s)
        client = api_of("viewer")
        assert self.search(client, "10,0,5") == ["near", "far"]
        page = client.get(OBSERVATIONS, {"cone": "10,0,5", "ordering": "exposure_time"}).json()
        assert [row["observation_id"] for row in page["results"]] == ["far", "near"]

    @pytest.mark.parametrize(
        ("cone", "reason"),
        [
            ("1,2", "is not ra,dec,radius_arcsec"),
            ("1,2,3,4", "is not ra,dec,radius_arcsec"),
            ("a,b,c", "could not convert"),
            ("360,0,5", "ra 360.0 is not in 0 <= ra < 360 degrees"),
            ("0,91,5", "dec 91.0 is not in -90 to 90 degrees"),
            ("nan,0,5", "ra nan"),
            ("0,0,0", "radius_arcsec 0.0"),
            ("0,0,-1", "radius_arcsec -1.0"),
            ("0,0,inf", "radius_arcsec inf"),
            ("0,0,nan", "radius_arcsec nan"),
            ("0,0,648001", "radius_arcsec 648001.0"),
        ],
    )
    def test_what_is_no_cone_is_400_and_says_why(self, cone, reason, api_of):
        answer = api_of("viewer").get(OBSERVATIONS, {"cone": cone})
        assert answer.status_code == 400
        assert list(answer.json()) == ["cone"]
        assert reason in str(answer.json()["cone"])


class TestFiltersAndPages:
    @pytest.mark.parametrize(
        ("query", "names"),
        [
            ({"filter_band": "g"}, {"b"}),
            ({"kind": "reference"}, {"c"}),
            ({"status__in": "archived,failed"}, {"b", "c"}),
            ({"survey__name": "ZTF"}, {"a"}),
            ({"observation_id__icontains": "A"}, {"a"}),
            ({"exposure_time__gte": "30", "exposure_time__lte": "60"}, {"b"}),
            ({"observation_time__gte": "2026-01-02T00:00Z", "observation_time__lt": "2026-01-03T00:00Z"}, {"b"}),
        ],
    )
    def test_filters_choose_rows(self, query, names, api_of):
        ztf = Survey.objects.get(name="ZTF")
        rows = (
            ("a", 1, 10, {"survey": ztf}),
            ("b", 2, 60, {"filter_band": "g", "status": "archived"}),
            ("c", 3, 90, {"kind": "reference", "status": "failed"}),
        )
        for name, day, exposure_s, more in rows:
            time = parse_datetime(f"2026-01-0{day}T00:00Z")
            ObservationFactory(observation_id=name, observation_time=time, exposure_time=exposure_s, **more)
        page = api_of("viewer").get(OBSERVATIONS, query).json()
        assert {row["observation_id"] for row in page["results"]} == names

    def test_an_unknown_choice_is_400(self, api_of):
        answer = api_of("viewer").get(OBSERVATIONS, {"status": "lost"})
        assert answer.status_code == 400
        assert "lost" in str(answer.json()["status"])

    def test_pages_hold_50_rows_and_at_most_500(self, api_of):
        ObservationFactory.create_batch(51, survey=SurveyFactory())
        client = api_of("viewer")
        page = client.get(OBSERVATIONS).json()
        assert (page["count"], len(page["results"]), page["previous"]) == (51, 50, None)
        assert len(client.get(page["next"]).json()["results"]) == 1
        assert len(client.get(OBSERVATIONS, {"page_size": 3}).json()["results"]) == 3
        assert ObservationViewSet.pagination_class.max_page_size == 500
        assert client.get(OBSERVATIONS, {"page": 99}).status_code == 404

    def test_rows_that_tie_are_each_on_one_page(self, api_of):
        ObservationFactory.create_batch(9, survey=SurveyFactory(), exposure_time=60)
        client, seen = api_of("viewer"), []
        path = f"{OBSERVATIONS}?ordering=-exposure_time&page_size=2"
        while path:
            page = client.get(path).json()
            seen += [row["id"] for row in page["results"]]
            path = page["next"]
        assert seen == sorted(seen)
        assert len(set(seen)) == 9

    def test_an_ordering_that_is_not_offered_changes_nothing(self, api_of):
        ObservationFactory.create_batch(3)
        client = api_of("viewer")
        usual = client.get(OBSERVATIONS).json()
        assert client.get(OBSERVATIONS, {"ordering": "header"}).json() == usual
