"""Proper image subtraction: Zackay, Ofek & Gal-Yam 2016 (ApJ 830, 27), "ZOGY"."""

import numpy as np

from .filters import Filters, Optics, power, subtract_by
from .planes import Inputs, Planes

# Where both PSFs vanish in Fourier space they are given this transform: the difference becomes the plain one of the
# two images there, and its noise stays white.
PSF_FLOOR = 3e-4


def zogy(inputs: Inputs) -> Planes:
    """Subtract with both PSFs known."""
    return subtract_by(lambda optics, tile: zogy_filters(optics), inputs)


def zogy_filters(optics: Optics) -> Filters:
    """Filters of the proper difference D of eq. 13, in units of the images (divided by F_D, eq. 15), and of S, eq. 17.

    D's PSF, P_D of eq. 14, is the science image's through the filter `d_n`.
    """
    floor = PSF_FLOOR * np.exp((power(optics.p_n) + power(optics.p_r)) * np.float32(-1 / (10 * PSF_FLOOR) ** 2))
    p_n, p_r = optics.p_n + floor, optics.p_r + floor
    power_n, power_r = power(p_n), power(p_r)
    # Relative to the sum of the variances the weight has no unit, and no image's unit is too large or small for it.
    variance = optics.v_n + optics.v_r
    weight = np.float32(optics.v_n / variance) * power_r + np.float32(optics.v_r / variance) * power_n
    whitening = np.sqrt(1 / weight)
    return Filters(
        d_n=p_r * whitening,
        d_r=p_n * whitening,
        k_n=np.conj(p_n) * (power_r / weight),
        k_r=np.conj(p_r) * (power_n / weight),
    )
