import io

import pytest
from django.core.management import CommandError, call_command

from pipeline.models import Catalogue, CatalogueSource, MinorPlanet
from tests.factories import CandidateFactory
from tests.pipeline.catalogues.mpc import CERES

pytestmark = pytest.mark.django_db

SOURCES = "star,alpha,delta,Type\nRR Lyr,291.36630,42.78436,RRAB\nSS Cyg,,43.58636,UGSS\n"


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "stars.csv"
    path.write_text(SOURCES)
    return path


def load(file, *options: str) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    call_command("load_catalogue", str(file), *options, stdout=out, stderr=err, no_color=True)
    return out.getvalue(), err.getvalue()


COLUMNS = ("--column", "ra=alpha", "--column", "dec=delta", "--column", "name=star")


def test_it_loads_counts_and_names_what_it_leaves_out(file):
    CandidateFactory(ra=291.36630, dec=42.78436)
    out, err = load(file, "--name", "mine", *COLUMNS, "--kind", "variable", "--radius-arcsec", "3", "--whole-sky")
    assert "loaded mine: 1 entries, 1 rows refused, 1 matches with candidates" in out
    assert "refused  row 3: no RA" in err
    catalogue = Catalogue.objects.get()
    assert (catalogue.match_radius_arcsec, catalogue.covers_whole_sky) == (3.0, True)
    assert CatalogueSource.objects.get().kind == "variable"


def test_the_same_file_again_is_nothing_to_do(file):
    load(file, "--name", "mine", *COLUMNS)
    out, _ = load(file, "--name", "mine", *COLUMNS)
    assert "nothing to do: mine is loaded from this file" in out


def test_orbits_are_loaded_as_such(tmp_path):
    path = tmp_path / "MPCORB.DAT"
    path.write_text(CERES)
    load(path, "--name", "MPCORB", "--orbits")
    assert MinorPlanet.objects.get().designation == "(1) Ceres"


def test_many_refused_rows_are_counted_and_the_first_told(tmp_path):
    path = tmp_path / "bad.csv"
    path.write_text("name,ra,dec\ngood,1,2\n" + "bad,,2\n" * 25)
    _, err = load(path, "--name", "mine")
    assert len(err.splitlines()) == 11
    assert "refused  15 more" in err


@pytest.mark.parametrize(
    ("options", "cause"),
    [
        (("--name", "mine"), "stars.csv: no columns of a position: there are star, alpha, delta, Type"),
        (("--name", "mine", "--orbits"), "stars.csv: no orbit in the format of the Minor Planet Center"),
        (("--name", "mine", "--column", "name=nobody"), "stars.csv: no columns nobody with a position"),
        (("--name", "mine", "--radius-arcsec", "0", *COLUMNS), "stars.csv: "),
        (("--name", "x" * 101, *COLUMNS), "stars.csv: "),
        (("--name", "mine", "--column", "colour=red"), "'colour=red' is not ROLE=COLUMN"),
    ],
)
def test_what_cannot_be_loaded_is_told_in_one_line(file, options, cause):
    with pytest.raises(CommandError) as refused:
        load(file, *options)
    assert cause in str(refused.value)
    assert "\n" not in str(refused.value)
    assert not Catalogue.objects.exists()


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(CommandError, match=r"^nowhere.csv: No such file"):
        load(tmp_path / "nowhere.csv", "--name", "mine")
