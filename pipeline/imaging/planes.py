"""What every algorithm of subtraction is asked for, and what it gives."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .frame import Frame
from .photometry import PhotometricMatch, PointSpread
from .psf import Psf


@dataclass(frozen=True)
class Planes:
    """A difference image and what is known of it; planes float32 [ny, nx].

    Attributes:
        image: ADU of the science image; a new point source keeps its flux.
        variance: ADU², of `image`.
        significance: of a point source at each pixel, in standard deviations.
        static: significance of what both images show.
        psf: of a point source in `image`.
    """

    image: np.ndarray
    variance: np.ndarray
    significance: np.ndarray
    static: np.ndarray
    psf: PointSpread


@dataclass(frozen=True)
class Inputs:
    """Two images on one grid and one flux scale, with all that their subtraction rests on.

    Attributes:
        science, reference: calibrated frames; the reference in ADU of the science image.
        science_psf, reference_psf: of these two frames, the reference's displaced to where its stars really lie.
        match: the stars' comparison, for the astrometric and photometric noise.
    """

    science: Frame
    reference: Frame
    science_psf: Psf
    reference_psf: Psf
    match: PhotometricMatch

    @property
    def fwhm_px(self) -> float:
        """Of the broader of the two."""
        return max(self.science_psf.fwhm_px, self.reference_psf.fwhm_px)

    @property
    def border_px(self) -> int:
        """As far as either PSF reaches."""
        return max(self.science_psf.size, self.reference_psf.size)


Algorithm = Callable[[Inputs], Planes]
