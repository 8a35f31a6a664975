"""Subtraction with a fitted kernel that varies over the image: Alard & Lupton 1998 (ApJ 503, 325), Alard 2000.

The sharper image is convolved to the other's seeing by the kernel that makes their stars agree best. What the kernel
does to the noise is undone: Reiss & Lupton 2016 (DMTN-021).
"""

from dataclasses import dataclass

import cv2
import numpy as np

from .filters import Filters, Optics, power, subtract_by, transformed_psf
from .frame import Frame, NoStarsError
from .planes import Inputs, Planes
from .polynomial import evaluate, order_for, polynomial_terms
from .psf import Psf
from .stamps import cut

# Widths of the kernel's Gaussians over that of the Gaussian which makes one seeing of the other, and the degrees of
# the polynomials that they are multiplied with.
WIDTHS = (0.6, 1.2, 2.4)
DEGREES = (4, 2, 2)
# The narrowest kernel still makes itself felt.
MIN_SIGMA_PX = 0.7
# Relative error that keeps the brightest stars from deciding alone.
MODEL_ERROR = 0.01
MAX_STARS = 120
RIDGE = 1e-6


@dataclass(frozen=True)
class MatchingKernel:
    """A kernel that makes one image's PSF the other's, its coefficients polynomials in x and y.

    Attributes:
        basis: [n_basis, size, size].
        coefficients: [n_terms, n_basis].
        image_shape: (ny, nx) over which the polynomials run.
        convolves_science: whether it is the science image that is the sharper.
    """

    basis: np.ndarray
    coefficients: np.ndarray
    image_shape: tuple[int, int]
    convolves_science: bool

    def at(self, x: float, y: float) -> np.ndarray:
        """float32 [size, size], centred on the middle pixel."""
        weights = evaluate(self.coefficients, x, y, self.image_shape)[0]
        return np.tensordot(weights, self.basis, axes=1).astype(np.float32)


def alard_lupton(inputs: Inputs) -> Planes:
    """Subtract with a matching kernel fitted to the stars of both images.

    Raises:
        NoStarsError: the stars do not determine a kernel.
    """
    kernel = fit_kernel(inputs)

    def choose(optics: Optics, tile) -> Filters:
        k = transformed_psf(kernel.at(*tile.centre), (optics.p_n.shape[0], 2 * (optics.p_n.shape[1] - 1)))
        return alard_lupton_filters(optics, k, convolves_science=kernel.convolves_science)

    return subtract_by(choose, inputs)


def alard_lupton_filters(optics: Optics, kernel: np.ndarray, *, convolves_science: bool) -> Filters:
    """Filters of the decorrelated difference and of its matched filter, from the transform of the matching kernel.

    Without the decorrelation the difference would be K ⊗ N − R or N − K ⊗ R, its PSF that of the image left alone.
    """
    one = np.ones_like(kernel)
    k_n, k_r, psf = (kernel, one, optics.p_r) if convolves_science else (one, kernel, optics.p_n)
    # Relative to the sum of the variances the weight has no unit, and no image's unit is too large or small for it.
    variance = optics.v_n + optics.v_r
    weight = np.float32(optics.v_n / variance) * power(k_n) + np.float32(optics.v_r / variance) * power(k_r)
    whitening = np.sqrt(1 / weight)
    matched = np.conj(psf) / weight
    return Filters(d_n=k_n * whitening, d_r=k_r * whitening, k_n=k_n * matched, k_r=k_r * matched)


def fit_kernel(inputs: Inputs) -> MatchingKernel:
    """Fit the kernel that makes the stars of the sharper image look like the other's.

    Least squares over the stars' pixels; the spatial order grows with the number of stars, up to linear. Stars that
    the common kernel does not explain are left out.

    Raises:
        NoStarsError: fewer good pixels than the kernel has coefficients.
    """
    convolves_science = inputs.science_psf.fwhm_px < inputs.reference_psf.fwhm_px
    images = (inputs.science, inputs.science_psf), (inputs.reference, inputs.reference_psf)
    (sharper, sharper_psf), (broader, broader_psf) = images if convolves_science else images[::-1]
    basis = kernel_basis(sharper_psf.fwhm_px, broader_psf.fwhm_px)
    x, y = broader_psf.star_x[:MAX_STARS], broader_psf.star_y[:MAX_STARS]
    model, target, weight = _star_pixels(sharper, broader, broader_psf, basis, x, y)
    terms = polynomial_terms(x, y, sharper.shape, min(order_for(len(x)), 1))
    keep = (weight > 0).any(axis=1)
    for _ in range(3):
        if (weight[keep] > 0).sum() < 2 * terms.shape[1] * len(basis):
            raise NoStarsError("too few stars for a matching kernel", n_stars=int(keep.sum()), n_basis=len(basis))
        coefficients = _solve(model[keep], target[keep], weight[keep], terms[keep])
        predicted = np.einsum("nk,kb,nbp->np", terms, coefficients, model)
        chi2 = (weight * (target - predicted) ** 2).sum(axis=1) / np.maximum((weight > 0).sum(axis=1), 1)
        keep = (weight > 0).any(axis=1) & (chi2 < 4 * np.median(chi2[keep]))
    return MatchingKernel(basis, coefficients, sharper.shape, convolves_science)


def kernel_basis(sharper_fwhm_px: float, broader_fwhm_px: float) -> np.ndarray:
    """Gaussians times polynomials, [n_basis, size, size]; the first of unit sum, the others of sum zero or one."""
    sigma_px = max(np.sqrt(max(broader_fwhm_px**2 - sharper_fwhm_px**2, 0)) / 2.3548, MIN_SIGMA_PX)
    half = int(np.ceil(3 * WIDTHS[-1] * sigma_px))
    offset = np.arange(-half, half + 1) / sigma_px
    basis = []
    for width, degree in zip(WIDTHS, DEGREES, strict=True):
        gaussian = np.exp(-0.5 * (offset / width) ** 2)
        profiles = [gaussian * (offset / width) ** power_of for power_of in range(degree + 1)]
        basis += [np.outer(profiles[j], profiles[i]) for i in range(degree + 1) for j in range(degree + 1 - i)]
    basis = np.stack(basis)
    sums = basis.sum(axis=(1, 2), keepdims=True)
    basis = np.where(np.abs(sums) > 1e-3, basis / np.where(sums == 0, 1, sums), basis)
    # But for the first they carry no flux: the kernel's sum is one coefficient.
    basis[1:] -= np.where(np.abs(sums[1:]) > 1e-3, 1, 0) * basis[0]
    return basis


def _star_pixels(
    sharper: Frame, broader: Frame, broader_psf: Psf, basis: np.ndarray, x: np.ndarray, y: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Stars' pixels: of the sharper image through each basis kernel [N, B, P], of the broader one [N, P], weights."""
    fit_size = 2 * int(np.ceil(2 * broader_psf.fwhm_px)) + 1
    rim = basis.shape[1] // 2
    size = fit_size + 2 * rim
    source = np.nan_to_num(cut(sharper.filled(broader_psf.fwhm_px), x, y, size))
    # All stars stand in one column, so that each kernel is applied once; their rims keep them apart.
    column = source.reshape(-1, size)
    inner = np.s_[:, rim : rim + fit_size, rim : rim + fit_size]
    model = np.stack(
        [
            cv2.filter2D(column, -1, kernel[::-1, ::-1].astype(np.float32)).reshape(source.shape)[inner]
            for kernel in basis
        ],
        axis=1,
    )
    target = np.nan_to_num(cut(broader.data, x, y, fit_size))
    good = (cut(sharper.mask, x, y, fit_size) == 0) & (cut(broader.mask, x, y, fit_size) == 0)
    variance = cut(broader.variance, x, y, fit_size) + cut(sharper.variance, x, y, fit_size)
    weight = np.where(good, 1 / (variance + (MODEL_ERROR * target) ** 2), 0)
    n = len(x)
    return model.reshape(n, len(basis), -1), target.reshape(n, -1), np.nan_to_num(weight).reshape(n, -1)


def _solve(model: np.ndarray, target: np.ndarray, weight: np.ndarray, terms: np.ndarray) -> np.ndarray:
    """Coefficients [n_terms, n_basis] of weighted least squares, a little damped."""
    n_terms, n_basis = terms.shape[1], model.shape[1]
    weighted = model * weight[:, None, :]
    local = np.einsum("nbp,ncp->nbc", weighted, model, optimize=True)
    right = np.einsum("nbp,np->nb", weighted, target, optimize=True)
    normal = np.einsum("nk,nl,nbc->kblc", terms, terms, local, optimize=True).reshape(n_terms * n_basis, -1)
    right = np.einsum("nk,nb->kb", terms, right).reshape(-1)
    normal[np.diag_indices_from(normal)] *= 1 + RIDGE
    return np.linalg.solve(normal, right).reshape(n_terms, n_basis)
