"""Exposures that show the detector and no sky: biases, darks, flat fields."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from astrid.fits import dialects
from astrid.fits.cards import Cards
from astrid.fits.files import opened, sha256_of
from astrid.fits.images import find, require_signal
from astrid.fits.refusal import Unusable
from astrid.fits.times import observation_time


@dataclass(frozen=True)
class DetectorFrame:
    """A calibration exposure.

    Attributes:
        data: float32 [ny, nx], as in `Image`: electrons for amplifiers put together, else ADU.
        taken_at: UTC, the middle of the exposure.
        exposure_s: 0 when the header gives none, as for a bias.
        filter_band: as in `Facts`.
        binning: detector pixels per image pixel in x and y.
        saturation_adu: as in `Facts`.
        corrections: which of "overscan", "bias", "dark" and "flat" the frame was corrected for.
        sha256: of the file's bytes.
    """

    data: np.ndarray
    taken_at: datetime
    exposure_s: float
    filter_band: str
    binning: tuple[int, int]
    saturation_adu: float | None
    corrections: frozenset[str]
    sha256: str


def read_detector_frame(path: Path, *, keyword_map: Mapping[str, str] | None = None) -> DetectorFrame:
    """Read a calibration exposure: of a file the image that `read_image` would read, without asking for a place.

    Args:
        keyword_map: as in `read_facts`.

    Raises:
        FitsRefused: the file holds no image, or no time, or it is damaged.
    """
    named = dialects.named_keywords(keyword_map)
    with opened(path) as hdul:
        data, _, cards, _ = find(hdul)
        require_signal(data)
        exposure_s = _exposure_s(cards, named.get("exposure_time"))
        return DetectorFrame(
            data=data,
            taken_at=observation_time(cards, exposure_time=exposure_s, keyword=named.get("observation_time")),
            exposure_s=exposure_s,
            filter_band=dialects.filter_band(cards, keyword=named.get("filter_band")),
            binning=dialects.binning(cards),
            saturation_adu=dialects.saturation_adu(cards, keyword=named.get("saturation_adu")),
            corrections=dialects.corrections(cards),
            sha256=sha256_of(path),
        )


def _exposure_s(cards: Cards, keyword: str | None) -> float:
    try:
        return dialects.exposure_time(cards, keyword=keyword)
    except Unusable:
        return 0.0
