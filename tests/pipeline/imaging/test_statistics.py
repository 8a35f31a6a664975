"""The whole chain against known truth: what it measures is right on the average, and so are its errors."""

from dataclasses import dataclass

import numpy as np
import pytest
from scipy.signal import fftconvolve
from scipy.spatial import cKDTree

from pipeline.imaging import chain
from pipeline.imaging.frame import Frame
from tests import sky
from tests.pipeline.imaging import calibrated

SIZE_PX = 512
N_STARS, N_CHANGES = 200, 16
SCIENCE = {"fwhm_px": 3.4}
REFERENCE = {"fwhm_px": 2.8, "beta": 3.5, "ellipticity": 0.05}
REFERENCE_SCALE = 0.8
# A change this far from every other source is measured alone.
APART_PX = 15.0
MATCH_PX = 2.0
ALGORITHMS = ("zogy", "alard_lupton")


@dataclass(frozen=True)
class Field:
    """Two calibrated images of one sky, its stars, and what changed: x, y in px and flux in ADU, [N] each."""

    science: Frame
    reference: Frame
    stars: np.ndarray
    x: np.ndarray
    y: np.ndarray
    flux: np.ndarray

    def found(self, candidates):
        """Of each change the index of the candidate at its place; −1 where there is none."""
        tree = cKDTree(np.column_stack([candidates["x"], candidates["y"]]))
        distance, nearest = tree.query(np.column_stack([self.x, self.y]), distance_upper_bound=MATCH_PX)
        return np.where(np.isfinite(distance), nearest, -1)


def make_field(seed, flux, *, science=SCIENCE, reference=REFERENCE, host_flux=0.0):
    """Positive changes are in the science image alone, negative ones in the reference; a galaxy lies 2 px from each."""
    rng = np.random.default_rng(seed)
    wcs, reference_wcs = sky.make_wcs(SIZE_PX), sky.make_wcs(SIZE_PX, shift_px=(3.3, -2.6), rotation_deg=0.3)
    stars = rng.uniform(-20, SIZE_PX + 20, (N_STARS, 2))
    star_flux = np.minimum(1000 * rng.pareto(0.8, N_STARS) + 1000, 1.5e5)
    places = rng.uniform(25, SIZE_PX - 25, (4 * N_CHANGES, 2))
    apart, _ = cKDTree(np.concatenate([stars, places])).query(places, k=2)
    places = places[apart[:, 1] > APART_PX][:N_CHANGES]
    change = flux(rng, len(places))

    def image(own_wcs, light, profile):
        x, y = own_wcs.world_to_pixel(wcs.pixel_to_world(*np.concatenate([stars, places]).T))
        expected = sky.moffat((SIZE_PX, SIZE_PX), x, y, np.concatenate([star_flux, light]), **profile)
        if host_flux:
            galaxies = x[N_STARS:] + 2, y[N_STARS:], np.full(len(light), host_flux)
            seeing = sky.moffat((81, 81), [40], [40], [1], **profile)
            expected += fftconvolve(sky.moffat(expected.shape, *galaxies, fwhm_px=6.0), seeing, mode="same")
        return expected if own_wcs is wcs else REFERENCE_SCALE * expected

    frames = [
        calibrated(sky.observe(image(own_wcs, np.maximum(light, 0), profile), rng=rng), own_wcs)
        for own_wcs, light, profile in ((wcs, change, science), (reference_wcs, -change, reference))
    ]
    return Field(*frames, stars, *places.T, change)


def faint_to_bright(sign=1):
    """5 to 50 times the noise of an optimal measurement; the brightest show the PSF's error more than their noise."""
    return lambda rng, n: sign * np.exp(rng.uniform(np.log(800), np.log(6000), n))


@pytest.fixture(scope="module", params=[1, -1], ids=["new", "gone"])
def changes(request):
    """More than 300 changes of one sign: how many were lost, the candidates of the others and their true x, y, flux."""
    tables, n_lost = [], 0
    for seed in range(20):
        field = make_field(seed, faint_to_bright(request.param))
        candidates = chain.difference(field.science, field.reference).candidates
        index = field.found(candidates)
        n_lost += (index < 0).sum()
        truth = (values[index >= 0] for values in (field.x, field.y, field.flux))
        tables.append((candidates[index[index >= 0]], *truth))
    return n_lost, *(np.concatenate(column) for column in zip(*tables, strict=True))


def test_flux_pulls_have_mean_zero_and_width_one(changes):
    n_lost, candidates, _, _, flux = changes
    pulls = (candidates["flux"] - flux) / candidates["flux_error"]

    assert len(pulls) >= 300
    assert n_lost <= 0.01 * len(pulls)
    # Of N pulls the mean is known to 1/√N, the width to 1/√(2N).
    assert pulls.mean() == pytest.approx(0, abs=0.1 + 1 / np.sqrt(len(pulls)))
    assert pulls.std() == pytest.approx(1, abs=0.1 + 1 / np.sqrt(2 * len(pulls)))


def test_position_pulls_have_mean_zero_and_width_one(changes):
    """A centroid is good to 0.6 FWHM over the signal-to-noise."""
    _, candidates, x, y, _ = changes
    error = 0.6 * SCIENCE["fwhm_px"] / candidates["snr"]
    pulls = np.concatenate([(candidates["x"] - x) / error, (candidates["y"] - y) / error])

    assert pulls.mean() == pytest.approx(0, abs=0.1)
    assert pulls.std() == pytest.approx(1, abs=0.15)


def test_the_significance_is_nearly_that_of_the_optimal_filter(changes):
    _, candidates, _, _, flux = changes

    assert np.median(candidates["significance"] / optimal_significance(flux)) > 0.95


def optimal_significance(flux):
    """With both PSFs and all noise known: S_corr of Zackay, Ofek & Gal-Yam 2016, eqs. 17 and 25–29."""
    shape = (128, 128)
    profiles = [sky.moffat(shape, [64], [64], [1], **profile) for profile in (SCIENCE, REFERENCE)]
    p_n, p_r = (np.fft.fft2(np.fft.ifftshift(profile)) for profile in profiles)
    v_n, v_r = sky.NOISE_ADU**2, (sky.NOISE_ADU / REFERENCE_SCALE) ** 2
    weight = v_n * np.abs(p_r) ** 2 + v_r * np.abs(p_n) ** 2
    k_n, k_r = (np.fft.ifft2(k / weight).real for k in (p_n.conj() * np.abs(p_r) ** 2, p_r.conj() * np.abs(p_n) ** 2))
    signal = (np.abs(p_n * p_r) ** 2 / weight).sum() / weight.size
    sky_variance = v_n * (k_n**2).sum() + v_r * (k_r**2).sum()
    new = flux > 0
    photons = np.array([(np.fft.ifftshift(p) * k**2).sum() for p, k in zip(profiles, (k_n, k_r), strict=True)])
    own = np.where(new, photons[0] / sky.GAIN_E_PER_ADU, photons[1] / sky.GAIN_E_PER_ADU / REFERENCE_SCALE)
    return np.abs(flux) * signal / np.sqrt(sky_variance + np.abs(flux) * own)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_flux_is_linear_from_the_limit_to_near_saturation(algorithm):
    for faintest in (800.0, 5600.0, 44_800.0, 179_200.0):
        field = make_field(3, lambda rng, n, flux=faintest: np.where(np.arange(n) % 2, flux, 2 * flux))
        candidates = chain.difference(field.science, field.reference, algorithm=algorithm).candidates
        index = field.found(candidates)
        found = candidates[index[index >= 0]]
        ratio = found["flux"] / field.flux[index >= 0]
        expected_error = np.median(found["flux_error"] / found["flux"]) / np.sqrt(len(ratio))

        assert (index >= 0).mean() > 0.9
        assert ratio.mean() == pytest.approx(1, abs=3 * expected_error + 0.005)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("ratio", [0.6, 0.8, 1.0, 1.3, 1.7])
def test_significance_on_empty_sky_is_of_unit_width(algorithm, ratio):
    """For any ratio of the science image's seeing to the reference's."""
    science, reference = ({"fwhm_px": 2.4 * max(broadening, 1)} for broadening in (ratio, 1 / ratio))
    field = make_field(11, faint_to_bright(), science=science, reference=reference)
    difference = chain.difference(field.science, field.reference, algorithm=algorithm).difference
    y, x = np.mgrid[:SIZE_PX, :SIZE_PX]
    sources = cKDTree(np.concatenate([field.stars, np.column_stack([field.x, field.y])]))
    apart, _ = sources.query(np.column_stack([x.ravel(), y.ravel()]))
    empty = (apart.reshape(x.shape) > 20) & (difference.mask == 0)

    assert empty.sum() > 10_000
    assert difference.significance[empty].std() == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_change_on_a_bright_host_is_found(algorithm):
    field = make_field(5, lambda rng, n: np.full(n, 5000.0), host_flux=60_000.0)
    candidates = chain.difference(field.science, field.reference, algorithm=algorithm).candidates
    index = field.found(candidates)

    assert (index >= 0).mean() >= 0.9
    assert np.median(candidates["flux"][index[index >= 0]]) == pytest.approx(5000, rel=0.1)
