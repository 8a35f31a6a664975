"""Galaxies' light: Sérsic profiles and their Fourier transforms."""

from functools import lru_cache

import numpy as np
from scipy.special import gamma, j0

TRANSFORM_FREQUENCIES = np.geomspace(1e-3, 30, 240)


def sersic_b(n: float) -> float:
    """b_n, which makes r_e the half-light radius (Ciotti & Bertin 1999, A&A 352, 447, eq. 18)."""
    return 2 * n - 1 / 3 + 4 / (405 * n) + 46 / (25515 * n**2)


def sersic_profile(radius: np.ndarray, n: float) -> np.ndarray:
    """Surface brightness at `radius` (in r_e) of a round galaxy of unit flux and r_e = 1 (Sérsic 1963)."""
    b = sersic_b(n)
    flux = 2 * np.pi * n * b ** (-2 * n) * gamma(2 * n)
    return np.exp(-b * radius ** (1 / n)) / flux


@lru_cache(maxsize=8)
def _transform_table(n: float) -> np.ndarray:
    # r = t^n takes the cusp away: the integrand becomes exp(-b t) t^(2n-1) J0(2π k t^n).
    t = np.linspace(0, 30 / sersic_b(n), 6000)
    light = np.exp(-sersic_b(n) * t) * t ** (2 * n - 1)
    kernel = j0(2 * np.pi * TRANSFORM_FREQUENCIES[:, None] * t**n)
    return kernel @ light / light.sum()


def sersic_transform(frequency: np.ndarray, n: float) -> np.ndarray:
    """Fourier (Hankel) transform of `sersic_profile`; `frequency` in cycles per r_e."""
    return np.interp(frequency, TRANSFORM_FREQUENCIES, _transform_table(n), left=1.0, right=0.0)
