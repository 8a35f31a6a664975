"""One Moffat profile, its shape a polynomial in x and y, fitted to many stars at once."""

from dataclasses import dataclass, replace

import numpy as np

from .frame import Frame
from .polynomial import order_for, polynomial_terms
from .stamps import cut

# Relative error of the model that keeps the brightest stars from deciding alone.
MODEL_ERROR = 0.01
FIT_RADIUS_FWHM = 2.5
FIRST_BETA = 3.0
BETA_RANGE = (1.2, 10.0)
# Parameters of each star: peak, background, x and y.
OWN = 4


def grid(size: int) -> tuple[np.ndarray, np.ndarray]:
    """x and y of a stamp's pixels from its middle, each [1, size, size]."""
    y, x = np.mgrid[:size, :size] - size // 2
    return x[None].astype(float), y[None].astype(float)


def moffat(shape: np.ndarray, log_beta: float, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Moffat profiles I = (1 + q)^−β of peak 1, [N, size, size].

    `shape` [N, 3] or [3] holds l₁, l₂, l₃ of the elliptical radius q = (eˡ¹ x + l₂ y)² + (eˡ³ y)²: any values make an
    ellipse.
    """
    l1, l2, l3 = np.atleast_2d(shape).T[:, :, None, None]
    q = (np.exp(l1) * x + l2 * y) ** 2 + (np.exp(l3) * y) ** 2
    return (1 + q) ** -np.exp(log_beta)


def fwhm_and_ellipticity(shape: np.ndarray, log_beta: float) -> tuple[float, float]:
    """FWHM in px of the circle of equal area, and 1 − minor / major axis, of a shape [3]."""
    l1, l2, l3 = shape
    minor, major = 1 / np.linalg.svd([[np.exp(l1), l2], [0, np.exp(l3)]], compute_uv=False)
    half_width = np.sqrt(2 ** np.exp(-log_beta) - 1)
    return float(2 * half_width * np.sqrt(major * minor)), float(1 - minor / major)


@dataclass
class JointFit:
    """Stars' stamps and the parameters that explain them.

    Attributes:
        pixels, weights: [N, size, size] ADU and ADU⁻².
        middle_x, middle_y: [N] px, the image pixel in the middle of each stamp.
        terms: [N, n_terms] of the polynomial at each star.
        own: [N, 4] each star's peak and background in ADU, x and y in px from the middle.
        shape_coefficients: [n_terms, 3].
        log_beta: common to all.
    """

    pixels: np.ndarray
    weights: np.ndarray
    middle_x: np.ndarray
    middle_y: np.ndarray
    terms: np.ndarray
    own: np.ndarray
    shape_coefficients: np.ndarray
    log_beta: float

    @property
    def x(self) -> np.ndarray:
        return self.middle_x + self.own[:, 2]

    @property
    def y(self) -> np.ndarray:
        return self.middle_y + self.own[:, 3]

    def profiles(self, size: int) -> np.ndarray:
        """Each star's Moffat of peak 1 on a stamp of any size round the same middle."""
        x, y = grid(size)
        dx, dy = self.own[:, 2, None, None], self.own[:, 3, None, None]
        return moffat(self.terms @ self.shape_coefficients, self.log_beta, x - dx, y - dy)

    def model(self) -> np.ndarray:
        peak, background = self.own[:, 0, None, None], self.own[:, 1, None, None]
        return peak * self.profiles(self.pixels.shape[1]) + background

    def chi2(self) -> np.ndarray:
        """Per star."""
        return (self.weights * (self.pixels - self.model()) ** 2).sum(axis=(1, 2))

    def acceptable(self) -> np.ndarray:
        """Stars that the common model explains nearly as well as it explains most."""
        log_chi2 = np.log(self.chi2() / np.maximum((self.weights > 0).sum(axis=(1, 2)), 1))
        middle = np.median(log_chi2)
        spread = 1.4826 * np.median(np.abs(log_chi2 - middle))
        return (log_chi2 <= middle + 3 * max(spread, 0.1)) & (self.own[:, 0] > 0)


def fit_jointly(frame: Frame, stars: np.ndarray, fwhm_px: float) -> JointFit:
    """Fit the stars' common Moffat, and each star's flux, background and position.

    Args:
        frame: calibrated image.
        stars: `STAR_DTYPE` [N], N ≥ 1.
        fwhm_px: a first guess.
    """
    size = 2 * int(np.ceil(FIT_RADIUS_FWHM * fwhm_px)) + 1
    x, y = stars["x"], stars["y"]
    pixels, variance = cut(frame.data, x, y, size).astype(float), cut(frame.variance, x, y, size)
    usable = cut(frame.mask, x, y, size) == 0
    pixels = np.where(usable, pixels, 0)
    weights = np.where(usable, 1 / (variance + (MODEL_ERROR * pixels) ** 2), 0)
    middle_x, middle_y = np.rint(x), np.rint(y)
    terms = polynomial_terms(x, y, frame.shape, order_for(len(stars)))
    shape_coefficients = np.zeros((terms.shape[1], 3))
    shape_coefficients[0, [0, 2]] = np.log(2 * np.sqrt(2 ** (1 / FIRST_BETA) - 1) / fwhm_px)
    own = np.column_stack([stars["peak"], np.zeros(len(stars)), x - middle_x, y - middle_y]).astype(float)
    fit = JointFit(pixels, weights, middle_x, middle_y, terms, own, shape_coefficients, float(np.log(FIRST_BETA)))
    return _minimised(fit)


def _minimised(fit: JointFit, *, max_iterations: int = 30) -> JointFit:
    """Levenberg–Marquardt on the sum of χ²."""
    damping, chi2 = 1e-2, fit.chi2().sum()
    half = fit.pixels.shape[1] // 2
    for _ in range(max_iterations):
        own, shape, log_beta = _step(fit, damping)
        # A step that changes a width by more than a factor two has left the region where it was computed.
        part = min(1.0, 0.7 / max(np.abs(shape).max(), abs(log_beta), 1e-12))
        moved = fit.own + part * own
        # No star leaves its stamp.
        moved[:, 2:] = np.clip(moved[:, 2:], -half, half)
        trial = replace(
            fit,
            own=moved,
            shape_coefficients=fit.shape_coefficients + part * shape,
            log_beta=float(np.clip(fit.log_beta + part * log_beta, *np.log(BETA_RANGE))),
        )
        trial_chi2 = trial.chi2().sum()
        if trial_chi2 < chi2:
            gain = (chi2 - trial_chi2) / chi2
            fit, chi2, damping = trial, trial_chi2, damping / 10
            if gain < 1e-4:
                break
        else:
            damping *= 10
            if damping > 1e6:
                break
    return fit


def _step(fit: JointFit, damping: float) -> tuple[np.ndarray, np.ndarray, float]:
    """Solve the damped normal equations, each star's own parameters eliminated by their Schur complement.

    The shape's coefficients touch a star through its three local values only: so each star has normal equations of
    its 4 own, 3 local and one common parameters, which the polynomial's terms spread over the coefficients.
    """
    n, n_terms = fit.terms.shape
    slopes = _slopes(fit)
    weighted = slopes * fit.weights.reshape(n, 1, -1)
    normal = weighted @ slopes.transpose(0, 2, 1)
    gradient = (weighted @ (fit.pixels - fit.model()).reshape(n, -1, 1))[:, :, 0]

    own, local = slice(0, OWN), slice(OWN, None)
    # [N, 4, n_shared]: the three shapes times the terms, and β.
    spread = np.zeros((n, slopes.shape[1] - OWN, 3 * n_terms + 1))
    for k in range(3):
        spread[:, k, k * n_terms : (k + 1) * n_terms] = fit.terms
    spread[:, 3, -1] = 1
    own_normal = normal[:, own, own] * (1 + damping * np.eye(OWN))
    # A star without a good pixel stays as it is.
    own_normal += np.eye(OWN) * (own_normal == 0)
    mixed = normal[:, own, local] @ spread
    spread_t = spread.transpose(0, 2, 1)
    shared_normal = (spread_t @ normal[:, local, local] @ spread).sum(axis=0)
    shared_normal *= 1 + damping * np.eye(len(shared_normal))
    by_shared, by_deviation = np.split(
        np.linalg.solve(own_normal, np.concatenate([mixed, gradient[:, own, None]], axis=2)), [-1], axis=2
    )
    mixed_t = mixed.transpose(0, 2, 1)
    left = shared_normal - (mixed_t @ by_shared).sum(axis=0)
    right = (spread_t @ gradient[:, local, None] - mixed_t @ by_deviation).sum(axis=0)
    step = np.linalg.lstsq(left, right, rcond=1e-10)[0]
    of_stars = (by_deviation - by_shared @ step)[:, :, 0]
    return of_stars, step[:-1, 0].reshape(3, n_terms).T, float(step[-1, 0])


def _slopes(fit: JointFit) -> np.ndarray:
    """Derivatives of the model at its P pixels by own, local shape and log β: [N, 8, P]."""
    x, y = grid(fit.pixels.shape[1])
    x, y = x - fit.own[:, 2, None, None], y - fit.own[:, 3, None, None]
    l1, l2, l3 = (fit.terms @ fit.shape_coefficients).T[:, :, None, None]
    beta, peak = np.exp(fit.log_beta), fit.own[:, 0, None, None]
    along, across = np.exp(l1) * x + l2 * y, np.exp(l3) * y
    base = 1 + along**2 + across**2
    profile = base**-beta
    by_q = -beta * peak * profile / base
    slopes = (
        profile,
        np.ones_like(profile),
        -by_q * 2 * along * np.exp(l1),
        -by_q * 2 * (along * l2 + across * np.exp(l3)),
        by_q * 2 * along * np.exp(l1) * x,
        by_q * 2 * along * y,
        by_q * 2 * across**2,
        -beta * np.log(base) * peak * profile,
    )
    return np.stack(slopes, axis=1).reshape(len(fit.own), len(slopes), -1)
