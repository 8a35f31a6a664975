"""Transients: where they appear and how bright."""

from dataclasses import dataclass

import numpy as np

from astrid.simulate.exposure import Exposed, View
from astrid.simulate.scene import Scene
from astrid.simulate.snr import Spot

MIN_SNR, MAX_SNR = 5.0, 100.0
EDGE_PX = 20.0
SEPARATION_PX = 15.0
HOST_FRACTION = 0.5
HOST_MAG = (15.5, 20.5)
LONELY_PX = 10.0
MOST_TRIES = 20_000


@dataclass(frozen=True)
class Event:
    """A new point source in the sky, `mag` bright at the epoch it is asked about."""

    ra: float
    dec: float
    mag: float
    near_galaxy: bool


def add_events(exposed: Exposed, events: tuple[Event, ...]) -> Exposed:
    """The exposure with the events shining in it."""
    ra, dec, mag = (np.array([getattr(event, name) for event in events]) for name in ("ra", "dec", "mag"))
    return exposed.with_points(ra, dec, mag)


def place_events(
    n: int, *, rng: np.random.Generator, scene: Scene, science: Exposed, reference: Exposed,
    min_snr: float = MIN_SNR, max_snr: float = MAX_SNR, others: tuple[Event, ...] = (),
) -> tuple[Event, ...]:  # fmt: skip
    """Draw `n` new events, SNR log-uniform within the limits, about half of them in galaxies.

    They keep `EDGE_PX` from the edges of both images, `SEPARATION_PX` from each other and from `others`, and
    away from saturated stars and their trails.

    Raises:
        ValueError: the field has no room for so many.
    """
    hosts = _hosts(scene, science)
    events: list[Event] = []
    for _ in range(MOST_TRIES):
        if len(events) == n:
            return tuple(events)
        near_galaxy = bool(hosts.size and rng.random() < HOST_FRACTION)
        ra, dec = _in_galaxy(rng, scene, rng.choice(hosts)) if near_galaxy else _anywhere(rng, science.view)
        others_here = (*others, *events)
        has_room = all(_has_room(exposed, ra, dec, others_here) for exposed in (science, reference))
        if has_room and (near_galaxy or _is_lonely(science.view, scene, ra, dec)):
            snr = float(np.exp(rng.uniform(np.log(min_snr), np.log(max_snr))))
            mag = Spot.at(ra, dec, science=science, reference=reference).mag_of(snr)
            events.append(Event(ra, dec, mag, near_galaxy))
    raise ValueError(f"the field has room for {len(events)} transients, not for {n}")


def _hosts(scene: Scene, exposed: Exposed) -> np.ndarray:
    galaxies = scene.galaxies
    is_host = (galaxies["mag"] > HOST_MAG[0]) & (galaxies["mag"] < HOST_MAG[1])
    return np.flatnonzero(is_host & exposed.is_inside(galaxies["ra"], galaxies["dec"], edge_px=EDGE_PX))


def _anywhere(rng: np.random.Generator, view: View) -> tuple[float, float]:
    ny, nx = view.camera.shape
    ra, dec = view.true_wcs.all_pix2world(rng.uniform(0, nx), rng.uniform(0, ny), 0)
    return float(ra), float(dec)


def _in_galaxy(rng: np.random.Generator, scene: Scene, host: int) -> tuple[float, float]:
    """A place in a galaxy: supernovae follow the light, within a few half-light radii of the nucleus."""
    angle, radius = rng.uniform(0, 2 * np.pi), min(rng.gamma(2.0, 0.5), 3.0)
    shape = scene.galaxy_shapes_arcsec()[host]
    east, north = shape @ (radius * np.array([np.cos(angle), np.sin(angle)])) / 3600
    ra, dec = scene.galaxies["ra"][host], scene.galaxies["dec"][host]
    return float((ra + east / np.cos(np.deg2rad(dec))) % 360), float(dec + north)


def _is_lonely(view: View, scene: Scene, ra: float, dec: float) -> bool:
    x, y = view.to_pixels(ra, dec)
    bright = scene.galaxies[scene.galaxies["mag"] < HOST_MAG[1]]
    galaxy_x, galaxy_y = view.to_pixels(bright["ra"], bright["dec"])
    return bool((np.hypot(galaxy_x - x, galaxy_y - y) > LONELY_PX).all())


def _has_room(exposed: Exposed, ra: float, dec: float, others: tuple[Event, ...]) -> bool:
    if not exposed.is_inside(ra, dec, edge_px=EDGE_PX):
        return False
    view = exposed.view
    x, y = (float(value) for value in view.to_pixels(ra, dec))
    if others:
        other_x, other_y = view.to_pixels([e.ra for e in others], [e.dec for e in others])
        if np.hypot(other_x - x, other_y - y).min() < SEPARATION_PX:
            return False
    column, row = round(x), round(y)
    trail = exposed.expected_adu[max(row - 60, 0) : row + 61, column - 12 : column + 13]
    return bool(trail.max() < 0.8 * view.camera.saturation_adu)
