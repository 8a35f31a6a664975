import numpy as np
import pytest

from astrid.simulate.camera import add_cosmic_rays
from pipeline.imaging import flaws
from pipeline.imaging.flaws import find_bad_lines, find_cosmic_rays
from pipeline.imaging.frame import Flag
from tests import sky
from tests.pipeline.imaging import calibrated

SIZE = 320
GAIN = sky.GAIN_E_PER_ADU


def starry(seed: int, *, fwhm_px: float, shower: int = 8) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A raw image with cosmic rays, and of every pixel the expected ADU of its stars and of its rays."""
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(0, SIZE, (2, 100))
    flux = np.minimum(1000 * rng.pareto(0.8, x.size) + 1000, 1e5)
    stars = sky.moffat((SIZE, SIZE), x, y, flux, fwhm_px=fwhm_px)
    electrons = np.zeros(stars.shape)
    for _ in range(shower):
        add_cosmic_rays(electrons, rng=rng)
    rays = electrons / GAIN
    raw = np.minimum(sky.observe(stars, rng=rng) + rays, sky.SATURATION_ADU).astype(np.float32)
    return raw, stars, rays


def test_as_much_of_the_rays_is_found_as_by_astroscrappy_and_less_of_the_stars():
    astroscrappy = pytest.importorskip("astroscrappy", reason="astroscrappy is not installed")
    found, false = [], []
    for seed in range(3):
        for fwhm_px in (2.5, 3.5):
            raw, stars, rays = starry(seed, fwhm_px=fwhm_px)
            frame = calibrated(raw, sky.make_wcs(SIZE))
            # A ray along a row or a column may pass for a bad line.
            ours = (frame.mask & (Flag.COSMIC_RAY | Flag.BAD)) != 0
            theirs, _ = astroscrappy.detect_cosmics(
                raw, gain=GAIN, readnoise=sky.READ_NOISE_E, satlevel=1e6, sigclip=4.5, sigfrac=0.3, objlim=4.0
            )
            noise = np.sqrt(sky.NOISE_ADU**2 + stars / GAIN)
            bright = (rays > 5 * noise) & (frame.mask & Flag.SATURATED == 0)
            found += [(mask[bright].sum(), bright.sum()) for mask in (ours, theirs)]
            false += [(mask & (rays == 0)).sum() for mask in (ours, theirs)]

    n_found, n_rays = np.array(found).reshape(-1, 2, 2).sum(axis=0).T
    n_false = np.array(false).reshape(-1, 2).sum(axis=0)

    assert n_rays[0] > 500
    assert n_found[0] / n_rays[0] >= n_found[1] / n_rays[1] - 0.005
    assert n_found[0] / n_rays[0] > 0.98
    assert n_false[0] <= n_false[1]


def test_the_windows_that_an_image_is_searched_in_leave_no_seams(monkeypatch):
    raw, _, _ = starry(1, fwhm_px=3)
    data, ignore = raw - np.float32(sky.SKY_ADU), np.zeros(raw.shape, dtype=bool)
    ignore[100:120, 30] = True
    variance = np.full(raw.shape, sky.NOISE_ADU**2, dtype=np.float32)
    masks = []
    for strip_px, cell_px in ((1000, 1000), (128, 64), (17, 9)):
        monkeypatch.setattr(flaws, "STRIP_PX", strip_px)
        monkeypatch.setattr(flaws, "CELL_PX", cell_px)
        rays = find_cosmic_rays(data, variance, gain_e_per_adu=GAIN, ignore=ignore)
        masks.append(rays | find_bad_lines(data, variance, gain_e_per_adu=GAIN))

    assert masks[0].sum() > 100
    assert (masks[0] == masks[1]).all()
    assert (masks[0] == masks[2]).all()


def test_a_later_search_finds_the_rest_of_a_broad_ray():
    rng = np.random.default_rng(0)
    data = rng.normal(0, 10, (96, 96)).astype(np.float32)
    data[40:44, 40:44] += 2000
    variance = np.full(data.shape, 100, dtype=np.float32)
    ignore = np.zeros(data.shape, dtype=bool)
    once, often = (
        find_cosmic_rays(data, variance, gain_e_per_adu=2, ignore=ignore, iterations=n)[40:44, 40:44] for n in (1, 4)
    )

    assert once.any()
    assert not once.all()
    assert often.all()


def test_ignored_pixels_are_not_found_again():
    data = np.random.default_rng(0).normal(0, 10, (96, 96)).astype(np.float32)
    data[50, 50] = 5000
    ignore = data > 1000

    assert not find_cosmic_rays(data, np.full_like(data, 100), gain_e_per_adu=2, ignore=ignore).any()


@pytest.mark.parametrize("transposed", [False, True])
def test_a_line_is_bad_from_where_it_dies(transposed):
    data = np.random.default_rng(0).normal(0, 10, (256, 200)).astype(np.float32)
    data[100:, 50] -= 100
    if transposed:
        data = np.ascontiguousarray(data.T)
    bad = find_bad_lines(data, np.full_like(data, 100), gain_e_per_adu=2)
    if transposed:
        bad = bad.T

    assert bad[100:, 50].all()
    assert not bad[:85].any()
    assert not np.delete(bad, 50, axis=1).any()


@pytest.mark.parametrize("seed", [1, 4, 5, 6])
def test_no_line_of_a_starry_sky_is_bad(seed):
    raw, _, _ = starry(seed, fwhm_px=2.2, shower=0)

    assert (calibrated(raw, sky.make_wcs(SIZE)).mask & Flag.BAD == 0).all()
