"""Sources of a frame."""

import numpy as np
import sep

from .frame import Frame

STAR_DTYPE = np.dtype(
    [
        ("x", "f8"),
        ("y", "f8"),
        ("flux", "f8"),
        ("snr", "f8"),
        ("peak", "f8"),
        ("fwhm_px", "f8"),
        ("ellipticity", "f8"),
        ("is_flawed", "?"),
    ]
)


# Of a pixel of the slightly smoothed image, in standard deviations of the raw one: 5 of its own.
THRESHOLD_SIGMA = 1.875
DEBLENDING_LEVELS = 16
# Of a pixel at the rim of an aperture, each way: more move a centroid by less than 1/1000 px.
SUBPIXELS = 3
# Part of the frame's noise below which that of no pixel is taken to be.
MIN_NOISE_PART = 0.1


def detect_stars(frame: Frame) -> np.ndarray:
    """Detect sources in a calibrated frame.

    Returns:
        `STAR_DTYPE` [N]: position and FWHM (of a Gaussian of the same half-light radius) in px, flux and
        peak in ADU; `is_flawed` when flawed pixels, the border or a blend touch the source.
    """
    sep.set_extract_pixstack(max(300_000, frame.data.size // 2))
    flawed = frame.mask != 0
    sky_variance = frame.variance - np.maximum(frame.data, 0) / frame.gain_e_per_adu
    sky_sigma = np.sqrt(np.maximum(sky_variance, (MIN_NOISE_PART * frame.noise_adu) ** 2))
    sources = sep.extract(
        frame.data,
        THRESHOLD_SIGMA,
        err=sky_sigma,
        mask=flawed,
        minarea=5,
        filter_type="conv",
        deblend_nthresh=DEBLENDING_LEVELS,
    )
    sources = sources[np.isfinite(sources["a"]) & (sources["b"] > 0) & (sources["flux"] > 0)]
    stars = np.zeros(len(sources), dtype=STAR_DTYPE)
    if not len(sources):
        return stars
    x, y = sources["x"], sources["y"]
    half_light, _ = sep.flux_radius(frame.data, x, y, 6 * sources["a"], 0.5, normflux=sources["flux"], subpix=SUBPIXELS)
    half_light = np.maximum(half_light, 0.5)
    x, y, _ = sep.winpos(frame.data, x, y, half_light / 1.1774, subpix=SUBPIXELS)
    radius = 2 * half_light
    flux, error, _ = sep.sum_circle(frame.data, x, y, radius, var=frame.variance)
    n_flawed, _, outside = sep.sum_circle(flawed.astype(np.float32), x, y, radius)
    stars["x"], stars["y"], stars["peak"] = x, y, sources["peak"]
    stars["flux"], stars["snr"] = flux, np.divide(flux, error, out=np.zeros_like(flux), where=error > 0)
    stars["fwhm_px"] = 2 * half_light
    stars["ellipticity"] = 1 - sources["b"] / sources["a"]
    stars["is_flawed"] = (n_flawed > 0) | (outside != 0) | (sources["flag"] != 0)
    return stars[np.isfinite(x) & np.isfinite(y) & (flux > 0)]
