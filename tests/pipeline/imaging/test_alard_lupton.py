import numpy as np
import pytest
import scipy.fft
from scipy.signal import fftconvolve

from pipeline.imaging.alard_lupton import alard_lupton_filters, fit_kernel, kernel_basis
from pipeline.imaging.filters import Optics, filtered, transformed_psf
from pipeline.imaging.frame import Flag, NoStarsError
from pipeline.imaging.subtract import subtract
from tests import sky
from tests.pipeline.imaging import inputs_of

SHAPE = (256, 256)


@pytest.mark.parametrize(("sharper", "broader"), [(2.0, 2.0), (2.5, 4.0), (3.0, 8.0)])
def test_but_for_the_first_no_basis_kernel_carries_flux(sharper, broader):
    sums = kernel_basis(sharper, broader).sum(axis=(1, 2))

    assert sums[0] == pytest.approx(1)
    assert sums[1:] == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(
    "fwhm_px", [(4.0, 2.8), (2.8, 4.0)], ids=["the reference is convolved", "the science image is convolved"]
)
def test_the_sharper_image_is_convolved_to_the_others_seeing(fwhm_px):
    inputs = inputs_of(science_fwhm_px=fwhm_px[0], reference_fwhm_px=fwhm_px[1])
    kernel = fit_kernel(inputs)
    # As `make_pair` draws them: the reference's stars have steeper wings, and are a little elliptical.
    shapes = {"beta": 3.0}, {"beta": 3.5, "ellipticity": 0.05}
    sharper, broader = (
        sky.moffat((91, 91), [45], [45], [1], fwhm_px=fwhm, **shape)
        for fwhm, shape in sorted(zip(fwhm_px, shapes, strict=True), key=lambda pair: pair[0])
    )
    convolved = fftconvolve(sharper, kernel.at(256, 256), mode="same")

    assert kernel.convolves_science == (fwhm_px[0] < fwhm_px[1])
    assert kernel.at(256, 256).sum() == pytest.approx(1, abs=0.01)
    assert np.abs(convolved - broader).max() < 0.03 * broader.max()


@pytest.mark.parametrize("convolves_science", [False, True])
def test_the_difference_is_white_and_its_noise_known(convolves_science):
    rng = np.random.default_rng(3)
    noise = (1.0, 0.7)
    science, reference = (rng.normal(0, sigma, SHAPE).astype(np.float32) for sigma in noise)
    narrow, broad = (sky.moffat((61, 61), [30], [30], [1], fwhm_px=fwhm).astype(np.float32) for fwhm in (2.5, 4.0))
    psfs = (narrow, broad) if convolves_science else (broad, narrow)
    optics = Optics(*(transformed_psf(psf / psf.sum(), SHAPE) for psf in psfs), *np.square(noise))
    kernel = transformed_psf(sky.moffat((31, 31), [15], [15], [1], fwhm_px=3.0, beta=5).astype(np.float32), SHAPE)
    tile = filtered(
        science, reference, *(np.full(SHAPE, sigma**2, dtype=np.float32) for sigma in noise),
        filters=alard_lupton_filters(optics, kernel, convolves_science=convolves_science),
        astrometric_noise_px=0.0, photometric_noise=0.0,
    )  # fmt: skip
    spectrum = np.abs(scipy.fft.rfft2(tile.image)) ** 2

    assert tile.image.std() == pytest.approx(np.hypot(*noise), rel=0.02)
    assert tile.variance.mean() == pytest.approx(noise[0] ** 2 + noise[1] ** 2, rel=0.02)
    assert tile.significance.std() == pytest.approx(1, abs=0.08)
    assert spectrum[:64, :64].mean() == pytest.approx(spectrum[64:128, 64:].mean(), rel=0.06)


def test_it_finds_what_zogy_finds():
    inputs = inputs_of()
    options = {"science_psf": inputs.science_psf, "reference_psf": inputs.reference_psf}
    one, other = (
        subtract(inputs.science, inputs.reference, algorithm=name, **options) for name in ("zogy", "alard_lupton")
    )
    strong = (np.abs(one.significance) > 8) & (one.mask == 0)

    assert strong.sum() > 50
    assert other.significance[strong] == pytest.approx(one.significance[strong], rel=0.15, abs=1)


def test_stars_without_good_pixels_determine_no_kernel():
    inputs = inputs_of()
    inputs.reference.mask[:] = Flag.BAD

    with pytest.raises(NoStarsError, match="matching kernel"):
        fit_kernel(inputs)
