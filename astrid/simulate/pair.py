"""A science and a reference image of the same sky, as arrays: for training and benchmarks."""

from dataclasses import dataclass

import numpy as np
from astropy.wcs import WCS

from astrid.simulate.camera import Camera
from astrid.simulate.exposure import draw_conditions, draw_view
from astrid.simulate.scene import MARGIN_ARCMIN, draw_scene
from astrid.simulate.transients import MAX_SNR, MIN_SNR, add_events, place_events
from astrid.simulate.truth import Transient, true_transients, true_variables


@dataclass(frozen=True)
class Pair:
    """Raw science and reference counts (ADU, float32 [ny, nx]) with what their headers say, and the truth.

    Positions in `transients` and `variables` are true pixels of the science image.
    """

    science: np.ndarray
    reference: np.ndarray
    science_wcs: WCS
    reference_wcs: WCS
    science_seeing_arcsec: float
    reference_seeing_arcsec: float
    science_zero_point_mag: float
    reference_zero_point_mag: float
    gain_e_per_adu: float
    read_noise_e: float
    saturation_adu: float
    transients: tuple[Transient, ...]
    variables: tuple[Transient, ...]


def simulate_pair(
    *, seed: int, size_px: int = 512,
    seeing_arcsec: float | None = None, reference_seeing_arcsec: float | None = None,
    sky_mag: float | None = None, star_density: float | None = None, transients: int | None = None,
    min_snr: float = MIN_SNR, max_snr: float = MAX_SNR,
) -> Pair:  # fmt: skip
    """Simulate a pair of images. What is not given is drawn from `seed`: camera, weather, sky, sources.

    Seeing is the atmosphere's FWHM in arcsec, `sky_mag` in mag/arcsec², `star_density` relative to high
    Galactic latitude (drawn from 0.4 to 3), `transients` their number (drawn from 6 to 12).

    Raises:
        ValueError: the field has no room for so many transients.
    """
    rng = np.random.default_rng(seed)
    camera = Camera(
        shape=(size_px, size_px),
        gain_e_per_adu=round(float(rng.uniform(1.0, 2.4)), 2),
        read_noise_e=round(float(rng.uniform(3, 9)), 1),
        defects_seed=seed,
    )
    ra, dec = float(rng.uniform(0, 360)), float(rng.uniform(-60, 60))
    density = float(np.exp(rng.uniform(np.log(0.4), np.log(3)))) if star_density is None else star_density
    n_transients = int(rng.integers(6, 13)) if transients is None else transients
    scene = draw_scene(rng=rng, ra=ra, dec=dec, width_arcmin=camera.width_arcmin + MARGIN_ARCMIN, star_density=density)
    reference_view, science_view = (
        draw_view(
            rng=rng, camera=camera, ra=ra, dec=dec,
            conditions=draw_conditions(rng=rng, is_reference=is_reference, seeing_arcsec=seeing, sky_mag=sky),
        )
        for is_reference, seeing, sky in (
            (True, reference_seeing_arcsec, None), (False, seeing_arcsec, sky_mag),
        )
    )  # fmt: skip
    star_mag = scene.star_mag_later(rng=rng)
    reference = reference_view.expose(scene, star_mag=scene.stars["mag"])
    quiet = science_view.expose(scene, star_mag=star_mag)
    # Counted before any event is placed: the same reference whatever happens after it.
    reference_counts = reference.photograph(rng=rng)
    events = place_events(
        n_transients, rng=rng, scene=scene, science=quiet, reference=reference,
        min_snr=min_snr, max_snr=max_snr,
    )  # fmt: skip
    science = add_events(quiet, events)
    exposures = {"science": science, "reference": reference, "field": f"pair{seed}", "epoch": 1}
    return Pair(
        science=science.photograph(rng=rng).astype(np.float32),
        reference=reference_counts.astype(np.float32),
        science_wcs=science.view.header_wcs,
        reference_wcs=reference.view.header_wcs,
        science_seeing_arcsec=science_view.delivered_seeing_arcsec,
        reference_seeing_arcsec=reference_view.delivered_seeing_arcsec,
        science_zero_point_mag=science_view.conditions.zero_point_mag,
        reference_zero_point_mag=reference_view.conditions.zero_point_mag,
        gain_e_per_adu=camera.gain_e_per_adu,
        read_noise_e=camera.read_noise_e,
        saturation_adu=camera.saturation_adu,
        transients=true_transients(events, **exposures),
        variables=true_variables(scene, star_mag, **exposures),
    )
