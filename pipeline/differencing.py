"""What a difference leaves behind: images in the store, rows of candidates, and the numbers of its run."""

import numpy as np
from astropy.wcs import WCS
from astropy.wcs.utils import pixel_to_skycoord

from astrid.models import Observation, SystemConfig
from pipeline import artefacts
from pipeline.imaging.chain import DifferenceResult
from pipeline.imaging.frame import Frame
from pipeline.imaging.subtract import Difference
from pipeline.models import Candidate, DifferenceRun, PreprocessRun, RunStatus
from pipeline.runs import plain

_SAME_NAME = (
    "flux",
    "flux_error",
    "significance",
    "snr",
    "ellipticity",
    "is_saturated",
    "is_blended",
    "is_edge",
    "is_negative",
    "is_dipole",
    "is_trail",
)


def parameters_of(science: PreprocessRun, reference: PreprocessRun) -> dict:
    """All that decides what a difference will be; equal parameters need no second run."""
    in_force = SystemConfig.objects.in_force
    return {
        "algorithm": in_force("pipeline.algorithm"),
        "threshold_sigma": in_force("pipeline.detection_threshold_sigma"),
        "science": science.processed_fits_path,
        "reference": reference.processed_fits_path,
    }


def is_done(observation: Observation, parameters: dict) -> bool:
    """Whether the last completed run of the observation had these parameters."""
    runs = observation.difference_runs.filter(status=RunStatus.COMPLETED).order_by("-created_at", "-pk")
    return runs.values_list("parameters", flat=True).first() == parameters


def keep_images(result: DifferenceResult, science: Frame, *, parameters: dict) -> dict[str, str]:
    """Store the images of a difference run; returns the run's paths of them."""
    noise_adu = result.registered.frame.noise_adu * result.difference.flux_scale
    reference = artefacts.keep_image(
        result.scaled_reference, science.wcs, noise=noise_adu, provenance=_provenance(parameters)
    )
    return keep_finished(result.difference, science, parameters=parameters) | {"reference_image_path": reference}


def keep_finished(difference: Difference, science: Frame, *, parameters: dict) -> dict[str, str]:
    """Store a difference, and what is significant in it; returns the run's paths."""
    provenance = _provenance(parameters)
    return {
        "science_image_path": parameters["science"],
        "difference_image_path": artefacts.keep_difference(difference, science.wcs, provenance=provenance),
        "significance_map_path": artefacts.keep_image(
            difference.significance, science.wcs, noise=1.0, provenance=provenance
        ),
    }


def _provenance(parameters: dict) -> dict:
    return {
        "SCIENCE": parameters["science"],
        "REFERNCE": parameters.get("reference"),
        "ALGORITH": parameters["algorithm"],
        "parameters": parameters,
    }


def results_of(result: DifferenceResult) -> dict:
    """The fields of a completed run."""
    difference, registered = result.difference, result.registered
    return {
        "noise_level": difference.noise_level,
        "registration_method": registered.method,
        "registration_rms_px": plain(registered.rms_px),
        "measurements": {
            "overlap": registered.overlap,
            "registration_stars": registered.n_matched,
            "photometric_stars": difference.match.n_stars,
            "flux_scale": difference.flux_scale,
            "flux_scatter": difference.match.flux_scatter,
            "astrometric_noise_px": difference.match.offset_rms_px,
            "significance_scale": difference.significance_scale,
        }
        | {
            f"{name}_{quality}": getattr(psf, attribute)
            for name, psf in (("science", result.science_psf), ("reference", result.reference_psf))
            for quality, attribute in (("fwhm_px", "fwhm_px"), ("ellipticity", "ellipticity"), ("psf_stars", "n_stars"))
        }
        | dict(zip(("science_psf_misfit", "reference_psf_misfit"), difference.match.misfit, strict=True)),
    }


def candidates_of(table: np.ndarray, *, run: DifferenceRun, science: Frame) -> list[Candidate]:
    """Rows, not yet saved, of the candidates in `CANDIDATE_DTYPE` [N]."""
    sky = pixel_to_skycoord(table["x"], table["y"], science.wcs).icrs
    mags, mag_errors = magnitudes(table["flux"], table["flux_error"], run.observation.zero_point_mag)
    return [
        Candidate(
            difference_run=run,
            observation=run.observation,
            ra=ra % 360.0,
            dec=dec,
            pixel_x=row["x"],
            pixel_y=row["y"],
            fwhm=row["fwhm_px"],
            position_angle=row["position_angle_deg"],
            mag=mag,
            mag_error=mag_error,
            **{name: row[name] for name in _SAME_NAME},
        )
        for row, ra, dec, mag, mag_error in zip(
            ({name: plain(record[name]) for name in table.dtype.names} for record in table),
            sky.ra.deg.tolist(),
            sky.dec.deg.tolist(),
            mags,
            mag_errors,
            strict=True,
        )
    ]


def reference_sources(result: DifferenceResult, *, run: DifferenceRun, wcs: WCS) -> np.ndarray:
    """What the reference image shows: [N, 3] of ra, dec in degrees, and magnitude, NaN without a zero point."""
    stars = result.registered.stars
    sky = pixel_to_skycoord(stars["x"], stars["y"], wcs).icrs
    zero_point = run.reference_observation.zero_point_mag
    mags = np.full(len(stars), np.nan) if zero_point is None else zero_point - 2.5 * np.log10(stars["flux"])
    return np.column_stack([sky.ra.deg, sky.dec.deg, mags])


def magnitudes(flux: np.ndarray, flux_error: np.ndarray, zero_point: float | None) -> tuple[list, list]:
    """Magnitudes of the changes, of either sign (Pogson), and their errors; None without a zero point."""
    if zero_point is None:
        return [None] * len(flux), [None] * len(flux)
    mags = zero_point - 2.5 * np.log10(np.abs(flux))
    errors = 2.5 / np.log(10) * flux_error / np.abs(flux)
    return mags.tolist(), errors.tolist()
