"""Catalogues come whole, and once."""

from threading import Thread

import numpy as np
import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction

from pipeline.catalogues import KINDS, CatalogueRefused
from pipeline.known import load_catalogue, match_run
from pipeline.models import Catalogue, CatalogueSource, KnownMatch, MinorPlanet
from pipeline.models.catalogues import SourceKind
from tests.database import sql
from tests.factories import CandidateFactory, KnownMatchFactory
from tests.pipeline.catalogues.mpc import CERES, PALLAS

pytestmark = pytest.mark.django_db

VSX = "Name,RAJ2000,DEJ2000,Type,max\nRR Lyr,291.36630,42.78436,RRAB,7.06\nSS Cyg,325.67863,43.58636,UGSS,\n"


@pytest.fixture
def load(tmp_path, actor):
    def load(content=VSX, *, file_name="vsx.csv", name="VSX", **options):
        path = tmp_path / file_name
        path.write_text(content)
        return load_catalogue(path, name=name, actor=actor, **options)

    return load


def test_database_and_readers_know_the_same_kinds():
    assert set(SourceKind.values) == set(KINDS)


def test_sources_are_in_the_table_as_in_the_file(load):
    loaded = load(VSX + "Nowhere,,1.0,M,9\n", kind="variable", match_radius_arcsec=3.0, covers_whole_sky=True)
    catalogue = Catalogue.objects.get()
    assert loaded.catalogue == catalogue
    assert (catalogue.name, catalogue.file_name) == ("VSX", "vsx.csv")
    assert (catalogue.entry_count, catalogue.refused_count) == (2, 1)
    assert (catalogue.match_radius_arcsec, catalogue.covers_whole_sky) == (3.0, True)
    assert loaded.refusals.first == ["row 4: no RA"]
    columns = ("name", "ra", "dec", "kind", "source_type", "mag")
    assert list(catalogue.sources.values_list(*columns)) == [
        ("RR Lyr", 291.36630, 42.78436, "variable", "RRAB", 7.06),
        ("SS Cyg", 325.67863, 43.58636, "variable", "UGSS", None),
    ]


def test_orbits_are_in_the_table_as_in_the_file(load):
    loaded = load(f"{CERES}\n{PALLAS}\n", file_name="MPCORB.DAT", name="MPCORB", has_orbits=True)
    assert loaded.catalogue.entry_count == 2
    ceres = MinorPlanet.objects.get(designation="(1) Ceres")
    assert ceres.catalogue == loaded.catalogue
    assert (ceres.absolute_mag, ceres.slope, ceres.epoch_jd) == (3.35, 0.15, 2461000.5)
    assert (ceres.mean_anomaly_deg, ceres.perihelion_argument_deg, ceres.node_deg) == (231.53975, 73.29974, 80.24963)
    assert (ceres.inclination_deg, ceres.eccentricity, ceres.semimajor_axis_au) == (10.58789, 0.0795763, 2.7656157)


def test_many_chunks_are_one_catalogue(load):
    rows = "".join(f"s{n},{n / 200},{n / 2000 - 30}\n" for n in range(60_000))
    counts = []
    load(f"name,ra,dec\n{rows}", on_rows=counts.append)
    assert counts == [50_000, 60_000]
    assert CatalogueSource.objects.count() == Catalogue.objects.get().entry_count == 60_000


def test_a_name_too_long_for_the_table_is_cut_visibly(load):
    load(f"name,ra,dec\n{'x' * 101},1,2\n")
    assert CatalogueSource.objects.get().name == "x" * 99 + "…"


def test_an_infinite_magnitude_is_unknown(load):
    load("name,ra,dec,mag\na,1,2,inf\n")
    assert CatalogueSource.objects.get().mag is None


class TestTheSameName:
    def test_the_same_file_again_is_nothing_to_do(self, load):
        first, second = load(), load()
        assert (first.is_new, second.is_new) == (True, False)
        assert second.catalogue == first.catalogue
        assert CatalogueSource.objects.count() == 2

    def test_another_file_is_refused(self, load):
        load()
        with pytest.raises(CatalogueRefused, match=r"^new.csv: VSX is loaded from another file, vsx.csv"):
            load(VSX + "V1,1,2,M,9\n", file_name="new.csv")
        assert CatalogueSource.objects.count() == 2

    def test_another_file_takes_its_place_when_told_to(self, load):
        before = load(match_radius_arcsec=5.0).catalogue
        after = load("name,ra,dec\nV1,1,2\n", file_name="new.csv", replace=True).catalogue
        assert after.pk == before.pk
        assert (after.file_name, after.entry_count, after.match_radius_arcsec) == ("new.csv", 1, 5.0)
        assert [source.name for source in CatalogueSource.objects.all()] == ["V1"]

    def test_a_file_of_another_sort_takes_its_place_too(self, load):
        KnownMatchFactory(catalogue=load().catalogue)
        load(CERES, file_name="orbits", has_orbits=True, replace=True)
        assert not KnownMatch.objects.exists()
        assert (CatalogueSource.objects.count(), MinorPlanet.objects.count()) == (0, 1)


class TestWhatIsRefusedLeavesNothing:
    def test_a_file_without_positions(self, load):
        with pytest.raises(CatalogueRefused, match=r"^vsx.csv: no columns of a position: there are name, colour"):
            load("name,colour\nV1,red\n")
        assert not Catalogue.objects.exists()

    def test_a_file_without_a_usable_row(self, load):
        with pytest.raises(CatalogueRefused, match=r"^vsx.csv: no row can be used: row 2: no RA"):
            load("name,ra,dec\nV1,,2\n")
        assert not Catalogue.objects.exists()

    def test_a_file_with_an_orbit_twice(self, load):
        with pytest.raises(CatalogueRefused, match=r"an orbit is in it twice: .*\(1\) Ceres"):
            load(f"{CERES}\n{CERES}\n", has_orbits=True)
        assert not Catalogue.objects.exists()

    def test_a_replacement(self, load):
        load()
        with pytest.raises(CatalogueRefused):
            load("name,ra,dec\nV1,,2\n", file_name="new.csv", replace=True)
        assert Catalogue.objects.get().file_name == "vsx.csv"
        assert CatalogueSource.objects.count() == 2

    def test_a_setting_out_of_range(self, load):
        with pytest.raises(ValidationError):
            load(match_radius_arcsec=0.0)
        assert not Catalogue.objects.exists()


class TestCandidatesThatAreThereAlready:
    def test_they_are_matched_with_new_sources(self, load):
        candidate = CandidateFactory(ra=291.36630, dec=42.78436)
        CandidateFactory(ra=10.0, dec=10.0)
        assert load(kind="variable").match_count == 1
        match = KnownMatch.objects.get()
        assert (match.candidate, match.name, match.kind, match.source_type) == (candidate, "RR Lyr", "variable", "RRAB")

    def test_a_replacement_takes_the_former_matches_away_and_leaves_those_of_others(self, load):
        catalogue = load().catalogue
        KnownMatchFactory(catalogue=catalogue, name="SS Cyg")
        other = KnownMatchFactory()
        load("name,ra,dec\nV1,1,2\n", file_name="new.csv", replace=True)
        assert list(KnownMatch.objects.all()) == [other]


@pytest.mark.django_db(transaction=True)
def test_a_run_and_a_load_at_the_same_moment_do_not_miss_each_other(load):
    def load_elsewhere():
        try:
            load()
        finally:
            connection.close()

    loading = Thread(target=load_elsewhere)
    with transaction.atomic():
        run = CandidateFactory(ra=291.36630, dec=42.78436).difference_run
        assert match_run(run, reference_sources=np.empty((0, 3))) == 0
        loading.start()
        while not sql("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"):
            assert loading.is_alive()
    loading.join()
    assert KnownMatch.objects.get().name == "RR Lyr"
