"""Every question about a candidate has an answer, also when nothing is loaded that could give one."""

from datetime import UTC, datetime

import pytest
from django.urls import reverse

from pipeline.known import describe
from tests.factories import (
    CandidateFactory,
    CatalogueFactory,
    CatalogueSourceFactory,
    KnownMatchFactory,
    MinorPlanetFactory,
)

pytestmark = pytest.mark.django_db

IN_2025 = datetime(2025, 11, 21, tzinfo=UTC)


@pytest.fixture
def candidate():
    return CandidateFactory(ra=150.0, dec=2.0, difference_run__observation__observation_time=IN_2025)


def statements(candidate) -> dict[str, list[str]]:
    return {answer.question: answer.statements for answer in describe(candidate)}


def test_without_anything_loaded_it_says_so(candidate):
    assert statements(candidate) == {
        "catalogues": ["no catalogue loaded here"],
        "minor planets": ["no orbits loaded"],
        "reference image": ["no source of the reference image within 10″"],
    }


def test_what_is_known_is_named_with_type_magnitude_separation_and_catalogue(candidate):
    vsx = CatalogueFactory(name="VSX")
    KnownMatchFactory(candidate=candidate, catalogue=vsx, source_type="RRAB", mag=7.06)
    KnownMatchFactory(candidate=candidate, catalogue=vsx, name="", kind="galaxy", separation_arcsec=1.25)
    mpc = MinorPlanetFactory(catalogue__name="MPCORB").catalogue
    KnownMatchFactory(
        candidate=candidate, catalogue=mpc, kind="minor planet", name="(1) Ceres", mag=8.3, separation_arcsec=3.0
    )
    KnownMatchFactory(candidate=candidate, catalogue=None, kind="reference source", name="", separation_arcsec=0.2)
    assert statements(candidate) == {
        "catalogues": ["RR Lyr, variable (RRAB), mag 7.1, 0.4″ (VSX)", "galaxy, 1.2″ (VSX)"],
        "minor planets": ["(1) Ceres, minor planet, mag 8.3, 3.0″ (MPCORB)"],
        "reference image": ["reference source, 0.2″"],
    }


def test_catalogues_that_cover_the_place_and_have_nothing_there_say_so(candidate):
    for name, dec, radius_arcsec in (("VSX", 2.4, 2.0), ("Gaia", 1.6, 2.0), ("NED", 2.4, 5.0), ("elsewhere", 2.6, 2.0)):
        catalogue = CatalogueFactory(name=name, match_radius_arcsec=radius_arcsec)
        CatalogueSourceFactory(catalogue=catalogue, ra=150.0, dec=dec)
    CatalogueFactory(name="all sky", covers_whole_sky=True)
    assert statements(candidate)["catalogues"] == [
        "nothing known within 2″ in Gaia, VSX, all sky",
        "nothing known within 5″ in NED",
    ]


def test_a_catalogue_with_a_match_does_not_say_that_it_has_none(candidate):
    vsx = CatalogueFactory(name="VSX", covers_whole_sky=True)
    KnownMatchFactory(candidate=candidate, catalogue=vsx)
    CatalogueFactory(name="Gaia", covers_whole_sky=True)
    assert statements(candidate)["catalogues"] == [
        "RR Lyr, variable, 0.4″ (VSX)",
        "nothing known within 2″ in Gaia",
    ]


def test_orbits_say_nothing_of_sources(candidate):
    MinorPlanetFactory(catalogue__covers_whole_sky=True)
    assert statements(candidate)["catalogues"] == ["no catalogue loaded here"]


def test_orbits_of_the_time_without_a_match_say_so(candidate):
    MinorPlanetFactory()
    assert statements(candidate)["minor planets"] == ["no minor planet within 15″"]


def test_orbits_of_another_time_are_no_answer():
    MinorPlanetFactory()
    candidate = CandidateFactory(difference_run__observation__observation_time=datetime(2020, 1, 1, tzinfo=UTC))
    assert statements(candidate)["minor planets"] == ["no orbits of its time loaded: the nearest are of 2025-11-21"]


@pytest.mark.parametrize("matches", [0, 5])
def test_an_answer_takes_six_queries(candidate, matches, django_assert_num_queries):
    MinorPlanetFactory()
    for n in range(matches):
        KnownMatchFactory(candidate=candidate, catalogue__name=f"catalogue of {n}")
    candidate.refresh_from_db()
    # Matches, catalogues that cover the place, files of orbits, the observation, two configuration values.
    with django_assert_num_queries(6):
        describe(candidate)


def test_the_page_of_a_candidate_begins_with_it(candidate, browser_of):
    KnownMatchFactory(candidate=candidate, name="<b>RR Lyr</b>")
    page = browser_of("viewer").get(reverse("admin:pipeline_candidate_change", args=(candidate.pk,))).content.decode()
    assert "&lt;b&gt;RR Lyr&lt;/b&gt;, variable, 0.4″" in page
    assert "no orbits loaded" in page
    assert page.index("no orbits loaded") < page.index("No stamp")


def test_a_program_reads_the_same(candidate, api_of):
    match = KnownMatchFactory(candidate=candidate)
    answer = api_of("viewer").get(f"/api/v1/candidates/{candidate.pk}/known/")
    assert answer.status_code == 200
    catalogues, planets, _ = answer.json()
    assert catalogues["question"] == "catalogues"
    assert [found["id"] for found in catalogues["matches"]] == [str(match.pk)]
    assert planets == {"question": "minor planets", "statements": ["no orbits loaded"], "matches": []}


def test_only_who_may_see_the_candidate_reads_it(candidate, api_of, make_user):
    path = f"/api/v1/candidates/{candidate.pk}/known/"
    assert api_of(None).get(path).status_code == 401
    stranger = make_user("viewer", username="stranger")
    stranger.groups.clear()
    client = api_of(None)
    client.force_authenticate(stranger)
    assert client.get(path).status_code == 403
