"""PSF photometry, and the photometric scale between two images."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from .frame import Frame, NoStarsError
from .polynomial import evaluate, order_for, polynomial_terms
from .psf import Psf
from .stamps import cut, shifted

PHOTOMETRY_DTYPE = np.dtype(
    [
        ("x", "f8"),
        ("y", "f8"),
        ("flux", "f8"),
        ("flux_error", "f8"),
        ("misfit", "f8"),
        ("chi2", "f8"),
        ("n_good", "i4"),
    ]
)


class PointSpread(Protocol):
    """A PSF that may vary over the image."""

    def at(self, x: float, y: float) -> np.ndarray:
        """The PSF at a position in px: [size, size] of unit flux, centred on the middle pixel."""

    def stamps(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """The same at positions [N]: [N, size, size]."""


def psf_photometry(
    image: np.ndarray,
    variance: np.ndarray,
    mask: np.ndarray,
    *,
    psf: PointSpread,
    x: np.ndarray,
    y: np.ndarray,
    radius_px: float,
    model_error: float = 0.0,
) -> np.ndarray:
    """Fit flux and position of point sources, each alone, within a radius of its given position.

    Args:
        image, variance: [ny, nx] ADU, ADU².
        mask: [ny, nx]; pixels that are not 0 take no part.
        psf: of the image.
        x, y: [N] first positions in px.
        radius_px: of the pixels that take part.
        model_error: relative error of the PSF's pixels, which adds to the noise in `chi2`.

    Returns:
        `PHOTOMETRY_DTYPE` [N]: position in px, flux and its error in ADU, χ² per degree of freedom, the relative error
        of the model's pixels (`misfit`) that would explain what χ² has beyond the noise, and the number of good
        pixels. Without a good pixel the flux is 0 and its error infinite.
    """
    x, y = np.atleast_1d(x).astype(float), np.atleast_1d(y).astype(float)
    result = np.zeros(len(x), dtype=PHOTOMETRY_DTYPE)
    if not len(x):
        return result
    # Stamps twice as wide as needed keep the periodic shift's edges away from the pixels that take part.
    half = int(np.ceil(2 * radius_px)) + 2
    profile = _middle(psf.stamps(x, y), half).astype(float)
    size = profile.shape[1]
    grid_y, grid_x = np.mgrid[:size, :size] - size // 2
    dx, dy = x - np.rint(x), y - np.rint(y)
    near = np.hypot(grid_x - dx[:, None, None], grid_y - dy[:, None, None]) <= radius_px
    good = near & (cut(mask, x, y, size) == 0)
    pixels = np.where(good, cut(image, x, y, size), 0).astype(float)
    weights = np.where(good, 1 / cut(variance, x, y, size).astype(float), 0)

    shift = np.stack([dx, dy], axis=1)
    for _ in range(4):
        model = shifted(profile, shift[:, 0], shift[:, 1])
        flux = _best_flux(pixels, weights, model)
        slope_y, slope_x = np.gradient(model, axis=(1, 2))
        slopes = -flux[:, None, None, None] * np.stack([slope_x, slope_y], axis=1)
        deviation = weights * (pixels - flux[:, None, None] * model)
        gradient = np.einsum("ncyx,nyx->nc", slopes, deviation)
        normal = np.einsum("ncyx,ndyx,nyx->ncd", slopes, slopes, weights)
        normal += (1e-6 * np.trace(normal, axis1=1, axis2=2) + 1e-30)[:, None, None] * np.eye(2)
        step = np.linalg.solve(normal, gradient[:, :, None])[:, :, 0]
        shift += np.clip(step, -0.5, 0.5)
        shift = np.clip(shift, -2, 2)
    model = shifted(profile, shift[:, 0], shift[:, 1])
    flux = _best_flux(pixels, weights, model)
    information = (weights * model**2).sum(axis=(1, 2))
    modelled = flux[:, None, None] * model
    tolerant = weights / (1 + weights * (model_error * modelled) ** 2)
    result["x"], result["y"] = np.rint(x) + shift[:, 0], np.rint(y) + shift[:, 1]
    result["flux"] = flux
    result["flux_error"] = np.where(information > 0, 1 / np.sqrt(np.maximum(information, 1e-30)), np.inf)
    result["n_good"] = good.sum(axis=(1, 2))
    freedom = np.maximum(result["n_good"] - 3, 1)
    result["chi2"] = (tolerant * (pixels - modelled) ** 2).sum(axis=(1, 2)) / freedom
    excess = (weights * (pixels - modelled) ** 2).sum(axis=(1, 2)) - freedom
    result["misfit"] = np.sqrt(np.maximum(excess, 0) / np.maximum((weights * modelled**2).sum(axis=(1, 2)), 1e-30))
    return result


def _middle(stamps: np.ndarray, half: int) -> np.ndarray:
    size = stamps.shape[1]
    rim = max(size // 2 - half, 0)
    return stamps[:, rim : size - rim, rim : size - rim]


def _best_flux(pixels: np.ndarray, weights: np.ndarray, model: np.ndarray) -> np.ndarray:
    return (weights * model * pixels).sum(axis=(1, 2)) / np.maximum((weights * model**2).sum(axis=(1, 2)), 1e-30)


@dataclass(frozen=True)
class PhotometricMatch:
    """How the reference compares with the science image on stars that both show.

    Attributes:
        flux_scale: science flux over reference flux.
        flux_scatter: robust relative scatter of single stars, beyond their own noise.
        offset: [n_terms, 2] px, polynomial of reference position − science position.
        offset_rms_px: scatter per axis round it, beyond the centroids' own noise.
        misfit: relative error of a pixel of a bright star's PSF, in the science image and in the reference.
        n_stars: stars that both show.
    """

    flux_scale: float
    flux_scatter: float
    offset: np.ndarray
    offset_rms_px: float
    misfit: tuple[float, float]
    n_stars: int


def match_photometry(science: Frame, reference: Frame, *, science_psf: Psf, reference_psf: Psf) -> PhotometricMatch:
    """Compare PSF photometry of stars in both images.

    They are the stars of the image with the broader PSF: isolated there, they are isolated in the other.

    Raises:
        NoStarsError: no star is bright and unflawed in both images.
    """
    broader = max(science_psf, reference_psf, key=lambda psf: psf.fwhm_px)
    x, y = broader.star_x, broader.star_y
    tables = []
    for frame, psf in ((science, science_psf), (reference, reference_psf)):
        tables.append(
            psf_photometry(frame.data, frame.variance, frame.mask, psf=psf, x=x, y=y, radius_px=1.5 * psf.fwhm_px)
        )
    sci, ref = tables
    moved_px = np.hypot(sci["x"] - ref["x"], sci["y"] - ref["y"])
    good = (moved_px < 0.5 * broader.fwhm_px) & (sci["n_good"] > 0) & (ref["n_good"] > 0)
    for table, psf in ((sci, science_psf), (ref, reference_psf)):
        good &= (table["flux"] > 10 * table["flux_error"]) & (table["n_good"] > 6 * psf.fwhm_px**2)
    if not good.any():
        raise NoStarsError("no star is bright and unflawed in both images", n_tried=len(x))
    sci, ref = sci[good], ref[good]

    log_ratio = np.log(sci["flux"] / ref["flux"])
    error = np.hypot(sci["flux_error"] / sci["flux"], ref["flux_error"] / ref["flux"])
    scale, scatter = _robust_mean(log_ratio, error)
    offset = np.stack([ref["x"] - sci["x"], ref["y"] - sci["y"]], axis=1)
    # A star's centroid is good to about 0.6 FWHM over its signal-to-noise.
    noise = 0.6 * np.hypot(
        science_psf.fwhm_px * sci["flux_error"] / sci["flux"], reference_psf.fwhm_px * ref["flux_error"] / ref["flux"]
    )
    coefficients, rms = _robust_offset(sci["x"], sci["y"], offset, noise, science.shape)
    # Faint stars show their noise more than their PSF's error.
    brightest = np.argsort(-sci["flux"])[: max(len(sci) // 3, 1)]
    misfit = tuple(float(np.median(table["misfit"][brightest])) for table in (sci, ref))
    return PhotometricMatch(float(np.exp(scale)), scatter, coefficients, rms, misfit, len(sci))


def _robust_mean(values: np.ndarray, errors: np.ndarray) -> tuple[float, float]:
    """Clipped weighted mean, and the scatter round it beyond the errors."""
    middle = np.median(values)
    spread = 1.4826 * np.median(np.abs(values - middle))
    keep = np.abs(values - middle) <= 3 * max(spread, float(np.median(errors)))
    excess = spread**2 - np.median(errors[keep] ** 2)
    return float(np.average(values[keep], weights=errors[keep] ** -2)), float(np.sqrt(max(excess, 0)))


def _robust_offset(
    x: np.ndarray, y: np.ndarray, offset: np.ndarray, noise: np.ndarray, image_shape: tuple[int, int]
) -> tuple[np.ndarray, float]:
    """Polynomial [n_terms, 2] through offsets [N, 2], and their scatter per axis beyond `noise` [N]."""
    weights = np.sqrt(1 / (noise**2 + 0.01**2))
    order = min(order_for(len(x)), 1)
    keep = np.ones(len(x), dtype=bool)
    for _ in range(3):
        terms = polynomial_terms(x[keep], y[keep], image_shape, order) * weights[keep, None]
        coefficients = np.linalg.lstsq(terms, offset[keep] * weights[keep, None], rcond=None)[0]
        left = offset - evaluate(coefficients, x, y, image_shape)
        pull = np.abs(left).max(axis=1) * weights
        keep = pull <= 3 * max(1.0, 1.4826 * float(np.median(pull)))
    return coefficients, _rms_beyond(left[keep], noise[keep])


def _rms_beyond(values: np.ndarray, errors: np.ndarray) -> float:
    """Robust rms of values that should be zero, beyond their errors."""
    # Half of a normal variable's squares lie below 0.4549 of its variance.
    excess = np.median(values**2) / 0.4549 - np.median(errors**2)
    return float(np.sqrt(max(excess, 0)))
