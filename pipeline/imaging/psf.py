"""A PSF that varies over the image, measured from the image's own stars.

All stars are fitted together by one Moffat profile whose shape is a low-order polynomial in x and y. What the stars
have in common beyond it becomes a residual: pixel by pixel in the core, its mean round circles in the wings.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from .detect import detect_stars
from .frame import Frame, NoStarsError
from .moffat import JointFit, fit_jointly, fwhm_and_ellipticity, grid, moffat
from .polynomial import evaluate, order_for, polynomial_terms
from .stamps import cut, shifted

MAX_STARS = 200
# Below this a more lenient selection is tried.
ENOUGH_STARS = 12
# Signal-to-noise and isolation (in FWHM) asked of PSF stars, from strict to lenient.
SELECTION = ((50, 6.0), (30, 4.0), (20, 2.5), (10, 2.0))
STAMP_RADIUS_FWHM = 4.5
# The residual's pixels give way to its mean round circles between these radii.
CORE_RADII_FWHM = (1.5, 2.5)


@dataclass(frozen=True)
class Psf:
    """A spatially varying PSF.

    Attributes:
        shape_coefficients: [n_terms, 3], polynomial of the Moffat's shape (see `moffat`).
        log_beta: logarithm of the Moffat's exponent.
        residual: [n_terms, size, size], polynomial of what is added to the Moffat of unit sum.
        stamp_sum: of a stamp of unit flux; below one where the subtracted background held light of the stars' wings.
        offset: [n_terms, 2] px, polynomial of the displacement of the centre in x and y.
        image_shape: (ny, nx) over which the polynomials run.
        size: side of the stamps in px, odd.
        n_stars: stars that were used.
        star_x, star_y: their positions in px.
        fwhm_px, ellipticity: of the Moffat at the image's centre; the FWHM is that of the circle of equal area.
    """

    shape_coefficients: np.ndarray
    log_beta: float
    residual: np.ndarray
    stamp_sum: float
    offset: np.ndarray
    image_shape: tuple[int, int]
    size: int
    n_stars: int
    star_x: np.ndarray
    star_y: np.ndarray
    fwhm_px: float
    ellipticity: float

    def at(self, x: float, y: float) -> np.ndarray:
        """The PSF at a position in px: float32 [size, size] of unit flux, centred on the middle pixel."""
        return self.stamps(np.array([x]), np.array([y]))[0]

    def stamps(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """The PSF at positions [N] in px: float32 [N, size, size] of unit flux, each centred on its middle pixel."""
        dx, dy = evaluate(self.offset, x, y, self.image_shape).T
        grid_x, grid_y = grid(self.size)
        shape = evaluate(self.shape_coefficients, x, y, self.image_shape)
        stamps = moffat(shape, self.log_beta, grid_x - dx[:, None, None], grid_y - dy[:, None, None])
        stamps /= stamps.sum(axis=(1, 2), keepdims=True)
        stamps += shifted(evaluate(self.residual, x, y, self.image_shape), dx, dy)
        return (stamps * (self.stamp_sum / stamps.sum(axis=(1, 2), keepdims=True))).astype(np.float32)

    def displaced(self, offset: np.ndarray) -> "Psf":
        """The same PSF with its centre moved by a polynomial of coefficients [n_terms, 2] px."""
        return replace(self, offset=offset)


def fit_psf(frame: Frame, stars: np.ndarray | None = None) -> Psf:
    """Measure the PSF of a frame from its stars.

    The order of the spatial variation grows with the number of usable stars, from constant to quadratic.

    Args:
        frame: calibrated image.
        stars: `STAR_DTYPE` [N] of `detect_stars`; detected here when None.

    Raises:
        NoStarsError: no star is isolated, unflawed and bright enough.
    """
    stars = detect_stars(frame) if stars is None else stars
    chosen = select_psf_stars(stars)
    fwhm_px = float(np.median(chosen["fwhm_px"]))
    fit = fit_jointly(frame, chosen, fwhm_px)
    good = fit.acceptable()
    if good.any() and not good.all():
        fit = fit_jointly(frame, chosen[good], fwhm_px)
    ny, nx = frame.shape
    central_shape = evaluate(fit.shape_coefficients, (nx - 1) / 2, (ny - 1) / 2, frame.shape)[0]
    fwhm_px, ellipticity = fwhm_and_ellipticity(central_shape, fit.log_beta)
    size = 2 * int(np.ceil(STAMP_RADIUS_FWHM * fwhm_px)) + 1
    residual, stamp_sum = _residual(frame, fit, size=size, fwhm_px=fwhm_px)
    return Psf(
        shape_coefficients=fit.shape_coefficients,
        log_beta=fit.log_beta,
        residual=residual,
        stamp_sum=stamp_sum,
        offset=np.zeros((1, 2)),
        image_shape=frame.shape,
        size=size,
        n_stars=len(fit.x),
        star_x=fit.x,
        star_y=fit.y,
        fwhm_px=fwhm_px,
        ellipticity=ellipticity,
    )


def select_psf_stars(stars: np.ndarray) -> np.ndarray:
    """Choose stars that show the PSF: bright, isolated, unflawed, and of the size that most bright sources share.

    Raises:
        NoStarsError: none is left.
    """
    chosen = stars[:0]
    for min_snr, isolation_fwhm in SELECTION:
        bright = stars[~stars["is_flawed"] & (stars["snr"] >= min_snr)]
        bright = bright[_on_stellar_locus(bright["fwhm_px"])]
        isolated = bright[_is_isolated(bright, stars, isolation_fwhm)]
        # Where stars are few, many faint sources may agree on a size that is not that of the stars.
        if isolated["snr"].sum() > chosen["snr"].sum():
            chosen = isolated
        if len(chosen) >= ENOUGH_STARS:
            break
    if not len(chosen):
        raise NoStarsError(
            "no isolated, unflawed star is bright enough for a PSF",
            n_detected=len(stars),
            n_unflawed=int((~stars["is_flawed"]).sum()),
            best_snr=float(stars["snr"].max(initial=0)),
        )
    return np.sort(chosen, order="snr")[::-1][:MAX_STARS]


def _on_stellar_locus(fwhm_px: np.ndarray) -> np.ndarray:
    """True for sizes within 20 % of the commonest one; galaxies are larger, cosmic rays smaller."""
    if not len(fwhm_px):
        return np.zeros(0, dtype=bool)
    log_size = np.sort(np.log(fwhm_px))
    n_alike = np.searchsorted(log_size, log_size + 0.1) - np.searchsorted(log_size, log_size - 0.1)
    return np.abs(np.log(fwhm_px) - log_size[np.argmax(n_alike)]) < 0.2


def _is_isolated(bright: np.ndarray, stars: np.ndarray, isolation_fwhm: float) -> np.ndarray:
    """True where the neighbours within some FWHM have less than 2 % of the star's flux."""
    if not len(bright):
        return np.zeros(0, dtype=bool)
    positions, others = (np.column_stack([s["x"], s["y"]]) for s in (bright, stars))
    radius_px = isolation_fwhm * np.median(bright["fwhm_px"])
    near = cKDTree(others).query_ball_point(positions, radius_px)
    return np.array([stars["flux"][i].sum() < 2.02 * f - f for i, f in zip(near, bright["flux"], strict=True)])


def _residual(frame: Frame, fit: JointFit, *, size: int, fwhm_px: float) -> tuple[np.ndarray, float]:
    """What the stars share beyond their Moffats, in units of their flux: [n_terms, size, size]; and a stamp's sum.

    Each star's residual is moved onto the pixel grid; a polynomial in x and y is fitted to every pixel and shrunk by
    its own noise.
    """
    profiles = fit.profiles(size)
    total = fit.own[:, 0] * profiles.sum(axis=(1, 2))
    good = cut(frame.mask, fit.middle_x, fit.middle_y, size) == 0
    deviation = cut(frame.data, fit.middle_x, fit.middle_y, size) - fit.own[:, 0, None, None] * profiles
    deviation = np.where(good, deviation, 0) / total[:, None, None]
    deviation = shifted(deviation, -fit.own[:, 2], -fit.own[:, 3])
    noise = frame.noise_adu / total
    terms = polynomial_terms(fit.x, fit.y, frame.shape, order_for(len(fit.x) // 2))
    coefficients, error = _robust_polynomial(terms, deviation.reshape(len(total), -1), noise)
    coefficients, error = coefficients.reshape(-1, size, size), error[:, None, None]
    power = ndimage.gaussian_filter(coefficients**2, (0, 1, 1))
    core = coefficients * np.clip(1 - error**2 / np.maximum(power, 1e-30), 0, 1)
    x, y = grid(size)
    radius_fwhm = np.hypot(x, y)[0] / fwhm_px
    in_core = _fade(radius_fwhm, *CORE_RADII_FWHM)
    wings = _round_wings(deviation, radius_fwhm * fwhm_px, noise)
    wings *= _fade(radius_fwhm, STAMP_RADIUS_FWHM - 1, STAMP_RADIUS_FWHM) * (1 - in_core)
    residual = core * in_core
    residual[0] += wings
    # No star darkens the sky: what its wings lack was subtracted with the background, and is flux of the star.
    seen = 1 + residual[0].sum()
    return residual, float(seen / (seen - np.minimum(wings, 0).sum()))


def _fade(radius: np.ndarray, inner: float, outer: float) -> np.ndarray:
    """1 within `inner`, 0 beyond `outer`, a cosine between."""
    return 0.5 + 0.5 * np.cos(np.pi * np.clip((radius - inner) / (outer - inner), 0, 1))


def _round_wings(deviation: np.ndarray, radius_px: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """What the stars share on circles one pixel apart, interpolated at every pixel's radius: [size, size].

    A neighbour covers a small part of a circle, so each star is heard with its median.
    """
    ring = np.rint(radius_px).astype(int)
    medians = np.stack([np.median(deviation[:, ring == r], axis=1) for r in range(ring.max() + 1)], axis=1)
    mean, _ = _robust_polynomial(np.ones((len(noise), 1)), medians, noise)
    return np.interp(radius_px, np.arange(ring.max() + 1), mean[0])


def _robust_polynomial(terms: np.ndarray, values: np.ndarray, noise: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weighted fit of terms [N, K] to values [N, P], outliers pulled in to 4 σ: coefficients [K, P], error [K]."""
    # A floor keeps a few very bright stars from being the only ones heard.
    weights = 1 / (noise**2 + np.median(noise) ** 2)
    solver = np.linalg.inv(terms.T @ (weights[:, None] * terms)) @ terms.T * weights
    coefficients = solver @ values
    for _ in range(2):
        model = terms @ coefficients
        spread = 1.4826 * np.median(np.abs(values - model), axis=0)
        coefficients = solver @ np.clip(values, model - 4 * spread, model + 4 * spread)
    return coefficients, np.sqrt(solver**2 @ noise**2)
