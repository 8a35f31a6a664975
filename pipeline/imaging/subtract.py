"""The difference of two registered images."""

from dataclasses import dataclass, replace

import numpy as np

from .alard_lupton import alard_lupton
from .frame import BadParameterError, Flag, Frame, NoOverlapError, dilated
from .hotpants import hotpants
from .photometry import PhotometricMatch, PointSpread, match_photometry
from .planes import Algorithm, Inputs, Planes
from .psf import Psf
from .zogy import zogy

ALGORITHMS: dict[str, Algorithm] = {"zogy": zogy, "alard_lupton": alard_lupton, "hotpants": hotpants}

# Flaws narrow enough for their filled pixels to spoil little beyond themselves.
NARROW_FLAWS = np.uint8(Flag.COSMIC_RAY | Flag.BAD)
# Where both images show less than this there is no static source.
EMPTY_SIGMA = 2.0
# The difference of an image and itself is the rounding of 32 bits, orders of magnitude narrower than this.
MIN_WIDTH = 1e-3
# The width on empty sky is taken from every n-th pixel each way.
SAMPLE_STEP = 3


@dataclass(frozen=True)
class Difference:
    """Science minus reference.

    Attributes:
        image: float32 [ny, nx], ADU of the science image; a new source keeps its flux.
        significance: float32 [ny, nx], of a point source at each pixel, in standard deviations.
        variance: float32 [ny, nx], ADU², of `image`.
        mask: uint8 of `Flag`, flaws of both images with the surroundings that they spoil.
        psf: of a point source in `image`.
        science_psf, reference_psf: of the two images on the science grid.
        flux_scale: what the reference was multiplied with.
        noise_level: median standard deviation of `image` in ADU.
        significance_scale: what the significance was divided by to have unit width on empty sky.
        match: the stars' comparison behind `flux_scale` and the astrometric noise.
        fwhm_px: of the broader of the two images.
        algorithm: name in `ALGORITHMS`.
    """

    image: np.ndarray
    significance: np.ndarray
    variance: np.ndarray
    mask: np.ndarray
    psf: PointSpread
    science_psf: Psf
    reference_psf: Psf
    flux_scale: float
    noise_level: float
    significance_scale: float
    match: PhotometricMatch
    fwhm_px: float
    algorithm: str


def subtract(
    science: Frame, reference: Frame, *, science_psf: Psf, reference_psf: Psf, algorithm: str = "zogy"
) -> Difference:
    """Subtract a registered reference from a science image.

    Args:
        science: calibrated image.
        reference: on the grid of `science`, in its own flux units.
        science_psf, reference_psf: of these two frames.
        algorithm: a key of `ALGORITHMS`.

    Raises:
        BadParameterError: unknown algorithm, or frames on different grids.
        NoOverlapError: no pixel is good in both.
        NoStarsError: no star gives the photometric scale.
    """
    if algorithm not in ALGORITHMS:
        raise BadParameterError(f"no algorithm {algorithm!r}; there are {', '.join(ALGORITHMS)}", algorithm=algorithm)
    if science.shape != reference.shape:
        raise BadParameterError(
            f"the reference's grid {reference.shape} is not the science image's {science.shape}", shape=reference.shape
        )
    flags = science.mask | reference.mask
    if flags.all():
        raise NoOverlapError("no pixel is good in both images", overlap=0.0)

    match = match_photometry(science, reference, science_psf=science_psf, reference_psf=reference_psf)
    inputs = Inputs(
        science=science,
        reference=scaled(reference, match.flux_scale),
        science_psf=science_psf,
        reference_psf=reference_psf.displaced(match.offset),
        match=match,
    )
    return difference_of(ALGORITHMS[algorithm](inputs), inputs, algorithm=algorithm)


def difference_of(planes: Planes, inputs: Inputs, *, algorithm: str) -> Difference:
    """What an algorithm gave, its significance scaled to unit width on empty sky."""
    flags = inputs.science.mask | inputs.reference.mask
    sample = np.s_[::SAMPLE_STEP, ::SAMPLE_STEP]
    good = flags[sample] == 0
    scale, zero = _empty_sky(planes.significance[sample][good & (planes.static[sample] < EMPTY_SIGMA)])
    return Difference(
        image=planes.image,
        significance=(planes.significance - np.float32(zero)) / np.float32(scale),
        variance=planes.variance,
        mask=dilated(flags & NARROW_FLAWS, 1.0) | dilated(flags & ~NARROW_FLAWS, inputs.fwhm_px),
        psf=planes.psf,
        science_psf=inputs.science_psf,
        reference_psf=inputs.reference_psf,
        flux_scale=inputs.match.flux_scale,
        noise_level=float(np.sqrt(np.median(planes.variance[sample][good])))
        if good.any()
        else inputs.science.noise_adu,
        significance_scale=scale,
        match=inputs.match,
        fwhm_px=inputs.fwhm_px,
        algorithm=algorithm,
    )


def scaled(frame: Frame, factor: float) -> Frame:
    """A frame in units `factor` times smaller."""
    return replace(
        frame,
        data=frame.data * np.float32(factor),
        variance=frame.variance * np.float32(factor**2),
        gain_e_per_adu=frame.gain_e_per_adu / factor,
        sky_adu=frame.sky_adu * factor,
        noise_adu=frame.noise_adu * factor,
    )


def _empty_sky(significance: np.ndarray) -> tuple[float, float]:
    """Width and middle of the significance of empty pixels [N], from quartiles.

    Few pixels keep the width of theory, and so does an image subtracted from itself, which has none.
    """
    if significance.size < 1000:
        return 1.0, 0.0
    low, middle, high = np.percentile(significance, [25, 50, 75])
    # A Gaussian's quartiles lie 1.349 standard deviations apart.
    width = float((high - low) / 1.349)
    return (width if width > MIN_WIDTH else 1.0), float(middle)
