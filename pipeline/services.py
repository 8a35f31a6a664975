"""Verbs of phase 2: preprocess an observation, and subtract a reference from it.

Both are stages: they take an observation and say what came of it. The computing happens outside of any
transaction; what it made is saved in one.
"""

import numpy as np
from astropy.wcs import WCS
from django.db import transaction

from astrid.actors import acting
from astrid.models import Observation, ObservationKind, ObservationStatus, SystemConfig
from pipeline import artefacts, differencing, light_curves
from pipeline.association import associate
from pipeline.imaging.chain import difference as subtract_and_extract
from pipeline.imaging.chain import measure
from pipeline.imaging.detect import detect_stars
from pipeline.imaging.finished import FINISHED, find_in_difference
from pipeline.imaging.frame import BadParameterError
from pipeline.imaging.subtract import Difference
from pipeline.known import match_run
from pipeline.masters import Setup, choose
from pipeline.models import Candidate, DifferenceRun, PreprocessRun
from pipeline.preprocessing import (
    calibrated,
    correction,
    is_coadd,
    parameters_of,
    place_on_sky,
    results_of,
    standing_run,
    update,
)
from pipeline.references import best_reference, waiting_for
from pipeline.runs import Recorded
from pipeline.stages import Outcome, wake
from pipeline.thumbnails import keep_thumbnail


def preprocess(observation: Observation, *, wcs: WCS | None = None, actor) -> Outcome:
    """Calibrate an observation with the master frames that fit it, and measure what it is worth.

    Parameters
    ----------
    wcs
        Solved by the stars: from now on the observation's, and its place with it. Without one the last that was
        solved stays in force, and the header's where none was.

    Raises
    ------
    FitsRefused, MasterLostError, ImagingError
        The file, a master frame or the image cannot be used; the run says why.
    """
    if is_coadd(observation):
        return Outcome(items=0, message="is a co-add of calibrated images")
    masters = choose(Setup.of(observation))
    parameters = parameters_of(observation, masters=masters, wcs=wcs)
    standing = standing_run(observation)
    if standing and standing.parameters == parameters:
        return Outcome(items=0, message="was preprocessed before")
    run = PreprocessRun(observation=observation, parameters=parameters)
    busy, done = ObservationStatus.PREPROCESSING, ObservationStatus.PREPROCESSED
    with Recorded(run, actor=actor, busy=busy, done=done) as record:
        frame, header_wcs = calibrated(observation, masters=masters, wcs_cards=parameters["wcs"])
        stars = detect_stars(frame)
        quality = measure(frame, stars)
        results = results_of(observation, frame, quality)
        if parameters["wcs"]:
            results["measurements"] |= correction(header_wcs, frame)
        key = artefacts.keep_frame(frame, stars, provenance={"sha256": observation.fits_sha256, **parameters})
        place = place_on_sky(frame) if parameters["wcs"] else {}
        thumbnail = keep_thumbnail(frame)
        with transaction.atomic(), acting(actor):
            update(observation, thumbnail_path=thumbnail, **place)
            record.complete(processed_fits_path=key, calibration_applied=bool(masters), **results)
    return Outcome(items=1, message=f"{quality.n_stars} stars, seeing {quality.seeing_fwhm_px:.2f} px")


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
    science_run, reference_run = (standing_run(row) for row in (observation, reference))
    parameters = differencing.parameters_of(science_run, reference_run)
    if differencing.is_done(observation, parameters):
        return Outcome(items=0, message="was differenced before")
    options = {name: parameters[name] for name in ("algorithm", "threshold_sigma")}
    run = DifferenceRun(
        observation=observation,
        reference_observation=reference,
        algorithm=options["algorithm"],
        detection_threshold=options["threshold_sigma"],
        parameters=parameters,
    )
    busy, done = ObservationStatus.DIFFERENCING, ObservationStatus.DIFFERENCED
    with Recorded(run, actor=actor, busy=busy, done=done) as record:
        (science, stars), (with_reference, reference_stars) = (
            (artefacts.load_frame(row.processed_fits_path), artefacts.load_stars(row.processed_fits_path))
            for row in (science_run, reference_run)
        )
        result = subtract_and_extract(science, with_reference, stars=stars, reference_stars=reference_stars, **options)
        images = differencing.keep_images(result, science, parameters=parameters)
        candidates = differencing.candidates_of(result.candidates, run=run, science=science)
        with transaction.atomic(), acting(actor):
            _keep_candidates(
                candidates,
                result.difference,
                run=run,
                wcs=science.wcs,
                reference_sources=differencing.reference_sources(result, run=run, wcs=science.wcs),
            )
            record.complete(candidates_found=len(candidates), **images, **differencing.results_of(result))
    return Outcome(items=len(candidates), message=f"{len(candidates)} candidates against {reference}")


def extract(observation: Observation, *, seeing_arcsec: float | None = None, actor) -> Outcome:
    """Keep as candidates what changed in an observation whose image is a difference already.

    Parameters
    ----------
    seeing_arcsec
        FWHM; the header's where it is not given.

    Raises
    ------
    ImagingError
        The observation is not preprocessed, or nobody says its seeing.
    """
    science_run = standing_run(observation)
    if science_run is None:
        raise BadParameterError(f"{observation} is {observation.status}, not preprocessed")
    seeing_arcsec = seeing_arcsec or observation.seeing
    if not seeing_arcsec:
        raise BadParameterError(f"no seeing: neither the header of {observation} nor anybody else says it")
    options = {
        "threshold_sigma": SystemConfig.objects.in_force("pipeline.detection_threshold_sigma"),
        "fwhm_px": seeing_arcsec / observation.pixel_scale,
    }
    parameters = {"algorithm": FINISHED, "science": science_run.processed_fits_path, **options}
    if differencing.is_done(observation, parameters):
        return Outcome(items=0, message="was searched before")
    run = DifferenceRun(
        observation=observation,
        algorithm=FINISHED,
        detection_threshold=options["threshold_sigma"],
        parameters=parameters,
    )
    busy, done = ObservationStatus.DIFFERENCING, ObservationStatus.DIFFERENCED
    with Recorded(run, actor=actor, busy=busy, done=done) as record:
        frame = artefacts.load_frame(science_run.processed_fits_path)
        found, table = find_in_difference(frame, **options)
        images = differencing.keep_finished(found, frame, parameters=parameters)
        candidates = differencing.candidates_of(table, run=run, science=frame)
        with transaction.atomic(), acting(actor):
            _keep_candidates(candidates, found, run=run, wcs=frame.wcs, reference_sources=np.empty((0, 3)))
            record.complete(candidates_found=len(candidates), noise_level=found.noise_level, **images)
    return Outcome(items=len(candidates), message=f"{len(candidates)} candidates")


def _keep_candidates(
    candidates: list[Candidate], found: Difference, *, run: DifferenceRun, wcs: WCS, reference_sources: np.ndarray
) -> None:
    """Save a run's candidates with what is known at their places, their objects, and those objects' light curves.

    It must run in the transaction that completes the run.
    """
    Candidate.objects.bulk_create(candidates)
    match_run(run, reference_sources=reference_sources)
    associate(run, radius_arcsec=SystemConfig.objects.in_force("pipeline.association_radius_arcsec"))
    light_curves.measure(run, found, wcs=wcs)
