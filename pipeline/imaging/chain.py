"""The steps in their order: what services and training run alike."""

from dataclasses import dataclass

import numpy as np

from .detect import detect_stars
from .extract import extract_candidates
from .frame import Frame
from .psf import Psf, fit_psf
from .register import Registered, register
from .subtract import Difference, subtract


@dataclass(frozen=True)
class Quality:
    """What a frame is worth.

    Attributes:
        seeing_fwhm_px, ellipticity: of the PSF at the image's centre.
        n_stars: stars that the PSF rests on.
        sky_adu, noise_adu: median background and its standard deviation per pixel.
        depth_5sigma_adu: flux of a point source detected at 5 σ on empty sky, optimally filtered.
    """

    seeing_fwhm_px: float
    ellipticity: float
    n_stars: int
    sky_adu: float
    noise_adu: float
    depth_5sigma_adu: float


@dataclass(frozen=True)
class DifferenceResult:
    """A difference, the registration behind it, both PSFs on the science grid, and the candidates."""

    difference: Difference
    registered: Registered
    science_psf: Psf
    reference_psf: Psf
    candidates: np.ndarray

    @property
    def scaled_reference(self) -> np.ndarray:
        """float32 [ny, nx]: the reference on the science grid, in ADU of the science image."""
        return self.registered.frame.data * np.float32(self.difference.flux_scale)


def measure(frame: Frame, stars: np.ndarray) -> Quality:
    """Measure seeing, sky and depth of a frame by its stars, `STAR_DTYPE` [N] of `detect_stars`.

    Raises:
        NoStarsError: no star shows the PSF.
    """
    psf = fit_psf(frame, stars)
    ny, nx = frame.shape
    stamp = psf.at((nx - 1) / 2, (ny - 1) / 2)
    return Quality(
        seeing_fwhm_px=psf.fwhm_px,
        ellipticity=psf.ellipticity,
        n_stars=psf.n_stars,
        sky_adu=frame.sky_adu,
        noise_adu=frame.noise_adu,
        depth_5sigma_adu=float(5 * frame.noise_adu / np.sqrt((stamp.astype(float) ** 2).sum())),
    )


def difference(
    science: Frame,
    reference: Frame,
    *,
    stars: np.ndarray | None = None,
    reference_stars: np.ndarray | None = None,
    threshold_sigma: float = 5.0,
    algorithm: str = "zogy",
) -> DifferenceResult:
    """Register a reference onto a science image, subtract it, and extract what changed.

    Stars are those of `detect_stars`, which finds them here when None.

    Raises:
        ImagingError: the subclass names the step that failed (no overlap, no stars, no registration).
    """
    stars = detect_stars(science) if stars is None else stars
    reference_stars = detect_stars(reference) if reference_stars is None else reference_stars
    registered = register(reference, onto=science, stars=stars, reference_stars=reference_stars)
    science_psf, reference_psf = fit_psf(science, stars), fit_psf(registered.frame, registered.stars)
    subtracted = subtract(
        science, registered.frame, science_psf=science_psf, reference_psf=reference_psf, algorithm=algorithm
    )
    candidates = extract_candidates(
        subtracted, science=science, reference=registered.frame, threshold_sigma=threshold_sigma
    )
    return DifferenceResult(subtracted, registered, science_psf, reference_psf, candidates)
