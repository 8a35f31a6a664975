import numpy as np
import pytest
from scipy.spatial import cKDTree

from pipeline.imaging import chain
from pipeline.imaging.extract import CANDIDATE_DTYPE, extract_candidates
from tests import sky
from tests.pipeline.imaging import calibrated


def run(pair, **options):
    science = calibrated(pair.science, pair.science_wcs)
    return chain.difference(science, calibrated(pair.reference, pair.reference_wcs), **options)


def matched(pair, candidates):
    """Indices of candidates at the transients (−1 where none is), and which candidates are at none."""
    truth = np.column_stack([pair.transient_x, pair.transient_y])
    found = np.column_stack([candidates["x"], candidates["y"]])
    distance, nearest = cKDTree(found).query(truth, distance_upper_bound=2.0)
    return np.where(np.isfinite(distance), nearest, -1), cKDTree(truth).query(found)[0] > 2.0


@pytest.fixture(scope="module")
def results():
    pairs = [sky.make_pair(seed=seed, n_transients=15) for seed in range(20, 26)]
    return [(pair, run(pair).candidates) for pair in pairs]


def test_transients_are_found_and_little_else(results):
    n_missed = sum((matched(pair, candidates)[0] < 0).sum() for pair, candidates in results)
    n_false = sum(matched(pair, candidates)[1].sum() for pair, candidates in results)

    assert n_missed <= 0.06 * 15 * len(results)
    assert n_false <= 3


def collect(results, measure):
    values = []
    for pair, candidates in results:
        index, _ = matched(pair, candidates)
        values.append(measure(pair, candidates[index[index >= 0]], index >= 0))
    return np.concatenate(values)


def test_flux_pulls_are_normal(results):
    pulls = collect(results, lambda pair, c, ok: (c["flux"] - pair.transient_flux[ok]) / c["flux_error"])
    ratio = collect(results, lambda pair, c, ok: c["flux"] / pair.transient_flux[ok])

    assert np.median(ratio) == pytest.approx(1, abs=0.02)
    assert 1.4826 * np.median(np.abs(pulls - np.median(pulls))) == pytest.approx(1, abs=0.3)


def test_positions_are_good_to_a_fraction_of_a_pixel(results):
    apart = collect(results, lambda pair, c, ok: np.hypot(c["x"] - pair.transient_x[ok], c["y"] - pair.transient_y[ok]))

    assert np.median(apart) < 0.1


def test_point_sources_have_the_shape_of_the_psf(results):
    assert np.median(collect(results, lambda _, c, ok: c["fwhm_px"])) == pytest.approx(3.4, rel=0.15)
    assert np.median(collect(results, lambda _, c, ok: c["ellipticity"])) < 0.1


def test_significance_and_snr_agree_and_come_in_order(results):
    for _, candidates in results:
        ratio = candidates["significance"] / candidates["snr"]
        assert np.median(ratio) == pytest.approx(1, abs=0.1)
        # The significance pays for filled pixels, which the photometry leaves out.
        assert (ratio > 0.5).all()
        assert (ratio < 1.3).all()
        assert (np.diff(candidates["significance"]) <= 0).all()
        assert (candidates["significance"] >= 5).all()
        assert not candidates["is_negative"].any()


def test_what_fades_is_negative():
    pair = sky.make_pair(seed=4, shift_px=(0, 0), rotation_deg=0, reference_scale=1.0)
    science, reference = calibrated(pair.science, pair.science_wcs), calibrated(pair.reference, pair.science_wcs)
    brightening, fading = chain.difference(science, reference), chain.difference(reference, science)

    assert len(fading.candidates) >= 10
    assert fading.candidates["is_negative"].all()
    assert (fading.candidates["flux"] < 0).all()
    assert (fading.candidates["significance"] > 0).all()
    assert len(fading.candidates) == pytest.approx(len(brightening.candidates), abs=2)


def test_an_image_subtracted_from_itself_has_no_candidates_and_the_same_columns():
    pair = sky.make_pair(seed=4)
    science = calibrated(pair.science, pair.science_wcs)
    candidates = chain.difference(science, science).candidates

    assert candidates.dtype == CANDIDATE_DTYPE
    assert candidates.shape == (0,)


def test_a_higher_threshold_keeps_the_stronger():
    pair = sky.make_pair(seed=21, n_transients=15)
    all_of_them, strong = run(pair).candidates, run(pair, threshold_sigma=40).candidates

    assert 0 < len(strong) < len(all_of_them)
    assert len(strong) == (all_of_them["significance"] >= 40).sum()


def test_cosmic_rays_are_no_candidates():
    pair = sky.make_pair(seed=5, n_transients=0)
    rng = np.random.default_rng(1)
    for x, y in rng.integers(20, 360, (80, 2)):
        pair.science[y, x : x + rng.integers(1, 4)] += rng.uniform(100, 3000)

    assert len(run(pair).candidates) <= 1


def with_source(pair, x, y, flux, *, fwhm_px=3.4, image="science"):
    rng = np.random.default_rng(0)
    light = sky.moffat(pair.science.shape, [x], [y], [abs(flux)], fwhm_px=fwhm_px)
    added = rng.poisson(light * sky.GAIN_E_PER_ADU) / sky.GAIN_E_PER_ADU
    getattr(pair, image)[:] = np.minimum(getattr(pair, image) + np.sign(flux) * added, sky.SATURATION_ADU)


def quiet_pair(**options):
    return sky.make_pair(**{"seed": 31, "n_stars": 60, "n_transients": 0} | options)


def at(candidates, x, y, radius_px=3.0):
    return candidates[np.hypot(candidates["x"] - x, candidates["y"] - y) < radius_px]


def test_a_new_source_that_saturates_is_kept_and_flagged():
    pair = quiet_pair()
    with_source(pair, 190.0, 200.0, 3e6)

    found = at(run(pair).candidates, 190, 200, 10)

    assert found["is_saturated"].tolist() == [True]


def test_a_source_at_the_border_is_flagged():
    pair = quiet_pair(shift_px=(0, 0), rotation_deg=0)
    with_source(pair, 4.0, 200.0, 8000)
    with_source(pair, 100.0, 200.0, 8000)
    candidates = run(pair).candidates

    assert at(candidates, 4, 200)["is_edge"].tolist() == [True]
    assert at(candidates, 100, 200)["is_edge"].tolist() == [False]


def test_close_neighbours_of_one_sign_are_blended_and_of_opposite_signs_a_dipole():
    pair = quiet_pair(shift_px=(0, 0), rotation_deg=0, reference_fwhm_px=3.4)
    with_source(pair, 100.0, 200.0, 9000)
    with_source(pair, 107.0, 200.0, 9000)
    with_source(pair, 250.0, 200.0, 9000)
    with_source(pair, 257.0, 200.0, 9000, image="reference")
    candidates = run(pair).candidates

    blended, dipole = at(candidates, 103.5, 200, 8), at(candidates, 253.5, 200, 8)
    assert blended["is_blended"].tolist() == [True, True]
    assert not blended["is_dipole"].any()
    assert dipole["is_dipole"].tolist() == [True, True]
    assert sorted(dipole["is_negative"]) == [False, True]


@pytest.mark.parametrize("rotation_deg", [0, 40])
def test_position_angle_runs_from_north_through_east(rotation_deg):
    pair = quiet_pair(shift_px=(0, 0), rotation_deg=0)
    result = run(pair)
    wcs = sky.make_wcs(384, rotation_deg=rotation_deg)
    y, x = np.mgrid[:384, :384]
    # East is left: a streak up and to the left points 30° east of north.
    along = (x - 200) * -np.sin(np.deg2rad(30)) + (y - 150) * np.cos(np.deg2rad(30))
    across = (x - 200) * np.cos(np.deg2rad(30)) + (y - 150) * np.sin(np.deg2rad(30))
    streak = 200 * np.exp(-0.5 * ((along / 1.9) ** 2 + (across / 1.4) ** 2))
    result.difference.image[:] = streak
    result.difference.significance[:] = streak / 10
    science = calibrated(pair.science, wcs)
    found = at(extract_candidates(result.difference, science=science, reference=result.registered.frame), 200, 150)

    assert found["position_angle_deg"] == pytest.approx([30 + rotation_deg], abs=2)
    assert found["ellipticity"] == pytest.approx([1 - 1.4 / 1.9], abs=0.03)
    assert found["fwhm_px"] == pytest.approx([2.3548 * np.sqrt(1.4 * 1.9)], rel=0.03)


def with_trail(pair, x, y, *, length_px, angle_deg, adu_per_px):
    along = np.arange(0.125 - length_px / 2, length_px / 2, 0.25)
    places = x + along * np.cos(np.deg2rad(angle_deg)), y + along * np.sin(np.deg2rad(angle_deg))
    light = sky.moffat(pair.science.shape, *places, np.full(len(along), adu_per_px / 4), fwhm_px=3.4)
    added = np.random.default_rng(0).poisson(light * sky.GAIN_E_PER_ADU) / sky.GAIN_E_PER_ADU
    pair.science[:] = np.minimum(pair.science + added, sky.SATURATION_ADU)


@pytest.mark.parametrize("angle_deg", [0, 20, 90, 130])
@pytest.mark.parametrize("adu_per_px", [200, 4000])
def test_a_trail_as_wide_as_the_psf_is_one_candidate_and_flagged(angle_deg, adu_per_px):
    pair = quiet_pair()
    with_trail(pair, 190.0, 200.0, length_px=25, angle_deg=angle_deg, adu_per_px=adu_per_px)

    assert at(run(pair).candidates, 190, 200, 20)["is_trail"].tolist() == [True]


def test_trails_across_the_image_are_one_candidate_each():
    pair = quiet_pair()
    for angle_deg in (33, 141):
        with_trail(pair, 190.0, 200.0, length_px=600, angle_deg=angle_deg, adu_per_px=400)
    trails = (found := run(pair).candidates)[found["is_trail"]]

    assert len(trails) == 2
    for angle_deg in (33, 141):
        across = (trails["y"] - 200) * np.cos(np.deg2rad(angle_deg)) - (trails["x"] - 190) * np.sin(
            np.deg2rad(angle_deg)
        )
        assert np.abs(across).min() < 2


def test_a_star_beside_a_trail_is_none():
    pair = quiet_pair()
    with_trail(pair, 190.0, 200.0, length_px=600, angle_deg=33, adu_per_px=100)
    with_source(pair, 150.0, 190.0, 9000)
    with_source(pair, 158.0, 196.0, 3000)

    assert at(run(pair).candidates, 154, 193, 8)["is_trail"].tolist() == [False, False]


@pytest.mark.parametrize("angle_deg", [0, 20, 45, 90])
def test_the_unmasked_track_of_a_cosmic_ray_is_no_candidate(angle_deg):
    pair = quiet_pair()
    science = calibrated(pair.science, pair.science_wcs)
    along = np.arange(-12, 12.25, 0.25)
    x, y = 190 + along * np.cos(np.deg2rad(angle_deg)), 200 + along * np.sin(np.deg2rad(angle_deg))
    science.data[np.rint(y).astype(int), np.rint(x).astype(int)] = 800
    candidates = chain.difference(science, calibrated(pair.reference, pair.reference_wcs)).candidates

    assert len(at(candidates, 190, 200, 20)) == 0


def test_stars_are_no_trails(results):
    assert not any(candidates["is_trail"].any() for _, candidates in results)
