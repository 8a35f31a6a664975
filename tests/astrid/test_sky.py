"""Positions: cones found by the index hold exactly what astropy's great circles say."""

import math

import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import SkyCoord, angular_separation
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from astrid.models import Observation
from astrid.sky import check_position, separation_arcsec
from tests.factories import ObservationFactory, SurveyFactory

pytestmark = pytest.mark.django_db

ra_deg = st.floats(0, 360, exclude_max=True)
dec_deg = st.floats(-90, 90)
# Rows so near a cone's rim are in or out by rounding.
RIM_ARCSEC = 1e-6


def scatter(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Positions over the whole sky, and dense ones where boxes are hard: the poles and RA 0."""
    ra = [rng.uniform(0, 360, 2000), rng.uniform(0, 360, 600), rng.normal(0, 0.05, 600) % 360, [0, 0, 180]]
    dec = [
        np.degrees(np.arcsin(rng.uniform(-1, 1, 2000))),
        rng.choice([-1, 1], 600) * (90 - 10 ** rng.uniform(-6, 1, 600)),
        rng.normal(0, 0.05, 600),
        [90, -90, 0],
    ]
    ra = np.concatenate(ra)
    return np.where(ra >= 360, 0, ra), np.concatenate(dec)


@pytest.fixture
def sky(db) -> tuple[np.ndarray, np.ndarray]:
    """A table of scattered positions, whose row n is named n, and the positions."""
    ra, dec = scatter(np.random.default_rng(7))
    survey = SurveyFactory()
    rows = [
        ObservationFactory.build(survey=survey, observation_id=str(n), ra=x, dec=y)
        for n, (x, y) in enumerate(zip(ra.tolist(), dec.tolist(), strict=True))
    ]
    Observation.objects.bulk_create(rows)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE observations")
    return ra, dec


def random_cones(rng: np.random.Generator, count: int):
    """Centres anywhere, on and around the poles, and at RA 0; radii from 0.01 arcsec to the whole sky."""
    for n in range(count):
        ra = [rng.uniform(0, 360), rng.uniform(0, 360), abs(rng.normal(0, 0.01)), 359.99, 0.0][n % 5]
        dec = [rng.uniform(-90, 90), rng.choice([-1, 1]) * (90 - 10 ** rng.uniform(-6, 1)), 0.0, 0.01, 90.0][n % 5]
        yield float(ra), float(dec), float(10 ** rng.uniform(-2, np.log10(648000)))


def test_a_cone_holds_what_great_circles_say_also_at_the_poles_and_across_ra_0(sky):
    ra, dec = sky
    for centre_ra, centre_dec, radius in random_cones(np.random.default_rng(8), 300):
        found = {
            int(name): separation
            for name, separation in Observation.objects.within(
                ra=centre_ra, dec=centre_dec, radius_arcsec=radius
            ).values_list("observation_id", "separation_arcsec")
        }
        centre = np.radians(centre_ra), np.radians(centre_dec)
        truth = np.degrees(angular_separation(*centre, np.radians(ra), np.radians(dec))) * 3600
        inside = set(np.flatnonzero(truth < radius - RIM_ARCSEC).tolist())
        rim = set(np.flatnonzero(abs(truth - radius) <= RIM_ARCSEC).tolist())
        cone = f"{centre_ra} {centre_dec} {radius}"
        assert inside <= found.keys() <= inside | rim, cone
        assert list(found.values()) == sorted(found.values()), cone
        # Haversines lose digits next to the antipode only.
        for n, separation in found.items():
            tolerance = 1e-6 if truth[n] < 640_000 else 0.01
            assert separation == pytest.approx(truth[n], abs=tolerance), cone


def test_the_index_finds_the_cone(sky):
    for ra, dec in [(150.0, 2.0), (0.0, 0.0), (359.999, -30.0), (20.0, 89.999)]:
        plan = Observation.objects.within(ra=ra, dec=dec, radius_arcsec=5).explain()
        assert plan.count("Index Scan on observations_position") == 3, plan
        assert "Seq Scan" not in plan


@settings(deadline=None)
@given(ra=ra_deg, dec=st.floats(-89.9, 89.9), angle=st.floats(0, 2 * math.pi), log_arcsec=st.floats(-3, 3))
def test_small_separations_are_exact_in_python_and_in_the_database(ra, dec, angle, log_arcsec):
    here = SkyCoord(round(ra, 12), round(dec, 12), unit="deg")
    there = here.directional_offset_by(angle * u.rad, 10**log_arcsec * u.arcsec)
    position = [float(round(x, 12)) for place in (here, there) for x in (place.ra.deg, place.dec.deg)]
    truth = SkyCoord(*position[:2], unit="deg").separation(SkyCoord(*position[2:], unit="deg")).arcsec
    with connection.cursor() as cursor:
        cursor.execute("SELECT sky_separation_arcsec(%s, %s, %s, %s)", position)
        (in_database,) = cursor.fetchone()
    assert separation_arcsec(*position) == pytest.approx(truth, abs=1e-6)
    assert in_database == pytest.approx(truth, abs=1e-6)


@settings(deadline=None)
@given(ra1=ra_deg, dec1=dec_deg, ra2=ra_deg, dec2=dec_deg)
def test_a_separation_is_symmetric_and_at_most_half_a_turn(ra1, dec1, ra2, dec2):
    there = separation_arcsec(ra1, dec1, ra2, dec2)
    assert there == pytest.approx(separation_arcsec(ra2, dec2, ra1, dec1), abs=1e-9)
    assert 0 <= there <= 648000
    assert separation_arcsec(ra1, dec1, ra1, dec1) == 0


@pytest.mark.parametrize("ra", [-1e-9, 360, math.nan, math.inf])
def test_a_right_ascension_that_is_none_is_refused(ra):
    with pytest.raises(ValueError, match=r"ra .* is not in 0 <= ra < 360"):
        check_position(ra, 0)
    with pytest.raises(ValueError, match="ra "):
        Observation.objects.within(ra=ra, dec=0, radius_arcsec=1)


@pytest.mark.parametrize("dec", [-90.001, 90.001, math.nan, -math.inf])
def test_a_declination_that_is_none_is_refused(dec):
    with pytest.raises(ValueError, match=r"dec .* is not in -90 to 90"):
        Observation.objects.within(ra=0, dec=dec, radius_arcsec=1)


@pytest.mark.parametrize("radius_arcsec", [0, -1, 648000.1, math.nan])
def test_a_radius_that_is_none_is_refused(radius_arcsec):
    with pytest.raises(ValueError, match=r"radius_arcsec .* is not above 0"):
        Observation.objects.within(ra=0, dec=0, radius_arcsec=radius_arcsec)


def test_the_rows_next_to_each_other_across_ra_0_are_in_one_small_cone():
    near = [ObservationFactory(ra=ra, dec=10) for ra in (0.0, 359.9999, 0.0001)]
    ObservationFactory(ra=180, dec=10)
    found = Observation.objects.within(ra=359.99995, dec=10, radius_arcsec=1)
    assert set(found) == set(near)


@pytest.mark.parametrize(("ra", "dec"), [(5e-324, -5e-324), (1e-200, 1e-200), (math.nextafter(360, 0), 0.0)])
def test_a_cone_may_be_a_hairs_breadth_off_zero(ra, dec):
    row = ObservationFactory(ra=0, dec=0)
    assert Observation.objects.within(ra=ra, dec=dec, radius_arcsec=1).get() == row
