"""Difference images that somebody else has made."""

from dataclasses import dataclass

import numpy as np

from .extract import extract_candidates
from .filters import matched_filter, without_light
from .frame import BadParameterError, Frame
from .moffat import FIRST_BETA, grid, moffat
from .photometry import PhotometricMatch
from .planes import Inputs
from .subtract import Difference, difference_of

FINISHED = "finished"
# As far out as a PSF that was measured.
RADIUS_FWHM = 4.5


@dataclass(frozen=True)
class RoundPsf:
    """A round Moffat, the same everywhere."""

    fwhm_px: float

    @property
    def size(self) -> int:
        """Side of the stamps in px, odd."""
        return 2 * int(np.ceil(RADIUS_FWHM * self.fwhm_px)) + 1

    def at(self, x: float, y: float) -> np.ndarray:
        """float32 [size, size] of unit sum, centred on the middle pixel."""
        l1 = np.log(2 * np.sqrt(2 ** (1 / FIRST_BETA) - 1) / self.fwhm_px)
        stamp = moffat(np.array([l1, 0, l1]), np.log(FIRST_BETA), *grid(self.size))[0]
        return (stamp / stamp.sum()).astype(np.float32)

    def stamps(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """The same at positions [N]: [N, size, size]."""
        return np.broadcast_to(self.at(0, 0), (len(x), self.size, self.size))


def find_in_difference(frame: Frame, *, fwhm_px: float, threshold_sigma: float = 5.0) -> tuple[Difference, np.ndarray]:
    """Find what changed in a difference image, which has no stars to measure a PSF by.

    Args:
        frame: the difference image, calibrated.
        fwhm_px: its seeing.
        threshold_sigma: of the significance map.

    Returns:
        The difference, and its candidates as `extract_candidates` gives them.

    Raises:
        BadParameterError: the seeing is not a positive number of pixels.
    """
    if not (np.isfinite(fwhm_px) and fwhm_px > 0):
        raise BadParameterError(f"the seeing must be positive, is {fwhm_px} px", fwhm_px=fwhm_px)
    psf, nothing = RoundPsf(fwhm_px), without_light(frame)
    match = PhotometricMatch(1.0, 0.0, np.zeros((1, 2)), 0.0, (0.0, 0.0), 0)
    inputs = Inputs(frame, nothing, psf, psf, match)
    difference = difference_of(matched_filter(inputs), inputs, algorithm=FINISHED)
    return difference, extract_candidates(difference, science=frame, reference=nothing, threshold_sigma=threshold_sigma)
