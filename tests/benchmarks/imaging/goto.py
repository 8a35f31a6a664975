"""Transients injected into a real frame: the GOTO pair, where the real data are at hand."""

from dataclasses import replace

import numpy as np

from astrid.fits import read_image
from pipeline.imaging.calibrate import calibrate
from pipeline.imaging.chain import difference
from pipeline.imaging.detect import detect_stars
from pipeline.imaging.frame import Frame, dilated
from pipeline.imaging.psf import Psf, fit_psf
from pipeline.imaging.register import register
from pipeline.imaging.stamps import cut, shifted
from tests import REALDATA
from tests.benchmarks.figures import Figure

GAIN_E_PER_ADU, READ_NOISE_E, SATURATION_ADU = 1.5, 10.0, 55_000.0
SEED = 770_770
N_INJECTED = 150
SNR_RANGE = (6.0, 60.0)
EDGE_PX, APART_PX, MATCH_PX = 60, 30, 4.0


def figures(*, quick: bool) -> list[Figure]:
    directory = REALDATA / "goto_m88"
    if quick or not directory.exists():
        return []
    science, reference = (_calibrated(directory / name) for name in ("2.fits", "1.fits"))
    registered = register(reference, onto=science)
    psfs = fit_psf(science), fit_psf(registered.frame)
    before = difference(science, reference).candidates
    rng = np.random.default_rng(SEED)
    x, y = _places(science, registered.frame, before, rng=rng)
    snr = np.exp(rng.uniform(*np.log(SNR_RANGE), len(x)))
    flux = snr / _snr_of_one_adu(science, registered.frame, psfs, x, y)
    found = difference(_injected(science, psfs[0], x, y, flux, rng=rng), reference).candidates
    distance = np.hypot(found["x"] - x[:, None], found["y"] - y[:, None])
    lost = distance.min(axis=1) > MATCH_PX
    nearest = found[distance.argmin(axis=1)]
    recovered = nearest["significance"][~lost] / snr[~lost]
    return [
        Figure("GOTO frame: injected above S/N 6", len(x), ""),
        Figure("GOTO frame: completeness", float(1 - lost.mean()), "", goal=0.98, at_most=False),
        Figure("GOTO frame: recovered significance", float(np.median(recovered)), "of ideal", goal=0.95, at_most=False),
        Figure("GOTO frame: found flux over injected", float(np.median(nearest["flux"][~lost] / flux[~lost])), ""),
        Figure("GOTO frame: candidates without injections", len(before), ""),
    ]


def _calibrated(path) -> Frame:
    image = read_image(path)
    return calibrate(
        image.data,
        wcs=image.wcs,
        gain_e_per_adu=GAIN_E_PER_ADU,
        read_noise_e=READ_NOISE_E,
        saturation_adu=SATURATION_ADU,
    )


def _places(
    science: Frame, reference: Frame, known: np.ndarray, *, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Random places away from flaws, edges, each other, and everything that has changed already."""
    flawed = dilated(science.mask | reference.mask, 2 * EDGE_PX / 6) != 0
    ny, nx = science.shape
    taken = list(zip(known["x"], known["y"], strict=True))
    places = []
    while len(places) < N_INJECTED:
        x, y = rng.uniform(EDGE_PX, nx - EDGE_PX), rng.uniform(EDGE_PX, ny - EDGE_PX)
        others = np.array(taken + places)
        if not flawed[round(y), round(x)] and np.hypot(*(others - (x, y)).T).min() > APART_PX:
            places.append((x, y))
    return tuple(np.array(places).T)


def _snr_of_one_adu(
    science: Frame, reference: Frame, psfs: tuple[Psf, Psf], x: np.ndarray, y: np.ndarray
) -> np.ndarray:
    """Of the best possible difference (Zackay, Ofek & Gal-Yam 2016, eq. 12), the local noise taken as white: [N]."""
    size = max(psf.size for psf in psfs)
    stars = detect_stars(science)
    scale = _flux_scale(science, reference, stars)
    power, variance = [], []
    for frame, psf, factor in zip((science, reference), psfs, (1.0, scale), strict=True):
        stamps = psf.stamps(x, y)
        padded = np.zeros((len(x), size, size))
        padded[:, : psf.size, : psf.size] = stamps
        power.append(np.abs(np.fft.fft2(padded)) ** 2)
        local = cut(frame.variance, x, y, psf.size) * factor**2
        variance.append((stamps**2).sum(axis=(1, 2)) / (stamps**2 / local).sum(axis=(1, 2)))
    noise = variance[0][:, None, None] * power[1] + variance[1][:, None, None] * power[0]
    return np.sqrt((power[0] * power[1] / np.maximum(noise, 1e-12 * noise.max())).mean(axis=(1, 2)))


def _flux_scale(science: Frame, reference: Frame, stars: np.ndarray) -> float:
    """Science over reference flux of what both show within 12 px."""
    bright = stars[~stars["is_flawed"] & (stars["snr"] > 50)]
    sums = [np.nansum(cut(f.data, bright["x"], bright["y"], 25), axis=(1, 2)) for f in (science, reference)]
    return float(np.median(sums[0] / sums[1]))


def _injected(
    science: Frame, psf: Psf, x: np.ndarray, y: np.ndarray, flux: np.ndarray, *, rng: np.random.Generator
) -> Frame:
    """The frame with point sources added, their photons' noise as well."""
    data, variance = science.data.copy(), science.variance.copy()
    middle_x, middle_y = np.rint(x).astype(int), np.rint(y).astype(int)
    stamps = flux[:, None, None] * np.maximum(shifted(psf.stamps(x, y), x - middle_x, y - middle_y), 0)
    half = psf.size // 2
    for column, row, stamp in zip(middle_x, middle_y, stamps, strict=True):
        window = np.s_[row - half : row + half + 1, column - half : column + half + 1]
        data[window] += rng.poisson(stamp * GAIN_E_PER_ADU) / GAIN_E_PER_ADU
        variance[window] += stamp / GAIN_E_PER_ADU
    return replace(science, data=data, variance=variance)
