from dataclasses import replace

import numpy as np
import pytest
from astropy.wcs import Sip
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.imaging.detect import detect_stars
from pipeline.imaging.frame import Flag, NoOverlapError, RegistrationError
from pipeline.imaging.register import register
from tests import sky
from tests.pipeline.imaging import calibrated


def frames(pair, *, science_wcs=None, reference_wcs=None):
    science = calibrated(pair.science, pair.science_wcs if science_wcs is None else science_wcs)
    return science, calibrated(pair.reference, pair.reference_wcs if reference_wcs is None else reference_wcs)


def misplacement_px(pair, registered):
    """Distances of the registered reference's bright stars from where the science image has them."""
    stars = detect_stars(registered.frame)
    stars = stars[~stars["is_flawed"] & (stars["snr"] > 60)]
    distance = np.hypot(stars["x"][:, None] - pair.star_x, stars["y"][:, None] - pair.star_y).min(axis=1)
    return distance[distance < 3]


def misled(wcs, size_px, *, shift_px=(0, 0), rotation_deg=0.0, is_flipped=False):
    """A WCS that takes an image of this size to be shifted, turned and mirrored about its middle."""
    angle, middle = np.deg2rad(rotation_deg), (size_px + 1) / 2
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    turn = turn @ np.diag([-1, 1]) if is_flipped else turn
    wrong = wcs.deepcopy()
    wrong.wcs.crpix = turn @ (wcs.wcs.crpix - middle) + middle + shift_px
    wrong.wcs.cd = wcs.wcs.cd @ np.linalg.inv(turn)
    wrong.wcs.set()
    return wrong


def with_sip(wcs, *, amplitude_px, half_px):
    """The WCS with SIP distortion of this size half_px from its centre."""
    quadratic, cubic = amplitude_px / half_px**2, amplitude_px / half_px**3
    a, b = np.zeros((2, 4, 4))
    a[2, 0], a[1, 1], a[3, 0] = quadratic, -0.5 * quadratic, 0.6 * cubic
    b[0, 2], b[2, 1], b[0, 3] = -quadratic, 0.5 * cubic, -0.4 * cubic
    distorted = wcs.deepcopy()
    distorted.wcs.ctype = ["RA---TAN-SIP", "DEC--TAN-SIP"]
    distorted.sip = Sip(a, b, None, None, wcs.wcs.crpix)
    return distorted


def with_tpv(wcs, *, amplitude_px, half_px):
    """The WCS with TPV distortion of this size half_px from its centre."""
    half_deg = half_px * sky.PIXEL_SCALE_DEG
    quadratic, cubic = (amplitude_px * sky.PIXEL_SCALE_DEG / half_deg**power for power in (2, 3))
    distorted = wcs.deepcopy()
    distorted.wcs.ctype = ["RA---TPV", "DEC--TPV"]
    first = [(1, 0, 0.0), (1, 1, 1.0), (1, 4, quadratic), (1, 5, -0.4 * quadratic), (1, 7, 0.7 * cubic)]
    distorted.wcs.set_pv([*first, (2, 0, 0.0), (2, 1, 1.0), (2, 4, -quadratic), (2, 7, 0.5 * cubic)])
    distorted.wcs.set()
    return distorted


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


@pytest.mark.parametrize(
    ("shift_px", "rotation_deg", "is_flipped"),
    [((-40, 30), 0, False), ((0, 0), 2, False), ((35, -35), -2, False), ((0, 0), 0, True), ((-30, -40), 2, True)],
)
def test_a_header_that_is_shifted_turned_or_flipped_is_corrected_by_the_stars(shift_px, rotation_deg, is_flipped):
    pair = sky.make_pair(seed=2, n_stars=200)
    wrong = misled(pair.reference_wcs, 384, shift_px=shift_px, rotation_deg=rotation_deg, is_flipped=is_flipped)
    science, reference = frames(pair, reference_wcs=wrong)

    registered = register(reference, onto=science)
    apart = misplacement_px(pair, registered)

    assert np.sqrt((apart**2).mean() / 2) < 0.05
    assert registered.rms_px < 0.1
    assert registered.overlap > 0.97
    if is_flipped:
        assert registered.method == "pattern+stars"


@pytest.mark.parametrize("distort", [with_sip, with_tpv])
@pytest.mark.parametrize("error_px", [0, 35])
def test_distortion_in_the_header_is_honoured(distort, error_px):
    size, rng = 400, np.random.default_rng(3)
    science_wcs = sky.make_wcs(size)
    straight = sky.make_wcs(size, shift_px=(4, -7), rotation_deg=0.4)
    true_wcs, header_wcs = (
        distort(misled(straight, size, shift_px=(error, error)), amplitude_px=6, half_px=200) for error in (0, error_px)
    )
    # A star every 40 px, so that each is found again without doubt.
    x, y = (at.ravel() + rng.uniform(-6, 6, at.size) for at in np.meshgrid(*[np.arange(15.0, size, 40)] * 2))
    flux = rng.uniform(2e4, 2e5, x.size)
    true_x, true_y = true_wcs.all_world2pix(*science_wcs.all_pix2world(x, y, 0), 0)
    straight_x, straight_y = straight.all_world2pix(*science_wcs.all_pix2world(x, y, 0), 0)
    science, reference = (
        calibrated(sky.observe(sky.moffat((size, size), *at, flux, fwhm_px=fwhm_px), rng=rng), wcs)
        for at, fwhm_px, wcs in (((x, y), 3.4, science_wcs), ((true_x, true_y), 2.8, header_wcs))
    )

    registered = register(reference, onto=science)
    stars = detect_stars(registered.frame)
    stars = stars[~stars["is_flawed"] & (stars["snr"] > 100)]
    offset_x, offset_y = stars["x"][:, None] - x, stars["y"][:, None] - y
    nearest = np.hypot(offset_x, offset_y).argmin(axis=1)[:, None]
    apart = np.hypot(*(np.take_along_axis(offset, nearest, axis=1) for offset in (offset_x, offset_y)))

    assert np.hypot(true_x - straight_x, true_y - straight_y).max() > 6
    assert len(stars) > 50
    assert np.sqrt((apart**2).mean() / 2) < 0.05
    assert registered.rms_px < 0.05


def test_a_mirrored_image_with_a_right_header_needs_no_pattern():
    pair = sky.make_pair(seed=2)
    science, reference = frames(pair)
    mirrored_wcs = pair.reference_wcs.deepcopy()
    mirrored_wcs.wcs.crpix[0] = 385 - pair.reference_wcs.wcs.crpix[0]
    mirrored_wcs.wcs.cd = pair.reference_wcs.wcs.cd @ np.diag([-1, 1])
    planes = {name: np.ascontiguousarray(getattr(reference, name)[:, ::-1]) for name in ("data", "variance", "mask")}

    registered = register(replace(reference, wcs=mirrored_wcs, **planes), onto=science)

    assert registered.method == "wcs+stars"
    assert np.median(misplacement_px(pair, registered)) < 0.05


def test_stars_detected_before_serve_as_well():
    science, reference = frames(sky.make_pair(seed=2))
    given_stars = register(
        reference, onto=science, stars=detect_stars(science), reference_stars=detect_stars(reference)
    )
    own = register(reference, onto=science)

    assert (given_stars.frame.data == own.frame.data).all()
    assert given_stars.rms_px == own.rms_px


def test_a_header_that_is_altogether_wrong_gives_way_to_the_stars_pattern():
    pair = sky.make_pair(seed=2)
    wrong = sky.make_wcs(384, shift_px=(60, 45), rotation_deg=25)
    science, reference = frames(pair, reference_wcs=wrong)

    registered = register(reference, onto=science)

    assert registered.method == "pattern+stars"
    assert registered.n_matched >= 10
    assert np.median(misplacement_px(pair, registered)) < 0.05


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


def test_the_references_stars_are_where_the_science_image_shows_them():
    pair = sky.make_pair(seed=6, shift_px=(7.3, -2.6), rotation_deg=0.5)
    science = calibrated(pair.science, pair.science_wcs)
    registered = register(calibrated(pair.reference, pair.reference_wcs), onto=science)
    bright = registered.stars[~registered.stars["is_flawed"] & (registered.stars["snr"] > 20)]
    distance = np.hypot(bright["x"][:, None] - pair.star_x, bright["y"][:, None] - pair.star_y).min(axis=1)

    assert len(bright) > 10
    assert np.median(distance) < 0.1
    inside = (registered.stars["x"] > 0) & (registered.stars["x"] < science.shape[1] - 1)
    assert registered.stars["is_flawed"][~inside].all()
