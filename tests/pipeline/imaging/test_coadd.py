import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from pipeline.imaging.coadd import align, coadd
from pipeline.imaging.frame import BadParameterError, Flag, Frame, NoOverlapError
from pipeline.imaging.photometry import match_photometry
from pipeline.imaging.psf import fit_psf
from pipeline.imaging.subtract import scaled
from tests import sky
from tests.pipeline.imaging import calibrated, frame_of

SIZE = 256


def exposures(expected: np.ndarray, n: int, *, seed: int = 0) -> list[Frame]:
    """Calibrated frames of one sky that all lie on one grid."""
    rng = np.random.default_rng(seed)
    return [calibrated(sky.observe(expected, rng=rng), sky.make_wcs(expected.shape[1])) for _ in range(n)]


def noise_frames(n: int, *, noise_adu: float = 1.0, shape=(SIZE, SIZE), seed: int = 0) -> list[Frame]:
    rng = np.random.default_rng(seed)
    return [frame_of(rng.normal(0, noise_adu, shape), noise_adu=noise_adu) for _ in range(n)]


@pytest.mark.parametrize("n_frames", [2, 3, 8, 40])
def test_the_mean_of_n_equal_frames_has_a_noise_of_sigma_over_root_n(n_frames):
    result = coadd(noise_frames(n_frames, noise_adu=3.0))

    assert result.frame.data.std() == pytest.approx(3 / np.sqrt(n_frames), rel=0.03)
    assert result.frame.noise_adu == pytest.approx(3 / np.sqrt(n_frames), rel=0.001)
    assert result.frame.data.mean() == pytest.approx(0, abs=0.03)
    assert (result.coverage <= n_frames).all()
    assert result.clipped_fraction < 1e-3


def test_pulls_of_empty_sky_have_unit_width():
    frame = coadd(exposures(np.zeros((SIZE, SIZE)), 6)).frame
    sky_variance = frame.variance - np.maximum(frame.data, 0) / frame.gain_e_per_adu

    assert (frame.data / np.sqrt(sky_variance))[frame.mask == 0].std() == pytest.approx(1, abs=0.03)


def test_frames_weigh_by_their_sky():
    quiet, loud = noise_frames(3, noise_adu=1.0), noise_frames(3, noise_adu=4.0, seed=1)
    result = coadd(quiet + loud)
    best = 1 / np.sqrt(3 * (1 + 1 / 16))

    assert result.frame.data.std() == pytest.approx(best, rel=0.02)
    assert np.median(result.frame.variance) == pytest.approx(best**2, rel=0.01)


def test_the_variance_is_the_scatter_under_a_bright_source_too():
    expected = sky.moffat((128, 128), [64], [64], [1e6], fwhm_px=14)
    coadds = [coadd(exposures(expected, 3, seed=seed)).frame for seed in range(40)]
    core = np.s_[58:71, 58:71]

    scatter = np.var([frame.data[core] for frame in coadds], axis=0)

    assert np.median(scatter / coadds[0].variance[core]) == pytest.approx(1, abs=0.1)
    assert coadds[0].gain_e_per_adu == pytest.approx(3 * sky.GAIN_E_PER_ADU, rel=0.01)


@pytest.mark.parametrize("n_frames", [2, 3, 4, 9])
def test_what_only_one_frame_shows_does_not_get_through(n_frames):
    frames = noise_frames(n_frames)
    rng = np.random.default_rng(3)
    hit = rng.random((SIZE, SIZE)) < 0.01
    hit[40] = False
    frames[-1].data[hit] += rng.uniform(20, 2000, hit.sum())
    frames[0].data[40, :] += 30
    result = coadd(frames)

    assert result.frame.data[hit].max() < 5
    assert result.frame.data[hit].mean() == pytest.approx(0, abs=0.1)
    assert result.frame.data[40].mean() == pytest.approx(0, abs=0.2)
    assert (result.coverage[hit] < n_frames).all()


def test_flawed_pixels_take_no_part():
    frames = noise_frames(5)
    for frame, flag in zip(frames[:3], (Flag.COSMIC_RAY, Flag.BAD, Flag.NO_DATA), strict=True):
        frame.data[100, 100:110] = 2.0
        frame.mask[100, 100:110] = flag
    result = coadd(frames)

    assert (result.coverage[100, 100:110] == 2).all()
    assert (result.frame.mask == 0).all()
    expected = (frames[3].data + frames[4].data)[100, 100:110] / 2
    assert result.frame.data[100, 100:110] == pytest.approx(expected, abs=1e-6)
    assert result.frame.variance[100, 105] == pytest.approx(1 / 2)


def test_a_pixel_is_flagged_by_what_its_frames_have_in_common():
    frames = noise_frames(4)
    frames[2].mask[10, 10] = Flag.SATURATED
    for frame in frames:
        frame.mask[20, 20] = Flag.BAD
        frame.mask[30, 30] = Flag.NO_DATA
    frames[0].mask[30, 31] = Flag.COSMIC_RAY
    result = coadd(frames)

    assert result.frame.mask[10, 10] == Flag.SATURATED
    assert result.coverage[10, 10] == 4
    assert result.frame.mask[20, 20] == Flag.BAD
    assert result.frame.mask[30, 30] == Flag.NO_DATA
    assert np.count_nonzero(result.frame.mask) == 3
    assert result.inverse_variance[20, 20] == result.inverse_variance[30, 30] == 0
    assert (result.frame.variance > 0).all()


def test_partial_overlap_leaves_no_data_outside_and_more_noise_where_fewer_frames_lie():
    frames = noise_frames(4)
    for frame in frames:
        frame.mask[:50] = Flag.NO_DATA
    for frame in frames[2:]:
        frame.mask[:, :100] = Flag.NO_DATA
    result = coadd(frames)
    ivar = result.inverse_variance

    assert (result.frame.mask[:50] == Flag.NO_DATA).all()
    assert (result.frame.mask[50:] == 0).all()
    assert np.median(ivar[60:, :100]) == pytest.approx(2, rel=0.01)
    assert np.median(ivar[60:, 100:]) == pytest.approx(4, rel=0.01)
    assert (ivar[:50] == 0).all()


def test_a_stars_flux_is_kept_whatever_the_seeing_and_the_brightness():
    x, y = np.meshgrid(np.arange(40, 400, 80.0), np.arange(40, 400, 80.0))
    x, y = x.ravel(), y.ravel()
    flux = np.geomspace(2e4, 4e5, x.size)
    frames = []
    for seed, fwhm_px in enumerate((2.6, 3.0, 3.4, 3.9, 4.4)):
        image = sky.moffat((400, 400), x, y, flux, fwhm_px=fwhm_px)
        frames += exposures(image, 1, seed=seed)
    combined = coadd(frames).frame
    expected = np.mean([sky.moffat((400, 400), x, y, flux, fwhm_px=f) for f in (2.6, 3.0, 3.4, 3.9, 4.4)], axis=0)
    ratio = []
    for xi, yi in zip(x.astype(int), y.astype(int), strict=True):
        box = np.s_[yi - 8 : yi + 9, xi - 8 : xi + 9]
        weight = expected[box]
        ratio.append((combined.data[box] * weight).sum() / (expected[box] * weight).sum())

    assert np.mean(ratio) == pytest.approx(1, abs=0.005)
    assert np.abs(np.array(ratio)[5:] - 1).max() < 0.01


def test_frames_of_other_pointing_and_transparency_are_aligned_and_keep_the_fluxes_of_the_first():
    pairs = [
        sky.make_pair(
            seed=11, n_transients=0, shift_px=shift, rotation_deg=0.1, reference_scale=scale, brightest_adu=4e4
        )
        for shift, scale in (((2.3, -1.6), 0.7), ((-1.4, 3.7), 1.2))
    ]
    first = calibrated(pairs[0].science, pairs[0].science_wcs)
    psf = fit_psf(first)
    others = [align(calibrated(p.reference, p.reference_wcs), onto=first, onto_psf=psf) for p in pairs]
    result = coadd([first, *others])
    match = match_photometry(first, result.frame, science_psf=psf, reference_psf=fit_psf(result.frame))

    assert match.flux_scale == pytest.approx(1, abs=0.005)
    assert match.offset_rms_px < 0.05
    assert result.frame.wcs is first.wcs
    assert result.frame.noise_adu < 0.75 * first.noise_adu
    assert (result.coverage[5:-5, 5:-5] == 3).mean() > 0.95
    assert set(np.unique(result.coverage[0])) < {1, 2, 3}


def test_a_common_factor_scales_everything():
    frames = noise_frames(3)
    once, twice = coadd(frames).frame, coadd([scaled(frame, 2.0) for frame in frames]).frame

    assert twice.data == pytest.approx(2 * once.data, rel=1e-5, abs=1e-6)
    assert twice.variance == pytest.approx(4 * once.variance, rel=1e-5)
    assert twice.gain_e_per_adu == pytest.approx(once.gain_e_per_adu / 2)


def test_the_order_of_the_frames_does_not_matter():
    frames = exposures(sky.moffat((128, 128), [64], [64], [1e5], fwhm_px=3), 5)

    assert coadd(frames[::-1]).frame.data == pytest.approx(coadd(frames).frame.data, abs=1e-3)


def test_memory_does_not_grow_with_the_number_of_frames():
    def peak(n: int) -> int:
        data = np.random.default_rng(0).normal(0, 1, (512, 512)).astype(np.float32)
        tracemalloc.start()
        coadd(frame_of(data) for _ in range(n))
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size

    assert peak(24) < 1.3 * peak(12)


@pytest.mark.parametrize("n_frames", [0, 1])
def test_a_co_add_needs_two_frames(n_frames):
    with pytest.raises(BadParameterError, match=f"at least 2 frames, there are {n_frames}") as refused:
        coadd(noise_frames(n_frames))

    assert refused.value.measurements == {"n_frames": n_frames}


def test_frames_on_different_grids_are_refused_by_number():
    frames = [*noise_frames(2), *noise_frames(1, shape=(64, 64))]

    with pytest.raises(BadParameterError, match=r"frame 3 has the grid \(64, 64\)"):
        coadd(frames)


def test_frames_without_a_good_pixel_do_not_overlap():
    frames = [replace(frame, mask=np.full_like(frame.mask, Flag.NO_DATA)) for frame in noise_frames(3)]

    with pytest.raises(NoOverlapError) as refused:
        coadd(frames)

    assert refused.value.measurements == {"n_frames": 3}
