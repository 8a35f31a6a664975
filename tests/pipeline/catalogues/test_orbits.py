"""Files of orbits: every line becomes an orbit or a refusal with its number."""

import gzip
import re

import numpy as np
import pytest
from astropy.time import Time

from pipeline.catalogues.orbits import ORBIT_DTYPE, read_orbits
from pipeline.catalogues.refusal import CatalogueRefused, Refusals
from tests.pipeline.catalogues.mpc import CERES, HEADER, PALLAS


def read(path, text, **options):
    path.write_text(text, encoding="latin-1")
    refusals = Refusals()
    chunks = list(read_orbits(path, refusals=refusals, **options))
    return np.concatenate(chunks), refusals


@pytest.fixture
def path(tmp_path):
    return tmp_path / "MPCORB.DAT"


def test_elements_are_those_of_the_columns(path):
    orbits, refusals = read(path, CERES + "\n")

    assert orbits.dtype == ORBIT_DTYPE
    (ceres,) = orbits
    assert ceres["designation"] == "(1) Ceres"
    assert (ceres["absolute_mag"], ceres["slope"]) == (3.35, 0.15)
    assert ceres["epoch_jd"] == Time("2025-11-21", scale="tt").jd
    assert ceres["mean_anomaly_deg"] == 231.53975
    assert ceres["perihelion_argument_deg"] == 73.29974
    assert ceres["node_deg"] == 80.24963
    assert ceres["inclination_deg"] == 10.58789
    assert ceres["eccentricity"] == 0.0795763
    assert ceres["semimajor_axis_au"] == 2.7656157
    assert refusals.count == 0


@pytest.mark.parametrize("header", ["", HEADER, "\n" + HEADER])
def test_a_header_may_be_there_and_blank_lines_between_the_sections(path, header):
    orbits, refusals = read(path, f"{header}{CERES}\n\n{PALLAS}\n")
    assert list(orbits["designation"]) == ["(1) Ceres", "(2) Pallas"]
    assert refusals.count == 0


def test_a_gzipped_file_reads_the_same(path):
    packed = path.with_suffix(".gz")
    packed.write_bytes(gzip.compress(f"{HEADER}{CERES}\r\n{PALLAS}\r\n".encode()))
    (orbits,) = read_orbits(packed, refusals=Refusals())
    assert list(orbits["designation"]) == ["(1) Ceres", "(2) Pallas"]


def test_a_line_that_ends_with_the_elements_is_named_by_its_packed_designation(path):
    orbits, _ = read(path, f"{CERES[:103]}\nK07Tf8A{PALLAS[7:103]}\n")
    assert list(orbits["designation"]) == ["(1)", "2007 TA418"]


def test_an_unknown_brightness_is_nan_and_an_unknown_slope_the_mpcs(path):
    orbits, refusals = read(path, CERES[:8] + 11 * " " + CERES[19:])
    assert np.isnan(orbits["absolute_mag"][0])
    assert orbits["slope"][0] == 0.15
    assert refusals.count == 0


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("rubbish", "7 columns, an orbit has at least 103"),
        (CERES.replace("231.53975", "231.x3975"), "mean anomaly '231.x3975' is no number"),
        (CERES.replace("10.58789", "     nan"), "inclination 'nan' is no number"),
        (CERES.replace("K25BL", "K25ZL"), "'K25ZL' is no packed date"),
        (CERES.replace("0.0795763", "1.2011338"), "no ellipse: eccentricity 1.2011338"),
        (CERES.replace("  2.7656157", " -2.7656157"), "no ellipse: .* semimajor axis -2.7656157 au"),
        (CERES[:103].replace("00001", "?0001"), r"'\?0001' is no packed designation"),
        ("\xff" * 200, "eccentricity .* is no number"),
    ],
)
def test_a_bad_line_is_refused_with_its_number_and_the_others_are_read(path, line, reason):
    orbits, refusals = read(path, f"{HEADER}{CERES}\n{line}\n{PALLAS}\n")
    assert list(orbits["designation"]) == ["(1) Ceres", "(2) Pallas"]
    assert refusals.count == 1
    assert re.match(f"row 9: {reason}", refusals.first[0])


def test_only_the_first_refusals_are_kept_and_all_are_counted(path):
    _, refusals = read(path, CERES + "\n" + 500 * "rubbish\n")
    assert refusals.count == 500
    assert refusals.first == [f"row {number}: 7 columns, an orbit has at least 103" for number in range(2, 12)]


def test_chunks_are_read_one_by_one(path):
    path.write_bytes(gzip.compress(300 * f"{CERES}\n".encode(), compresslevel=0)[:-5000])
    chunks = read_orbits(path, refusals=Refusals(), rows_per_chunk=100)
    assert len(next(chunks)) == 100
    with pytest.raises(CatalogueRefused, match="not readable"):
        list(chunks)


@pytest.mark.parametrize("text", ["", "name,ra,dec\n", HEADER])
def test_a_file_without_an_orbit_is_refused_by_name(path, text):
    with pytest.raises(CatalogueRefused, match=r"^MPCORB.DAT: no orbit in the format of the Minor Planet Center"):
        read(path, text)


def test_a_file_that_is_not_there_is_refused(path):
    with pytest.raises(CatalogueRefused, match=r"^MPCORB.DAT: not readable: .*No such file"):
        list(read_orbits(path, refusals=Refusals()))
