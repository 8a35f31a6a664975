"""Verbs of phase 2: preprocess an observation, and subtract a reference from it.

Both are stages: they take an observation and say what came of it. The computing happens outside of any
transaction; what it made is saved in one.
"""

import numpy as np
from astropy.wcs.utils import pixel_to_skycoord
from django.db import transaction

from astrid import storage
from astrid.actors import acting
from astrid.fits import read_image
from astrid.models import Observation, ObservationKind, ObservationStatus, SystemConfig
from pipeline import artefacts
from pipeline.association import associate
from pipeline.imaging.calibrate import calibrate
from pipeline.imaging.chain import DifferenceResult, Quality, measure
from pipeline.imaging.chain import difference as subtract_and_extract
from pipeline.imaging.frame import BadParameterError, Frame
from pipeline.models import Candidate, DifferenceRun, PreprocessRun, RunStatus
from pipeline.references import best_reference, waiting_for
from pipeline.runs import Recorded
from pipeline.stages import Outcome, wake

ALGORITHM = "zogy"


def preprocess(observation: Observation, *, actor) -> Outcome:
    """Calibrate an observation and measure what it is worth.

    Raises
    ------
    FitsRefused, ImagingError
        The file or the image cannot be used; the run says why.
    """
    parameters = {
        "gain_e_per_adu": observation.gain_e_per_adu,
        "read_noise_e": observation.read_noise_e,
        "saturation_adu": observation.saturation_adu,
    }
    if observation.preprocess_runs.filter(status=RunStatus.COMPLETED, parameters=parameters).exists():
        return Outcome(items=0, message="was preprocessed before")
    run = PreprocessRun(observation=observation, parameters=parameters)
    busy, done = ObservationStatus.PREPROCESSING, ObservationStatus.PREPROCESSED
    with Recorded(run, actor=actor, busy=busy, done=done) as record:
        if not parameters["gain_e_per_adu"]:
            raise BadParameterError(
                f"no gain: neither the header of {observation} nor its survey {observation.survey} says it"
            )
        image = read_image(storage.path_of(observation.fits_file_path))
        frame = calibrate(
            image.data,
            wcs=image.wcs,
            gain_e_per_adu=parameters["gain_e_per_adu"],
            read_noise_e=parameters["read_noise_e"] or 0.0,
            saturation_adu=parameters["saturation_adu"],
        )
        quality = measure(frame)
        key = artefacts.keep_frame(frame)
        with transaction.atomic(), acting(actor):
            record.complete(processed_fits_path=key, **_measured(observation, frame, quality))
    return Outcome(items=1, message=f"{quality.n_stars} stars, seeing {quality.seeing_fwhm_px:.2f} px")


def _measured(observation: Observation, frame: Frame, quality: Quality) -> dict:
    zero_point = observation.zero_point_mag
    return {
        "calibration_applied": True,
        "wcs_info": {card.keyword: card.value for card in frame.wcs.to_header(relax=True).cards if card.keyword},
        "seeing_arcsec": quality.seeing_fwhm_px * observation.pixel_scale,
        "zero_point_mag": zero_point,
        "sky_adu": quality.sky_adu,
        "noise_adu": quality.noise_adu,
        "depth_mag": None if zero_point is None else zero_point - 2.5 * np.log10(quality.depth_5sigma_adu),
        "star_count": quality.n_stars,
    }


def difference(observation: Observation, *, actor) -> Outcome:
    """Subtract the best reference from a preprocessed observation, and keep what changed as candidates.

    Raises
    ------
    ImagingError
        The two cannot be subtracted: no overlap, no stars, no registration. The run says why.
    """
    if observation.kind == ObservationKind.REFERENCE:
        woken = wake(waiting_for(observation), actor=actor)
        return Outcome(items=0, message=f"is a reference; {len(woken)} observations waited for it", goes_on=False)
    reference = best_reference(observation)
    if reference is None:
        return Outcome(items=0, message="no preprocessed reference overlaps it in this filter", goes_on=False)
    threshold = SystemConfig.objects.in_force("pipeline.detection_threshold_sigma")
    science_run, reference_run = (_preprocessed(row) for row in (observation, reference))
    parameters = {
        "threshold_sigma": threshold,
        "science": science_run.processed_fits_path,
        "reference": reference_run.processed_fits_path,
    }
    if observation.difference_runs.filter(status=RunStatus.COMPLETED, parameters=parameters).exists():
        return Outcome(items=0, message="was differenced before")
    run = DifferenceRun(
        observation=observation,
        reference_observation=reference,
        algorithm=ALGORITHM,
        detection_threshold=threshold,
        parameters=parameters,
    )
    busy, done = ObservationStatus.DIFFERENCING, ObservationStatus.DIFFERENCED
    with Recorded(run, actor=actor, busy=busy, done=done) as record:
        science = artefacts.load_frame(science_run.processed_fits_path)
        result = subtract_and_extract(
            science,
            artefacts.load_frame(reference_run.processed_fits_path),
            threshold_sigma=threshold,
            algorithm=ALGORITHM,
        )
        images = _keep_images(result, science, science_key=science_run.processed_fits_path)
        candidates = _candidates(result.candidates, run=run, science=science)
        with transaction.atomic(), acting(actor):
            Candidate.objects.bulk_create(candidates)
            associate(run, radius_arcsec=SystemConfig.objects.in_force("pipeline.association_radius_arcsec"))
            record.complete(candidates_found=len(candidates), **images, **_registration(result))
    return Outcome(items=len(candidates), message=f"{len(candidates)} candidates against {reference}")


def _preprocessed(observation: Observation) -> PreprocessRun:
    return observation.preprocess_runs.filter(status=RunStatus.COMPLETED).latest("created_at")


def _keep_images(result: DifferenceResult, science: Frame, *, science_key: str) -> dict[str, str]:
    return {
        "science_image_path": science_key,
        "reference_image_path": artefacts.keep_image(result.scaled_reference, science.wcs),
        "difference_image_path": artefacts.keep_image(result.difference.image, science.wcs),
        "significance_map_path": artefacts.keep_image(result.difference.significance, science.wcs),
    }


def _registration(result: DifferenceResult) -> dict:
    rms_px = result.registered.rms_px
    return {
        "noise_level": result.difference.noise_level,
        "registration_method": result.registered.method,
        "registration_rms_px": rms_px if np.isfinite(rms_px) else None,
    }


def _candidates(table: np.ndarray, *, run: DifferenceRun, science: Frame) -> list[Candidate]:
    sky = pixel_to_skycoord(table["x"], table["y"], science.wcs).icrs
    zero_point = run.observation.zero_point_mag
    mags, mag_errors = _magnitudes(table["flux"], table["flux_error"], zero_point)
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
            ({name: _plain(record[name]) for name in table.dtype.names} for record in table),
            sky.ra.deg.tolist(),
            sky.dec.deg.tolist(),
            mags,
            mag_errors,
            strict=True,
        )
    ]


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
)


def _plain(value):
    """A Python value; what could not be measured is NULL in the database."""
    value = value.item()
    return None if isinstance(value, float) and not np.isfinite(value) else value


def _magnitudes(flux: np.ndarray, flux_error: np.ndarray, zero_point: float | None) -> tuple[list, list]:
    """Magnitudes of the changes, of either sign (Pogson), and their errors; None without a zero point."""
    if zero_point is None:
        return [None] * len(flux), [None] * len(flux)
    mags = zero_point - 2.5 * np.log10(np.abs(flux))
    errors = 2.5 / np.log(10) * flux_error / np.abs(flux)
    return mags.tolist(), errors.tolist()
