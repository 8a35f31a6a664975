"""Building a reference: preprocessed observations of one field averaged into a deeper one."""

import importlib.metadata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np
from django.utils import timezone

from astrid import storage
from astrid.actors import service
from astrid.models import Observation, ObservationKind, ObservationStatus
from pipeline import artefacts
from pipeline.imaging.chain import Quality, measure
from pipeline.imaging.coadd import Coadd, align, coadd
from pipeline.imaging.detect import detect_stars
from pipeline.imaging.frame import BadParameterError, Frame, ImagingError, RegistrationError
from pipeline.imaging.psf import Psf, fit_psf
from pipeline.models import PreprocessRun, RunStatus
from pipeline.preprocessing import results_of, standing_run
from pipeline.references import waiting_for
from pipeline.runs import software_versions
from pipeline.stages import wake
from pipeline.thumbnails import keep_thumbnail

USABLE = (ObservationStatus.PREPROCESSED, ObservationStatus.DIFFERENCED)


@dataclass(frozen=True)
class Built:
    """What came of building a reference.

    Attributes:
        reference: the new observation, or the one that was built from the same inputs before.
        is_new: whether it was built now.
        skipped: inputs that could not be brought onto the grid of the others, and why.
        woken: how many observations had waited for it.
    """

    reference: Observation
    is_new: bool
    skipped: list[tuple[Observation, str]] = field(default_factory=list)
    woken: int = 0


def build_reference(observations: Sequence[Observation], *, name: str = "reference", actor) -> Built:
    """Co-add preprocessed observations into a new reference, and send on its way what waited for it.

    The one of the best seeing gives grid and flux scale. Others that cannot be registered onto it are left out. The
    same inputs are one reference, whatever its name. Nothing is recorded of a reference that cannot be built.

    Raises
    ------
    BadParameterError
        Fewer than two observations, or they differ in survey or filter, or one is not preprocessed.
    ImagingError
        Fewer than two can be brought onto one grid, or the co-add has no star to measure it by.
    """
    inputs = _inputs(observations)
    parameters = {
        "inputs": sorted(item.run.processed_fits_path for item in inputs),
        "program": importlib.metadata.version("astrid-transients"),
    }
    base = inputs[0].observation
    known = PreprocessRun.objects.filter(
        status=RunStatus.COMPLETED, parameters=parameters, observation__survey=base.survey
    ).first()
    if known:
        return Built(known.observation, is_new=False)
    started_at = timezone.now()
    aligned = _Aligned(inputs)
    made = coadd(aligned)
    stars = detect_stars(made.frame)
    quality = measure(made.frame, stars)
    provenance = _provenance(aligned, made)
    key = artefacts.keep_frame(made.frame, stars, provenance=provenance)
    provenance["inverse_variance_path"] = artefacts.keep_image(
        made.inverse_variance, made.frame.wcs, provenance=provenance | {"unit": "1 / ADU**2"}
    )
    used = [item.observation for item in aligned.used]
    reference = _observation(used, made.frame, name=name, key=key, header=provenance)
    run = PreprocessRun(
        observation=reference,
        status=RunStatus.COMPLETED,
        started_at=started_at,
        software_versions=software_versions(),
        parameters=parameters,
        processed_fits_path=key,
        wcs_aligned=True,
        **_results(reference, made, quality),
    )
    woken = _save(reference, run, actor=actor)
    return Built(reference, is_new=True, skipped=aligned.skipped, woken=woken)


@dataclass(frozen=True)
class _Input:
    observation: Observation
    run: PreprocessRun


def _inputs(observations: Sequence[Observation]) -> list[_Input]:
    """The observations with their standing runs, the best seeing first."""
    distinct = list({observation.pk: observation for observation in observations}.values())
    if len(distinct) < 2:
        raise BadParameterError(f"a reference needs at least 2 observations, there are {len(distinct)}")
    for observation in distinct:
        if observation.status not in USABLE:
            raise BadParameterError(f"{observation} is {observation.status}, not preprocessed")
        if (observation.survey_id, observation.filter_band) != (distinct[0].survey_id, distinct[0].filter_band):
            raise BadParameterError(
                "a reference is made of one survey and filter: "
                + ", ".join(f"{one} is {one.survey} {one.filter_band}" for one in (distinct[0], observation))
            )
    inputs = [_Input(observation, standing_run(observation)) for observation in distinct]
    return sorted(inputs, key=lambda item: (item.run.seeing_arcsec, item.run.processed_fits_path))


class _Aligned:
    """The inputs' frames on the grid of the first, one at a time; `used` and `skipped` fill as it is iterated."""

    def __init__(self, inputs: Sequence[_Input]) -> None:
        self.inputs = inputs
        self.used: list[_Input] = []
        self.skipped: list[tuple[Observation, str]] = []
        self.weights: list[float] = []

    def __iter__(self) -> Iterator[Frame]:
        key = self.inputs[0].run.processed_fits_path
        base = artefacts.load_frame(key)
        base_psf = fit_psf(base, artefacts.load_stars(key))
        for item in self.inputs:
            try:
                frame = base if item is self.inputs[0] else self._align(item, base, base_psf)
            except ImagingError as error:
                self.skipped.append((item.observation, str(error)))
                continue
            self.used.append(item)
            self.weights.append(1 / frame.noise_adu**2)
            yield frame
        if len(self.used) < 2:
            reasons = "; ".join(f"{observation}: {reason}" for observation, reason in self.skipped)
            raise RegistrationError(f"nothing could be brought onto the grid of {self.used[0].observation}: {reasons}")

    @staticmethod
    def _align(item: _Input, base: Frame, base_psf: Psf) -> Frame:
        return align(artefacts.load_frame(item.run.processed_fits_path), onto=base, onto_psf=base_psf)


def _provenance(aligned: _Aligned, made: Coadd) -> dict:
    shares = np.array(aligned.weights) / sum(aligned.weights)
    return {
        "inputs": [
            {
                "id": str(item.observation.pk),
                "observation_id": item.observation.observation_id,
                "sha256": item.observation.fits_sha256,
                "processed": item.run.processed_fits_path,
                "weight": round(float(share), 6),
            }
            for item, share in zip(aligned.used, shares, strict=True)
        ],
        "skipped": {observation.observation_id: reason for observation, reason in aligned.skipped},
        "NCOMBINE": made.n_frames,
        "clipped_fraction": made.clipped_fraction,
        "method": "clipped mean, weighted by the inverse variance of the sky",
    }


def _observation(used: Sequence[Observation], frame: Frame, *, name: str, key: str, header: dict) -> Observation:
    base, first = used[0], used[0].observation_time
    digest = storage.digest_of(storage.path_of(key))
    return Observation(
        survey=base.survey,
        observation_id=f"{name}-{digest[:12]}",
        kind=ObservationKind.REFERENCE,
        status=ObservationStatus.PREPROCESSED,
        ra=base.ra,
        dec=base.dec,
        footprint=base.footprint,
        pixel_scale=base.pixel_scale,
        image_width=base.image_width,
        image_height=base.image_height,
        observation_time=first + sum((one.observation_time - first for one in used), timedelta()) / len(used),
        filter_band=base.filter_band,
        exposure_time=sum(one.exposure_time for one in used),
        gain_e_per_adu=frame.gain_e_per_adu,
        read_noise_e=base.read_noise_e,
        saturation_adu=frame.saturation_adu,
        zero_point_mag=base.zero_point_mag,
        fits_file_path=key,
        fits_sha256=digest,
        thumbnail_path=keep_thumbnail(frame),
        header=header,
    )


def _results(reference: Observation, made: Coadd, quality: Quality) -> dict:
    results = results_of(reference, made.frame, quality)
    results["measurements"] |= {
        "n_frames": made.n_frames,
        "median_coverage": float(np.median(made.coverage)),
        "clipped_fraction": made.clipped_fraction,
    }
    return results


@service
def _save(reference: Observation, run: PreprocessRun, *, actor) -> int:
    """Record the reference and its run; returns how many observations waited for it."""
    reference.full_clean(exclude=["survey"])
    reference.save(force_insert=True)
    run.completed_at = timezone.now()
    run.processing_time_seconds = (run.completed_at - run.started_at).total_seconds()
    run.save(force_insert=True)
    return len(wake(waiting_for(reference), actor=actor))
