"""Positions of minor planets, against JPL Horizons and against an independent two-body computation."""

import math
import socket
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord, get_body_barycentric
from astropy.time import Time
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from pipeline.catalogues.orbits import ORBIT_DTYPE, read_orbits
from pipeline.catalogues.positions import POSITION_DTYPE, positions_at
from pipeline.catalogues.refusal import Refusals
from tests.pipeline.catalogues.mpc import CERES, CERES_200_DAYS_BEFORE

MILLENNIUM = datetime(2000, 1, 1, tzinfo=UTC)
# JPL Horizons, geocentric, 2000-01-01 00:00 UT: the osculating elements and the astrometric position of that moment.
HORIZONS_ELEMENTS = np.array(
    [
        (
            "(1) Ceres", 3.34, 0.12, 2451544.5, 6.069619607052192, 73.92278852641589, 80.49436516467529,
            10.58336086929457, 0.07837505767652506, 2.766494282136041,
        )
    ],
    dtype=ORBIT_DTYPE,
)  # fmt: skip
HORIZONS_RA, HORIZONS_DEC, HORIZONS_V, HORIZONS_DISTANCE_AU = 188.70280, 9.09829, 8.27, 2.26315116


def separation_arcsec(ra1, dec1, ra2, dec2):
    return SkyCoord(ra1, dec1, unit="deg").separation(SkyCoord(ra2, dec2, unit="deg")).arcsec


def orbits(n=1, *, rng=None, **elements):
    """Orbits of the main belt with random angles, unless given."""
    rng = rng or np.random.default_rng(5)
    table = np.zeros(n, dtype=ORBIT_DTYPE)
    table["absolute_mag"], table["slope"], table["epoch_jd"] = 15.0, 0.15, 2460600.5
    for angle in ("mean_anomaly_deg", "perihelion_argument_deg", "node_deg"):
        table[angle] = rng.uniform(0, 360, n)
    table["inclination_deg"] = rng.uniform(0, 25, n)
    table["eccentricity"] = rng.uniform(0, 0.3, n)
    table["semimajor_axis_au"] = rng.uniform(2.1, 3.3, n)
    for name, values in elements.items():
        table[name] = values
    return table


def everywhere(table, time):
    return positions_at(table, time=time, ra=0, dec=0, radius_arcsec=180 * 3600)


def two_body(orbit, time):
    """RA, Dec, distance in au: Kepler's equation by bisection, the orbit's axes by rotation matrices, light time."""

    def turn(axis, angle):
        cos, sin = math.cos(angle), math.sin(angle)
        return np.roll([[1, 0, 0], [0, cos, -sin], [0, sin, cos]], ("x", "y", "z").index(axis), axis=(0, 1))

    moment = Time(time)
    earth = (get_body_barycentric("earth", moment) - get_body_barycentric("sun", moment)).xyz.to_value(u.au)
    e, a = float(orbit["eccentricity"]), float(orbit["semimajor_axis_au"])
    node, tilt, perihelion = (
        math.radians(orbit[name]) for name in ("node_deg", "inclination_deg", "perihelion_argument_deg")
    )
    axes = turn("x", math.radians(84381.448 / 3600)) @ turn("z", node) @ turn("x", tilt) @ turn("z", perihelion)
    light_days = 0.0
    for _ in range(5):
        days = moment.tdb.jd - orbit["epoch_jd"] - light_days
        mean = (math.radians(orbit["mean_anomaly_deg"]) + 0.01720209895 * a**-1.5 * days) % (2 * math.pi)
        anomaly = brentq(lambda x, mean=mean: x - e * math.sin(x) - mean, 0, 2 * math.pi, xtol=1e-14)
        place = axes @ [a * (math.cos(anomaly) - e), a * math.sqrt(1 - e**2) * math.sin(anomaly), 0] - earth
        distance = np.linalg.norm(place)
        light_days = distance * 499.004784 / 86400
    return math.degrees(math.atan2(place[1], place[0])) % 360, math.degrees(math.asin(place[2] / distance)), distance


def test_ceres_is_where_horizons_sees_it():
    (ceres,) = positions_at(HORIZONS_ELEMENTS, time=MILLENNIUM, ra=HORIZONS_RA, dec=HORIZONS_DEC, radius_arcsec=2)
    assert separation_arcsec(ceres["ra"], ceres["dec"], HORIZONS_RA, HORIZONS_DEC) < 0.5
    assert ceres["distance_au"] == pytest.approx(HORIZONS_DISTANCE_AU, abs=1e-5)
    assert ceres["mag"] == pytest.approx(HORIZONS_V, abs=0.02)
    assert ceres["index"] == 0


def test_an_independent_computation_agrees_with_horizons_closer_still():
    ra, dec, distance = two_body(HORIZONS_ELEMENTS[0], MILLENNIUM)
    assert separation_arcsec(ra, dec, HORIZONS_RA, HORIZONS_DEC) < 0.02
    assert distance == pytest.approx(HORIZONS_DISTANCE_AU, abs=1e-6)


def test_the_main_belt_is_where_two_bodies_put_it_to_a_second_of_arc():
    table = orbits(100)
    time = datetime(2024, 12, 3, 4, 5, 6, tzinfo=UTC)

    found = everywhere(table, time)

    assert list(found["index"]) == list(range(100))
    truth = np.array([two_body(orbit, time) for orbit in table])
    separations = separation_arcsec(found["ra"], found["dec"], truth[:, 0], truth[:, 1])
    assert separations.max() < 1.0
    assert np.median(separations) < 0.4
    np.testing.assert_allclose(found["distance_au"], truth[:, 2], atol=1e-5)


def test_elements_of_two_epochs_meet_within_arcseconds_between_them(tmp_path):
    path = tmp_path / "ceres.dat"
    path.write_text(f"{CERES}\n{CERES_200_DAYS_BEFORE}\n")
    (table,) = read_orbits(path, refusals=Refusals())

    late, early = everywhere(table, datetime(2025, 8, 14, tzinfo=UTC))

    assert separation_arcsec(late["ra"], late["dec"], early["ra"], early["dec"]) < 10


@given(
    eccentricity=st.floats(0, 0.999),
    axis_au=st.floats(0.7, 60),
    mean_anomaly_deg=st.floats(-720, 720),
    days=st.integers(-6000, 0),
)
@settings(max_examples=60, deadline=None)
def test_the_search_loses_no_body(eccentricity, axis_au, mean_anomaly_deg, days):
    table = orbits(eccentricity=eccentricity, semimajor_axis_au=axis_au, mean_anomaly_deg=mean_anomaly_deg)
    time = datetime(2024, 10, 17, tzinfo=UTC) + timedelta(days=days)
    ra, dec, distance = two_body(table[0], time)
    # The library keeps elements in single precision and the Earth's place to some 1e-6 au: long ellipses at their
    # perihelion and nearby bodies show it.
    radius_arcsec = 1 / (1 - eccentricity) ** 1.5 + 2 / distance
    (found,) = positions_at(table, time=time, ra=ra, dec=dec, radius_arcsec=radius_arcsec)
    assert separation_arcsec(found["ra"], found["dec"], ra, dec) <= radius_arcsec


def test_bodies_within_the_radius_are_found_and_no_others():
    rng = np.random.default_rng(8)
    table = orbits(70_000, rng=rng)
    time = datetime(2024, 11, 20, 3, tzinfo=UTC)
    somewhere = everywhere(table[69_990:69_991], time)[0]

    found = positions_at(table, time=time, ra=somewhere["ra"], dec=somewhere["dec"], radius_arcsec=3600)

    assert 69_990 in found["index"]
    assert (np.diff(found["index"]) > 0).all()
    assert separation_arcsec(found["ra"], found["dec"], somewhere["ra"], somewhere["dec"]).max() <= 3600
    around = positions_at(table, time=time, ra=somewhere["ra"], dec=somewhere["dec"], radius_arcsec=3 * 3600)
    within = separation_arcsec(around["ra"], around["dec"], somewhere["ra"], somewhere["dec"]) <= 3600
    np.testing.assert_array_equal(around[within], found)
    assert len(around) > len(found) > 1


def test_right_ascension_has_no_edge_and_the_poles_are_places():
    time = datetime(2024, 11, 20, 3, tzinfo=UTC)
    table = orbits(3000)
    all_of_them = everywhere(table, time)
    edge = all_of_them[np.argmin(np.minimum(all_of_them["ra"], 360 - all_of_them["ra"]))]
    other_side = 359.999 if edge["ra"] < 180 else 0.001
    found = positions_at(table, time=time, ra=other_side, dec=edge["dec"], radius_arcsec=3600)
    assert edge["index"] in found["index"]
    north = all_of_them[np.argmax(all_of_them["dec"])]
    around_pole = positions_at(table, time=time, ra=10, dec=90, radius_arcsec=(90.001 - north["dec"]) * 3600)
    assert list(around_pole["index"]) == [north["index"]]


def test_a_body_of_unknown_brightness_has_a_place_and_no_magnitude():
    (found,) = everywhere(orbits(absolute_mag=math.nan), datetime(2024, 11, 20, tzinfo=UTC))
    assert np.isnan(found["mag"])
    assert np.isfinite(found["ra"])


def test_a_time_is_the_same_in_every_zone_and_must_have_one():
    utc = datetime(2024, 11, 20, 3, tzinfo=UTC)
    there = utc.astimezone(timezone(timedelta(hours=-7)))
    np.testing.assert_array_equal(everywhere(orbits(), utc), everywhere(orbits(), there))
    with pytest.raises(ValueError, match="no time zone"):
        everywhere(orbits(), utc.replace(tzinfo=None))


@pytest.mark.parametrize("table", [orbits(0), orbits(5, inclination_deg=0)])
def test_no_body_is_an_empty_table_of_the_same_columns(table):
    found = positions_at(table, time=datetime(2040, 1, 1, tzinfo=UTC), ra=0, dec=80, radius_arcsec=60)
    assert found.dtype == POSITION_DTYPE
    assert found.shape == (0,)


def test_nothing_asks_the_network(monkeypatch):
    def refuse(*_args, **_options):
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    for year in (1990, 2024, 2045):
        assert len(everywhere(orbits(), datetime(year, 6, 1, tzinfo=UTC))) == 1
