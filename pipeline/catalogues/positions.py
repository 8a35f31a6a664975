"""Where minor planets are at the time of an exposure."""

import math
import warnings
from datetime import datetime

import ephem
import numpy as np
from astropy import units as u
from astropy.coordinates import get_body_barycentric
from astropy.time import Time
from erfa import ErfaWarning

POSITION_DTYPE = np.dtype([("index", "i8"), ("ra", "f8"), ("dec", "f8"), ("mag", "f8"), ("distance_au", "f8")])

# The search has no light time, which moves a body by its speed over that of light: 0.03° at most. The rest is for the
# nearest passers-by, which feel how well the library knows the Earth's place.
_SEARCH_MARGIN_DEG = 0.25
_BLOCK = 65_536
_GAUSS_RAD_PER_DAY = 0.01720209895
_OBLIQUITY_J2000 = math.radians(84381.448 / 3600)
_JD_OF_EPHEM_0 = 2_415_020.0


def positions_at(orbits: np.ndarray, *, time: datetime, ra: float, dec: float, radius_arcsec: float) -> np.ndarray:
    """The minor planets around a place at a time, on unperturbed ellipses.

    A search over all orbits keeps the bodies that may be near; their positions are then PyEphem's, with light time.

    Unperturbed, elements are good to arcseconds for months around their epoch (Ceres: 4″ after 50 days, 8″ after
    100, 16″ after 200) and to arcminutes for years. Positions are those seen from the Earth's centre: on its surface
    a body is displaced by up to 8.8″ / its distance in au, which the radius of a match must allow.

    Args:
        orbits: the elements of `ORBIT_DTYPE` [N]; the designation is not needed.
        time: middle of the exposure, with its time zone.
        ra, dec: centre of the search, degrees.
        radius_arcsec: of the search.

    Returns:
        `POSITION_DTYPE` [M], in the order of `orbits`: index into `orbits`; astrometric position in degrees (mean
        equator of J2000, 0.03″ from ICRS); V magnitude from H and G (NaN without H); distance from the Earth.

    Raises:
        ValueError: `time` has no time zone.
    """
    if time.utcoffset() is None:
        raise ValueError(f"time {time.isoformat()} has no time zone")
    with warnings.catch_warnings():
        # Some years ahead leap seconds are not known; the time is good to seconds all the same.
        warnings.filterwarnings("ignore", category=ErfaWarning)
        moment = Time(time, scale="utc")
        earth = (get_body_barycentric("earth", moment) - get_body_barycentric("sun", moment)).xyz.to_value(u.au)
        jd_tt, jd_utc = moment.tt.jd, moment.utc.jd
    nearby = _nearby(orbits, jd_tt, earth, _unit_vector(ra, dec), radius_arcsec / 3600 + _SEARCH_MARGIN_DEG)
    positions = np.array([_position(index, orbits[index], jd_utc) for index in nearby], dtype=POSITION_DTYPE)
    chord = np.linalg.norm(_unit_vector(positions["ra"], positions["dec"]) - _unit_vector(ra, dec), axis=-1)
    return positions[2 * np.arcsin(np.minimum(chord / 2, 1)) <= math.radians(radius_arcsec / 3600)]


def _nearby(orbits: np.ndarray, jd_tt: float, earth: np.ndarray, centre: np.ndarray, radius_deg: float) -> np.ndarray:
    """Indices of the bodies that, light time apart, are within a radius of `centre`."""
    cosine = math.cos(math.radians(min(radius_deg, 180.0)))
    indices = [np.empty(0, dtype=np.int64)]
    # In blocks that stay in the processor's cache.
    for start in range(0, len(orbits), _BLOCK):
        from_earth = _heliocentric(orbits[start : start + _BLOCK], jd_tt) - earth
        is_near = from_earth @ centre >= cosine * np.linalg.norm(from_earth, axis=-1)
        indices.append(start + np.flatnonzero(is_near))
    return np.concatenate(indices)


def _heliocentric(orbits: np.ndarray, jd_tt: float) -> np.ndarray:
    """Equatorial positions [N, 3] in au on Kepler's ellipses."""
    axis, eccentricity = orbits["semimajor_axis_au"], orbits["eccentricity"]
    anomaly = _eccentric_anomaly(
        np.radians(orbits["mean_anomaly_deg"]) + _GAUSS_RAD_PER_DAY * axis**-1.5 * (jd_tt - orbits["epoch_jd"]),
        eccentricity,
    )
    along = axis * (np.cos(anomaly) - eccentricity)
    across = axis * np.sqrt(1 - eccentricity**2) * np.sin(anomaly)
    # Turned in the orbit's plane to its node, tilted onto the ecliptic, turned to the equinox, tilted onto the equator.
    x, y = _turned(along, across, np.radians(orbits["perihelion_argument_deg"]))
    y, z = _turned(y, np.zeros_like(y), np.radians(orbits["inclination_deg"]))
    x, y = _turned(x, y, np.radians(orbits["node_deg"]))
    y, z = _turned(y, z, _OBLIQUITY_J2000)
    return np.stack([x, y, z], axis=-1)


def _eccentric_anomaly(mean_anomaly: np.ndarray, eccentricity: np.ndarray) -> np.ndarray:
    """Newton's solution of Kepler's equation, from the start of Danby (1987), which converges for every ellipse."""
    mean_anomaly = np.remainder(mean_anomaly + np.pi, 2 * np.pi) - np.pi
    anomaly = mean_anomaly + np.copysign(0.85 * eccentricity, mean_anomaly)
    for _ in range(50):
        step = (anomaly - eccentricity * np.sin(anomaly) - mean_anomaly) / (1 - eccentricity * np.cos(anomaly))
        anomaly -= step
        if np.abs(step).max(initial=0) < 1e-7:
            break
    return anomaly


def _turned(x: np.ndarray, y: np.ndarray, angle: np.ndarray | float) -> tuple[np.ndarray, np.ndarray]:
    return x * np.cos(angle) - y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle)


def _position(index: int, orbit: np.void, jd_utc: float) -> tuple[int, float, float, float, float]:
    body = ephem.EllipticalBody()
    body._epoch = ephem.J2000
    body._epoch_M = orbit["epoch_jd"] - _JD_OF_EPHEM_0
    body._M = orbit["mean_anomaly_deg"]
    body._om = orbit["perihelion_argument_deg"]
    body._Om = orbit["node_deg"]
    body._inc = orbit["inclination_deg"]
    body._e = orbit["eccentricity"]
    body._a = orbit["semimajor_axis_au"]
    has_mag = math.isfinite(orbit["absolute_mag"])
    if has_mag:
        body._H, body._G = orbit["absolute_mag"], orbit["slope"]
    body.compute(jd_utc - _JD_OF_EPHEM_0, epoch=ephem.J2000)
    mag = body.mag if has_mag else math.nan
    return index, math.degrees(body.a_ra), math.degrees(body.a_dec), mag, body.earth_distance


def _unit_vector(ra: np.ndarray | float, dec: np.ndarray | float) -> np.ndarray:
    ra, dec = np.radians(ra), np.radians(dec)
    return np.stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)], axis=-1)
