import numpy as np
import pytest

from astrid.simulate.psf import Psf, Telescope
from astrid.simulate.snr import ideal_snr

N, TRIALS, FLUX = 32, 3000, 900.0


def psf_stamp(fwhm_px: float) -> np.ndarray:
    psf = Psf(fwhm_px=fwhm_px, telescope=Telescope(), pixel_scale_arcsec=0.6, shape=(200, 200))
    return psf.stamps(np.array([100.3]), np.array([99.6]), N)[0].astype(float)


SHARP, BLURRED = psf_stamp(2.0), psf_stamp(3.2)


def test_single_image_snr_is_that_of_the_optimal_flux_estimate():
    rng = np.random.default_rng(1)
    variance = 80 + 4000 * SHARP
    images = FLUX * SHARP + np.sqrt(variance) * rng.standard_normal((TRIALS, N, N))
    weight = SHARP / variance
    fluxes = (images * weight).sum(axis=(1, 2)) / (SHARP * weight).sum()
    measured = fluxes.mean() / fluxes.std()
    assert fluxes.mean() == pytest.approx(FLUX, rel=0.01)
    assert ideal_snr(FLUX, psf=SHARP, variance=variance) == pytest.approx(measured, rel=0.04)


@pytest.mark.parametrize(("science_psf", "reference_psf"), [(SHARP, BLURRED), (BLURRED, SHARP)])
def test_difference_snr_is_reached_by_the_optimal_difference_of_noisy_images(science_psf, reference_psf):
    rng = np.random.default_rng(2)
    science_variance, reference_variance, ratio = 90.0, 50.0, 0.7
    sky = np.fft.fft2(1e4 * rng.random((N, N)))
    p_n, p_r = np.fft.fft2(science_psf), np.fft.fft2(reference_psf)

    def noise(variance):
        return np.fft.fft2(np.sqrt(variance) * rng.standard_normal((TRIALS, N, N)))

    science = (ratio * sky + FLUX) * p_n + noise(science_variance)
    reference = sky * p_r + noise(reference_variance)
    difference = p_r * science - ratio * p_n * reference
    spectrum = science_variance * np.abs(p_r) ** 2 + ratio**2 * reference_variance * np.abs(p_n) ** 2
    response = p_r * p_n
    fluxes = (np.conj(response) * difference / spectrum).sum(axis=(1, 2)).real
    fluxes /= (np.abs(response) ** 2 / spectrum).sum()
    expected = ideal_snr(
        FLUX, psf=science_psf, variance=np.full((N, N), science_variance), reference_psf=reference_psf,
        reference_variance=np.full((N, N), reference_variance), flux_ratio=ratio,
    )  # fmt: skip
    assert fluxes.mean() == pytest.approx(FLUX, rel=0.02)
    assert expected == pytest.approx(fluxes.mean() / fluxes.std(), rel=0.04)


def test_a_noiseless_reference_costs_nothing_and_a_noisy_one_something():
    variance = np.full((N, N), 100.0)
    alone = ideal_snr(FLUX, psf=SHARP, variance=variance)

    def with_reference(level: float) -> float:
        pair = {"psf": SHARP, "variance": variance, "reference_psf": SHARP}
        return ideal_snr(FLUX, **pair, reference_variance=level * variance)

    assert with_reference(1e-9) == pytest.approx(alone)
    assert with_reference(1.0) == pytest.approx(alone / np.sqrt(2))
