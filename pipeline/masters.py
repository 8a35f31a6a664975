"""Master frames: built from exposures of the detector, chosen for the images that need them, read from the store."""

import importlib.metadata
import json
import math
import operator
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

import numpy as np
from astropy.io import fits

from astrid import storage
from astrid.actors import service
from astrid.fits import DetectorFrame, dialects, read_detector_frame
from astrid.fits.cards import Cards
from astrid.models import Observation, Survey, SystemConfig
from pipeline.imaging import masters as imaging
from pipeline.imaging.frame import BadImageError, BadParameterError
from pipeline.models import MasterFrame, MasterKind

# Shutters do not keep an exposure time to the millisecond.
EXPOSURE_TOLERANCE = 0.01


class MasterLostError(Exception):
    """A master frame that was chosen cannot be read from the store; the message says which and why."""


@dataclass(frozen=True)
class Setup:
    """How a detector was used: what an image and the master frames for it have in common.

    Attributes:
        corrections: which of "overscan", "bias", "dark" and "flat" the image was corrected for before.
    """

    survey: Survey
    image_width: int
    image_height: int
    binning: str
    filter_band: str
    exposure_s: float
    taken_at: datetime
    corrections: frozenset[str]

    @classmethod
    def of(cls, observation: Observation) -> Self:
        cards = Cards(observation.header, {})
        return cls(
            survey=observation.survey,
            image_width=observation.image_width,
            image_height=observation.image_height,
            binning=_text(dialects.binning(cards)),
            filter_band=observation.filter_band,
            exposure_s=observation.exposure_time,
            taken_at=observation.observation_time,
            corrections=dialects.corrections(cards),
        )


def choose(setup: Setup) -> dict[MasterKind, MasterFrame]:
    """The master frames for an image; kinds that it needs none of, or that there are none of, are left out.

    They are active, of its survey, size and binning, a flat of its filter, and taken no longer before or after it than
    `pipeline.master_frame_max_age_days`: the nearest in time, of darks first the nearest in exposure time. While
    neither bias nor overscan is subtracted, dark current and sensitivity cannot be told from the bias, and neither
    dark nor flat is chosen.
    """
    age = timedelta(days=SystemConfig.objects.in_force("pipeline.master_frame_max_age_days"))
    near = MasterFrame.objects.filter(
        survey=setup.survey,
        image_width=setup.image_width,
        image_height=setup.image_height,
        binning=setup.binning,
        taken_at__range=(setup.taken_at - age, setup.taken_at + age),
        is_active=True,
    ).order_by("-created_at")

    def distance(row: MasterFrame) -> tuple[float, timedelta]:
        exposures_s = abs(row.exposure_s - setup.exposure_s) if row.kind == MasterKind.DARK else 0.0
        return exposures_s, abs(row.taken_at - setup.taken_at)

    chosen = {}
    for row in sorted(near, key=distance):
        if row.kind != MasterKind.FLAT or row.filter_band == setup.filter_band:
            chosen.setdefault(MasterKind(row.kind), row)
    chosen = {kind: row for kind, row in chosen.items() if kind not in setup.corrections}
    if MasterKind.BIAS in chosen or setup.corrections & {"overscan", "bias"}:
        return chosen
    return {}


def build_master(
    kind: MasterKind, paths: Sequence[Path], *, survey: Survey, filter_band: str | None = None, actor
) -> tuple[MasterFrame, bool]:
    """Stack exposures into a master frame: its row, and whether it is new.

    The same exposures, less the same bias and dark, are one master frame, whatever the files are called. From darks the
    master bias is subtracted, from flats the bias and, where there is one, the dark.

    Parameters
    ----------
    filter_band
        Of flats, whatever their headers say.

    Raises
    ------
    FitsRefused
        A file cannot be used.
    BadImageError, BadParameterError
        The exposures are too few, do not agree with each other, or cannot be stacked; or there is no master bias yet.
    """
    with TemporaryDirectory(prefix="master-") as folder:
        exposures = [
            _on_disk(read_detector_frame(path, keyword_map=survey.header_keywords), name=path.name, folder=Path(folder))
            for path in paths
        ]
        # In whatever order the files are named, the sums are the same to the last bit.
        exposures.sort(key=lambda exposure: exposure.frame.sha256)
        setup = _shared_setup(kind, exposures, survey=survey, filter_band=filter_band)
        below = _below(kind, setup)
        master = _stack(kind, [exposure.frame for exposure in exposures], setup, below)
    facts = {
        "survey": survey.name,
        "filter_band": setup.filter_band if kind == MasterKind.FLAT else "",
        "binning": setup.binning,
        "inputs": [exposure.frame.sha256 for exposure in exposures],
        "subtracted": {str(kind): row.fits_path for kind, row in below.items()},
    }
    return _record(
        fits_path=_keep(master, facts),
        survey=survey,
        actor=actor,
        kind=kind,
        filter_band=facts["filter_band"],
        exposure_s=master.exposure_s,
        binning=setup.binning,
        image_width=setup.image_width,
        image_height=setup.image_height,
        taken_at=setup.taken_at,
        level_adu=master.level_adu,
        noise_adu=master.noise_adu,
        bad_pixels=master.n_bad_pixels,
        frame_count=master.n_frames,
        inputs=[{"name": exposure.name, "sha256": exposure.frame.sha256} for exposure in exposures],
    )


@service
def _record(*, survey: Survey, fits_path: str, actor, **facts) -> tuple[MasterFrame, bool]:
    return MasterFrame.objects.get_or_create(survey=survey, fits_path=fits_path, defaults=facts)


def load(row: MasterFrame) -> imaging.Master:
    """A master frame's pixels. Raises MasterLostError where its file is gone or damaged."""
    try:
        with fits.open(storage.path_of(row.fits_path)) as planes:
            data, mask = (
                np.ascontiguousarray(planes[name].data, dtype=dtype)
                for name, dtype in (("MASTER", np.float32), ("MASK", np.uint8))
            )
    except (OSError, KeyError) as error:
        raise MasterLostError(f"the master {row} ({row.pk}) cannot be read from {row.fits_path}: {error}") from error
    return imaging.Master(
        kind=imaging.MasterKind(row.kind),
        data=data,
        mask=mask,
        n_frames=row.frame_count,
        level_adu=row.level_adu,
        noise_adu=row.noise_adu,
        exposure_s=row.exposure_s,
    )


def _keep(master: imaging.Master, facts: dict) -> str:
    """Store a master frame, to the last bit; returns the artefact's key."""
    header = fits.Header(
        {
            "PROGRAM": f"AstrID {importlib.metadata.version('astrid-transients')}",
            "CONTENT": f"master {master.kind}",
            "NFRAMES": master.n_frames,
            "LEVELADU": master.level_adu,
            "NOISEADU": master.noise_adu,
        }
    )
    if master.exposure_s is not None:
        header["EXPTIME"] = master.exposure_s
    for name, value in facts.items():
        header.add_history(f"{name} = {json.dumps(value, sort_keys=True)}")
    planes = [
        fits.PrimaryHDU(header=header),
        # Not compressed: astropy's gzip writes down when, and equal masters would differ.
        fits.ImageHDU(master.data, name="MASTER"),
        fits.ImageHDU(master.mask, name="MASK"),
    ]
    return storage.keep(lambda path: fits.HDUList(planes).writeto(path, overwrite=True), suffix=".fits")


@dataclass(frozen=True)
class _Exposure:
    name: str
    frame: DetectorFrame


def _on_disk(frame: DetectorFrame, *, name: str, folder: Path) -> _Exposure:
    """The exposure with its pixels in a file, so that memory does not grow with the number of exposures."""
    path = folder / f"{frame.sha256}.npy"
    if path.exists():
        raise BadParameterError(f"{name} is the same exposure as another of the files")
    np.save(path, frame.data)
    return _Exposure(name, replace(frame, data=np.load(path, mmap_mode="r")))


def _shared_setup(
    kind: MasterKind, exposures: Sequence[_Exposure], *, survey: Survey, filter_band: str | None
) -> Setup:
    if not exposures:
        raise BadParameterError(f"a master {kind} needs exposures")
    height, width = _shared("shape", exposures, lambda frame: frame.data.shape)
    binning = _text(_shared("binning", exposures, lambda frame: frame.binning))
    corrections = _shared("set of corrections", exposures, lambda frame: tuple(sorted(frame.corrections)))
    if kind == MasterKind.FLAT and filter_band is None:
        filter_band = _shared("filter", exposures, lambda frame: frame.filter_band)
    if kind == MasterKind.DARK:
        _shared("exposure time in seconds", exposures, lambda frame: frame.exposure_s, same=_alike)
    first = exposures[0].frame.taken_at
    return Setup(
        survey=survey,
        image_width=width,
        image_height=height,
        binning=binning,
        filter_band=filter_band or "",
        exposure_s=float(np.mean([exposure.frame.exposure_s for exposure in exposures])),
        taken_at=first + sum((e.frame.taken_at - first for e in exposures), timedelta()) / len(exposures),
        corrections=frozenset(corrections),
    )


def _shared(
    what: str,
    exposures: Sequence[_Exposure],
    of: Callable[[DetectorFrame], Hashable],
    *,
    same: Callable[[object, object], bool] = operator.eq,
) -> object:
    """What the exposures have in common. Raises BadImageError naming those that differ from most."""
    values = [of(exposure.frame) for exposure in exposures]
    usual = Counter(values).most_common(1)[0][0]
    pairs = zip(exposures, values, strict=True)
    odd = [f"{exposure.name} has {value}" for exposure, value in pairs if not same(value, usual)]
    if odd:
        raise BadImageError(f"the {what} differs: {', '.join(odd)}, most have {usual}")
    return usual


def _alike(exposure_s: float, other_s: float) -> bool:
    return math.isclose(exposure_s, other_s, rel_tol=EXPOSURE_TOLERANCE)


def _below(kind: MasterKind, setup: Setup) -> dict[MasterKind, MasterFrame]:
    """The master frames to subtract before stacking."""
    if kind == MasterKind.BIAS:
        return {}
    chosen = choose(setup)
    if MasterKind.BIAS not in chosen and not setup.corrections & {"overscan", "bias"}:
        raise BadParameterError(
            f"there is no active master bias of {setup.survey} with {setup.image_width} × {setup.image_height} px, "
            f"binning {setup.binning}, near {setup.taken_at:%Y-%m-%d}: build it first"
        )
    wanted = {MasterKind.BIAS} if kind == MasterKind.DARK else {MasterKind.BIAS, MasterKind.DARK}
    return {kind: row for kind, row in chosen.items() if kind in wanted}


def _stack(
    kind: MasterKind, frames: Sequence[DetectorFrame], setup: Setup, below: dict[MasterKind, MasterFrame]
) -> imaging.Master:
    images = [frame.data for frame in frames]
    subtracted = {str(kind): load(row) for kind, row in below.items()}
    if kind == MasterKind.BIAS:
        return imaging.master_bias(images)
    if kind == MasterKind.DARK:
        return imaging.master_dark(images, exposure_s=setup.exposure_s, **subtracted)
    saturations = [frame.saturation_adu or setup.survey.saturation_adu for frame in frames]
    return imaging.master_flat(
        images,
        exposures_s=[frame.exposure_s for frame in frames],
        saturation_adu=min(filter(None, saturations), default=None),
        **subtracted,
    )


def _text(binning: tuple[int, int]) -> str:
    return "{}x{}".format(*binning)
