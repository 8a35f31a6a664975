import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import j0

from astrid.simulate.psf import Psf, Telescope, kolmogorov_otf

SHAPE = (1024, 1024)
PERFECT = Telescope(aperture_m=8.0, coma_waves=0, astigmatism_waves=0, defocus_waves=0)
COMATIC = Telescope(coma_waves=0.3, axis=(0.1, -0.2), drift_arcsec=(0.2, 0.1))


def psf_of(telescope: Telescope, fwhm_px: float = 2.5) -> Psf:
    return Psf(fwhm_px=fwhm_px, telescope=telescope, pixel_scale_arcsec=0.6, shape=SHAPE)


COMATIC_PSF = psf_of(COMATIC)


def moments(stamp: np.ndarray, *, sigma_px: float) -> tuple[np.ndarray, np.ndarray]:
    """Centroid (x, y) and covariance of a stamp within a Gaussian window around its middle."""
    half = stamp.shape[0] // 2
    y, x = np.mgrid[-half:half, -half:half]
    weight = stamp * np.exp(-(x**2 + y**2) / (2 * sigma_px**2))
    centroid = np.array([(weight * x).sum(), (weight * y).sum()]) / weight.sum()
    return centroid, np.cov(np.array([x.ravel(), y.ravel()]), aweights=np.clip(weight, 0, None).ravel())


@pytest.mark.parametrize("fwhm", [1.8, 3.6])
def test_kolmogorov_profile_has_the_fwhm_asked_for(fwhm):
    f = np.linspace(0, 3, 4000)
    light = kolmogorov_otf(f, fwhm=fwhm) * f
    centre, half_way = (np.sum(light * j0(2 * np.pi * f * r)) for r in (0, fwhm / 2))
    assert half_way / centre == pytest.approx(0.5, abs=0.005)


@pytest.mark.parametrize("fwhm_px", [1.8, 2.5, 3.6])
def test_stars_have_the_atmospheres_fwhm_widened_by_the_pixel(fwhm_px):
    pixel_variance = 1 / 12
    widened = np.sqrt(fwhm_px**2 + 8 * np.log(2) * pixel_variance)
    assert psf_of(PERFECT, fwhm_px).delivered_fwhm_px == pytest.approx(widened, rel=0.03)


@settings(max_examples=20, deadline=None)
@given(x=st.floats(0, 1023), y=st.floats(0, 1023), size=st.sampled_from([16, 32, 128]))
def test_stamps_hold_all_the_flux_anywhere(x, y, size):
    stamp = COMATIC_PSF.stamps(np.array([x]), np.array([y]), size)[0]
    assert stamp.sum() == pytest.approx(1, abs=1e-5)
    assert stamp.min() > -1e-4


@settings(max_examples=20, deadline=None)
@given(x=st.floats(0, 1023), y=st.floats(0, 1023))
def test_centroid_is_the_place_asked_for(x, y):
    stamp = COMATIC_PSF.stamps(np.array([x]), np.array([y]), 256)[0]
    centroid, _ = moments(stamp, sigma_px=40)
    assert centroid == pytest.approx([x - np.rint(x), y - np.rint(y)], abs=0.02)


def test_a_step_of_one_pixel_moves_the_stamp_and_nothing_else():
    still = psf_of(PERFECT)
    one, next_one = still.stamps(np.array([500.3, 501.3]), np.array([400.2, 400.2]), 32)
    assert one == pytest.approx(next_one, abs=1e-6)


def test_coma_grows_away_from_the_axis():
    on_axis, off_axis = COMATIC_PSF.stamps(np.array([563.0, 1000.0]), np.array([410.0, 410.0]), 64)
    skewness = []
    for stamp in (on_axis, off_axis):
        (x, _), _ = moments(stamp, sigma_px=2)
        skewness.append(abs(x))
    assert skewness[1] > 0.02 > 0.005 > skewness[0]


def test_drift_elongates_stars_along_itself():
    drifting = psf_of(Telescope(coma_waves=0, astigmatism_waves=0, defocus_waves=0, drift_arcsec=(0.9, 0.0)))
    stamp = drifting.stamps(np.array([512.0]), np.array([512.0]), 64)[0]
    _, covariance = moments(stamp, sigma_px=4)
    assert covariance[0, 0] > 1.05 * covariance[1, 1]


def test_between_the_nodes_the_psf_is_their_mean():
    middle = (SHAPE[1] - 1) / 4
    left, between, right = COMATIC_PSF.spectra(np.array([0, middle, 2 * middle]), np.zeros(3), 16)
    shifts = np.array([0, middle, 2 * middle]) - np.rint([0, middle, 2 * middle])
    fx = np.fft.rfftfreq(32, 0.5)
    left, between, right = (
        spectrum * np.exp(2j * np.pi * shift * fx)
        for spectrum, shift in zip((left, between, right), shifts, strict=True)
    )
    assert between == pytest.approx((left + right) / 2, abs=1e-5)
