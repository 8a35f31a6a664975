"""The truth about one science exposure: every source that differs from the reference."""

from dataclasses import dataclass

import numpy as np

from astrid.simulate.exposure import Exposed
from astrid.simulate.scene import Scene
from astrid.simulate.snr import Spot
from astrid.simulate.transients import EDGE_PX, Event


@dataclass(frozen=True)
class Transient:
    """A point source that is brighter, or fainter, in one science exposure than in its reference.

    `ra`, `dec` in ICRS degrees; `x`, `y` the true pixel of the science image (0-based, integer at pixel
    centres, free of the header's error); `mag` of the change in flux; `snr` that of the best possible
    difference of the two images, negative where the source faded.
    """

    ra: float
    dec: float
    mag: float
    x: float
    y: float
    snr: float
    near_galaxy: bool
    field: str
    epoch: int


def true_transients(
    events: tuple[Event, ...], *, science: Exposed, reference: Exposed, field: str, epoch: int
) -> tuple[Transient, ...]:
    """The truth about `events` in one science exposure, whose counts contain them."""
    rows = []
    for event in events:
        x, y = (float(value) for value in science.view.to_pixels(event.ra, event.dec))
        spot = Spot.at(event.ra, event.dec, science=science, reference=reference)
        snr = spot.snr(float(science.view.flux_adu(event.mag)))
        rows.append(Transient(event.ra, event.dec, event.mag, x, y, snr, event.near_galaxy, field, epoch))
    return tuple(rows)


def true_variables(
    scene: Scene, star_mag: np.ndarray, *, science: Exposed, reference: Exposed, field: str, epoch: int
) -> tuple[Transient, ...]:
    """The truth about the variable stars in one science exposure, those near an edge left out."""
    rows = []
    for i in np.flatnonzero(scene.stars["amplitude_mag"]):
        ra, dec, mean_mag = (float(scene.stars[name][i]) for name in ("ra", "dec", "mag"))
        if all(exposed.is_inside(ra, dec, edge_px=EDGE_PX) for exposed in (science, reference)):
            x, y = (float(value) for value in science.view.to_pixels(ra, dec))
            change = float(science.view.flux_adu(star_mag[i]) - science.view.flux_adu(mean_mag))
            spot = Spot.at(ra, dec, science=science, reference=reference)
            snr = float(np.copysign(spot.snr(change), change))
            mag = float(science.view.conditions.zero_point_mag - 2.5 * np.log10(abs(change)))
            rows.append(Transient(ra, dec, mag, x, y, snr, False, field, epoch))
    return tuple(rows)
