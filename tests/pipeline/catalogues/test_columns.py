"""Columns are known by the names and UCDs that catalogues give them."""

import pytest

from pipeline.catalogues.columns import recognised
from pipeline.catalogues.tables import Column

MAIN_RA, MAIN_DEC = "pos.eq.ra;meta.main", "pos.eq.dec;meta.main"


def roles(names, **named):
    found = recognised([Column(name) for name in names.split()], named)
    return {role: column.name for role, column in found.items()}


@pytest.mark.parametrize(
    ("catalogue", "names", "expected"),
    [
        ("VSX", "OID n_OID Name V RAJ2000 DEJ2000 Type l_max max n_max min", "Name RAJ2000 DEJ2000 Type max"),
        ("GCVS", "VarNum GCVS n_GCVS RAJ2000 DEJ2000 VarType l_magMax magMax", "GCVS RAJ2000 DEJ2000 VarType magMax"),
        ("SIMBAD", "main_id ra dec otype", "main_id ra dec otype -"),
        ("Gaia", "solution_id designation source_id ra ra_error dec parallax phot_g_mean_mag",
         "designation ra dec - phot_g_mean_mag"),
        ("Gaia at VizieR", "_RAJ2000 _DEJ2000 RA_ICRS DE_ICRS Source Plx Gmag", "Source _RAJ2000 _DEJ2000 - Gmag"),
        ("any", "ID RA Dec type mag", "ID RA Dec type mag"),
        ("bare", "ra dec", "- ra dec - -"),
        ("SExtractor", "NUMBER ALPHA_J2000 DELTA_J2000", "- ALPHA_J2000 DELTA_J2000 - -"),
    ],
)  # fmt: skip
def test_the_columns_of_common_catalogues_are_recognised(catalogue, names, expected):
    wanted = dict(zip(("name", "ra", "dec", "source_type", "mag"), expected.split(), strict=True))
    assert roles(names) == {role: name for role, name in wanted.items() if name != "-"}


def test_the_main_position_of_a_file_goes_before_any_name():
    columns = [Column("ra"), Column("dec"), Column("lon", ucd=MAIN_RA), Column("lat", ucd=MAIN_DEC)]
    found = recognised(columns, {})
    assert (found["ra"].name, found["dec"].name) == ("lon", "lat")


def test_a_position_known_by_its_ucd_alone_is_found_after_the_names():
    lon_lat = [Column("lon", ucd="pos.eq.ra"), Column("lat", ucd="pos.eq.dec")]
    assert recognised(lon_lat, {})["ra"].name == "lon"
    assert recognised([*lon_lat, Column("ra"), Column("dec")], {})["ra"].name == "ra"


def test_a_position_of_another_equinox_is_passed_over():
    columns = [Column("RAB1950", ucd=MAIN_RA), Column("DEB1950", ucd=MAIN_DEC)]
    assert recognised(columns, {}) == {}
    assert recognised([*columns, Column("ra"), Column("dec")], {})["dec"].name == "dec"


def test_right_ascension_and_declination_are_of_one_pair():
    assert roles("RAJ2000 ra dec") == {"ra": "ra", "dec": "dec"}


def test_a_named_column_wins():
    assert roles("name ra dec alias", name="alias")["name"] == "alias"
