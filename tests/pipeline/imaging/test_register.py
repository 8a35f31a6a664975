import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.imaging.detect import detect_stars
from pipeline.imaging.frame import Flag, NoOverlapError, RegistrationError
from pipeline.imaging.register import register
from tests import sky
from tests.pipeline.imaging import calibrated, frame_of


def frames(pair, *, science_wcs=None, reference_wcs=None):
    science = calibrated(pair.science, pair.science_wcs if science_wcs is None else science_wcs)
    return science, calibrated(pair.reference, pair.reference_wcs if reference_wcs is None else reference_wcs)


def misplacement_px(pair, registered):
    """Distances of the registered reference's bright stars from where the science image has them."""
    stars = detect_stars(registered.frame)
    stars = stars[~stars["is_flawed"] & (stars["snr"] > 60)]
    distance = np.hypot(stars["x"][:, None] - pair.star_x, stars["y"][:, None] - pair.star_y).min(axis=1)
    return distance[distance < 3]


@settings(max_examples=6, deadline=None)
@given(st.floats(-20, 20), st.floats(-20, 20), st.floats(-3, 3))
def test_shift_and_rotation_are_undone(dx, dy, rotation_deg):
    pair = sky.make_pair(seed=2, n_stars=200, shift_px=(dx, dy), rotation_deg=rotation_deg)
    science, reference = frames(pair)
    registered = register(reference, onto=science)
    apart = misplacement_px(pair, registered)

    assert len(apart) > 10
    assert np.sqrt((apart**2).mean() / 2) < 0.05
    assert registered.rms_px < 0.1
    assert registered.method == "wcs+stars"
    assert registered.frame.wcs is science.wcs


def test_a_header_that_is_some_pixels_wrong_is_corrected_by_the_stars():
    pair = sky.make_pair(seed=2)
    wrong = pair.reference_wcs.deepcopy()
    wrong.wcs.crpix += [7.3, -11.6]
    science, reference = frames(pair, reference_wcs=wrong)

    registered = register(reference, onto=science)

    assert registered.method == "wcs+stars"
    assert np.median(misplacement_px(pair, registered)) < 0.05


def test_a_header_that_is_altogether_wrong_gives_way_to_the_stars_pattern():
    pair = sky.make_pair(seed=2)
    wrong = sky.make_wcs(384, shift_px=(60, 45), rotation_deg=25)
    science, reference = frames(pair, reference_wcs=wrong)

    registered = register(reference, onto=science)

    assert registered.method == "pattern+stars"
    assert registered.n_matched >= 10
    assert np.median(misplacement_px(pair, registered)) < 0.05


def test_flux_is_conserved_when_the_pixels_differ_in_size():
    x, y, flux = np.array([100.0, 60.0]), np.array([90.0, 140.0]), np.array([1e5, 4e4])
    science_wcs = sky.make_wcs(200)
    finer = science_wcs.deepcopy()
    finer.wcs.cd *= 0.8
    finer.wcs.crpix = [126, 126]
    finer_x, finer_y = finer.world_to_pixel(science_wcs.pixel_to_world(x, y))
    reference = frame_of(sky.moffat((251, 251), finer_x, finer_y, flux, fwhm_px=5), wcs=finer)
    science = frame_of(sky.moffat((200, 200), x, y, flux, fwhm_px=4), wcs=science_wcs)

    moved = register(reference, onto=science).frame

    assert moved.data.sum() == pytest.approx(flux.sum(), rel=0.01)
    assert np.median(moved.variance) == pytest.approx(0.8**-4, rel=0.01)
    assert moved.data == pytest.approx(science.data, abs=0.01 * float(science.data.max()))


def test_outside_of_the_reference_there_is_no_data():
    pair = sky.make_pair(seed=2, shift_px=(120, 0), rotation_deg=0, n_stars=300)
    science, reference = frames(pair)
    registered = register(reference, onto=science)
    missing = (registered.frame.mask & Flag.NO_DATA) != 0

    assert registered.overlap == pytest.approx(1 - 120 / 384, abs=0.01)
    assert missing.mean() == pytest.approx(120 / 384, abs=0.01)
    assert missing[:, -110:].all()
    assert not missing[:, :-130].any()
    assert np.isfinite(registered.frame.data).all()


def test_the_mask_moves_with_the_pixels():
    pair = sky.make_pair(seed=2, shift_px=(10, 0), rotation_deg=0)
    science, reference = frames(pair)
    reference.mask[200, 100] = Flag.BAD

    moved = register(reference, onto=science).frame.mask

    assert moved[200, 90] & Flag.BAD


def test_images_of_different_places_do_not_overlap_and_the_separation_is_told():
    pair = sky.make_pair(seed=2, n_stars=30)
    elsewhere = pair.reference_wcs.deepcopy()
    elsewhere.wcs.crval = [152.0, 20.0]
    science, reference = frames(pair, reference_wcs=elsewhere)

    with pytest.raises(NoOverlapError, match=r"1\.88") as refused:
        register(reference, onto=science)

    assert refused.value.measurements["separation_deg"] == pytest.approx(2 * np.cos(np.deg2rad(20)), abs=0.01)


def test_opposite_sides_of_the_sky_do_not_overlap():
    pair = sky.make_pair(seed=2, n_stars=30)
    opposite = pair.reference_wcs.deepcopy()
    opposite.wcs.crval = [330.0, -20.0]
    science, reference = frames(pair, reference_wcs=opposite)

    with pytest.raises(NoOverlapError):
        register(reference, onto=science)


def test_different_stars_at_one_place_are_no_registration():
    science, _ = frames(sky.make_pair(seed=2))
    _, reference = frames(sky.make_pair(seed=77))

    with pytest.raises(RegistrationError) as refused:
        register(reference, onto=science)

    assert refused.value.measurements["n_science_stars"] >= 10


@pytest.mark.parametrize(("n_stars", "method"), [(0, "wcs"), (4, "wcs+shift")])
def test_a_sparse_field_trusts_the_header_and_says_so(n_stars, method):
    pair = sky.make_pair(seed=2, n_transients=0, n_stars=n_stars, rotation_deg=0, shift_px=(5, 5))
    science, reference = frames(pair)

    registered = register(reference, onto=science)

    assert registered.method == method
    assert np.isnan(registered.rms_px) == (n_stars == 0)
    assert registered.n_matched == n_stars
