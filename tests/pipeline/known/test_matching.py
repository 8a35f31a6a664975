"""Each candidate gets the nearest known thing of each sort, and nothing farther than the radius."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from astrid.models import SystemConfig
from pipeline.known import load_catalogue, match_run
from pipeline.known.matching import match_orbits, match_sources
from pipeline.known.minor_planets import predictions
from pipeline.models import KnownMatch, MinorPlanet
from tests.factories import (
    CandidateFactory,
    CatalogueFactory,
    CatalogueSourceFactory,
    DifferenceRunFactory,
    MinorPlanetFactory,
)
from tests.pipeline.catalogues.mpc import CERES

pytestmark = pytest.mark.django_db

ARCSEC = 1 / 3600
NO_SOURCES = np.empty((0, 3))
EPOCH = datetime(2025, 11, 21, tzinfo=UTC)


@pytest.fixture
def run():
    return DifferenceRunFactory()


def names_of(candidate) -> list[str]:
    return [match.name for match in candidate.known_matches.all()]


class TestSources:
    def test_the_nearest_of_each_catalogue_with_its_facts(self, run):
        candidate = CandidateFactory(difference_run=run, ra=150.0, dec=2.0)
        vsx, gaia = CatalogueFactory(name="VSX"), CatalogueFactory(name="Gaia")
        CatalogueSourceFactory(catalogue=vsx, ra=150.0, dec=2.0 + 1.5 * ARCSEC, name="farther")
        CatalogueSourceFactory(catalogue=vsx, ra=150.0, dec=2.0 - 0.5 * ARCSEC, name="nearest", mag=12.5)
        CatalogueSourceFactory(catalogue=gaia, ra=150.0, dec=2.0 + ARCSEC, name="4711", kind="star", source_type="")
        assert match_run(run, reference_sources=NO_SOURCES) == 2
        first, second = candidate.known_matches.all()
        assert (first.catalogue, first.name, first.kind, first.source_type, first.mag) == (
            vsx, "nearest", "variable", "RRAB", 12.5,
        )  # fmt: skip
        assert first.separation_arcsec == pytest.approx(0.5, abs=1e-6)
        assert (second.catalogue, second.name, second.kind, second.mag) == (gaia, "4711", "star", None)

    def test_within_the_radius_of_its_catalogue_and_no_farther(self, run):
        candidate = CandidateFactory(difference_run=run, ra=150.0, dec=2.0)
        for name, radius_arcsec in (("narrow", 2.9), ("wide", 3.1)):
            catalogue = CatalogueFactory(match_radius_arcsec=radius_arcsec)
            CatalogueSourceFactory(catalogue=catalogue, name=name, ra=150.0, dec=2.0 + 3 * ARCSEC)
        match_run(run, reference_sources=NO_SOURCES)
        assert names_of(candidate) == ["wide"]

    @pytest.mark.parametrize(
        ("place", "source"),
        [((359.9999, 0.0), (0.0001, 0.0)), ((10.0, 89.9999), (190.0, 89.9999)), ((10.0, -89.9999), (190.0, -89.9999))],
    )
    def test_across_ra_0_and_the_poles(self, run, place, source):
        CandidateFactory(difference_run=run, ra=place[0], dec=place[1])
        CatalogueSourceFactory(catalogue=CatalogueFactory(match_radius_arcsec=1.0), ra=source[0], dec=source[1])
        assert match_run(run, reference_sources=NO_SOURCES) == 1

    def test_again_is_the_same(self, run):
        CandidateFactory(difference_run=run, ra=150.0, dec=2.0)
        CatalogueSourceFactory(ra=150.0, dec=2.0)
        for _ in range(2):
            assert match_run(run, reference_sources=np.array([(150.0, 2.0, 18.0)])) == 2
        assert KnownMatch.objects.count() == 2

    def test_other_runs_are_left_alone(self, run):
        CandidateFactory(ra=150.0, dec=2.0)
        CatalogueSourceFactory(ra=150.0, dec=2.0)
        assert match_run(run, reference_sources=NO_SOURCES) == 0

    def test_a_catalogue_is_matched_with_the_candidates_of_all_runs_as_a_run_would(self, run):
        for n in range(3):
            CandidateFactory(difference_run__observation__ra=n, ra=150.0 + n, dec=2.0)
        catalogue = CatalogueFactory()
        for n in range(2):
            CatalogueSourceFactory(catalogue=catalogue, ra=150.0 + n, dec=2.0)
        for _ in range(2):
            assert match_sources(catalogue) == KnownMatch.objects.count() == 2

    @pytest.mark.parametrize("candidates", [1, 30])
    def test_the_number_of_queries_does_not_grow_with_the_candidates(self, run, candidates, django_assert_num_queries):
        CatalogueSourceFactory()
        CandidateFactory.create_batch(candidates, difference_run=run)
        # Lock, delete, insert, candidates, radius, files of orbits.
        with django_assert_num_queries(6):
            match_run(run, reference_sources=NO_SOURCES)


class TestSourcesOfTheReference:
    def test_the_nearest_within_10_arcsec_has_no_name(self, run):
        candidate = CandidateFactory(difference_run=run, ra=0.0, dec=2.0)
        CandidateFactory(difference_run=run, ra=1.0, dec=2.0)
        sources = [(0.0, 2.0 + 8 * ARCSEC, 17.0), (360 - 4 * ARCSEC, 2.0, np.nan), (1.0, 2.0 + 11 * ARCSEC, 15.0)]
        assert match_run(run, reference_sources=np.array(sources)) == 1
        match = KnownMatch.objects.get()
        assert (match.candidate, match.kind, match.name, match.catalogue) == (candidate, "reference source", "", None)
        assert match.separation_arcsec == pytest.approx(4 * np.cos(np.radians(2.0)), abs=1e-4)
        assert match.mag is None

    def test_its_magnitude_is_kept(self, run):
        CandidateFactory(difference_run=run, ra=0.0, dec=2.0)
        match_run(run, reference_sources=np.array([(0.0, 2.0, 17.25)]))
        assert KnownMatch.objects.get().mag == 17.25


class TestMinorPlanets:
    @pytest.fixture
    def ceres(self):
        return MinorPlanetFactory(designation="(1) Ceres")

    @pytest.fixture
    def place(self, ceres):
        (found,) = predictions(time=EPOCH, ra=0.0, dec=0.0, radius_arcsec=180 * 3600.0)
        return found

    def run_at(self, time, place, *offsets_arcsec):
        run = DifferenceRunFactory(
            observation__observation_time=time, observation__ra=place.ra, observation__dec=place.dec + 0.2
        )
        for offset_arcsec in offsets_arcsec:
            CandidateFactory(difference_run=run, ra=place.ra, dec=place.dec + offset_arcsec * ARCSEC)
        return run

    def test_a_candidate_where_one_should_be(self, ceres, place):
        run = self.run_at(EPOCH, place, 3.0, 60.0)
        assert match_run(run, reference_sources=NO_SOURCES) == 1
        match = KnownMatch.objects.get()
        assert (match.name, match.kind, match.catalogue) == ("(1) Ceres", "minor planet", ceres.catalogue)
        assert match.separation_arcsec == pytest.approx(3.0, abs=1e-3)
        # Seven weeks after its opposition at V 7.6.
        assert match.mag == place.mag == pytest.approx(8.3, abs=0.2)

    def test_the_parallax_widens_the_radius(self, place):
        assert 2 < place.parallax_arcsec < 6
        SystemConfig.objects.filter(key="pipeline.minor_planet_radius_arcsec").update(value=1.0)
        run = self.run_at(EPOCH, place, 0.9 + place.parallax_arcsec, -1.1 - place.parallax_arcsec)
        assert match_run(run, reference_sources=NO_SOURCES) == 1

    def test_not_by_orbits_of_another_time(self, place):
        late = EPOCH + timedelta(days=201)
        assert predictions(time=late, ra=0.0, dec=0.0, radius_arcsec=180 * 3600.0) == []
        assert len(predictions(time=late - timedelta(days=2), ra=0.0, dec=0.0, radius_arcsec=180 * 3600.0)) == 1

    def test_new_orbits_are_used_at_once(self, ceres, place):
        ceres.delete()
        ceres.catalogue.delete()
        pallas = MinorPlanetFactory(absolute_mag=None)
        (found,) = predictions(time=EPOCH, ra=place.ra, dec=place.dec, radius_arcsec=1.0)
        assert (found.planet, found.mag) == (pallas, None)

    def test_new_orbits_are_matched_with_candidates_of_their_time_and_older_ones_keep_theirs(self, place):
        now = self.run_at(EPOCH, place, 0.0).candidates.get()
        old = self.run_at(EPOCH - timedelta(days=300), place, 0.0).candidates.get()
        for candidate in (now, old):
            KnownMatch.objects.create(
                candidate=candidate,
                catalogue=place.planet.catalogue,
                name="(2)",
                kind="minor planet",
                separation_arcsec=9,
            )
        assert match_orbits(place.planet.catalogue) == 1
        assert (names_of(now), names_of(old)) == (["(1) Ceres"], ["(2)"])

    def test_without_orbits_nothing_is_matched(self):
        assert match_orbits(CatalogueFactory()) == 0


@pytest.mark.django_db(transaction=True)
def test_orbits_that_were_loaded_anew_from_the_same_file_are_the_ones_in_use(tmp_path, actor):
    path = tmp_path / "MPCORB.DAT"
    path.write_text(CERES)
    whole_sky = {"time": EPOCH, "ra": 0.0, "dec": 0.0, "radius_arcsec": 180 * 3600.0}
    for replace in (False, True):
        load_catalogue(path, name="MPCORB", has_orbits=True, replace=replace, actor=actor)
        (found,) = predictions(**whole_sky)
        assert found.planet == MinorPlanet.objects.get()
